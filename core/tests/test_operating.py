"""How connections are, and how a person stops them and lets them go on."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import acorn
import anyio
import httpx
import pytest
from inn import NOW, TOKEN, FixedClock, asked, busy, connected, dump, guest, opened, sync

from frontdesk import Desk, blocking
from frontdesk.cli import main
from frontdesk.errors import (
    AuthenticationError,
    ConfigurationError,
    FrontdeskError,
    PausedError,
    UnavailableError,
)

pytestmark = pytest.mark.anyio

LATER = NOW + timedelta(hours=1)


def ran(monkeypatch: pytest.MonkeyPatch, *words: object) -> object:
    """Run a command in this process; return its status."""
    monkeypatch.setattr(sys, "argv", ["frontdesk", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def state(store: Path) -> tuple[str, str]:
    ((state, reason),) = asked(store, "SELECT state, reason FROM connections")
    return state, reason


async def test_status_says_how_a_connection_is(store: Path) -> None:
    inn = busy(15)
    inn.rows["guests"].append(guest("amy", email=5))
    await sync(store, inn)
    await sync(store, inn, clock=FixedClock(LATER))

    (row,) = await Desk(store).status()

    assert (
        row.name,
        row.integration,
        row.account,
        row.title,
    ) == ("acorn", "acorn", "oak-1", "The Oak")
    assert (row.state, row.since, row.reason, row.todo) == ("running", NOW, "", "")
    assert {name: walk.finished for name, walk in row.history.items()} == {
        "guests": True,
        "stays": True,
        "clubs": True,
    }
    assert (
        row.history["stays"].done,
        row.history["stays"].total,
        row.last_sync,
        row.holder,
    ) == (15, 15, LATER, None)
    assert row.quarantined == 1
    assert sum(row.records.values()) == sum(sum(c.values()) for c in row.outcomes.values())


async def test_a_paused_connection_is_not_synced_until_it_is_resumed(store: Path) -> None:
    inn = busy()
    await sync(store, inn)
    inn.forget_requests()
    async with Desk(store, clock=FixedClock(LATER)) as desk:
        connection = connected(desk, inn)
        await desk.pause(connection)
        before = dump(store)
        with pytest.raises(PausedError, match="'acorn' is paused; resume it first: frontdesk"):
            await desk.sync(connection)
        (row,) = await desk.status()
        await desk.pause("acorn")

        assert (row.state, row.since, row.todo) == ("paused", LATER, "frontdesk resume acorn")
        assert inn.requests == []
        assert before == dump(store)

        await desk.resume(connection)
        await desk.sync(connection)

    assert state(store) == ("running", "")


async def test_a_sync_that_is_paused_meanwhile_stops_and_stays_paused(store: Path) -> None:
    """Seen to fail when ``leases.lock`` does not look at the state, and when what a sync
    notes at its end may replace what a person said.
    """
    inn = busy()
    undisturbed = store.with_name("whole.db")
    await sync(undisturbed, inn)

    def pause(request: httpx.Request) -> None:
        if request.url.params.get("offset") == "10":
            with opened(store) as db:
                db.execute("UPDATE connections SET state = 'paused'")

    inn.before = pause
    with pytest.raises(PausedError):
        await sync(store, inn)
    assert state(store)[0] == "paused"
    assert asked(store, "SELECT holder FROM connections") == [(None,)]

    inn.before = lambda _: None
    await Desk(store, clock=FixedClock()).resume("acorn")
    await sync(store, inn)

    assert dump(undisturbed) == dump(store)


async def test_syncing_all_skips_what_is_paused(store: Path) -> None:
    oak, elm = busy(3), busy(3)
    elm.id = elm.site = "elm-1"
    async with Desk(store, clock=FixedClock()) as desk:
        connected(desk, oak, name="oak")
        connected(desk, elm, name="elm")
        await desk.sync_all()
        await desk.pause("oak")

        results = await desk.sync_all()

    assert [type(result).__name__ for result in results] == ["PausedError", "Report"]


async def test_who_pauses_what_is_not_there_is_told_what_is(store: Path) -> None:
    await sync(store, busy(1))
    desk = Desk(store)

    for verb in (desk.pause, desk.resume):
        with pytest.raises(
            ConfigurationError, match="no connection or destination 'oak'; it has: acorn"
        ):
            await verb("oak")


async def test_resuming_what_is_not_stopped_leaves_its_state(store: Path) -> None:
    await sync(store, busy(1))
    with opened(store) as db:
        db.execute("UPDATE connections SET state = 'waiting', reason = 'quota'")

    await Desk(store).resume("acorn")

    assert state(store) == ("waiting", "quota")


def failing(status: int) -> Callable[[httpx.Request], httpx.Response | None]:
    """Fail every request for stays."""
    return lambda request: httpx.Response(status) if request.url.path == "/stays" else None


@pytest.mark.parametrize(
    ("status", "expected", "todo"),
    [
        (503, "waiting", "the next try goes on"),
        (401, "needs attention", "frontdesk check acorn"),
        (403, "needs attention", "frontdesk check acorn"),
        (404, "needs attention", "frontdesk check acorn"),
    ],
)
async def test_what_ended_a_sync_becomes_the_state_until_one_succeeds(
    store: Path, status: int, expected: str, todo: str
) -> None:
    inn = busy()
    inn.before = failing(status)
    with pytest.raises(FrontdeskError) as caught:
        await sync(store, inn)

    (row,) = await Desk(store).status()

    assert (expected, str(caught.value)) == (row.state, row.reason)
    assert todo in row.todo

    inn.before = lambda _: None
    await sync(store, inn)
    assert state(store) == ("running", "")


async def test_an_outage_that_lasts_keeps_since_when(store: Path) -> None:
    inn = busy()
    await sync(store, inn)
    inn.before = failing(503)
    for clock in (FixedClock(LATER), FixedClock(LATER + timedelta(days=1))):
        with pytest.raises(UnavailableError):
            await sync(store, inn, clock=clock)

    (row,) = await Desk(store).status()

    assert row.since < LATER + timedelta(hours=1)


async def test_a_new_secret_goes_on_without_losing_a_cursor(store: Path) -> None:
    """Seen to fail when ``register`` makes a new row for new settings."""
    inn = busy(35)
    undisturbed = store.with_name("whole.db")
    await sync(undisturbed, inn)
    pages = 0

    def revoke(request: httpx.Request) -> None:
        nonlocal pages
        pages += request.url.path == "/stays"
        if pages == 3:
            inn.token = "new-" + TOKEN

    inn.before = revoke
    with pytest.raises(AuthenticationError):
        await sync(store, inn)
    assert state(store)[0] == "needs attention"
    before = asked(store, "SELECT done FROM cursors WHERE finished = 0")
    inn.before = lambda _: None
    inn.forget_requests()

    await sync(store, inn, token=inn.token)

    assert before == [(20,)]
    assert [query["offset"] for query in inn.asked("stays")][:2] == ["20", "30"]
    assert not [query for query in inn.asked("guests") if not query.get("since", "x")]
    assert dump(undisturbed) == dump(store)


# -- the commands -----------------------------------------------------------------------


@pytest.fixture(name="config")
def _config(store: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration with the connection ``acorn`` and one that was never synced."""
    anyio.run(sync, store, busy(12))

    def desk(_: Path) -> Desk:
        made = Desk(store, clock=FixedClock())
        connected(made, busy(12))
        connected(made, busy(12), acorn, name="new")
        return made

    monkeypatch.setattr(Desk, "from_config", desk)
    return store.with_name("frontdesk.toml")


