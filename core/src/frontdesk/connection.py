"""One account of a connector, with its settings and its own hooks.

A connection owns one plugin manager: its connector behind an adapter, plus the wrappers of
the application. Two accounts of a platform thus coexist, and a mapping can be adjusted
without forking the connector.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime
from functools import partial
from types import ModuleType
from typing import Any, Final, cast

import attrs
import httpx
import pluggy

from frontdesk.annex import Annex, Job, Tables
from frontdesk.client import Client, State
from frontdesk.contracts import CONNECTOR, managed
from frontdesk.errors import SettingsError
from frontdesk.hooks import ITERABLE, OPTIONAL, REQUIRED, hookimpl
from frontdesk.manifest import Lane, Manifest, without_secrets
from frontdesk.model import (
    Account,
    Consent,
    Context,
    Delivery,
    Event,
    Gone,
    Json,
    Merged,
    Page,
    Profile,
    Query,
    Record,
    Ref,
    Related,
    Reservation,
)
from frontdesk.notices import Installed, Notice
from frontdesk.polling import polled
from frontdesk.registry import Connector
from frontdesk.settings import base_url_of, structure
from frontdesk.webpages import WebPages
from frontdesk.withholding import SENSITIVE, Withheld

#: What a mapping hook may ask for.
_ARGUMENTS: Final = ("record", "previous", "related", "context")


class Hooks:
    """The hooks of one connection, typed: ``Any`` ends here."""

    def __init__(self, connector: Connector, wrappers: Iterable[object] = ()) -> None:
        manager = managed(CONNECTOR, connector.name, _adapter(connector), wrappers)
        self._call = manager.hook
        self.connector = connector.name
        #: Names of the hooks the connector implements.
        self.has = frozenset(connector.hooks)
        self.has_reservations = "map_reservation" in self.has
        self._parse_event = _mapping(manager.hook, "parse_event", connector)
        self._map_profile = _mapping(manager.hook, "map_profile", connector)
        self._sync_consent = _mapping(manager.hook, "sync_consent", connector)
        self._map_reservation = _mapping(manager.hook, "map_reservation", connector)

    async def open_account(self, client: Client[Any]) -> Account:
        """Ask the platform whose account it is."""
        account: Account = await self._call.open_account(client=client)
        return account

    def fetch_history(self, client: Client[Any], query: Query) -> AsyncIterator[Page]:
        """Read pages of records."""
        pages: AsyncIterator[Page] = self._call.fetch_history(client=client, query=query)
        return pages

    def parse_event(
        self, record: Record, previous: Record | None, related: Related, context: Context
    ) -> tuple[Event | Ref, ...]:
        """Return events and refs of a record."""
        return tuple(self._parse_event(record, previous, related, context) or ())

    def map_profile(
        self, record: Record, previous: Record | None, related: Related, context: Context
    ) -> Profile | Merged | Gone | None:
        """Return what a record says of a guest."""
        profile: Profile | Merged | Gone | None = self._map_profile(
            record, previous, related, context
        )
        return profile

    def sync_consent(
        self, record: Record, previous: Record | None, related: Related, context: Context
    ) -> tuple[Consent, ...]:
        """Return statements of consent."""
        return tuple(self._sync_consent(record, previous, related, context) or ())

    def map_reservation(
        self, record: Record, previous: Record | None, related: Related, context: Context
    ) -> Reservation | None:
        """Return a reservation; None where the connector has no such hook."""
        if not self.has_reservations:
            return None
        reservation: Reservation | None = self._map_reservation(record, previous, related, context)
        return reservation

    async def manage_webhooks(
        self, client: Client[Any], action: str, url: str
    ) -> tuple[Installed, ...]:
        """Install, list or remove webhooks at the platform; return what is there then."""
        found = await self._call.manage_webhooks(client=client, action=action, url=url)
        return tuple(found or ())

    def add_pages(self) -> WebPages | None:
        """Return pages of the connector's own; None where it has no such hook."""
        pages: WebPages | None = self._call.add_pages()
        return pages

    def add_tables(self) -> Tables | None:
        """Return tables of the connector's own; None where it has no such hook."""
        tables: Tables | None = self._call.add_tables()
        return tables

    def add_jobs(self) -> tuple[Job, ...]:
        """Return what is to be done again and again while the connection is followed."""
        return tuple(self._call.add_jobs() or ())

    def read_webhook(
        self, delivery: Delivery, context: Context
    ) -> tuple[Record | Ref | Notice, ...]:
        """Return the records, refs and notices of a delivery."""
        return tuple(self._call.read_webhook(delivery=delivery, context=context) or ())

    def verify_webhook(self, delivery: Delivery, settings: Any, state: Mapping[str, Json]) -> bool:
        """Tell whether a delivery is from who it says; nobody can tell without the hook."""
        if "verify_webhook" not in self.has:
            return False
        known: bool = self._call.verify_webhook(delivery=delivery, settings=settings, state=state)
        return known is True

    def route_webhook(self, delivery: Delivery) -> tuple[str, ...]:
        """Return the accounts or sites that a delivery to a shared URL is meant for."""
        return tuple(self._call.route_webhook(delivery=delivery) or ())


