"""What the design promises and no other file holds: purity, wrappers, bounds, one order."""

from __future__ import annotations

import copy
import logging
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import acorn
import anyio.to_thread
import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inn import (
    NOW,
    TOKEN,
    FixedClock,
    Inn,
    altered,
    asked,
    busy,
    connected,
    dump,
    guest,
    stay,
    sync,
)

import frontdesk
from frontdesk import Account, Desk, Event, Profile, Record, Ref, Related, Site, blocking, hookimpl
from frontdesk.connection import Connection
from frontdesk.errors import ConfigurationError, RecordError

ACCOUNT = Account("oak-1", "The Oak", (Site("oak-1", "The Oak", "Europe/Prague", "EUR"),))


def loaded() -> frontdesk.LoadedConnector:
    return frontdesk.load(acorn, account=ACCOUNT)


# -- law 2: whatever the path of observations ----------------------------------------------


def follow(store: Path, versions: list[dict[str, Any]]) -> Any:
    async def run() -> set[bytes]:
        inn = Inn()
        inn.rows["guests"] = [guest("ada")]
        for hour, version in enumerate(versions):
            inn.rows["stays"] = [version]
            await sync(store, inn, clock=FixedClock(NOW + timedelta(hours=hour + len(versions))))
        return {id for (id,) in asked(store, "SELECT event_id FROM log WHERE kind = 1")}

    return run()


@pytest.mark.anyio
@pytest.mark.parametrize("seen", [(0,), (0, 2), (0, 1, 2, 1), (2, 0)])
async def test_the_final_versions_events_are_among_those_of_any_path_to_it(
    tmp_path: Path, seen: tuple[int, ...]
) -> None:
    """Law 2. Seen to fail when the time a record was seen goes into an id."""
    story = [
        stay("s", changed="2026-10-01T00:00:00Z"),
        stay("s", changed="2026-10-02T00:00:00Z", total="9"),
        stay("s", changed="2026-10-03T00:00:00Z", cancelled="2026-10-03T00:00:00Z"),
    ]
    last = story[max(seen)]

    alone = await follow(tmp_path / "alone.db", [last])
    found = await follow(tmp_path / "path.db", [story[number] for number in seen])

    assert alone <= found


# -- law 3: mapping is pure ------------------------------------------------------------------


class Recorder:
    """Wraps mapping hooks, and holds them to leaving their arguments as they are."""

    def __init__(self) -> None:
        self.calls = 0

    def _watch(self, **given: Any) -> Iterator[None]:
        before = copy.deepcopy(given)
        result = yield
        self.calls += 1
        assert before == given
        return result

    @hookimpl(wrapper=True)
    def parse_event(self, record: Record, previous: Any, related: Any, context: Any) -> Any:
        return (yield from self._watch(r=record, p=previous, l=related, c=context))

    @hookimpl(wrapper=True)
    def map_profile(self, record: Record, previous: Any, related: Any, context: Any) -> Any:
        return (yield from self._watch(r=record, p=previous, l=related, c=context))


@pytest.mark.anyio
async def test_core_hands_a_mapping_nothing_that_changes_under_it(store: Path) -> None:
    """Law 3. Seen to fail when a hook writes into its record's payload."""
    recorder = Recorder()

    report = await sync(store, busy(), wrappers=[recorder])

    assert report.quarantined == 0
    assert recorder.calls > 50


@pytest.mark.anyio
async def test_now_is_when_the_record_was_seen_and_no_clock_is_read(store: Path) -> None:
    """Law 3. Seen to fail when ``Intake`` stamps records with the machine's clock."""
    seen: set[datetime] = set()

    def map_profile(record: Record) -> None:
        seen.add(record.seen)

    await sync(store, busy(), altered(map_profile=map_profile))

    assert {NOW} == seen


@given(st.integers(0, 5))
def test_the_same_record_maps_to_the_same_events(friends: int) -> None:
    connector = loaded()
    row = stay("s", cancelled="2026-10-02T00:00:00Z", friend="zoe" if friends else None)
    zoe = connector.record("guests", guest("zoe"))
    related = Related({Ref("guests", "zoe"): zoe})
    record = connector.record("stays", row)

    once = connector.parse_event(record, None, related)

    assert once == connector.parse_event(record, None, related)


# -- law 5 and 6 ----------------------------------------------------------------------------------


def heavy(stays: int) -> Inn:
    """An inn whose stays weigh 40 kB each, and that does not keep what it was asked."""
    inn = Inn()
    inn.rows["guests"] = [guest("ada")]
    inn.rows["stays"] = [stay(f"s{n}", note=f"{n:05d}" * 8000) for n in range(stays)]
    original = inn.page

    def lean(stream: str, params: Any) -> Any:
        inn.requests.clear()
        return original(stream, params)

    inn.page = lean  # type: ignore[method-assign]
    return inn


