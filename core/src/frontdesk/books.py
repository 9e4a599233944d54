"""What a desk keeps written down: to look at, to mend, to hand over and to forget."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import attrs

from frontdesk.admission import Admission
from frontdesk.connection import Connection
from frontdesk.destination import Destination
from frontdesk.errors import ConfigurationError
from frontdesk.masking import masked
from frontdesk.store import exporting, forgetting, inbox, left, listing, states
from frontdesk.store.refetching import refetch
from frontdesk.store.runtime_secrets import Rekeyed, rekey
from frontdesk.store.status import ConnectionRow, list_connections


class Books(Admission):
    """The half of a :class:`frontdesk.Desk` that needs no platform, only the store."""

    async def status(self) -> list[ConnectionRow]:
        """Return every connection the store knows: how it is, and what became of its records."""
        now = self._clock.now()
        return await self._ask(lambda db: list_connections(db, now))

    async def pause(self, name: Connection | Destination | str) -> None:
        """Stop working for a connection or destination; work under way ends at its next page.

        Raises:
            ConfigurationError: The store has none of this name.
        """
        called = name_of(name)
        await self.store.write(lambda db: states.pause(db, called, self._clock.now()))

    async def resume(self, name: Connection | Destination | str) -> None:
        """Let a connection or destination that is paused or held go on.

        Raises:
            ConfigurationError: The store has none of this name.
        """
        called = name_of(name)
        await self.store.write(lambda db: states.resume(db, called, self._clock.now()))

    async def refetch(
        self, connection: Connection | str, stream: str | None = None
    ) -> tuple[str, ...]:
        """Let the next sync read a connection's streams again, all unless one is named.

        What is stored stays, and nothing is doubled: what did not change is met unchanged.

        Returns:
            The streams that will be read again.

        Raises:
            ConfigurationError: The store has no such connection, or that no such stream.
            LeaseError: A sync is at work.
        """
        name, now = name_of(connection), self._clock.now()
        return await self.store.write(lambda db: refetch(db, name, stream, now))

    async def metrics(self, integration: str | None = None) -> list[listing.MetricRow]:
        """Return every metric in use."""
        return await self._ask(lambda db: listing.list_metrics(db, integration))

    async def profiles(self, **options: Any) -> list[listing.ProfileRow]:
        """Return profiles; see :func:`frontdesk.store.listing.list_profiles`."""
        return await self._ask(lambda db: listing.list_profiles(db, **options))

    async def gone(self, **options: Any) -> list[left.GoneRow]:
        """Return guests whom their platform deleted; see :func:`frontdesk.store.left.list_gone`.

        Nothing of them is erased, here or at a destination, until somebody says
        :meth:`forget`: a platform may delete a guest for other reasons than the guest's wish.
        """
        return await self._ask(lambda db: left.list_gone(db, **options))

    async def events(self, **options: Any) -> list[listing.EventRow]:
        """Return events, latest first; see :func:`frontdesk.store.listing.list_events`."""
        return await self._ask(lambda db: listing.list_events(db, **options))

    async def quarantine(self, **options: Any) -> list[listing.QuarantineRow]:
        """Return what could not be used; see :func:`frontdesk.store.listing.list_quarantine`."""
        return await self._ask(lambda db: listing.list_quarantine(db, **options))

    async def quarantined(self, id: int, reveal: bool = False) -> dict[str, Any]:
        """Return one entry of quarantine; guest data is masked unless *reveal* is set.

        Raises:
            ConfigurationError: There is no such entry.
        """
        entry = await self._ask(lambda db: listing.read_quarantine(db, id))
        if entry is None:
            raise ConfigurationError(f"there is no entry {id} in quarantine")
        payloads = {"payload": entry.payload, "previous": entry.previous}
        return {**attrs.asdict(entry.row), **(payloads if reveal else masked(payloads))}

    async def inboxes(self) -> list[inbox.InboxRow]:
        """Return the inbox of every connection the store knows."""
        return await self._ask(inbox.list_inboxes)

    async def strays(self) -> dict[str, tuple[int, datetime]]:
        """Return how many webhooks were meant for nobody here, and the last, by connector."""
        return await self._ask(inbox.list_strays)

    async def discard_deliveries(
        self, before: datetime, connection: Connection | str | None = None
    ) -> dict[str, int]:
        """Remove pending deliveries received before a time; return how many of each connection.

        That somebody did is noted in the store. What they spoke of is found by polling only.
        """
        name = None if connection is None else name_of(connection)
        now = self._clock.now()
        return await self.store.write(lambda db: inbox.discard(db, before, now, name))

    async def audits(self) -> list[dict[str, Any]]:
        """Return what persons did that cannot be undone, oldest first."""
        return await self._ask(inbox.list_audits)

    async def export_guest(self, who: str | Collection[int]) -> dict[str, Any]:
        """Return all that is stored of a guest, by brand.

        Args:
            who: An e-mail address, a phone number, or the platform's own id; or the rows of guests
                that somebody has chosen by hand: ids are unique in their own account only.

        Raises:
            StoreError: A plugin that has tables in the store is not installed.
        """
        await self.store.own_tables()
        now = self._clock.now()
        return await self._ask(lambda db: exporting.export(db, who, now))

    async def forget(self, who: str | Collection[int]) -> list[forgetting.Receipt]:
        """Erase a guest from the store: all of it, or nothing; return a receipt per brand.

        What remains is a keyed hash and a time: the platform's old records do not bring
        the guest back, a newer one starts a new guest, without the old consent.

        Args:
            who: An e-mail address, a phone number, or the platform's own id; or the rows of guests
                that somebody has chosen by hand: ids are unique in their own account only.

        Raises:
            StoreError: A plugin that has tables in the store is not installed.
        """
        await self.store.own_tables()
        now = self._clock.now()
        receipts = await self.store.write(lambda db: forgetting.forget(db, who, now))
        await self.store.settle()
        return receipts

    async def receipts(self) -> list[forgetting.Receipt]:
        """Return the receipts of all erasures, oldest first.

        Also of guests whom their platform erased, which were erased here with it.
        """
        return await self._ask(forgetting.list_receipts)

    async def rekey(self, *, drop_unreadable: bool = False) -> Rekeyed:
        """Encrypt all secrets obtained at run time with the first of the keys.

        All of them, or none: it can be interrupted and repeated.

        Args:
            drop_unreadable: Remove what none of the keys fits, instead of refusing.

        Raises:
            ConfigurationError: There is no key, or something that none of them fits.
        """
        return await self.store.write(
            lambda db: rekey(db, self.store.keyring, drop=drop_unreadable), durable=True
        )


def name_of(named: Connection | Destination | str) -> str:
    """Return what a connection or destination is called."""
    return named if isinstance(named, str) else named.name
