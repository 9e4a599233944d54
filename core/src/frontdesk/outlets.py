"""What a desk has to do with destinations."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial
from types import ModuleType
from typing import Any

import attrs
import httpx
from sqlalchemy import Connection as Db

from frontdesk import destination as destining
from frontdesk import registry
from frontdesk.annex import Annex
from frontdesk.books import Books, name_of
from frontdesk.client import Clock
from frontdesk.connection import Connection
from frontdesk.deliver.checking import DestinationCheck, check
from frontdesk.deliver.report import DeliveryReport
from frontdesk.deliver.work import Deliverer
from frontdesk.destination import Destination
from frontdesk.errors import ConfigurationError, FrontdeskError, LeaseError
from frontdesk.ingest.calling import Bell
from frontdesk.servicing import ServiceSettings
from frontdesk.store import Store, due, redelivering
from frontdesk.store import destinations as stored
from frontdesk.store.annexes import StoredAnnex
from frontdesk.store.forgetting import Receipt
from frontdesk.store.inbox import audit
from frontdesk.store.outlooks import DestinationRow, RefusalRow, list_destinations, list_refusals


class Outlets(Books):
    """The part of a :class:`frontdesk.Desk` that delivers."""

    def __init__(self, store: Store, clock: Clock, service: ServiceSettings) -> None:
        super().__init__(store, clock)
        self.connections: dict[str, Connection] = {}
        self.destinations: dict[str, Destination] = {}
        self._bell = Bell()
        #: How the service works, and ``frontdesk run``.
        self.service_settings = service

    def add_destination(
        self,
        plugin: str | ModuleType,
        *,
        name: str | None = None,
        brand: str = "default",
        wrappers: Iterable[object] = (),
        transport: httpx.AsyncBaseTransport | None = None,
        **settings: Any,
    ) -> Destination:
        """Bind a destination plugin to an account.

        Args:
            plugin: The name of an installed destination plugin, or its module.
            name: What to call the destination; the plugin's name unless given.
            brand: It is fed by the connections of this brand.
            wrappers: Plugins with ``@hookimpl(wrapper=True)`` around its hooks.
            transport: Replaces the network, for tests.
            settings: The plugin's settings, those of
                :class:`frontdesk.destination.DeliverySettings`, and ``base_url``.

        Raises:
            ConfigurationError: No such plugin, a wrong setting, or a name in use.
        """
        if isinstance(plugin, str):
            loaded = registry.load_destination(plugin)
        else:
            loaded = registry.adopt_destination(plugin.__name__.rpartition(".")[2], plugin)
        name = name or loaded.name
        self._refuse_taken(name)
        made = destining.connect(
            loaded, name, settings, brand=brand, wrappers=wrappers, transport=transport
        )
        self.destinations[name] = made
        return made

    def annex(self, connection: Connection | str) -> Annex:
        """Return a connection's own part of the store, for its plugin's commands and pages.

        Raises:
            ConfigurationError: There is no such connection, or its connector has no tables.
        """
        name = name_of(connection)
        found = self.connections[name].annex if name in self.connections else None
        if found is None:
            raise ConfigurationError(f"there is no connection {name!r} that has tables of its own")
        return found

    def _housed(self, made: Connection) -> Connection:
        """Give a connection its own part of the store, if its connector has tables."""
        own = made.hooks.add_tables() if "add_tables" in made.hooks.has else None
        if own is None:
            return made
        self.store.add_tables(made.connector.name, own)
        url = self.service_settings.pages_url
        ring = partial(self._bell.ring, made.name)
        return attrs.evolve(made, annex=StoredAnnex(self.store, made, self._clock, url, ring))

    def call(self, connection: Connection | str) -> bool:
        """Have the service of this process ask for a connection's changes now.

        Returns:
            Whether a service follows it here, and was just waiting for the next time.
        """
        return self._bell.ring(name_of(connection))

    async def deliver(
        self, destination: Destination | str, *, only: str | None = None, dry_run: bool = False
    ) -> DeliveryReport:
        """Deliver what a destination was not sent yet.

        Until it is live that is previewed: counted to the last event, and nothing is sent.

        Args:
            only: Send something to this guest alone, be the destination live or not: an
                e-mail address, a phone number, or the platform's own id.
            dry_run: Count what would be sent, live or not.

        Raises:
            FrontdeskError: It had to stop. What was sent is noted; the next one goes on.
        """
        chosen = self._destination(destination)
        return await self._deliverer().deliver(chosen, only=only, dry_run=dry_run)

    async def deliver_all(
        self, *names: str, only: str | None = None, dry_run: bool = False
    ) -> list[DeliveryReport | FrontdeskError]:
        """Deliver to several destinations, all unless named; one's failure stops no other."""
        results: list[DeliveryReport | FrontdeskError] = []
        for chosen in [self._destination(name) for name in names or self.destinations]:
            try:
                results.append(await self._deliverer().deliver(chosen, only=only, dry_run=dry_run))
            except FrontdeskError as error:
                results.append(error)
        return results

    async def check_destination(self, destination: Destination | str) -> DestinationCheck:
        """Ask a destination whether the credentials work, and what they lack."""
        return await check(self._destination(destination), self.store, self._clock)

    async def destination_status(self) -> list[DestinationRow]:
        """Return every destination something was prepared for: how it is, and what waits."""
        return await self._ask(list_destinations)

    async def refusals(self, destination: Destination | str | None = None) -> list[RefusalRow]:
        """Return what destinations would not take, oldest first."""
        name = None if destination is None else name_of(destination)
        return await self._ask(lambda db: list_refusals(db, name))

    async def redeliver(
        self,
        destination: Destination | str,
        connection: Connection | str | None = None,
        *,
        refused: bool = False,
    ) -> int:
        """Let the next delivery send again: everything, or what was refused.

        Events go out under the ids and for the persons of the first time, so a destination
        that has them takes them for repeats. Consent is not told again.

        Args:
            connection: Only what it brought.
            refused: Only what the destination would not take.

        Returns:
            How many entries of the log, or items, that are.

        Raises:
            ConfigurationError: Nothing was ever delivered there, or there is no such connection.
            LeaseError: A delivery is at work.
        """
        name, now = name_of(destination), self._clock.now()
        source = None if connection is None else name_of(connection)
        return await self.store.write(
            lambda db: redelivering.redeliver(db, name, source, now, refused=refused)
        )

    async def rebind(self, destination: Destination | str) -> str:
        """Let a destination go over to whatever account its credentials open next; it is noted.

        Returns:
            The account it leaves. What was sent there stays noted.

        Raises:
            ConfigurationError: Nothing was ever delivered to such a destination.
        """
        name, now = name_of(destination), self._clock.now()

        def write(db: Db) -> str:
            left = stored.rebind(db, name, now)
            audit(db, now, "destinations rebind", {"destination": name, "account": left})
            return left

        return await self.store.write(write)

    async def forget(self, who: str | Collection[int]) -> list[Receipt]:
        """Erase a guest from the store, and from every destination that knows of him.

        In the store it is all or nothing. A destination that cannot be asked now is asked with
        its next delivery; the receipt says what each answered.

        Args:
            who: An e-mail address, a phone number, or the platform's own id; or the rows of guests
                that somebody has chosen by hand: ids are unique in their own account only.
        """
        receipts = await super().forget(who)
        owed = await self._ask(due.owed)
        answered = [await self._erase(name) for name in owed if name in self.destinations]
        if not answered:
            return receipts
        written = {receipt.hash: receipt for receipt in await self.receipts()}
        return [written.get(receipt.hash, receipt) for receipt in receipts]

    async def _erase(self, name: str) -> bool:
        try:
            await self._deliverer().erase(self.destinations[name])
        except LeaseError:
            # Whoever delivers there now does it before the next batch.
            return False
        except FrontdeskError as error:
            reason = f"not erased yet: {error}"
            await self.store.write(lambda db: due.note(db, name, reason))
        return True

    def _deliverer(self) -> Deliverer:
        return Deliverer(self.store, self._clock, self.connections, self.destinations)

    def _destination(self, wanted: Destination | str) -> Destination:
        if isinstance(wanted, Destination):
            return wanted
        try:
            return self.destinations[wanted]
        except KeyError:
            known = ", ".join(self.destinations) or "none"
            raise ConfigurationError(
                f"there is no destination {wanted!r}; there are: {known}"
            ) from None

    def _refuse_taken(self, name: str) -> None:
        """Refuse a name in use: pause, resume and status know both by it."""
        for kind, taken in (("connection", self.connections), ("destination", self.destinations)):
            if name in taken:
                raise ConfigurationError(f"there already is a {kind} {name!r}; choose another name")
