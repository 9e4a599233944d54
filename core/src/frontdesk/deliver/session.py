"""A destination at work: its account open, its lease held, ready to be delivered to."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import attrs
from sqlalchemy import Connection as Db

from frontdesk.client import Client, Clock
from frontdesk.connection import Connection
from frontdesk.deliver.report import DeliveryReport
from frontdesk.deliver.sources import Source, read_sources
from frontdesk.destination import EVERY, Destination
from frontdesk.holding import held_lease, naming, noting, open_account
from frontdesk.model import Account, Channel
from frontdesk.outgoing import DeliveryContext
from frontdesk.store import Store, destinations, leases, states
from frontdesk.store.destinations import StoredDestination
from frontdesk.store.states import DESTINATIONS


@attrs.frozen(eq=False)
class Session:
    """What delivery needs while it works for one destination.

    Attributes:
        only: Guests to whom alone something may be sent; None: all.
    """

    destination: Destination
    client: Client[Any]
    store: Store
    clock: Clock
    account: Account
    stored: StoredDestination
    lease: leases.Lease
    sources: Mapping[int, Source]
    report: DeliveryReport
    only: Collection[int] | None = None

    @property
    def id(self) -> int:
        """The destination's row."""
        return self.stored.id

    @property
    def context(self) -> DeliveryContext:
        """What hooks may know."""
        return self.destination.context(self.account, self.clock.now())

    @property
    def live_within(self) -> timedelta:
        """How young an event must be to trigger anything."""
        return self.destination.rules.live_within

    def subscribers(self, source: int, channel: Channel) -> str | None:
        """Return the list that opt-ins of a connection go to, if somebody named one."""
        lists = self.destination.rules.subscribers
        named = lists.get(self.sources[source].name) or lists.get(EVERY) or {}
        return named.get(channel)


@asynccontextmanager
async def opened(
    destination: Destination,
    store: Store,
    clock: Clock,
    *,
    connections: Mapping[str, Connection],
    others: Collection[str] = (),
    dry_run: bool = False,
) -> AsyncGenerator[Session]:
    """Open *destination*'s account and hold its lease until the block ends.

    Args:
        connections: All in use, by name.
        others: Names of the other destinations in use; two must not share an account.

    Raises:
        AccountError: It belongs to another account, or this one to another destination.
        LeaseError: Another process delivers to it.
        PausedError: A person stopped it.
    """
    name = destination.name
    await store.read(lambda db: _refuse_in_vain(db, name, clock))
    report = DeliveryReport(name, destination.plugin.name, dry_run=dry_run)
    with naming(destination.plugin.name):
        async with (
            noting(store, clock, name, DESTINATIONS),
            destination.client(clock=clock) as client,
        ):
            account = await open_account(destination.hooks, client)
            client.account = account

            def register(db: Db) -> tuple[StoredDestination, dict[int, Source]]:
                stored = destinations.register(
                    db, destination, account, now=clock.now(),
                    connections=connections.keys(), others=others,
                )  # fmt: skip
                local = destination.rules.local_times
                return stored, read_sources(db, stored.sources, connections, local_times=local)

            stored, sources = await store.write(register)
            began = clock.monotonic()
            async with held_lease(store, clock, stored.id, of=DESTINATIONS) as lease:
                yield Session(
                    destination, client, store, clock, account, stored, lease, sources, report
                )
            report.requests = client.requests
            report.seconds = clock.monotonic() - began


def _refuse_in_vain(db: Db, name: str, clock: Clock) -> None:
    states.refuse_stopped_name(db, name, DESTINATIONS)
    leases.refuse_held_name(db, name, clock.now(), DESTINATIONS)
