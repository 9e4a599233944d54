"""What ingest reads: stored records, answers to refs, reference data.

What is not stored, or too old, is fetched in batches through the connector's one reader.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any

import anyio.to_thread
import attrs
from sqlalchemy import Connection as Db
from sqlalchemy import Engine

from frontdesk.client import Client, Clock
from frontdesk.connection import Connection
from frontdesk.errors import FrontdeskError, UnexpectedResponseError
from frontdesk.explaining import explain
from frontdesk.ingest.discarding import Discard
from frontdesk.ingest.forgetting import hidden
from frontdesk.model import Json, Page, Purpose, Query, Record, Ref, Unreadable
from frontdesk.store import reading
from frontdesk.store.accounts import Stored
from frontdesk.store.batch import StoredRecord
from frontdesk.store.engine import reading as opened
from frontdesk.store.remembering import Memory, count, remember


@attrs.frozen
class Before:
    """What is stored under the keys of a page; payloads only where they are needed."""

    rows: dict[tuple[str, str], StoredRecord]
    records: dict[tuple[str, str], Record]
    memory: Memory | None = None


@attrs.define
class Answers:
    """Answers to refs, and what had to be fetched for them."""

    related: dict[Ref, Record | None] = attrs.field(factory=dict[Ref, Record | None])
    fetched: list[Record | Unreadable] = attrs.field(factory=list[Record | Unreadable])


async def read_pages(
    connection: Connection, client: Client[Any], query: Query
) -> AsyncGenerator[Page]:
    """Yield the connector's pages; what it trips over is an answer of the platform.

    Raises:
        UnexpectedResponseError: An answer cannot be read.
    """
    try:
        async for page in connection.hooks.fetch_history(client, query):
            yield page
    except FrontdeskError:
        raise
    except Exception as error:  # noqa: BLE001  # a third party's code may raise anything
        # The cause is left out: it may quote what it tripped over.
        raise UnexpectedResponseError(
            f"an answer for stream {query.stream!r} cannot be read: {explain(error)}"
        ) from None


class Reader:
    """Reads for one connection."""

    def __init__(
        self, engine: Engine, connection: Connection, stored: Stored, clock: Clock
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._connection = connection
        self._stored = stored
        manifest = connection.manifest
        self._discard = {stream.name: Discard(stream.discard) for stream in manifest.streams}
        #: How often somebody was forgotten, as far as is known; a commit knows better.
        self.forgotten = stored.forgotten
        self._scans = {stream.name for stream in manifest.streams if stream.scan}

    def keep(self, stream: str, payload: Json) -> Json:
        """Return *payload* less what the manifest says to discard."""
        return self._discard[stream](payload)

    def taken(self, record: Record, seen: datetime) -> Record:
        """Return *record* as the store would give it back: stamped, discards dropped."""
        return attrs.evolve(record, payload=self.keep(record.stream, record.payload), seen=seen)

    def scans(self, stream: str) -> bool:
        """Tell whether history of *stream* is a full scan."""
        return stream in self._scans

    async def stored(self, stream: str, records: Sequence[Record]) -> Before:
        """Return what is stored of *records*."""
        keys = [(record.site or "", record.id) for record in records]

        def load() -> Before:
            with opened(self._engine) as db:
                id = self._stored.streams[stream]
                rows = reading.stored_records(db, id, keys)
                found = [key for _, key in rows]
                whole = reading.full_records(db, id, stream, found) if found else {}
                return Before(rows, whole, self._remember(db, stream, records))

        return await anyio.to_thread.run_sync(load)

    def _remember(self, db: Db, stream: str, records: Sequence[Record]) -> Memory | None:
        if not self.forgotten:
            return None
        id = self._stored.streams[stream]
        return remember(db, self._stored.id, id, records, own=self.is_guests(stream))

    def is_guests(self, stream: str) -> bool:
        """Tell whether ids of this stream's records are guests' ids."""
        return stream == self._connection.manifest.guests

    async def learn_forgotten(self) -> None:
        """Ask the store how often somebody was forgotten."""

        def ask() -> int:
            with opened(self._engine) as db:
                return count(db, self._stored.id)

        self.forgotten = await anyio.to_thread.run_sync(ask)

    async def unknown_guests(
        self, stream: str, wanted: set[reading.Stranger], asked_since: datetime
    ) -> list[reading.Stranger]:
        """Return those guests of whom no record of *stream* is stored."""

        def ask() -> list[reading.Stranger]:
            with opened(self._engine) as db:
                return reading.unknown_guests(
                    db, self._stored.id, self._stored.streams[stream], wanted, asked_since
                )

        return await anyio.to_thread.run_sync(ask)

    async def answer(self, client: Client[Any], refs: Iterable[Ref]) -> Answers:
        """Answer refs from the store if fresh enough, else from the platform."""
        by_stream: dict[str, list[Ref]] = {}
        for ref in refs:
            by_stream.setdefault(ref.stream, []).append(ref)
        answers = Answers()
        for stream, asked in by_stream.items():
            await self._answer(client, stream, asked, answers)
        return answers

    async def _answer(
        self, client: Client[Any], stream: str, refs: list[Ref], answers: Answers
    ) -> None:
        known = await self.known(stream, [ref.id for ref in refs])
        now = self._clock.now()
        for ref in refs:
            record = known.get((ref.site or "", ref.id))
            if record is not None and _fresh(record, ref.max_age, now):
                answers.related[ref] = record
        missing = [ref for ref in refs if ref not in answers.related]
        fetched = await self.fetch(client, stream, [(ref.site, ref.id) for ref in missing])
        # As the store will give them back: nothing a mapping may not see, stamped.
        # Records of other streams may come along: theirs are other ids.
        whole = [one for one in fetched if isinstance(one, Record) and one.stream == stream]
        gone = await self._hidden(stream, whole)
        found = {(r.site, r.id): self.taken(r, now) for r in whole if r.id not in gone}
        answers.related.update({ref: found.get((ref.site, ref.id)) for ref in missing})
        answers.fetched += fetched

    async def _hidden(self, stream: str, records: Sequence[Record]) -> set[str]:
        """Return the ids of records of guests who were forgotten: no event may name them."""
        if not (self.forgotten and records):
            return set()

        def ask() -> set[str]:
            with opened(self._engine) as db:
                memory = self._remember(db, stream, records)
            return hidden(records, memory, own=self.is_guests(stream))

        return await anyio.to_thread.run_sync(ask)

    async def known(self, stream: str, ids: Sequence[str]) -> dict[tuple[str, str], Record]:
        """Return what is stored of *stream* under these ids, by (site, id)."""

        def load() -> dict[tuple[str, str], Record]:
            with opened(self._engine) as db:
                return reading.full_records(db, self._stored.streams[stream], stream, ids)

        return await anyio.to_thread.run_sync(load)

    async def fetch(
        self, client: Client[Any], stream: str, wanted: Iterable[tuple[str | None, str]]
    ) -> list[Record | Unreadable]:
        """Fetch records of *stream* by site and id, in batches as the manifest allows."""
        declared = self._connection.manifest.stream(stream)
        size = declared.batch if declared else 1
        by_site: dict[str | None, list[str]] = {}
        for site, id in wanted:
            by_site.setdefault(site, []).append(id)
        found: list[Record | Unreadable] = []
        for site, ids in by_site.items():
            for start in range(0, len(ids), size):
                part = tuple(ids[start : start + size])
                query = Query(stream, Purpose.IDS, ids=part, site=site)
                async with aclosing(read_pages(self._connection, client, query)) as pages:
                    async for page in pages:
                        found.extend(page.records)
        return found


def _fresh(record: Record, max_age: float | None, now: datetime) -> bool:
    return max_age is None or record.seen >= now - timedelta(seconds=max_age)
