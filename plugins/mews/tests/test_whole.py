"""The connector against its sandbox: what is declared is what comes out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import httpx
import pytest

import frontdesk_mews as mews
from frontdesk.client import Client
from frontdesk.connection import Connection, connect
from frontdesk.errors import SkipRecord
from frontdesk.manifest import Kind
from frontdesk.model import (
    Channel,
    ConsentState,
    Context,
    Event,
    Gone,
    Merged,
    Origin,
    Page,
    Profile,
    Purpose,
    Query,
    Record,
    Ref,
)
from frontdesk.registry import adopt
from frontdesk_mews.sandbox import PREFIX, Options, Platform, faults

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SINCE = NOW - timedelta(days=730)

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@attrs.define
class Reader:
    """Reads the sandbox as core would, and maps what it read."""

    connection: Connection
    client: Client[Any]
    context: Context
    known: dict[tuple[str, str], Record | None] = attrs.field(factory=dict)
    skipped: set[str] = attrs.field(factory=set)
    read: dict[str, list[Record]] = attrs.field(factory=dict)

    async def lookup(
        self, stream: str, ids: Sequence[str], *, max_age: timedelta | None
    ) -> Mapping[str, Record | None]:
        assert max_age is not None
        missing = tuple(key for key in ids if (stream, key) not in self.known)
        if missing:
            self.known |= {(stream, key): None for key in missing}
            for record in await self.records(Query(stream, Purpose.IDS, ids=missing)):
                self.known[stream, record.id] = record
        return {key: self.known[stream, key] for key in ids}

    async def pages(self, query: Query) -> list[Page]:
        return [page async for page in mews.fetch_history(self.client, query)]

    async def records(self, query: Query) -> list[Record]:
        found = [record for page in await self.pages(query) for record in page.records]
        assert all(isinstance(record, Record) for record in found)
        return [record for record in found if isinstance(record, Record)]

    async def history(self, stream: str) -> list[Record]:
        if stream not in self.read:
            self.read[stream] = await self.records(Query(stream, since=SINCE))
        return self.read[stream]

    def events(self, record: Record, previous: Record | None = None) -> list[Event]:
        try:
            return list(mews.parse_event(record, previous, self.context))
        except SkipRecord as skip:
            self.skipped.add(skip.rule)
            return []


@asynccontextmanager
async def reading(platform: Platform) -> AsyncIterator[Reader]:
    found: Reader

    async def lookup(
        stream: str, ids: Sequence[str], *, max_age: timedelta | None
    ) -> Mapping[str, Record | None]:
        return await found.lookup(stream, ids, max_age=max_age)

    values = {
        "client_token": platform.tokens.client,
        "access_token": platform.tokens.portfolio.value,
        "base_url": f"http://mews.test{PREFIX}",
    }
    transport = httpx.ASGITransport(platform.app)
    connection = connect(adopt("mews", mews), "lakes", values, transport=transport)
    # The sandbox counts by its own clock, which stands still: no need to keep its pace.
    async with Client[Any](
        settings=connection.settings,
        base_url=connection.base_url,
        auth=mews.manifest.authenticate(connection.settings),
        transport=transport,
        lookup=lookup,
    ) as client:
        client.account = await mews.open_account(client)
        found = Reader(connection, client, connection.context(client.account, SINCE))
        yield found


@pytest.fixture(scope="module")
async def reader() -> AsyncIterator[Reader]:
    async with reading(Platform(Options(now=NOW, reservations=1500, rate_window=0))) as found:
        yield found


async def test_every_metric_and_every_property_is_produced_and_no_other(reader: Reader) -> None:
    told: dict[str, Counter[str]] = defaultdict(Counter)
    for record in await reader.history("reservations"):
        for event in reader.events(record):
            assert event.guest in record.guests
            assert isinstance(event.value, Decimal)
            assert event.currency
            told[event.metric] += Counter(
                name for name, value in event.properties.items() if value is not None
            )
    for metric in mews.manifest.metrics:
        declared = {p.name for p in metric.properties if not p.of}
        assert set(told.pop(metric.name)) <= declared
    assert not told
    assert reader.skipped <= {exclusion.name for exclusion in mews.manifest.exclusions}


async def test_every_property_has_a_value_somewhere(reader: Reader) -> None:
    seen: dict[str, set[str]] = defaultdict(set)
    for record in await reader.history("reservations"):
        for event in reader.events(record):
            for name, value in event.properties.items():
                if value not in (None, []):
                    seen[name].add(str(value))
    properties = [p for p in mews.manifest.metrics[0].properties if not p.of]
    assert set(seen) == {p.name for p in properties}
    for declared in properties:
        if declared.values:
            assert seen[declared.name] <= set(declared.values)


async def test_every_profile_field_is_produced(reader: Reader) -> None:
    seen: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for record in await reader.history("customers"):
        found = mews.map_profile(record, reader.context)
        kinds[type(found).__name__] += 1
        if isinstance(found, Profile):
            kinds[found.excluded or "free"] += 1
            seen += Counter(name for name, value in found.properties.items() if value)
            seen += Counter(f"location.{k}" for k, value in found.location.items() if value)
            seen += Counter(name for name, value in attrs.asdict(found).items() if value)
    for field in mews.manifest.profile:
        if field.kind is not Kind.CONSENT:
            assert seen[field.attribute or field.name], field.name
    assert {Merged.__name__, Gone.__name__, "ota", "paymaster", "free"} <= set(kinds)


async def test_consent_is_for_e_mail_and_only_of_whom_may_be_written_to(reader: Reader) -> None:
    statements = [
        (consent, record)
        for record in await reader.history("customers")
        for consent in mews.sync_consent(record, None, reader.context)
    ]
    assert statements
    for consent, record in statements:
        found = mews.map_profile(record, reader.context)
        assert isinstance(found, Profile)
        assert (found.excluded, found.email) == (None, consent.address)
        assert (consent.channel, consent.state) == (Channel.EMAIL, ConsentState.SUBSCRIBED)


async def test_reservations_have_a_neutral_shape_with_their_property(reader: Reader) -> None:
    shapes = [
        mews.map_reservation(record, reader.context)
        for record in await reader.history("reservations")
    ]
    known = [shape for shape in shapes if shape is not None]
    assert {shape.site for shape in known} == {site.id for site in reader.context.account.sites}
    assert {shape.status for shape in known} >= {"requested", "confirmed", "arrived", "departed"}


async def test_history_takes_few_requests(reader: Reader) -> None:
    before = reader.client.requests
    pages = await reader.pages(Query("reservations", since=SINCE))
    # A window costs a page, the groups, and the items in each currency; rarely more.
    assert len({r.id for page in pages for r in page.records if isinstance(r, Record)}) > 1000
    assert reader.client.requests - before < 105 * 5


async def test_what_was_read_once_maps_to_the_same_ids_when_read_by_id(reader: Reader) -> None:
    records = (await reader.history("reservations"))[:300]
    ids = tuple(record.id for record in records)
    again = await reader.records(Query("reservations", Purpose.IDS, ids=ids))
    live = {r.id: attrs.evolve(r, origin=Origin.LIVE) for r in again}
    assert set(live) == set(ids)
    for record in records:
        first, second = reader.events(record), reader.events(live[record.id])
        assert [(e.metric, e.occurrence) for e in first] == [
            (e.metric, e.occurrence) for e in second
        ]
        assert [(e.value, e.properties) for e in first] == [(e.value, e.properties) for e in second]


async def test_a_missing_grant_leaves_events_without_its_part() -> None:
    platform = Platform(Options(now=NOW, reservations=100, rate_window=0))
    platform.faults.add(faults.Ungranted(operation="orderItems/getAll"))
    async with reading(platform) as reader:
        records = await reader.history("reservations")
        events = [event for record in records for event in reader.events(record)]
    assert events
    assert {(event.value, event.currency) for event in events} == {(None, None)}
    assert all("Service Name" in event.properties for event in events)


async def test_doubled_and_shuffled_rows_change_no_value(reader: Reader) -> None:
    ids = tuple(record.id for record in (await reader.history("reservations"))[:50])
    query = Query("reservations", Purpose.IDS, ids=ids)
    plain = {r.id: r.payload["Joined"]["Items"] for r in await reader.records(query)}
    spoiled = Platform(Options(now=NOW, reservations=1500, rate_window=0))
    spoiled.faults.add(
        faults.Duplicate(operation="orderItems/getAll", rows=40, times=None),
        faults.Shuffle(operation="orderItems/getAll", times=None),
    )
    async with reading(spoiled) as other:
        found = {r.id: r.payload["Joined"]["Items"] for r in await other.records(query)}
    assert found == plain


async def test_a_webhook_names_records_that_can_be_read(reader: Reader) -> None:
    (record, *_) = await reader.history("reservations")
    ref = Ref("reservations", record.id)
    found = await reader.records(Query(ref.stream, Purpose.IDS, ids=(ref.id,)))
    assert [one.id for one in found] == [record.id]
