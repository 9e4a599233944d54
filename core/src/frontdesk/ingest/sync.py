"""Syncing one connection: history the first time, then what changed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from datetime import datetime
from typing import TypeAlias

import anyio
import attrs
from anyio.abc import ObjectSendStream

from frontdesk.client import Clock, background
from frontdesk.connection import Connection
from frontdesk.errors import FrontdeskError
from frontdesk.holding import together
from frontdesk.ingest.draining import redrain
from frontdesk.ingest.reader import read_pages
from frontdesk.ingest.session import Session, opened
from frontdesk.manifest import Stream
from frontdesk.model import Delivery, Origin, Page, Progress, Purpose, Query, Record, Unreadable
from frontdesk.progress import Listener, Report, Update
from frontdesk.store import Store, reading
from frontdesk.store.batch import Batch, Mark, Written

_Reading: TypeAlias = ObjectSendStream[Page]
_Records: TypeAlias = Sequence[Record | Unreadable]
_Opened: TypeAlias = AbstractAsyncContextManager[Session]


@attrs.frozen
class Syncer:
    """Syncs connections into a store."""

    store: Store
    clock: Clock
    listener: Listener
    #: Names of all connections in use.
    names: frozenset[str] = frozenset()

    async def sync(self, connection: Connection) -> Report:
        """Bring the store up to date with the platform.

        Raises:
            FrontdeskError: The sync had to stop; what is committed stays, and the next
                sync goes on from there.
        """
        report = Report(connection.name, connection.connector.name)
        began = time.monotonic()
        async with self._opened(connection) as session:
            await self._all(session, report)
            report.requests = session.client.requests
        report.seconds = time.monotonic() - began
        return report

    async def take(self, connection: Connection, record: Record, replayed: int) -> str | None:
        """Take in one record again; return why it failed, if it did."""
        async with self._opened(connection) as session:
            failed: str | None = None

            def finish(batch: Batch) -> None:
                nonlocal failed
                failed = next((q.reason for q in batch.quarantined if q.key == record.id), None)
                batch.replayed = () if failed else (replayed,)

            await session.commit([record], record.origin, finish)
        return failed

    async def redrain(
        self, connection: Connection, delivery: Delivery, replayed: int
    ) -> str | None:
        """Read one delivery again; return why it failed, if it did."""
        async with self._opened(connection) as session:
            return await redrain(session, replayed, delivery)

    def _opened(self, connection: Connection) -> _Opened:
        return opened(connection, self.store, self.clock, self.names - {connection.name})

    async def _all(self, session: Session, report: Report) -> None:
        manifest = session.connection.manifest
        # Where requests are counted by the day, history must leave some for what is live.
        sparing = background if manifest.quota is not None else nullcontext
        for stream in manifest.streams:
            if stream.history != "none":
                with sparing():
                    await walk(session, report, self.listener, stream, Purpose.HISTORY)
        for stream in manifest.streams:
            if stream.polling is not None:
                with background() if stream.spare else nullcontext():
                    await walk(session, report, self.listener, stream, Purpose.CHANGES)


async def walk(
    session: Session, report: Report, listener: Listener, stream: Stream, purpose: Purpose
) -> None:
    """Walk through one stream to its end, from where it was left; a finished history is none.

    Raises:
        FrontdeskError: The walk had to stop; what is committed stays.
    """
    id = session.stored.streams[stream.name]
    position = await session.store.read(lambda db: reading.position(db, id, purpose))
    if position is not None and position.finished and purpose is Purpose.HISTORY:
        return
    cursor = position.cursor if position else None
    if stream.scan and (position is None or position.finished or cursor is None):
        await session.begin_scan(id)
    query = Query(
        stream.name,
        purpose,
        since=_since(session, stream, purpose),
        cursor=cursor,
        overlap=stream.overlap,
    )
    await _Walk(session, report, listener, query).run()


def _since(session: Session, stream: Stream, purpose: Purpose) -> datetime | None:
    if purpose is Purpose.CHANGES:
        return session.stored.live_start - stream.overlap
    return session.stored.start_of(stream)


class _Walk:
    """The walk through one stream: the next page is read while this one is written."""

    def __init__(self, session: Session, report: Report, listener: Listener, query: Query) -> None:
        self._session, self._report = session, report
        self._listener, self._query = listener, query
        self._origin = Origin.HISTORY if query.purpose is Purpose.HISTORY else Origin.LIVE
        self._began = time.monotonic()
        self._records = 0
        self._cursor = query.cursor
        #: A row could not be read: what is missing in a full scan may be that very row.
        self._blind = False
        self._progress = Progress(0)
        self._failure: FrontdeskError | None = None

    async def run(self) -> None:
        send, receive = anyio.create_memory_object_stream[Page](0)
        async with together() as group, receive:
            group.start_soon(self._read, send)
            async for page in receive:
                await self._take(page)
                del page
        if self._failure is not None:
            raise self._failure
        await self._finish()

    async def _read(self, send: _Reading) -> None:
        connection, client = self._session.connection, self._session.client
        async with send, aclosing(read_pages(connection, client, self._query)) as pages:
            try:
                async for page in pages:
                    await send.send(page)
                    # Or it would stay in memory until the next one is read.
                    del page
            except FrontdeskError as error:
                # What was read before it is committed first: a small quota comes far, too.
                self._failure = error

    async def _take(self, page: Page) -> None:
        self._records += len(page.records)
        self._progress = page.progress or Progress(self._progress.done + 1)
        cursor = page.cursor if page.cursor is not None else self._cursor
        if not page.complete:
            self._cursor = cursor
        await self._take_records(page.records)
        if page.complete and not self._blind:
            await self._take_deleted(page.site)
        # What ends a scan is read again unless all it led to is committed.
        self._cursor = cursor

    async def _take_deleted(self, site: str | None) -> None:
        """Map what a full scan did not meet as deleted, once."""
        stream = self._query.stream
        id = self._session.stored.streams[stream]
        while gone := await self._session.store.read(
            lambda db: reading.not_met(db, id, stream, site)
        ):
            await self._take_records([attrs.evolve(record, deleted=True) for record in gone])

    async def _take_records(self, records: _Records) -> None:
        last = Batch(seen=self._session.clock.now())

        def finish(batch: Batch) -> None:
            nonlocal last
            last = batch
            self._mark(batch, finished=False)

        written = await self._session.commit(records, self._origin, finish)
        self._blind |= any(q.hooks == "fetch_history" for q in last.quarantined)
        self._tell(written, last, finished=False)

    async def _finish(self) -> None:
        batch = Batch(seen=self._session.clock.now())
        self._mark(batch, finished=True)
        self._tell(await self._session.write(batch), batch, finished=True)

    def _mark(self, batch: Batch, *, finished: bool) -> None:
        batch.mark = Mark(
            self._query.stream,
            self._query.purpose.value,
            self._cursor,
            self._progress.done,
            self._progress.total,
            finished,
        )

    def _tell(self, written: Written, batch: Batch, *, finished: bool) -> None:
        self._report.add(written.counts(), batch.outcomes)
        self._listener(self._update(finished=finished))

    def _update(self, *, finished: bool) -> Update:
        spent = time.monotonic() - self._began
        done, total = self._progress.done, self._progress.total
        connection = self._session.connection
        return Update(
            connection=connection.name,
            connector=connection.connector.name,
            stream=self._query.stream,
            purpose=self._query.purpose,
            done=done,
            total=total,
            records=self._records,
            rate=self._records / spent if spent else 0.0,
            remaining=spent / done * (total - done) if total and done else None,
            finished=finished,
        )