def _mapping(hooks: pluggy.HookRelay, name: str, connector: Connector) -> Callable[..., Any]:
    """Return how to call a mapping hook with all its arguments in order.

    Where the application wraps it, pluggy calls wrappers and connector. Where it does not,
    the connector is called straight: pluggy would take as long as a simple mapping does.
    """
    caller: pluggy.HookCaller = getattr(hooks, name)
    implementation = connector.hooks.get(name)
    if implementation is not None and len(caller.get_hookimpls()) == 1:
        return _straight(implementation)

    def call(record: Any, previous: Any, related: Any, context: Any) -> Any:
        return caller(record=record, previous=previous, related=related, context=context)

    return call


def _straight(implementation: Callable[..., Any]) -> Callable[..., Any]:
    names = tuple(inspect.signature(implementation).parameters)
    if names == _ARGUMENTS:
        return implementation
    places = [_ARGUMENTS.index(name) for name in names]

    def call(*given: Any) -> Any:
        return implementation(*[given[place] for place in places])

    return call


def _adapter(connector: Connector) -> ModuleType:
    """Return a plugin that calls the connector and lets iterables run inside the call.

    A generator would otherwise raise after all wrappers have returned.
    """
    plugin = ModuleType(f"{connector.name} behind its adapter")
    for name in (*REQUIRED, *OPTIONAL):
        implementation = connector.hooks.get(name)
        if implementation is not None:
            adapted = _exhausted(implementation) if name in ITERABLE else implementation
            setattr(plugin, name, hookimpl(adapted))
    return plugin


def _exhausted(implementation: Callable[..., Any]) -> Callable[..., Any]:
    names = tuple(inspect.signature(implementation).parameters)

    # pluggy hands over by name, so the names must stand here.
    def collect(record: Any, previous: Any, related: Any, context: Any) -> tuple[Any, ...]:
        given = {"record": record, "previous": previous, "related": related, "context": context}
        return tuple(implementation(*[given[name] for name in names]) or ())

    def collect_webhook(delivery: Any, context: Any) -> tuple[Any, ...]:
        given = {"delivery": delivery, "context": context}
        return tuple(implementation(*[given[name] for name in names]) or ())

    return collect_webhook if "delivery" in names else collect


