"""Reading or mapping an account again: nothing doubled, and what guests said stays said."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import acorn
import anyio
import attrs
import pytest
from inn import (
    NOW,
    FixedClock,
    Inn,
    altered,
    asked,
    busy,
    connected,
    dump,
    guest,
    opened,
    sync,
)

from frontdesk import Channel, Consent, ConsentState, Desk, Event, Metric, Profile
from frontdesk.cli import main
from frontdesk.errors import ConfigurationError, LeaseError, StoreError
from frontdesk.ingest.remap import Remapped
from frontdesk.store import commit

pytestmark = pytest.mark.anyio
#: Where history of two years begins.
START = "2024-11-01T12:00:00Z"

HOUR = timedelta(hours=1)


async def test_what_is_fetched_again_adds_nothing(store: Path) -> None:
    """Laws 2 and 4. Seen to fail when refetch removes records along with the cursors."""
    inn = busy()
    await sync(store, inn)
    inn.rows["guests"][0] |= {"news": False, "changed": "2026-11-01T11:00:00Z"}
    inn.rows["guests"][1] |= {"erased": True, "changed": "2026-11-01T11:00:00Z"}
    del inn.rows["clubs"][0]
    await sync(store, inn)
    before, seq = dump(store), asked(store, "SELECT seq FROM connections")

    again = await Desk(store, clock=FixedClock()).refetch("acorn")
    assert asked(store, "SELECT * FROM cursors") == []
    inn.forget_requests()
    report = await sync(store, inn)

    assert again == ("guests", "stays", "clubs", "rooms")
    assert (report.events, report.profiles, report.consents, report.reservations) == (0, 0, 0, 0)
    assert before == dump(store)
    assert seq == asked(store, "SELECT seq FROM connections")
    assert inn.asked("stays")[0] == {"offset": "0", "size": "10", "since": START}


async def test_one_stream_alone_is_fetched_again(store: Path) -> None:
    inn = busy()
    await sync(store, inn)
    desk = Desk(store, clock=FixedClock())

    assert await desk.refetch("acorn", "stays") == ("stays",)
    inn.forget_requests()
    await sync(store, inn)

    assert inn.asked("stays")[0]["since"] == START
    assert "since" in inn.asked("guests")[0]


async def test_what_there_is_not_is_refused_with_what_there_is(store: Path) -> None:
    await sync(store, busy(1))
    desk = Desk(store, clock=FixedClock())

    with pytest.raises(ConfigurationError, match="it has: guests, stays, clubs, rooms"):
        await desk.refetch("acorn", "ghosts")
    with pytest.raises(ConfigurationError, match="no connection 'oak'; it has: acorn"):
        await desk.refetch("oak")


async def test_a_sync_at_work_is_not_disturbed(store: Path) -> None:
    await sync(store, busy(1))
    until = int((NOW + HOUR).timestamp() * 1_000_000)
    with opened(store) as db:
        db.execute("UPDATE connections SET holder = 'elsewhere:1', lease_until = ?", (until,))

    with pytest.raises(LeaseError):
        await Desk(store, clock=FixedClock()).refetch("acorn")

    assert asked(store, "SELECT COUNT(*) FROM cursors") != [(0,)]


async def test_a_paused_connection_may_be_prepared(store: Path) -> None:
    await sync(store, busy(1))
    desk = Desk(store, clock=FixedClock())
    await desk.pause("acorn")

    await desk.refetch("acorn")

    assert asked(store, "SELECT state, holder FROM connections") == [("paused", None)]


# -- remapping -----------------------------------------------------------------------------


def remade() -> ModuleType:
    """Acorn's next version: a metric more, other profiles, other reservations."""

    def parse_event(record: Any, previous: Any, related: Any, context: Any) -> Any:
        yield from acorn.parse_event(record, previous, related, context)
        if record.stream == "stays":
            yield Event("Slept", record.payload["guest"], NOW - HOUR)

    def map_profile(record: Any) -> Any:
        found = acorn.map_profile(record)
        if not isinstance(found, Profile):
            return found
        return attrs.evolve(found, last_name="Lovelace")

    def sync_consent(record: Any) -> Any:
        if record.stream == "guests":
            yield Consent(record.id, "x@example.com", Channel.EMAIL, ConsentState.SUBSCRIBED)

    def map_reservation(record: Any) -> Any:
        found = acorn.map_reservation(record)
        return found and attrs.evolve(found, status="kept")

    manifest = attrs.evolve(acorn.manifest, metrics=(*acorn.manifest.metrics, Metric("Slept")))
    return altered(
        parse_event=parse_event,
        map_profile=map_profile,
        sync_consent=sync_consent,
        map_reservation=map_reservation,
        manifest=manifest,
    )