def test_the_commands_pause_show_and_resume(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ran(monkeypatch, "pause", "acorn", "--config", config) == 0
    assert capsys.readouterr().out == "acorn: paused\n"

    assert ran(monkeypatch, "status", "--config", config) == 0
    shown = capsys.readouterr().out
    assert "acorn: paused since 2026-11-01 12:00 UTC\n  why: somebody paused it\n" in shown
    assert "  what to do: frontdesk resume acorn\n" in shown
    assert "new: not synced yet\n" in shown

    assert ran(monkeypatch, "sync", "acorn", "--config", config) == 1
    assert "frontdesk: connection 'acorn' is paused; resume it first" in capsys.readouterr().err

    assert ran(monkeypatch, "resume", "acorn", "--config", config) == 0
    assert capsys.readouterr().out == "acorn: running\n"

    assert ran(monkeypatch, "resume", "oak", "--config", config) == 2


def test_syncing_all_says_what_is_skipped(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    anyio.run(sync, store, busy(1))
    with blocking.Desk(store) as desk:
        desk.pause("acorn")

    def made(_: Path) -> Desk:
        desk = Desk(store, clock=FixedClock())
        connected(desk, busy(1))
        return desk

    monkeypatch.setattr(Desk, "from_config", made)

    assert ran(monkeypatch, "sync", "--config", "x.toml") == 0
    assert "frontdesk: skipped: connection 'acorn' is paused" in capsys.readouterr().err

    with blocking.Desk(store) as desk:
        desk.resume("acorn")
        assert [row.state for row in desk.status()] == ["running"]


def test_status_is_1_where_something_needs_attention(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    anyio.run(sync, store, busy(1))
    with opened(store) as db:
        db.execute("UPDATE connections SET state = 'needs attention', reason = 'the key'")
        db.execute("UPDATE connections SET holder = 'host:1', lease_until = 1")

    assert ran(monkeypatch, "status", "--store", store) == 1
    assert "at work: held by host:1 until 00:00:00 UTC" in capsys.readouterr().out
    assert ran(monkeypatch, "status", "--store", store, "--json") == 1
    (row,) = json.loads(capsys.readouterr().out)
    assert row["state"] == "needs attention"
    assert row["history"]["guests"]["finished"] is True
