"""What a page shows whoever came by a link, and where it leads."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import attrs
from starlette.requests import Request
from starlette.responses import Response

from frontdesk.web.pages import frame
from frontdesk_guestlist import answering, links, prose, wording
from frontdesk_guestlist.links import Purpose
from frontdesk_guestlist.pages.rendering import render
from frontdesk_guestlist.pages.visiting import Visit


def show(
    request: Request, visit: Visit, template: str, /, *, status: int = 200, **values: Any
) -> Response:
    """Render a template of the guests' pages in the guest's language."""
    given = {
        "visit": visit,
        "guest": visit.guest,
        "preview": visit.pass_.preview,
        "here": here(request, visit),
        "languages": _languages(request, visit),
        "day": partial(wording.day, visit.tag),
        "money": partial(wording.money, visit.tag),
        "moment": lambda at: wording.moment(visit.tag, at, visit.settings.time_zone),
        "number": partial(wording.number, visit.tag),
        "countries": answering.countries(visit.language),
        "prose": prose.html,
    }
    return render(
        request,
        template,
        visit.settings,
        language=visit.language,
        status=status,
        **{**given, **values},
    )


def here(request: Request, visit: Visit, **more: str) -> str:
    """Return the path of the page that is open, in the language it is read in."""
    name = "leave" if visit.pass_.purpose is Purpose.UNSUBSCRIBE else "visit"
    return _asked(frame.url(request, f"guestlist:{name}", token=visit.token), visit, more)


def sibling(request: Request, visit: Visit, purpose: Purpose, key: bytes) -> str:
    """Return the path of another page for the same guest; of a preview, its preview."""
    pass_ = attrs.evolve(visit.pass_, purpose=purpose)
    until = links.expires(visit.annex, visit.guest)
    token = links.make(key, visit.settings.property, pass_, until)
    return _asked(frame.url(request, "guestlist:visit", token=token), visit, {})


def _asked(path: str, visit: Visit, more: Mapping[str, str]) -> str:
    pairs = "&".join(f"{name}={value}" for name, value in {"lang": visit.language, **more}.items())
    return f"{path}?{pairs}"


def _languages(request: Request, visit: Visit) -> list[tuple[str, str, str, bool]]:
    """Return each language: its code, its own name, where the page is in it, and whether it is."""
    return [
        (
            one,
            (wording.locale_of(one).get_display_name(one) or one).capitalize(),
            here(request, attrs.evolve(visit, language=one)),
            one == visit.language,
        )
        for one in wording.languages()
    ]
