"""One account of a destination plugin, with its settings and its own hooks."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import attrs
import httpx

from frontdesk.client import Client, State
from frontdesk.contracts import DESTINATION, managed
from frontdesk.errors import SettingsError
from frontdesk.manifest import DestinationManifest, without_secrets
from frontdesk.model import Account, Channel
from frontdesk.outgoing import (
    Batch,
    DeliveryContext,
    OptOuts,
    OutgoingConsent,
    Receipt,
    Subscription,
)
from frontdesk.registry import DestinationPlugin
from frontdesk.settings import base_url_of, structure
from frontdesk.webpages import WebPages

#: What of a destination's settings is core's own.
_OWN: Final[tuple[str, ...]] = (
    "connections",
    "consent_without_time",
    "live",
    "live_within",
    "local_times",
    "subscribers",
)
#: Stands for every connection among :attr:`DeliverySettings.subscribers`.
EVERY: Final = "*"


class DestinationCalls:
    """The hooks of one destination, typed: ``Any`` ends here."""

    def __init__(self, plugin: DestinationPlugin, wrappers: Iterable[object] = ()) -> None:
        manager = managed(DESTINATION, plugin.name, plugin.module, wrappers)
        self._call = manager.hook

    async def open_account(self, client: Client[Any]) -> Account:
        """Ask the destination whose account it is."""
        account: Account = await self._call.open_account(client=client)
        return account

    def screen(self, batch: Batch, context: DeliveryContext) -> tuple[Receipt, ...]:
        """Return receipts of the items that will not be taken."""
        return tuple(self._call.screen(batch=batch, context=context) or ())

    async def deliver(
        self, client: Client[Any], batch: Batch, context: DeliveryContext
    ) -> tuple[Receipt, ...]:
        """Send a batch; return a receipt for each item."""
        return tuple(await self._call.deliver(client=client, batch=batch, context=context) or ())

    async def read_subscriptions(
        self, client: Client[Any], consents: Sequence[OutgoingConsent], context: DeliveryContext
    ) -> Mapping[str, Subscription]:
        """Return what the destination shows, by the consents' ids."""
        return await self._call.read_subscriptions(  # type: ignore[no-any-return]  # pluggy's edge
            client=client, consents=consents, context=context
        )

    def read_consent(
        self, client: Client[Any], cursor: Any, context: DeliveryContext
    ) -> AsyncIterator[OptOuts]:
        """Read pages of opt-outs."""
        pages: AsyncIterator[OptOuts] = self._call.read_consent(
            client=client, cursor=cursor, context=context
        )
        return pages

    async def forget(self, client: Client[Any], address: str) -> str:
        """Have a person erased."""
        done: str = await self._call.forget(client=client, address=address)
        return done

    def add_pages(self) -> WebPages | None:
        """Return pages of the plugin's own; None where it has no such hook."""
        pages: WebPages | None = self._call.add_pages()
        return pages

    async def preview(
        self,
        client: Client[Any],
        metrics: Sequence[str],
        lists: Sequence[str],
        context: DeliveryContext,
    ) -> tuple[str, ...]:
        """Return what a person should know beforehand; nothing where there is no such hook."""
        if not self._call.preview.get_hookimpls():
            return ()
        said = await self._call.preview(
            client=client, metrics=metrics, lists=lists, context=context
        )
        return tuple(said or ())


@attrs.frozen(kw_only=True)
class DeliverySettings:
    """What core itself must be told of a destination.

    Args:
        live: False: test mode; nothing is sent but to guests named with ``--only``.
        live_within: Events older than this, in seconds, when first sent go as history.
        local_times: Whether each time among an event's properties has another beside it,
            ``<name> Local``, in the site's zone.
        consent_without_time: What becomes of an opt-in of the past whose time nobody knows:
            ``skip`` it, or say that it was given when it was ``first_seen``.
        subscribers: The list of each channel, by the connection's name (or :data:`EVERY`), for
            opt-ins. Without it nobody is subscribed.
        connections: Names of the connections it is fed by; None: all of its brand.
    """

    live: bool = False
    live_within: timedelta = timedelta(hours=24)
    local_times: bool = False
    consent_without_time: Literal["skip", "first_seen"] | None = None
    subscribers: Mapping[str, Mapping[Channel, str]] = attrs.field(
        factory=dict[str, Mapping[Channel, str]]
    )
    connections: tuple[str, ...] | None = None


@attrs.frozen(eq=False)
class Destination:
    """A destination plugin bound to one account, under the name the user chose."""

    name: str
    plugin: DestinationPlugin
    settings: Any = attrs.field(repr=False)
    base_url: str = attrs.field(repr=False)
    hooks: DestinationCalls = attrs.field(repr=False)
    rules: DeliverySettings
    brand: str = "default"
    transport: httpx.AsyncBaseTransport | None = attrs.field(default=None, repr=False)

    @property
    def manifest(self) -> DestinationManifest:
        """The plugin's manifest."""
        return self.plugin.manifest

    def context(self, account: Account, now: datetime) -> DeliveryContext:
        """Return what hooks may know: settings without secrets, account, time."""
        return DeliveryContext(without_secrets(self.settings), account, now)

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
            lane=self.manifest.lane,
            transport=self.transport,
            request_id=self.manifest.request_id,
            connector=self.plugin.name,
            **options,
        )


def connect(
    plugin: DestinationPlugin,
    name: str,
    values: Mapping[str, Any],
    *,
    brand: str = "default",
    wrappers: Iterable[object] = (),
    transport: httpx.AsyncBaseTransport | None = None,
) -> Destination:
    """Bind *plugin* to the account that the settings in *values* open.

    Among the values are those of :class:`DeliverySettings`, and ``base_url``: one of the
    manifest's names, or a URL of its own.

    Raises:
        SettingsError: A setting is missing, unknown or of the wrong kind.
    """
    where = f"destinations.{name}"
    asked = dict(values)
    base_url = base_url_of(plugin.manifest.base_urls, asked.pop("base_url", None), where)
    own: dict[str, Any] = {key: asked.pop(key) for key in _OWN if key in asked}
    if "subscribers" in own:
        own["subscribers"] = _by_connection(own["subscribers"], where)
    rules = structure(DeliverySettings, own, where=where)
    also = (*_OWN, "base_url", "brand", "plugin")
    settings = structure(plugin.manifest.settings, asked, where=where, also=also)
    calls = DestinationCalls(plugin, wrappers)
    return Destination(name, plugin, settings, base_url, calls, rules, brand, transport)


def _by_connection(asked: object, where: str) -> dict[str, Any]:
    """Return subscribers by connection: a table of channels alone is meant for every one."""
    if not isinstance(asked, Mapping):
        raise SettingsError(f'{where}.subscribers is no table; write {{ email = "LIST" }}')
    table: dict[str, Any] = dict(asked)
    return {EVERY: table} if set(table) & set(Channel) else table
