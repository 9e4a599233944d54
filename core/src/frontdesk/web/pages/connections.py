"""Connections and destinations: how each is, and what a person may do about it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import attrs
from babel import Locale
from babel.dates import format_timedelta
from sqlalchemy import Connection as Db
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frontdesk.deliver.checking import DestinationCheck
from frontdesk.errors import FrontdeskError
from frontdesk.ingest.checking import Check
from frontdesk.store import inbox, outlooks, status
from frontdesk.store.inbox import InboxRow
from frontdesk.store.outlooks import DestinationRow
from frontdesk.store.sites import Home, homes
from frontdesk.store.states import State
from frontdesk.store.status import ConnectionRow, WalkRow
from frontdesk.web.pages.asking import ask, desk_of, lost, manifests, outlets, title
from frontdesk.web.pages.frame import N_, Role, audit, back, change, page, show, translator, url
from frontdesk.web.pages.wording import language_of

_log = logging.getLogger("frontdesk")
nav: Final = (N_("Connections"), "connections", 30)
#: How a state is called, how it looks, and what a person should do.
STATES: Final[Mapping[str, tuple[str, str, str]]] = {
    State.RUNNING: (N_("running"), "good", ""),
    State.PAUSED: (N_("paused"), "wait", N_("Somebody paused it. Resume it when it may go on.")),
    State.WAITING: (N_("waiting"), "wait", N_("Nothing to do: the next try goes on.")),
    State.ATTENTION: (
        N_("needs attention"),
        "bad",
        N_(
            "Mend what the reason says, then check it: the next try goes on where the last stopped."
        ),
    ),
    State.HELD: (
        N_("held"),
        "bad",
        N_("See that no other copy of this store is at work, then resume it."),
    ),
}
OUTCOMES: Final = {
    "mapped": N_("mapped"),
    "unchanged": N_("unchanged"),
    "superseded": N_("superseded"),
    "quarantined": N_("quarantined"),
}
_STOPPED: Final = {State.PAUSED.value, State.HELD.value}
_ENDS: Final = ("connections", "destinations")


@attrs.frozen
class _Found:
    known: Mapping[str, Home]
    rows: list[ConnectionRow]
    inboxes: Mapping[str, InboxRow]
    destinations: list[DestinationRow]


@page()
async def connections(request: Request) -> Response:
    """Show all of them."""
    desk = desk_of(request)
    now = desk.clock.now()

    def question(db: Db) -> _Found:
        return _Found(
            {home.name: home for home in homes(db).values()},
            status.list_connections(db, now),
            {box.connection: box for box in inbox.list_inboxes(db)},
            outlooks.list_destinations(db),
        )

    found = await ask(request, question)
    rows, there = found.rows, {row.name for row in found.rows}
    return await show(
        request,
        "connections.html",
        rows=[_connection(request, row, found, now) for row in rows],
        unopened=[(one.name, one.connector.name) for one in desk.connections.values() if one.name not in there],
        destinations=[_destination(request, row) for row in found.destinations],
        unsent=[(one.name, one.plugin.name) for one in desk.destinations.values() if one.name not in {row.name for row in found.destinations}],
        titles={**{name: one.title for name, one in outlets(request).items()}, **{row.integration: title(request, row.integration) for row in rows}, **{one.connector.name: one.manifest.title for one in desk.connections.values()}},
        states=STATES,
        outcomes=OUTCOMES,
        stopped=_STOPPED,
        serving=desk.serving,
    )  # fmt: skip


def _connection(
    request: Request, row: ConnectionRow, found: _Found, now: datetime
) -> dict[str, Any]:
    """Return what the page shows of a connection besides what its row says."""
    manifest = manifests(request).get(row.integration)
    _ = translator(request)
    rules = {one.name: one.meaning for one in manifest.exclusions} if manifest else {}
    box, home = found.inboxes.get(row.name), found.known.get(row.name)
    skipped = {
        outcome.removeprefix("skipped: "): count
        for outcome, count in row.records.items()
        if outcome.startswith("skipped: ")
    }
    return {
        "row": row,
        "zone": home.zone() if home else None,
        "walks": [(name, walk, _left(request, walk)) for name, walk in row.history.items()],
        "lag": _said(request, now - row.last_sync) if row.last_sync else "",
        "waits": _said(request, now - box.oldest) if box and box.oldest else "",
        "skipped": [
            (rule, rules.get(rule) or _("The guest was forgotten."), count)
            for rule, count in sorted(skipped.items())
        ],
        "counts": {name: n for name, n in row.records.items() if not name.startswith("skipped")},
        "at_hand": row.name in desk_of(request).connections,
    }


def _left(request: Request, walk: WalkRow) -> str:
    return "" if walk.remaining is None else _said(request, walk.remaining)


def _said(request: Request, span: timedelta) -> str:
    locale = Locale.parse(language_of(request))
    return format_timedelta(max(span, timedelta(0)), locale=locale)


def _destination(request: Request, row: DestinationRow) -> dict[str, Any]:
    at_hand = desk_of(request).destinations.get(row.name)
    sent = [(load, end, n) for load, ends in row.sent.items() for end, n in ends.items()]
    return {
        "row": row,
        "at_hand": at_hand is not None,
        "live": at_hand is not None and at_hand.rules.live,
        "sent": sent,
        "unread": sum(row.unread.values()),
    }


@change(Role.STAFF)
async def check(request: Request) -> Response:
    """Ask a platform or a destination whether the credentials work, and show what it says."""
    name, desk = request.path_params["name"], desk_of(request)
    checked: Check | DestinationCheck
    if _end(request) == "connections":
        checked = at_platform = await desk.check(name)
        by = at_platform.integration
    else:
        checked = there = await desk.check_destination(name)
        by = there.plugin
    await audit(request, f"{_end(request)} check", name=name)
    return await show(request, "check.html", place="connections", name=name, by=by, checked=checked)


@change(Role.STAFF)
async def sync(request: Request) -> Response:
    """Ask for changes now: the service does, or else this process, behind the page."""
    name, desk, _ = request.path_params["name"], desk_of(request), translator(request)
    if name not in desk.connections:
        raise lost()
    await audit(request, "connections sync", name=name)
    if desk.serving:
        called = desk.call(name)
        said = N_("Its changes are being asked for.") if called else N_("It is at work already.")
        return back(request, _(said))
    response = back(request, _("It is being synced. Reload the page to see how far it is."))
    response.background = BackgroundTask(_sync, desk, name)
    return response


async def _sync(desk: Any, name: str) -> None:
    try:
        await desk.sync(name)
    except FrontdeskError as error:
        # Its state says so as well, unless somebody else is at work.
        _log.warning("%s: not synced: %s", name, error)


@change(Role.STAFF)
async def pause(request: Request) -> Response:
    """Stop working for a connection or destination."""
    name, _ = request.path_params["name"], translator(request)
    await desk_of(request).pause(name)
    await audit(request, f"{_end(request)} pause", name=name)
    return back(request, _("%(name)s is paused.") % {"name": name}, to=url(request, "connections"))


@change(Role.STAFF)
async def resume(request: Request) -> Response:
    """Let a connection or destination go on."""
    name, _ = request.path_params["name"], translator(request)
    await desk_of(request).resume(name)
    await audit(request, f"{_end(request)} resume", name=name)
    return back(request, _("%(name)s goes on.") % {"name": name}, to=url(request, "connections"))


@change(Role.STAFF)
async def preview(request: Request) -> Response:
    """Count what a delivery would send, and send nothing."""
    name, desk = request.path_params["name"], desk_of(request)
    if name not in desk.destinations:
        raise lost()
    report = await desk.deliver(name, dry_run=True)
    await audit(request, "destinations preview", name=name)
    live = desk.destinations[name].rules.live
    return await show(
        request, "preview.html", place="connections", name=name, report=report, live=live
    )


def _end(request: Request) -> str:
    """Return which of the two a path is about."""
    return next(end for end in _ENDS if f"/{end}/" in request.url.path)


routes: Final = [
    Route("/connections", connections, name="connections"),
    *(
        Route(f"/{end}/{{name:path}}/{verb}", handler, methods=["POST"], name=f"{end}_{verb}")
        for end in _ENDS
        for verb, handler in (("check", check), ("pause", pause), ("resume", resume))
    ),
    Route("/connections/{name:path}/sync", sync, methods=["POST"], name="connections_sync"),
    Route(
        "/destinations/{name:path}/preview", preview, methods=["POST"], name="destinations_preview"
    ),
]
