"""Running stored records through today's mapping, with no word to the platform.

Each stored version stands alone: without an earlier one beside it, it shows no event that
some path of observations would not have shown (law 2), so nothing is doubled. What it says
of consent is left out: the ledger has it, and a replay must revive nothing (law 4).
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from functools import partial
from typing import Any

import attrs
from sqlalchemy import Connection as Db

from frontdesk.client import Client, Clock
from frontdesk.connection import Connection
from frontdesk.errors import ConfigurationError
from frontdesk.holding import held_lease, naming
from frontdesk.ingest.intake import Intake
from frontdesk.ingest.reader import Answers, Reader
from frontdesk.model import Ref
from frontdesk.store import Store, accounts, commit, leases, remapping
from frontdesk.store.batch import Batch, Written

#: Records in memory at a time.
_PAGE = 500


@attrs.define
class Remapped:
    """What remapping changed, or would change.

    Attributes:
        failed: Records today's mapping fails on; what an earlier one made of them stays.
        reasons: Why, for the first of them.
        unanswered: Records that a hook asked for and the store does not have.
    """

    connection: str
    records: int = 0
    events: int = 0
    profiles: int = 0
    reservations: int = 0
    failed: int = 0
    unanswered: int = 0
    reasons: list[str] = attrs.field(factory=list[str])

    def add(self, written: Written, batch: Batch) -> None:
        """Add what one page changed."""
        self.events += written.events
        self.profiles += written.profiles
        self.reservations += written.reservations
        self.failed += len(batch.quarantined)
        some = [f"{item.stream} {item.key}: {item.reason}" for item in batch.quarantined]
        self.reasons += some[: 20 - len(self.reasons)]


class _Shelf(Reader):
    """Answers from the store alone, whatever the age of what is there."""

    unanswered = 0

    async def answer(self, client: Client[Any], refs: Iterable[Ref]) -> Answers:  # noqa: ARG002
        """Answer refs from the store; what it lacks counts as not there."""
        by_stream: dict[str, list[Ref]] = {}
        for ref in refs:
            by_stream.setdefault(ref.stream, []).append(ref)
        answers = Answers()
        for stream, asked in by_stream.items():
            known = await self.known(stream, [ref.id for ref in asked])
            for ref in asked:
                answers.related[ref] = known.get((ref.site or "", ref.id))
                self.unanswered += answers.related[ref] is None
        return answers


class _TriedOut(Exception):  # noqa: N818  # a signal: it undoes a transaction
    def __init__(self, written: Written) -> None:
        super().__init__()
        self.written = written


async def remap(
    connection: Connection, store: Store, clock: Clock, stream: str | None, *, dry_run: bool
) -> Remapped:
    """Run the stored records of *stream*, or all streams, through today's mapping.

    Raises:
        ConfigurationError: The store has no such connection, or the connector no such stream.
        LeaseError: A sync is at work.
    """
    names = [declared.name for declared in connection.manifest.streams]
    if stream is not None and stream not in names:
        raise ConfigurationError(
            f"connection {connection.name!r} has no stream {stream!r}; it has: {', '.join(names)}"
        )
    stored = await store.read(partial(accounts.known, connection=connection))
    chosen = [stored.streams[n] for n in names if n in stored.streams and stream in {None, n}]
    lease = nullcontext() if dry_run else held_lease(store, clock, stored.id, mending=True)
    with naming(connection.connector.name):
        async with lease as held, connection.client(clock=clock) as client:
            shelf = _Shelf(store.engine, connection, stored, clock)
            intake = Intake(connection, client, shelf, stored)
            done = Remapped(connection.name)
            return await _Work(store, clock, stored, shelf, intake, done, held).run(chosen)


@attrs.frozen(eq=False)
class _Work:
    store: Store
    clock: Clock
    stored: accounts.Stored
    shelf: _Shelf
    intake: Intake
    done: Remapped
    #: None: every page is undone.
    lease: leases.Lease | None

    async def run(self, streams: list[int]) -> Remapped:
        """Take in page after page, each in a transaction of its own."""
        after = 0
        while page := await self.store.read(
            partial(remapping.page, streams=streams, after=after, limit=_PAGE)
        ):
            after = page[-1].stored.row
            batch = await self.intake.remap(page, self.clock.now())
            self.done.records += len(page)
            self.done.add(await self._write(batch), batch)
        self.done.unanswered = self.shelf.unanswered
        return self.done

    async def _write(self, batch: Batch) -> Written:
        failed, batch.quarantined = batch.quarantined, []
        try:
            return await self.store.write(partial(self._commit, batch=batch))
        except _TriedOut as tried:
            return tried.written
        finally:
            batch.quarantined = failed

    def _commit(self, db: Db, batch: Batch) -> Written:
        lease = self.lease or leases.borrowed(db, self.stored.id)
        remapping.leave_settled(db, self.stored.id, batch)
        written = commit.write(db, lease, self.stored, batch)
        if self.lease is None:
            raise _TriedOut(written)
        return written
