"""The desk: connections and a store, as applications hold them."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self, TypeVar

import anyio
import attrs
import httpx
from sqlalchemy import Connection as Db

from frontdesk import config as configuration
from frontdesk import connection as connecting
from frontdesk import registry
from frontdesk.client import Clock, SystemClock
from frontdesk.connection import Connection
from frontdesk.errors import ConfigurationError, FrontdeskError
from frontdesk.ingest.alerts import Alerter
from frontdesk.ingest.checking import Check, check
from frontdesk.ingest.receiving import Answer, Receiver
from frontdesk.ingest.remap import Remapped, remap
from frontdesk.ingest.replay import replay
from frontdesk.ingest.service import Service
from frontdesk.ingest.sync import Syncer
from frontdesk.masking import masked
from frontdesk.model import Delivery
from frontdesk.progress import Listener, Report, Update
from frontdesk.sandbox import ASGI
from frontdesk.servicing import AlertSettings, ServiceSettings
from frontdesk.store import Store, exporting, forgetting, inbox, listing, states
from frontdesk.store.keyring import VARIABLE, Keyring
from frontdesk.store.pruning import Pruned, count_prunable, prune
from frontdesk.store.refetching import refetch
from frontdesk.store.runtime_secrets import Rekeyed, rekey
from frontdesk.store.status import ConnectionRow, list_connections

_T = TypeVar("_T")


class Desk:
    """Connections that share a store.

    Args:
        store: A file path (SQLite, created if missing) or a ``postgresql://`` URL.
        key: What secrets obtained at run time are encrypted with: one key, or several, of
            which the first encrypts and all decrypt. Left out, it is read from the
            environment variable ``FRONTDESK_KEY``. ``frontdesk store key`` makes one.
        clock: Where time comes from; tests bring their own.
        service: How webhooks are received and changes are followed.
        alerts: Whom to tell when a connection's state changes.

    Open it with ``async with desk:``; the listing methods open it by themselves.
    """

    def __init__(
        self,
        store: str | Path = "frontdesk.db",
        *,
        key: str | Iterable[str] | None = None,
        clock: Clock | None = None,
        service: ServiceSettings | None = None,
        alerts: AlertSettings | None = None,
    ) -> None:
        self.store = Store(store, _keyring(key))
        self.connections: dict[str, Connection] = {}
        #: How :meth:`service`, :meth:`receive` and ``frontdesk run`` work.
        self.service_settings = service or ServiceSettings()
        self._alerts = alerts or AlertSettings()
        self._clock: Clock = clock or SystemClock()
        self._listeners: list[Listener] = []
        self._receiver: Receiver | None = None
        self._serving = 0

    @classmethod
    def from_config(cls, path: Path) -> Self:
        """Make a desk with the store and all connections of a configuration file.

        Raises:
            ConfigurationError: Something in it is missing, unknown or of the wrong kind.
        """
        config = configuration.read(path)
        desk = cls(config.store, key=config.key, service=config.service, alerts=config.alerts)
        for entry in config.connections:
            desk.connect(entry.connector, name=entry.name, brand=entry.brand, **entry.settings)
        return desk

    def connect(
        self,
        connector: str | ModuleType,
        *,
        name: str | None = None,
        brand: str = "default",
        wrappers: Iterable[object] = (),
        transport: httpx.AsyncBaseTransport | None = None,
        **settings: Any,
    ) -> Connection:
        """Bind a connector to an account.

        Args:
            connector: The name of an installed connector, or a connector's module.
            name: What to call the connection; the connector's name unless given.
            brand: Connections of one brand share guests.
            wrappers: Plugins with ``@hookimpl(wrapper=True)`` around the mapping hooks.
            transport: Replaces the network, for tests.
            settings: The connector's settings, and ``base_url`` to reach another address.

        Raises:
            ConfigurationError: No such connector, a wrong setting, or a name in use.
        """
        if isinstance(connector, str):
            loaded = registry.load(connector)
        else:
            loaded = registry.adopt(connector.__name__.rpartition(".")[2], connector)
        name = name or loaded.name
        if name in self.connections:
            raise ConfigurationError(f"there already is a connection {name!r}; choose another name")
        made = connecting.connect(
            loaded, name, settings, brand=brand, wrappers=wrappers, transport=transport
        )
        self.connections[name] = made
        return made

    def subscribe(self, listener: Callable[[Update], None]) -> Callable[[], None]:
        """Call *listener* after every commit of a sync; return what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def __aenter__(self) -> Self:
        await self.store.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    async def sync(self, connection: Connection | str) -> Report:
        """Bring the store up to date with one connection's platform.

        The first time this reads the whole history, and goes on where it was stopped;
        afterwards it reads what changed.

        Raises:
            FrontdeskError: The sync had to stop. What is committed stays; the next sync
                goes on from there.
        """
        return await self._syncer().sync(self._connection(connection))

    async def sync_all(self, *names: str) -> list[Report | FrontdeskError]:
        """Sync several connections at once, all unless named; one's failure stops no other.

        In the place of a connection that is paused or held stands a
        :class:`~frontdesk.errors.PausedError`.
        """
        chosen = [self._connection(name) for name in names or self.connections]
        results: dict[str, Report | FrontdeskError] = {}

        async def run(connection: Connection) -> None:
            try:
                results[connection.name] = await self._syncer().sync(connection)
            except FrontdeskError as error:
                results[connection.name] = error

        async with anyio.create_task_group() as group:
            for connection in chosen:
                group.start_soon(run, connection)
        return [results[connection.name] for connection in chosen]

    @asynccontextmanager
    async def service(self) -> AsyncGenerator[None]:
        """Follow all connections while the block runs: history to do, changes, webhooks.

        Connections must be there before. What becomes of one stops no other: its state says
        why it waits. When the block ends, all work ends at a committed point.
        """
        await self.store.open()
        work = Service(
            store=self.store,
            clock=self._clock,
            connections=self.connections,
            listener=self._tell,
            receiver=self.receiver,
            settings=self.service_settings,
            alerter=self._alerter(),
        )
        async with anyio.create_task_group() as group:
            self._serving += 1
            group.start_soon(work.run)
            try:
                yield
            finally:
                self._serving -= 1
                group.cancel_scope.cancel()

    def _alerter(self) -> Alerter | None:
        settings = self._alerts
        if settings.url is None and settings.mail is None:
            return None
        return Alerter(self.store, self._clock, self.connections, settings)

    @property
    def serving(self) -> bool:
        """Whether a service is at work in this process."""
        return self._serving > 0

    @property
    def receiver(self) -> Receiver:
        """What takes in webhooks; :meth:`receive` and :meth:`asgi` stand on it."""
        if self._receiver is None:
            settings = self.service_settings
            self._receiver = Receiver(
                self.store,
                self._clock,
                self.connections,
                bounds=inbox.Bounds(settings.inbox_deliveries, settings.inbox_bytes),
                longest=settings.body_limit,
            )
        return self._receiver

    async def receive(
        self,
        connection: Connection | str,
        *,
        headers: Mapping[str, str],
        body: bytes,
        query: Mapping[str, str] | None = None,
        method: str = "POST",
        source: str = "",
    ) -> Answer:
        """Take in a webhook for one connection; return what to answer.

        It is verified and written durably before this returns; nothing is fetched or mapped.

        Args:
            headers: As they came, in any case.
            body: The raw bytes: signatures are made of them.
            source: The address it came from, to tell one source's noise from another's.
        """
        delivery = Delivery(body, headers=headers, query=query or {}, method=method)
        return await self.receiver.receive(_name(connection), delivery, source)

    async def receive_at(
        self,
        connector: str,
        *,
        headers: Mapping[str, str],
        body: bytes,
        query: Mapping[str, str] | None = None,
        method: str = "POST",
        source: str = "",
    ) -> Answer:
        """Take in a webhook for whichever account of a connector it names; like :meth:`receive`."""
        delivery = Delivery(body, headers=headers, query=query or {}, method=method)
        return await self.receiver.receive_at(connector, delivery, source)

    def asgi(self, parts: Collection[str] = ("webhooks",)) -> ASGI:
        """Return an ASGI application to serve, or to mount in another.

        Args:
            parts: ``"webhooks"``: ``/webhooks/{connection}``, ``/webhooks/at/{connector}``,
                ``/healthz`` and ``/readyz``.

        Raises:
            ConfigurationError: A part is unknown, or the library for it is not installed.
        """
        from frontdesk.web import make_app  # noqa: PLC0415  # an extra, and a layer above

        return make_app(self, parts)

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
        name = None if connection is None else _name(connection)
        now = self._clock.now()
        return await self.store.write(lambda db: inbox.discard(db, before, now, name))

    async def audits(self) -> list[dict[str, Any]]:
        """Return what persons did that cannot be undone, oldest first."""
        return await self._ask(inbox.list_audits)

    async def check(self, connection: Connection | str) -> Check:
        """Ask the platform whether the credentials work, and what they lack."""
        return await check(self._connection(connection), self.store, self._clock)

    async def replay(self, *ids: int) -> dict[int, str]:
        """Try entries of quarantine again; return what became of each.

        Raises:
            ConfigurationError: There is no such entry, or its connection is not connected.
        """
        return await replay(self._syncer(), self.connections, ids)

    async def metrics(self, integration: str | None = None) -> list[listing.MetricRow]:
        """Return every metric in use."""
        return await self._ask(lambda db: listing.list_metrics(db, integration))

    async def profiles(self, **options: Any) -> list[listing.ProfileRow]:
        """Return profiles; see :func:`frontdesk.store.listing.list_profiles`."""
        return await self._ask(lambda db: listing.list_profiles(db, **options))

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

    async def status(self) -> list[ConnectionRow]:
        """Return every connection the store knows: how it is, and what became of its records."""
        return await self._ask(list_connections)

    async def pause(self, connection: Connection | str) -> None:
        """Stop syncing a connection until it is resumed; a sync at work ends at its next page.

        Raises:
            ConfigurationError: The store has no such connection.
        """
        name = _name(connection)
        await self.store.write(lambda db: states.pause(db, name, self._clock.now()))

    async def resume(self, connection: Connection | str) -> None:
        """Let a connection that is paused or held be synced again.

        Raises:
            ConfigurationError: The store has no such connection.
        """
        name = _name(connection)
        await self.store.write(lambda db: states.resume(db, name, self._clock.now()))

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
        name, now = _name(connection), self._clock.now()
        return await self.store.write(lambda db: refetch(db, name, stream, now))

    async def remap(
        self, connection: Connection | str, stream: str | None = None, *, dry_run: bool = False
    ) -> Remapped:
        """Run stored records through today's mapping; the platform is not asked.

        Events under new ids are logged as history, profiles and reservations are mapped anew;
        consent, merges and erasures stay. Stopped half-way, it can begin again.

        Raises:
            ConfigurationError: There is no such connection or stream.
            LeaseError: A sync is at work.
        """
        chosen = self._connection(connection)
        return await remap(chosen, self.store, self._clock, stream, dry_run=dry_run)

    async def prune(self, before: datetime, *, dry_run: bool = False) -> Pruned:
        """Remove what nobody needs any more of what is older than *before*.

        That is settled entries of quarantine, and reference records of the connections at
        hand, which are fetched again when they are needed. The log, consent and profiles
        are never pruned.
        """
        references = {
            connection.name: [
                stream.name
                for stream in connection.manifest.streams
                if stream.history == "none"
                and stream.polling is None
                and stream.name != connection.manifest.guests
            ]
            for connection in self.connections.values()
        }
        asked = self.store.read if dry_run else self.store.write
        work = count_prunable if dry_run else prune
        return await asked(lambda db: work(db, before, references))

    async def export_guest(self, who: str) -> dict[str, Any]:
        """Return all that is stored of a guest, by brand.

        Args:
            who: An e-mail address, a phone number, or the platform's own id.
        """
        return await self._ask(lambda db: exporting.export(db, who))

    async def forget(self, who: str) -> list[forgetting.Receipt]:
        """Erase a guest from the store: all of it, or nothing; return a receipt per brand.

        What remains is a keyed hash and a time: the platform's old records do not bring
        the guest back, a newer one starts a new guest, without the old consent.

        Args:
            who: An e-mail address, a phone number, or the platform's own id.
        """
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

    async def _ask(self, question: Callable[[Db], _T]) -> _T:
        return await self.store.read(question)

    def _syncer(self) -> Syncer:
        return Syncer(self.store, self._clock, self._tell, frozenset(self.connections))

    def _tell(self, update: Update) -> None:
        for listener in tuple(self._listeners):
            listener(update)

    def _connection(self, wanted: Connection | str) -> Connection:
        if isinstance(wanted, Connection):
            return wanted
        try:
            return self.connections[wanted]
        except KeyError:
            known = ", ".join(self.connections) or "none"
            raise ConfigurationError(
                f"there is no connection {wanted!r}; there are: {known}"
            ) from None


def _keyring(key: str | Iterable[str] | None) -> Keyring:
    if key is None:
        return Keyring(os.environ.get(VARIABLE, ""), VARIABLE)
    return Keyring(key)


def _name(connection: Connection | str) -> str:
    return connection if isinstance(connection, str) else connection.name