async def remap(store: Path, inn: Inn, connector: ModuleType, **options: Any) -> Remapped:
    async with Desk(store, clock=FixedClock(NOW + HOUR)) as desk:
        return await desk.remap(connected(desk, inn, connector), **options)


async def eventful(store: Path) -> Inn:
    """Sync an inn whose guests merged, left, were excluded and changed their minds."""
    inn = busy(12)
    inn.rows["guests"] += [guest("zoe"), guest("kim"), guest("rob", robot=True)]
    await sync(store, inn)
    when = "2026-11-01T11:00:00Z"
    inn.rows["guests"][0] |= {"news": False, "changed": when}
    inn.rows["guests"][1] |= {"merged": "ada", "changed": when}
    inn.rows["guests"][2] |= {"erased": True, "changed": when}
    inn.rows["stays"][3] |= {"cancelled": when, "changed": when}
    del inn.rows["clubs"][0]
    await sync(store, inn)
    inn.forget_requests()
    return inn


async def test_the_same_mapping_changes_nothing(store: Path) -> None:
    """Laws 2 and 4. Seen to fail when what stored records say of consent is taken in."""
    inn = await eventful(store)
    before, seq = dump(store), asked(store, "SELECT seq FROM connections")

    done = await remap(store, inn, acorn)

    assert (done.events, done.profiles, done.reservations, done.failed) == (0, 0, 0, 0)
    # What was erased has nothing left to map.
    whole = asked(store, "SELECT count(*) FROM payloads WHERE body != CAST('{}' AS BLOB)")
    assert [(done.records,)] == whole
    assert before == dump(store)
    assert seq == asked(store, "SELECT seq FROM connections")


async def test_another_mapping_adds_what_is_new_and_touches_no_consent(store: Path) -> None:
    inn = await eventful(store)
    before = dump(store)
    everything = asked(store, "SELECT * FROM connections")
    ((seq,),) = asked(store, "SELECT seq FROM connections")

    would = await remap(store, inn, remade(), dry_run=True)
    assert before == dump(store)
    assert everything == asked(store, "SELECT * FROM connections")

    done = await remap(store, inn, remade())

    assert attrs.asdict(would) == attrs.asdict(done)
    assert (done.events, done.profiles, done.reservations) == (12, 2, 12)
    after = dump(store)
    for name in ("consents", "guests", "records", "cursors", "counters", "quarantine"):
        assert before[name] == after[name]
    assert asked(store, "SELECT DISTINCT origin FROM log WHERE seq > ?", seq) == [(0,)]
    assert asked(store, "SELECT DISTINCT last_name FROM profiles") == [("Lovelace",)]
    assert inn.requests == []

    again = await remap(store, inn, remade())
    assert (again.events, again.profiles, again.reservations) == (0, 0, 0)


async def test_remapping_stopped_half_way_begins_again(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inn = await eventful(store)
    whole = store.with_name("whole.db")
    with opened(store) as db, opened(whole) as copy:
        db.backup(copy)
    await remap(whole, inn, remade())
    monkeypatch.setattr("frontdesk.ingest.remap._PAGE", 5)
    write, pages = commit.write, 0

    def fail(*arguments: Any) -> Any:
        nonlocal pages
        pages += 1
        if pages == 3:
            raise StoreError("no more room")
        return write(*arguments)

    with monkeypatch.context() as broken:
        broken.setattr(commit, "write", fail)
        with pytest.raises(StoreError):
            await remap(store, inn, remade())
    assert dump(whole) != dump(store)

    await remap(store, inn, remade())

    assert dump(whole) == dump(store)


async def test_what_cannot_be_mapped_is_said_and_stays_as_it_was(store: Path) -> None:
    inn = await eventful(store)
    before = dump(store)

    def map_reservation(record: Any) -> Any:
        return 5 if record.id == "s1" else acorn.map_reservation(record)

    done = await remap(store, inn, altered(map_reservation=map_reservation), stream="stays")

    assert (done.records, done.failed) == (12, 1)
    assert done.reasons == ["stays s1: map_reservation: gave a int, not a Reservation"]
    assert before == dump(store)
    with pytest.raises(ConfigurationError, match="no stream 'ghosts'; it has: guests, stays"):
        await remap(store, inn, acorn, stream="ghosts")


def test_the_command_counts_and_remaps(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    anyio.run(sync, store, busy(3))

    def desk(_: Path) -> Desk:
        made = Desk(store, clock=FixedClock())
        connected(made, busy(3), remade())
        return made

    monkeypatch.setattr(Desk, "from_config", desk)
    for more, verb in ((["--dry-run"], "would give"), ([], "gave")):
        monkeypatch.setattr(sys, "argv", ["frontdesk", "remap", "acorn", "--config", "x", *more])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0
        assert f"{verb} 3 new events, 2 profiles" in capsys.readouterr().out
