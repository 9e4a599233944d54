"""Whom no e-mail of the property goes to: addresses, domains, companies, room types."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frontdesk.errors import ConfigurationError
from frontdesk.people import Role
from frontdesk.web.pages.frame import N_, back, change, page, translator
from frontdesk_guestlist import exclusions as excluding
from frontdesk_guestlist.exclusions import Exclusion, Kind
from frontdesk_guestlist.pages import within
from frontdesk_guestlist.pages.filled import Filled, filled, who

KINDS: Final = {
    Kind.ADDRESS: N_("Address"),
    Kind.DOMAIN: N_("Domain"),
    Kind.COMPANY: N_("Company"),
    Kind.ROOM_TYPE: N_("Room type"),
}
_LONG: Final = 320


@page()
async def exclusions(request: Request) -> Response:
    """List them."""
    return await _listed(request, Filled({}, translator(request)))


@change(Role.STAFF)
async def add(request: Request) -> Response:
    """Add one."""
    _, annex, form = translator(request), within.annex_of(request), await filled(request)
    kind, value = form.choice("kind", list(Kind)), form.text("value", most=_LONG, required=True)
    if kind is not None and not form.problems:
        try:
            by = who(request)
            await annex.write(lambda db: excluding.add(db, annex, Kind(kind), value, by))
        except ConfigurationError as error:
            form.wrong("value", str(error))
        else:
            annex.call()
            return back(request, _("Excluded. No e-mail goes there from now on."))
    return await _listed(request, form)


@change(Role.STAFF)
async def remove(request: Request) -> Response:
    """Remove one."""
    _, annex, id = translator(request), within.annex_of(request), request.path_params["id"]
    await annex.write(lambda db: excluding.remove(db, annex, id, who(request)))
    return back(request, _("Removed. E-mails go there again."))


async def _listed(request: Request, form: Filled) -> Response:
    annex, _ = within.annex_of(request), translator(request)
    found = await annex.read(lambda db: excluding.listed(db, annex))
    rows: dict[Kind, list[Exclusion]] = {
        kind: [one for one in found if one.kind is kind] for kind in KINDS
    }
    return await within.show(
        request,
        "exclusions.html",
        section="exclusions",
        status=422 if form.problems else 200,
        rows=[(label, rows[kind]) for kind, label in KINDS.items()],
        kinds=[(kind.value, _(label)) for kind, label in KINDS.items()],
        values=form.values,
        problems=form.problems,
    )


routes: Final = [
    Route("/{property}/exclusions", exclusions, name="exclusions"),
    Route("/{property}/exclusions", add, methods=["POST"], name="exclusions_add"),
    Route(
        "/{property}/exclusions/{id:int}/remove", remove, methods=["POST"], name="exclusions_remove"
    ),
]
