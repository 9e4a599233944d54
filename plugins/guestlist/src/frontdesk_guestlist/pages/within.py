"""Which property a page is about, and what all pages of the staff have in common.

Their paths begin with the property: ``/{property}/guests``. Routes are named within the
plugin, so that templates and :func:`path` say ``guests`` where Starlette says
``guestlist:guests``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import NoMatchFound

from frontdesk.annex import Annex
from frontdesk.web.pages import asking, frame
from frontdesk.web.pages.frame import N_
from frontdesk_guestlist.settings import Settings

#: The parts of the guest list: what each is called, its route, and other routes within it.
_SECTIONS: Final = (
    (N_("Guests"), "guests"),
    (N_("E-mails"), "emails"),
    (N_("Exclusions"), "exclusions"),
    (N_("Subscribers"), "subscribers"),
    (N_("Concierge"), "offering"),
    (N_("Orders"), "orders"),
)
#: What reservations are, and how it looks; what is usual says nothing.
STATUSES: Final = {
    "requested": (N_("requested"), "wait"),
    "arrived": (N_("checked in"), "good"),
    "departed": (N_("departed"), ""),
    "cancelled": (N_("cancelled"), "bad"),
    "no_show": (N_("no show"), "bad"),
}


def annexes(request: Request) -> Mapping[str, Annex]:
    """Return the guest lists there are, by property."""
    connections = asking.desk_of(request).connections.values()
    return {
        one.settings.property: one.annex
        for one in connections
        if isinstance(one.settings, Settings) and one.annex is not None
    }


def annex_of(request: Request) -> Annex:
    """Return the guest list a page is about.

    Raises:
        HTTPException: There is none of that property.
    """
    found = annexes(request).get(request.path_params["property"])
    if found is None:
        raise asking.lost()
    return found


def path(request: Request, name: str, /, **parameters: Any) -> str:
    """Return the path of a page of the same property."""
    given = {"property": request.path_params.get("property"), **parameters}
    quoted = {key: quote(str(value), safe="") for key, value in given.items() if value is not None}
    return frame.url(request, f"guestlist:{name}", **quoted)


async def show(
    request: Request, template: str, /, *, section: str, status: int = 200, **values: Any
) -> HTMLResponse:
    """Render a template of the guest list; ``guestlist/macros.html`` has what frames it.

    It finds, besides what :func:`frontdesk.web.pages.frame.show` gives, ``settings`` and
    ``zone`` of the property, ``path(name, **parameters)`` and ``sections``.

    Args:
        section: The route that leads to the part of the guest list the page belongs to.
    """
    settings: Settings = annex_of(request).settings
    return await frame.show(
        request,
        f"guestlist/{template}",
        status=status,
        settings=settings,
        zone=settings.time_zone,
        path=lambda name, /, **parameters: path(request, name, **parameters),
        sections=_sections(request, settings, section),
        properties=_properties(request),
        statuses=STATUSES,
        **values,
    )


def _sections(request: Request, settings: Settings, current: str) -> list[tuple[str, str, bool]]:
    """Return the label of each part, where it is, and whether it is the one that is open."""
    found = _there(lambda name: path(request, name))
    return [
        (label, found[name], name == current)
        for label, name in _SECTIONS
        if name in found and (name != "subscribers" or settings.campaigns)
    ]


def _there(where: Callable[[str], str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for _, name in _SECTIONS:
        try:
            found[name] = where(name)
        except NoMatchFound:
            continue
    return found


def _properties(request: Request) -> list[tuple[str, str, bool]]:
    """Return the title of each property, where its guests are, and whether it is this one."""
    here = request.path_params["property"]
    return [
        (annex.settings.title, path(request, "guests", property=name), name == here)
        for name, annex in sorted(annexes(request).items())
    ]
