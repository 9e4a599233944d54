"""What could not be used: what, why, since when; and trying it again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection as Db
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frontdesk import jsons
from frontdesk.errors import ConfigurationError
from frontdesk.store import parked
from frontdesk.store.listing import QuarantineRow
from frontdesk.store.sites import Home, homes
from frontdesk.web.pages.asking import ask, desk_of, link, lost, number, title
from frontdesk.web.pages.frame import (
    N_,
    Role,
    audit,
    back,
    change,
    ngettext,
    page,
    show,
    translator,
    url,
)

nav: Final = (N_("Quarantine"), "quarantine", 40)
_ROWS: Final = 50
#: How many are tried again at once: whoever asked waits for it.
AT_ONCE: Final = 200
_CLOSED: Final = {
    "replayed": N_("replayed"),
    "superseded": N_("superseded"),
    "unchanged": N_("unchanged"),
    "forgotten": N_("forgotten"),
}


@page()
async def quarantine(request: Request) -> Response:
    """Show what is open by reason, and the entries."""
    asked = request.query_params
    like, before = number(asked.get("like")), number(asked.get("before"))
    closed = asked.get("closed") == "yes"

    def question(db: Db) -> tuple[Mapping[str, Home], list[parked.Group], list[QuarantineRow]]:
        known = {home.name: home for home in homes(db).values()}
        rows = parked.entries(db, like=like, closed=closed, before=before, limit=_ROWS + 1)
        return known, parked.groups(db), rows

    known, groups, rows = await ask(request, question)
    query = {"like": like, "closed": "yes" if closed else ""}
    older = rows[_ROWS - 1].id if len(rows) > _ROWS else None
    return await show(
        request,
        "quarantine.html",
        groups=groups,
        rows=rows[:_ROWS],
        known=known,
        titles={home.integration: title(request, home.integration) for home in known.values()},
        ends=_CLOSED,
        like=like,
        closed=closed,
        newer=link(request, "quarantine", query) if before else "",
        older=link(request, "quarantine", {**query, "before": older}) if older else "",
    )


@page()
async def entry(request: Request) -> Response:
    """Show one entry; what it says of guests is masked."""
    return await _entry(request)


@change(Role.STAFF)
async def reveal(request: Request) -> Response:
    """Show one entry as it came, guest data included."""
    await audit(request, "quarantine reveal", entry=request.path_params["id"])
    return await _entry(request, revealed=True)


async def _entry(request: Request, *, revealed: bool = False) -> Response:
    id = int(request.path_params["id"])
    try:
        found = await desk_of(request).quarantined(id, revealed)
    except ConfigurationError:
        raise lost() from None
    known, guests = await ask(request, lambda db: (homes(db), parked.guest_of(db, id)))
    zone = next((home.zone() for home in known.values() if home.name == found["connection"]), None)
    return await show(
        request,
        "entry.html",
        entry=found,
        zone=zone,
        guests=guests,
        ends=_CLOSED,
        title_of=title(request, found["integration"]),
        payload=jsons.pretty(found["payload"]),
        previous=jsons.pretty(found["previous"]) if found["previous"] is not None else "",
        revealed=revealed,
    )


@change(Role.STAFF)
async def replay(request: Request) -> Response:
    """Try one entry again."""
    id, _ = int(request.path_params["id"]), translator(request)
    outcome = (await desk_of(request).replay(id))[id]
    await audit(request, "quarantine replay", entries=[id], outcome=outcome.partition(":")[0])
    there = url(request, "entry", id=id)
    if outcome == "replayed":
        return back(request, _("It was tried again, and it worked."), to=there)
    return back(request, outcome, bad=True, to=there)


@change(Role.STAFF)
async def replay_alike(request: Request) -> Response:
    """Try all entries again that have the reason of one."""
    id, _ = int(request.path_params["id"]), translator(request)
    ids = await ask(request, lambda db: parked.alike(db, id, limit=AT_ONCE + 1))
    outcomes = await desk_of(request).replay(*ids[:AT_ONCE])
    ends = Counter(outcome.partition(":")[0] for outcome in outcomes.values())
    await audit(request, "quarantine replay", like=id, entries=len(outcomes), outcomes=dict(ends))
    worked = ends.pop("replayed", 0)
    told = [ngettext(request, "%(num)d worked.", "%(num)d worked.", worked)]
    if left := ends.total():
        told.append(
            ngettext(request, "%(num)d is parked still.", "%(num)d are parked still.", left)
        )
    if len(ids) > AT_ONCE:
        told.append(_("There are more: do it again."))
    return back(request, " ".join(told), bad=not worked, to=url(request, "quarantine"))


routes: Final = [
    Route("/quarantine", quarantine, name="quarantine"),
    Route("/quarantine/{id:int}", entry, name="entry"),
    Route("/quarantine/{id:int}/reveal", reveal, methods=["POST"], name="entry_reveal"),
    Route("/quarantine/{id:int}/replay", replay, methods=["POST"], name="entry_replay"),
    Route("/quarantine/{id:int}/alike", replay_alike, methods=["POST"], name="entry_replay_alike"),
]
