"""Reading a platform as core does, but into memory: pages, records by id, answers to refs."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, cast

import attrs

from frontdesk.client import Client
from frontdesk.connection import Connection
from frontdesk.ingest.discarding import Discard
from frontdesk.ingest.mapping import ROUNDS
from frontdesk.manifest import Stream
from frontdesk.model import (
    Account,
    Context,
    Origin,
    Page,
    Purpose,
    Query,
    Record,
    Ref,
    Related,
    Unreadable,
)
from frontdesk.testing._clock import StillClock
from frontdesk.testing._mapping import Mapped, call


@attrs.define
class Reader:
    """Reads one connection; open one with ``ConnectorSuite.reading``."""

    connection: Connection
    client: Client[Any]
    account: Account
    clock: StillClock
    #: What lookups and refs have answered so far.
    known: dict[tuple[str, str], Record | None] = attrs.field(
        factory=dict[tuple[str, str], Record | None]
    )

    @property
    def now(self) -> datetime:
        """When following begins: the platform's time, as core has it."""
        return self.account.clock or self.clock.now()

    @property
    def context(self) -> Context:
        """What mapping hooks are told."""
        return self.connection.context(self.account, self.now)

    def since(self, stream: Stream) -> datetime | None:
        """Return where history of a stream begins."""
        return self.now - stream.history if isinstance(stream.history, timedelta) else None

    async def pages(self, query: Query, most: int | None = None) -> list[Page]:
        """Return the pages of a query, at *most* so many."""
        found: list[Page] = []
        fetched = cast("Any", self.connection.hooks.fetch_history(self.client, query))
        async with aclosing(fetched) as pages:
            async for page in pages:
                found.append(self._taken(page, query))
                if len(found) == most:
                    break
        return found

    async def records(self, query: Query) -> list[Record]:
        """Return all records of a query, in the order they came."""
        return records_of(await self.pages(query))

    async def by_ids(self, stream: str, ids: Iterable[str]) -> list[Record]:
        """Return records by their ids, in batches the stream allows."""
        wanted = list(dict.fromkeys(ids))
        declared = self.connection.manifest.stream(stream)
        size = declared.batch if declared else 1
        found: list[Record] = []
        for start in range(0, len(wanted), size):
            part = tuple(wanted[start : start + size])
            found += await self.records(Query(stream, Purpose.IDS, ids=part))
        return found

    async def lookup(
        self, stream: str, ids: Sequence[str], *, max_age: timedelta | None
    ) -> Mapping[str, Record | None]:
        """Answer ``client.lookup``, from memory if it can."""
        del max_age  # nothing here grows old
        missing = [id for id in ids if (stream, id) not in self.known]
        self.known |= dict.fromkeys(((stream, id) for id in missing), None)
        for record in await self.by_ids(stream, missing):
            self.known[stream, record.id] = record
        return {id: self.known[stream, id] for id in ids}

    async def map(self, record: Record, previous: Record | None = None) -> Mapped:
        """Map a record, and answer what its hooks ask for."""
        related = Related()
        for _ in range(ROUNDS):
            mapped = call(self.connection.hooks, record, previous, related, self.context)
            if not mapped.wanted:
                return mapped
            for ref in mapped.wanted:
                related[ref] = await self._answer(ref)
        return call(self.connection.hooks, record, previous, related, self.context)

    async def _answer(self, ref: Ref) -> Record | None:
        return (await self.lookup(ref.stream, [ref.id], max_age=None))[ref.id]

    def _taken(self, page: Page, query: Query) -> Page:
        """Return a page as core takes it in: discards dropped, stamped."""
        origin = Origin.HISTORY if query.purpose is Purpose.HISTORY else Origin.LIVE
        return attrs.evolve(page, records=[self._stamped(item, origin) for item in page.records])

    def _stamped(self, item: Record | Unreadable, origin: Origin) -> Record | Unreadable:
        stream = self.connection.manifest.stream(item.stream)
        if isinstance(item, Unreadable) or stream is None:
            return item
        payload = Discard(stream.discard)(item.payload)
        return attrs.evolve(item, payload=payload, seen=self.now, origin=origin)


def records_of(pages: Iterable[Page]) -> list[Record]:
    """Return the records of pages; rows that are none are left out."""
    return [item for page in pages for item in page.records if isinstance(item, Record)]


@asynccontextmanager
async def opened(connection: Connection, clock: StillClock) -> AsyncGenerator[Reader]:
    """Open the account of *connection* and read it until the block ends."""
    reader: Reader

    async def lookup(
        stream: str, ids: Sequence[str], *, max_age: timedelta | None
    ) -> Mapping[str, Record | None]:
        return await reader.lookup(stream, ids, max_age=max_age)

    async with connection.client(clock=clock, lookup=lookup) as client:
        account = await connection.hooks.open_account(client)
        client.account = account
        reader = Reader(connection, client, account, clock)
        yield reader
