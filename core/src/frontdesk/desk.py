"""The desk: connections and a store, as applications hold them."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Literal, Self

import anyio
import httpx

from frontdesk import config as configuration
from frontdesk import connection as connecting
from frontdesk import registry
from frontdesk.books import name_of
from frontdesk.client import Clock, SystemClock
from frontdesk.connection import Connection
from frontdesk.deliver.service import Deliveries
from frontdesk.errors import ConfigurationError, FrontdeskError
from frontdesk.ingest.alerts import Alerter
from frontdesk.ingest.checking import Check, check
from frontdesk.ingest.receiving import Answer, Receiver
from frontdesk.ingest.remap import Remapped, remap
from frontdesk.ingest.replay import replay
from frontdesk.ingest.service import Service
from frontdesk.ingest.subscribing import manage, refuse_by_hand
from frontdesk.ingest.sync import Syncer
from frontdesk.links import webhook_url
from frontdesk.model import Delivery
from frontdesk.notices import Installed
from frontdesk.outlets import Outlets
from frontdesk.progress import Listener, Report, Update
from frontdesk.sandbox import ASGI
from frontdesk.servicing import AlertSettings, ServiceSettings
from frontdesk.store import Store, inbox
from frontdesk.store.keyring import VARIABLE, Keyring
from frontdesk.store.pruning import Pruned, count_prunable, prune


class Desk(Outlets):
    """Connections and destinations that share a store.

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
        opened = Store(store, _keyring(key))
        super().__init__(opened, clock or SystemClock(), service or ServiceSettings())
        self._alerts = alerts or AlertSettings()
        self._listeners: list[Listener] = []
        self._receiver: Receiver | None = None
        self._serving = 0

    @classmethod
    def from_config(cls, path: Path) -> Self:
        """Make a desk with all that a configuration file names.

        Raises:
            ConfigurationError: Something in it is missing, unknown or of the wrong kind.
        """
        config = configuration.read(path)
        desk = cls(config.store, key=config.key, service=config.service, alerts=config.alerts)
        for entry in config.connections:
            desk.connect(entry.connector, name=entry.name, brand=entry.brand, **entry.settings)
        for one in config.destinations:
            desk.add_destination(one.plugin, name=one.name, brand=one.brand, **one.settings)
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
        self._refuse_taken(name)
        made = connecting.connect(
            loaded, name, settings, brand=brand, wrappers=wrappers, transport=transport
        )
        self.connections[name] = made = self._housed(made)
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

        Those whose connectors have tables of their own come after the others.

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

        # Who has tables of its own may feed on what the others bring.
        for feeding in (False, True):
            async with anyio.create_task_group() as group:
                for connection in chosen:
                    if (connection.annex is not None) is feeding:
                        group.start_soon(run, connection)
        return [results[connection.name] for connection in chosen]

    @asynccontextmanager
    async def service(self) -> AsyncGenerator[None]:
        """Follow all connections while the block runs, and deliver to all live destinations.

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
            bell=self._bell,
        )
        async with anyio.create_task_group() as group:
            self._serving += 1
            group.start_soon(work.run)
            group.start_soon(Deliveries(self._deliverer()).run)
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
        return await self.receiver.receive(name_of(connection), delivery, source)

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

    def asgi(
        self,
        parts: Collection[str] = ("webhooks",),
        *,
        authenticate: Callable[[Any], Any] | None = None,
    ) -> ASGI:
        """Return an ASGI application to serve, or to mount in another.

        Args:
            parts: ``"webhooks"``: ``/webhooks/{connection}``, ``/webhooks/at/{connector}``,
                ``/healthz`` and ``/readyz``; ``"pages"``: everything else.
            authenticate: The application's login for the pages: given Starlette's request, it
                returns a :class:`~frontdesk.User`, a response to send instead, or None, and
                may be ``async``. Without it the pages have a login of their own.

        Raises:
            ConfigurationError: A part is unknown, or the library for it is not installed.
        """
        from frontdesk.web import make_app  # noqa: PLC0415  # an extra, and a layer above

        return make_app(self, parts, authenticate)

    async def check(self, connection: Connection | str) -> Check:
        """Ask the platform whether the credentials work, and what they lack."""
        chosen, public = self._connection(connection), self.service_settings.public_url
        hears = public is not None and "read_webhook" in chosen.hooks.has
        url = webhook_url(chosen, public, reveal=True) if hears else None
        return await check(chosen, self.store, self._clock, url)

    def webhook_url(self, connection: Connection | str, *, reveal: bool = False) -> str:
        """Return the URL to give to the platform.

        Args:
            reveal: Show the secrets that are part of it.

        Raises:
            ConfigurationError: There is no such connection, it takes no webhooks, or
                ``public_url`` does not say how this machine is reached from outside.
        """
        public = self.service_settings.public_url
        return webhook_url(self._connection(connection), public, reveal=reveal)

    async def webhooks(
        self, connection: Connection | str, action: Literal["install", "list", "remove"] = "list"
    ) -> tuple[Installed, ...]:
        """Install, list or remove webhooks at the platform; return what is there then.

        Installing again makes no second one; removing leaves alone what leads elsewhere.

        Raises:
            ConfigurationError: They are set up by hand there, or :meth:`webhook_url` fails.
            FrontdeskError: The platform did not do it.
        """
        chosen = self._connection(connection)
        refuse_by_hand(chosen)
        url = self.webhook_url(chosen, reveal=True)
        return await manage(chosen, self.store, self._clock, action, url)

    async def replay(self, *ids: int) -> dict[int, str]:
        """Try entries of quarantine again; return what became of each.

        Raises:
            ConfigurationError: There is no such entry, or its connection is not connected.
        """
        return await replay(self._syncer(), self.connections, ids)

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