@pytest.mark.anyio
async def test_memory_is_bounded_by_the_page_not_the_account(tmp_path: Path) -> None:
    """Law 6. Seen to fail when a walk keeps its pages."""

    async def peak(stays: int) -> int:
        inn = heavy(stays)
        tracemalloc.start()
        await sync(tmp_path / f"{stays}.db", inn, page_size=5)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    await peak(9)

    # Ninety stays more weigh 3.6 MB; the walk must not hold them.
    assert await peak(100) < await peak(10) + 1_500_000


# -- law 7: secrets and guest data stay out -------------------------------------------------------------


@pytest.mark.anyio
async def test_a_whole_sync_logs_no_secret_and_no_guest(
    store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Law 7. Seen to fail when httpx may log requests."""
    caplog.set_level(logging.DEBUG)
    inn = busy()
    inn.rows["guests"] += [guest("eve", name="Eve-CANARY"), guest("bad", email=5, name="CANARY")]
    updates: list[Any] = []

    async with Desk(store, clock=FixedClock()) as desk:
        desk.subscribe(updates.append)
        report = await desk.sync(connected(desk, inn))
        checked = await desk.check("acorn")
        status = await desk.status()

    said = f"{caplog.text} {report!r} {updates!r} {checked!r} {status!r} {desk!r}"
    assert not [word for word in ("CANARY", TOKEN, "example.com", "ids=") if word in said]


# -- wrappers (design 5) ------------------------------------------------------------------------------------


class Renaming:
    """An application's adjustment: guests are greeted, stays cost double."""

    def __init__(self, greeting: str) -> None:
        self._greeting = greeting

    @hookimpl(wrapper=True)
    def map_profile(self, record: Record) -> Any:
        profile = yield
        if not isinstance(profile, Profile):
            return profile
        return attrs.evolve(profile, first_name=f"{self._greeting} {profile.first_name}")

    @hookimpl(wrapper=True)
    def parse_event(self) -> Any:
        events = yield
        return [
            attrs.evolve(e, value=e.value and e.value * 2) if isinstance(e, Event) else e
            for e in events
        ]


@pytest.mark.anyio
async def test_two_accounts_of_one_connector_have_wrappers_of_their_own(store: Path) -> None:
    """Seen to fail when all connections share one plugin manager."""
    async with Desk(store, clock=FixedClock()) as desk:
        for name, wrappers in {
            "oak": [Renaming("Dear")],
            "elm": [Renaming("Hi")],
            "fir": [],
        }.items():
            inn = Inn(f"{name}-1")
            inn.rows["guests"], inn.rows["stays"] = [guest("ada")], [stay("s")]
            connected(desk, inn, name=name, wrappers=wrappers)
        await desk.sync_all()
        names = {row.connection: row.profile["first_name"] for row in await desk.profiles()}
        values = {row.connection: str(row.event["value"]) for row in await desk.events()}

    assert names == {"oak": "Dear Ada", "elm": "Hi Ada", "fir": "Ada"}
    assert values == {"oak": "241.00", "elm": "241.00", "fir": "120.50"}


@pytest.mark.anyio
async def test_a_wrapper_sees_what_a_generator_raises_and_may_mend_it(store: Path) -> None:
    """Seen to fail when generators run after the wrappers have returned."""

    class Mending:
        @hookimpl(wrapper=True)
        def parse_event(self, record: Record) -> Any:
            try:
                return (yield)
            except ValueError:
                return [Event("Booked Stay", record.payload["guest"], NOW)]

    inn = busy(2)
    inn.rows["stays"].append(stay("bad", booked="never"))

    report = await sync(store, inn, wrappers=[Mending()])

    assert (report.quarantined, report.events - 2) == (0, 3)


@pytest.mark.anyio
async def test_a_wrapper_is_held_to_the_contract_as_well(store: Path) -> None:
    class Careless:
        @hookimpl(wrapper=True)
        def map_profile(self) -> Any:
            yield
            return "nobody"

    report = await sync(store, busy(2), wrappers=[Careless()])

    # Two guests, two stays, a room and two places in a club.
    assert report.quarantined == 7
    assert asked(store, "SELECT * FROM profiles") == []


# -- without a store -------------------------------------------------------------------------------------------


def test_hooks_can_be_called_without_a_store() -> None:
    connector = loaded()
    record = connector.record("stays", stay("s"))
    ada = connector.record("guests", guest("ada"))

    assert (connector.name, connector.manifest.title) == ("acorn", "Acorn")
    assert [e.metric for e in connector.parse_event(record) if isinstance(e, Event)] == [
        "Booked Stay"
    ]
    assert getattr(connector.map_profile(ada), "guest", None) == "ada"
    assert [consent.state for consent in connector.sync_consent(ada)] == ["subscribed"]
    reservation = connector.map_reservation(record)
    assert reservation is not None
    assert reservation.number == "s"
    assert connector.context.settings.token == ""


def test_a_record_is_made_of_a_row_or_refused() -> None:
    connector = loaded()

    assert datetime(2026, 10, 1, 10, tzinfo=UTC) == connector.record("stays", stay("s")).seen
    with pytest.raises(ConfigurationError, match="acorn has no stream 'stay'; it has guests"):
        connector.record("stay", stay("s"))
    with pytest.raises(RecordError, match="missing field 'id'"):
        connector.record("stays", {})
    with pytest.raises(RecordError, match="no JSON object but a string"):
        connector.record("stays", "CANARY")  # type: ignore[arg-type]


def test_a_connector_without_rows_or_webhooks_says_so() -> None:
    module = altered(manifest=attrs.evolve(acorn.manifest, build_record=None))
    del module.read_webhook
    connector = frontdesk.load(module)

    with pytest.raises(ConfigurationError, match="cannot make records of rows"):
        connector.record("stays", stay("s"))
    with pytest.raises(ConfigurationError, match="reads no webhooks"):
        list(connector.read_webhook(frontdesk.Delivery(b"")))


def test_asking_without_end_is_told_in_a_line() -> None:
    def parse_event(record: Record, related: Any) -> Any:
        for number in range(99):
            related[Ref("guests", f"{number}")]

    connector = frontdesk.load(altered(parse_event=parse_event))

    kinds = [line["kind"] for line in connector.lines("stays", [stay("s")])]
    assert kinds == ["ref", "ref", "ref", "reservation", "quarantined"]


def test_what_the_package_offers_is_there() -> None:
    assert frontdesk.__all__ == dir(frontdesk) == sorted(frontdesk.__all__)
    assert not [name for name in frontdesk.__all__ if getattr(frontdesk, name, None) is None]
    assert frontdesk.__version__
    with pytest.raises(AttributeError, match="no attribute 'Dusk'"):
        frontdesk.Dusk  # noqa: B018


# -- the same desk for code that does not await --------------------------------------------------------------------


def test_the_blocking_desk_does_the_same(store: Path, tmp_path: Path) -> None:
    inn, updates = busy(), []
    inn.rows["stays"].append(stay("bad", booked="never"))
    with blocking.Desk(store, clock=FixedClock()) as desk:
        connection = connected(desk, inn)  # type: ignore[arg-type]
        desk.subscribe(updates.append)
        report = desk.sync(connection)
        (again,) = desk.sync_all()
        checked = desk.check("acorn")
        (entry,) = desk.quarantine()
        replayed = desk.replay(entry.id)
        rows = desk.metrics(), desk.profiles(), desk.events(limit=3), desk.status()

    assert isinstance(connection, Connection)
    assert ({"acorn"}, True) == (set(desk.connections), checked.ok)
    assert (report.reservations - 1, report.events, report.quarantined) == (25, 27, 1)
    assert again.events == 0  # type: ignore[union-attr]
    assert [entry.id] == list(replayed)
    assert [len(part) for part in rows] == [2, 2, 3, 1]
    assert updates
    with pytest.raises(RuntimeError, match="use it in a with block"):
        desk.metrics()


@pytest.mark.anyio
async def test_both_desks_leave_the_same_store(tmp_path: Path) -> None:
    await sync(tmp_path / "one.db", busy())
    expected = dump(tmp_path / "one.db")

    def block() -> None:
        with blocking.Desk(tmp_path / "two.db", clock=FixedClock()) as desk:
            desk.sync(connected(desk, busy()))  # type: ignore[arg-type]

    await anyio.to_thread.run_sync(block)

    assert expected == dump(tmp_path / "two.db")


@pytest.mark.anyio
async def test_a_connection_nobody_made_is_named_with_those_there_are(store: Path) -> None:
    async with Desk(store) as desk:
        connected(desk, busy(), name="oak")
        with pytest.raises(ConfigurationError, match="no connection 'elm'; there are: oak"):
            await desk.sync("elm")
        with pytest.raises(ConfigurationError, match="no entry 7 in quarantine"):
            await desk.replay(7)


@pytest.mark.anyio
async def test_an_entry_of_a_connection_that_is_gone_cannot_be_replayed(store: Path) -> None:
    inn = busy(0)
    inn.rows["stays"].append(stay("bad", booked="never"))
    await sync(store, inn, name="oak")

    async with Desk(store) as desk:
        (entry,) = await desk.quarantine()
        with pytest.raises(ConfigurationError, match="connection 'oak', which is not configured"):
            await desk.replay(entry.id)


@pytest.mark.anyio
async def test_status_shows_every_connection_and_what_became_of_its_records(store: Path) -> None:
    await sync(store, busy(), name="oak")

    async with Desk(store) as desk:
        (row,) = await desk.status()

    assert (
        row.name,
        row.integration,
        row.account,
        row.title,
        row.state,
        row.reason,
    ) == ("oak", "acorn", "oak-1", "The Oak", "running", "")
    assert row.outcomes["stays"] == {"mapped": 25, "unchanged": 25}
