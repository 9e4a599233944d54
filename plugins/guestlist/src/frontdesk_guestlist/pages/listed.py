"""The guest list itself: guests found by days and flags, by name and number."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import Connection as Db
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from frontdesk.web.pages import asking
from frontdesk.web.pages.frame import N_, Role, change, page, translator
from frontdesk.web.pages.wording import language_of
from frontdesk_guestlist import changes, listing, subscribing
from frontdesk_guestlist.listing import Listed
from frontdesk_guestlist.pages import filtering, within
from frontdesk_guestlist.pages.filtering import Asked

#: Guests on a page, and how many are counted.
ROWS: Final = 50
_COUNTED: Final = 10_000
SORTS: Final = {
    "arrival": N_("Arrival, first to last"),
    "-arrival": N_("Arrival, last to first"),
    "departure": N_("Departure, first to last"),
    "-departure": N_("Departure, last to first"),
    "created": N_("Created, first to last"),
    "-created": N_("Created, last to first"),
    "updated": N_("Updated, first to last"),
    "-updated": N_("Updated, last to first"),
    "name": N_("Last name, A to Z"),
    "-name": N_("Last name, Z to A"),
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
    form = texts(await request.form())
    asked = filtering.read(form, within.annex_of(request))
    if asked.quiet and not asked.problems:
        return RedirectResponse(_again(request, asked), 303)
    return await _listed(request, asked, form.get("after"))


@page()
async def searched(request: Request) -> Response:
    """Lead whoever reloads what a form showed back to the list."""
    return RedirectResponse(within.path(request, "guests"), 303)


async def _listed(request: Request, asked: Asked, after: str | None) -> Response:
    annex, _ = within.annex_of(request), translator(request)

    def question(db: Db) -> tuple[Listed, int]:
        found = listing.page(db, annex, asked.filters, asked.sort, after=after or None, limit=ROWS)
        return found, listing.count(db, annex, asked.filters, most=_COUNTED)

    wrong = bool(asked.problems)
    found, count = (Listed([], None), 0) if wrong else await annex.read(question)
    return await within.show(
        request,
        "list.html",
        section="guests",
        status=400 if wrong else 200,
        asked=asked,
        problems={name: _(said) for name, said in asked.problems.items()},
        rows=found.rows,
        more=found.next,
        after=after or "",
        count=count,
        counted=_COUNTED,
        spans=filtering.SPANS,
        sorts=SORTS,
        sort=filtering.said(asked.sort),
        today=changes.today(annex),
        again=_again(request, asked),
        older=_again(request, asked, after=found.next) if found.next else "",
        caveat=caveat(request),
    )


def _again(request: Request, asked: Asked, **more: str) -> str:
    """Return where the same is shown, less what no address may say."""
    query = urlencode({**asked.query(), **more})
    return within.path(request, "guests") + (f"?{query}" if query else "")


def caveat(request: Request) -> str:
    """Return what is to be accepted before guests become subscribers, if they can."""
    if not within.annex_of(request).settings.campaigns:
        return ""
    return subscribing.CAVEATS.get(language_of(request), subscribing.CAVEATS["en"])


def texts(form: Any) -> dict[str, str]:
    """Return the texts of a form, without its files."""
    return {key: value for key, value in form.items() if isinstance(value, str)}


routes: Final = [
    Route("/", start, name="start"),
    Route("/{property}/guests", guests, name="guests"),
    Route("/{property}/guests/search", search, methods=["POST"], name="guests_search"),
    Route("/{property}/guests/search", searched, methods=["GET"], name="guests_searched"),
]
