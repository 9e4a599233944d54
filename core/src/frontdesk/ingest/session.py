"""A connection at work: its account open, its lease held, ready to take in records."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import attrs
from sqlalchemy import Connection as Db

from frontdesk.client import Client, Clock
from frontdesk.connection import Connection
from frontdesk.holding import held_lease, naming, noting, open_account
from frontdesk.ingest.intake import Intake
from frontdesk.ingest.keeping import Keeping
from frontdesk.ingest.lookups import Lookups
from frontdesk.ingest.reader import Reader
from frontdesk.model import Context, Origin, Record, Unreadable
from frontdesk.notices import Notice
from frontdesk.store import Store, accounts, commit, leases, states
from frontdesk.store.batch import Batch, Written


@attrs.frozen(eq=False)
class Session:
    """What ingest needs while it writes for one connection."""

    connection: Connection
    client: Client[Any]
    store: Store
    clock: Clock
    stored: accounts.Stored
    lease: leases.Lease
    lookups: Lookups
    reader: Reader
    intake: Intake
    #: What deliveries said of the connection itself, and nobody has acted on yet.
    notices: list[Notice] = attrs.field(factory=list[Notice])
    _taking: anyio.Lock = attrs.field(factory=anyio.Lock, repr=False)

    @property
    def context(self) -> Context:
        """What hooks may know of this account."""
        return self.intake.context

    async def commit(
        self,
        records: Iterable[Record | Unreadable],
        origin: Origin,
        finish: Callable[[Batch], None],
    ) -> Written:
        """Map records, and the reference data fetched meanwhile; let *finish* see, and commit.

        History, polling and webhooks may call it at once: each is compared with what those
        before it have stored.
        """
        async with self._taking:
            together = [*self.lookups.drain(), *records]
            while True:
                batch = await self.intake.take(together, origin, self.clock.now())
                finish(batch)
                try:
                    written = await self.write(batch)
                except commit.ForgottenMeanwhile:
                    await self.intake.learn_forgotten()
                else:
                    self.intake.count_erased(written.erased)
                    return written

    async def write(self, batch: Batch) -> Written:
        """Commit a batch: all of it, or nothing."""
        return await self.store.write(lambda db: commit.write(db, self.lease, self.stored, batch))

    async def begin_scan(self, stream: int) -> None:
        """Begin a new full scan of a stream, given by its row."""

        def begin(db: Db) -> None:
            leases.lock(db, self.lease)
            accounts.begin_scan(db, stream)

        await self.store.write(begin)


@asynccontextmanager
async def opened(
    connection: Connection, store: Store, clock: Clock, others: frozenset[str]
) -> AsyncGenerator[Session]:
    """Open *connection*'s account and hold its lease until the block ends.

    Args:
        others: Names of the other connections in use; two must not share an account.

    Raises:
        AccountError: Another connection syncs this account or one of its sites.
        LeaseError: Another process is writing for this connection.
        PausedError: A person stopped the connection.
    """
    # Before the platform is asked: somebody may have paused to spare its quota.
    await store.read(lambda db: _refuse_in_vain(db, connection.name, clock))
    lookups = Lookups(clock)
    noted = noting(store, clock, connection.name)
    keeping = Keeping(store, connection, clock)
    with naming(connection.connector.name):
        async with noted, keeping.client(lookup=lookups.find) as client:
            account = await open_account(connection.hooks, client)
            client.account = account
            now = account.clock or clock.now()

            def register(db: Db) -> accounts.Stored:
                found = accounts.register(db, connection, account, now=now, others=others)
                keeping.opened(db, found.id)
                return found

            stored = await store.write(register)
            reader = Reader(store.engine, connection, stored, clock)
            lookups.attach(client, reader)
            intake = Intake(connection, client, reader, stored)
            async with held_lease(store, clock, stored.id) as lease:
                yield Session(
                    connection, client, store, clock, stored, lease, lookups, reader, intake
                )


def _refuse_in_vain(db: Db, name: str, clock: Clock) -> None:
    states.refuse_stopped_name(db, name)
    leases.refuse_held_name(db, name, clock.now())
