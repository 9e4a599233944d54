"""The guest list itself: found by days and flags, by name and number, and handed over as a file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any, BinaryIO, Final
from urllib.parse import urlencode

from sqlalchemy import Connection as Db
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from frontdesk.errors import ConfigurationError
from frontdesk.web.pages import asking
from frontdesk.web.pages.frame import N_, Role, audit, change, page, translator
from frontdesk_guestlist import changes, listing, subscribing, workbook
from frontdesk_guestlist.listing import Listed, Sort
from frontdesk_guestlist.pages import filtering, within
from frontdesk_guestlist.pages.filtering import Asked

#: Guests on a page, and how many are counted.
_ROWS: Final = 50
_COUNTED: Final = 10_000
_PIECE: Final = 64 * 1024
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SORTS: Final = {
    Sort.ARRIVAL: N_("Arrival, first to last"),
    Sort.ARRIVAL_DOWN: N_("Arrival, last to first"),
    Sort.DEPARTURE: N_("Departure, first to last"),
    Sort.DEPARTURE_DOWN: N_("Departure, last to first"),
    Sort.CREATED: N_("Created, first to last"),
    Sort.CREATED_DOWN: N_("Created, last to first"),
    Sort.UPDATED: N_("Updated, first to last"),
    Sort.UPDATED_DOWN: N_("Updated, last to first"),
    Sort.NAME: N_("Name, A to Z"),
    Sort.NAME_DOWN: N_("Name, Z to A"),
}


@page()
async def start(request: Request) -> Response:
    """Lead to the guests of the first property."""
    first = min(within.annexes(request), default=None)
    if first is None:
        raise asking.lost()
    return RedirectResponse(within.path(request, "guests", property=first), 303)


@page()
async def guests(request: Request) -> Response:
    """Show the guests whom days and flags choose."""
    given = dict(request.query_params)
    # Whoever writes a name into an address is not answered by it.
    asked = filtering.read({**given, "name": "", "number": ""}, within.annex_of(request))
    return await _listed(request, asked, given.get("after"))


@change(Role.VIEWER)
async def search(request: Request) -> Response:
    """Show the guests whom the form chooses; no address says who that was."""
    form = _texts(await request.form())
    asked = filtering.read(form, within.annex_of(request))
    if asked.quiet and not asked.problems:
        return RedirectResponse(_again(request, asked), 303)
    return await _listed(request, asked, form.get("after"))


@page()
async def searched(request: Request) -> Response:
    """Lead whoever reloads what a form showed back to the list."""
    return RedirectResponse(within.path(request, "guests"), 303)


async def _listed(request: Request, asked: Asked, after: str | None) -> Response:
    annex = within.annex_of(request)

    def question(db: Db) -> tuple[Listed, int]:
        found = listing.page(db, annex, asked.filters, asked.sort, after=after or None, limit=_ROWS)
        return found, listing.count(db, annex, asked.filters, most=_COUNTED)

    wrong = bool(asked.problems)
    found, count = (Listed((), None), 0) if wrong else await annex.read(question)
    return await within.show(
        request,
        "list.html",
        section="guests",
        status=400 if wrong else 200,
        asked=asked,
        rows=found.rows,
        more=found.next,
        after=after or "",
        count=count,
        counted=_COUNTED,
        spans=filtering.SPANS,
        sorts=SORTS,
        today=changes.today(annex),
        again=_again(request, asked),
        older=_again(request, asked, after=found.next) if found.next else "",
        caveat=_caveat(request),
    )


def _again(request: Request, asked: Asked, **more: str) -> str:
    """Return where the same is shown, less what no address may say."""
    query = urlencode({**asked.query(), **more})
    return within.path(request, "guests") + (f"?{query}" if query else "")


def _caveat(request: Request) -> str:
    """Return what is to be accepted before guests become subscribers, if they can."""
    on = within.annex_of(request).settings.campaigns
    return subscribing.CAVEATS["en"] if on else ""


@change(Role.STAFF)
async def transfer(request: Request) -> Response:
    """Put the chosen guests on the subscriber list, and show who was refused."""
    annex, form, _ = within.annex_of(request), await request.form(), translator(request)
    if not form.get("accepted"):
        raise ConfigurationError(_("Nobody was transferred: the caveat was not accepted."))
    uids = [str(one) for one in form.getlist("guest")][:_ROWS]
    who, caveat = request.state.user.name, _caveat(request)

    def work(db: Db) -> tuple[subscribing.Transfer, dict[int, Any]]:
        chosen = [one for uid in uids if (one := _get(db, annex, uid))]
        ids = [one.id for one in chosen]
        done = subscribing.transfer(db, annex, ids, who, caveat)
        return done, {one.id: one for one in chosen}

    if not uids:
        raise ConfigurationError(_("Nobody was transferred: choose guests first."))
    done, chosen = await annex.write(work)
    annex.call()
    refused = [(chosen[id], why) for id, why in done.refused]
    return await within.show(
        request, "transferred.html", section="guests", added=done.added, refused=refused
    )


@change(Role.STAFF)
async def export(request: Request) -> Response:
    """Hand over what the filters choose, as a workbook."""
    annex = within.annex_of(request)
    asked = filtering.read(_texts(await request.form()), annex)
    if asked.problems:
        _ = translator(request)
        raise ConfigurationError(_("Nothing was exported: a filter has a day that is none."))
    target = tempfile.TemporaryFile()  # noqa: SIM115  # closed once all of it was sent

    def work(db: Db) -> int:
        return workbook.write(db, annex, asked.filters, asked.sort, target)

    count = await annex.read(work)
    chosen = sorted(name for name, value in asked.fields.items() if value)
    await audit(request, "guests export", property=annex.settings.property, guests=count, filters=chosen)  # fmt: skip
    name = f"guests-{changes.today(annex).isoformat()}.xlsx"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_pieces(target), media_type=XLSX, headers=headers)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


def _texts(form: Any) -> dict[str, str]:
    return {key: value for key, value in form.items() if isinstance(value, str)}


routes: Final = [
    Route("/", start, name="start"),
    Route("/{property}/guests", guests, name="guests"),
    Route("/{property}/guests/search", search, methods=["POST"], name="guests_search"),
    Route("/{property}/guests/search", searched, methods=["GET"], name="guests_searched"),
    Route("/{property}/guests/transfer", transfer, methods=["POST"], name="guests_transfer"),
    Route("/{property}/guests/export", export, methods=["POST"], name="guest_export"),
]