@attrs.frozen(eq=False)
class Connection:
    """A connector bound to one account, under the name the user chose."""

    name: str
    connector: Connector
    settings: Any = attrs.field(repr=False)
    base_url: str = attrs.field(repr=False)
    hooks: Hooks = attrs.field(repr=False)
    brand: str = "default"
    transport: httpx.AsyncBaseTransport | None = attrs.field(default=None, repr=False)
    #: What no destination may see of it.
    withheld: Withheld | None = attrs.field(default=None, repr=False)
    #: When the credentials end, if somebody said so.
    key_expires: date | None = None
    #: Whether somebody decided on what is withheld, be it nothing.
    withhold_said: bool = False
    #: Its own part of the store, where its connector has tables.
    annex: Annex | None = attrs.field(default=None, repr=False)

    @property
    def manifest(self) -> Manifest:
        """The connector's manifest."""
        return self.connector.manifest

    def context(self, account: Account, start: Any) -> Context:
        """Return what mapping hooks may know: settings without secrets, account, start."""
        return Context(without_secrets(self.settings), account, start)

    def client(self, *, state: State | None = None, **options: Any) -> Client[Any]:
        """Return a new client for this account; *options* go to :class:`Client`."""
        state = State() if state is None else state
        authenticate = self.manifest.authenticate
        takes_state = "state" in inspect.signature(authenticate).parameters
        given = {"state": state} if takes_state else {}
        return Client(
            settings=self.settings,
            base_url=self.base_url,
            auth=authenticate(self.settings, **given),
            state=state,
            rates=self.manifest.rates,
            lane=_lane(self.manifest, self.settings),
            points=self.manifest.points,
            quota=self.manifest.quota,
            judge=self.manifest.judge,
            transport=self.transport,
            request_id=self.manifest.request_id,
            connector=self.connector.name,
            annex=self.annex,
            **options,
        )


def _lane(manifest: Manifest, settings: Any) -> Lane | None:
    lane: Any = manifest.lane
    if lane is None or "settings" not in inspect.signature(lane).parameters:
        return cast("Lane | None", lane)
    return partial(lane, settings=settings)


def connect(
    connector: Connector,
    name: str,
    values: Mapping[str, Any],
    *,
    brand: str = "default",
    wrappers: Iterable[object] = (),
    transport: httpx.AsyncBaseTransport | None = None,
) -> Connection:
    """Bind *connector* to the account that the settings in *values* open.

    ``base_url`` among the values is one of the manifest's names or a URL of its own;
    ``withhold`` names fields that no destination may see, or is ``"sensitive"``;
    ``polling`` overrides how often streams are asked for changes; ``key_expires`` is the day
    on which the credentials end.

    Raises:
        SettingsError: A setting is missing, unknown or of the wrong kind.
    """
    asked = dict(values)
    base_url = base_url_of(
        connector.manifest.base_urls, asked.pop("base_url", None), f"connections.{name}"
    )
    decided = "withhold" in asked
    withheld = _withheld(connector, name, asked.pop("withhold", ()))
    expires = _expires(name, asked.pop("key_expires", None))
    connector = polled(connector, name, asked.pop("polling", {}))
    settings = structure(
        connector.manifest.settings,
        asked,
        where=f"connections.{name}",
        also=("base_url", "brand", "connector", "key_expires", "polling", "withhold"),
    )
    hooks = Hooks(connector, wrappers)
    return Connection(
        name, connector, settings, base_url, hooks, brand, transport, withheld, expires, decided
    )


def _withheld(connector: Connector, name: str, asked: object) -> Withheld:
    names = [asked] if isinstance(asked, str) and asked != SENSITIVE else asked
    if names != SENSITIVE and not (
        isinstance(names, list | tuple) and all(isinstance(one, str) for one in names)
    ):
        raise SettingsError(f'connections.{name}: withhold is no list of names and not "sensitive"')
    try:
        return Withheld(connector.manifest, cast("Any", names))
    except SettingsError as error:
        raise SettingsError(f"connections.{name}: {error}") from None


def _expires(name: str, asked: object) -> date | None:
    if asked is None:
        return None
    if isinstance(asked, str):
        with suppress(ValueError):
            return date.fromisoformat(asked)
    if isinstance(asked, date) and not isinstance(asked, datetime):
        return asked
    raise SettingsError(f"connections.{name}: key_expires is no date; write 2027-01-31")
