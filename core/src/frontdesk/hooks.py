"""The hooks of a connector, on one screen, and those of a destination on the next.

A connector is a module with a ``manifest`` and functions marked ``@hookimpl``. It takes
only the arguments it names. Mapping hooks are pure: no I/O, no state, no clock.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import pluggy

from frontdesk.annex import Job, Tables
from frontdesk.model import (
    Account,
    Consent,
    Context,
    Delivery,
    Event,
    Gone,
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
from frontdesk.outgoing import (
    Batch,
    DeliveryContext,
    OptOuts,
    OutgoingConsent,
    Receipt,
    Subscription,
)
from frontdesk.webpages import WebPages

if TYPE_CHECKING:
    from frontdesk.client import Client

hookspec = pluggy.HookspecMarker("frontdesk")
hookimpl = pluggy.HookimplMarker("frontdesk")


class ConnectorHooks:
    """What frontdesk calls. All are ``firstresult``; the last nine are optional."""

    @hookspec(firstresult=True)
    async def open_account(self, client: Client[Any]) -> Account:  # type: ignore[empty-body]  # a specification
        """Ask the platform whose account the credentials open, and what they may do."""

    @hookspec(firstresult=True)
    def fetch_history(self, client: Client[Any], query: Query) -> AsyncIterator[Page]:  # type: ignore[empty-body]  # a specification
        """Read pages of records: the one reader, whatever the query's purpose."""

    @hookspec(firstresult=True)
    def parse_event(
        self, record: Record, previous: Record | None, related: Related, context: Context
    ) -> Iterable[Event | Ref]:
        """Turn a record, and what it was before, into what happened."""
        return ()

    @hookspec(firstresult=True)
    def map_profile(
        self, record: Record, previous: Record | None, related: Related, context: Context
    ) -> Profile | Merged | Gone | None:
        """Turn a record into what is known of a guest."""

    @hookspec(firstresult=True)
    def sync_consent(
        self, record: Record, previous: Record | None, related: Related, context: Context
    ) -> Iterable[Consent]:
        """Turn a record into statements of consent."""
        return ()

    @hookspec(firstresult=True)
    def map_reservation(
        self, record: Record, previous: Record | None, related: Related, context: Context
    ) -> Reservation | None:
        """Turn a record into a reservation in the neutral shape."""

    @hookspec(firstresult=True)
    def read_webhook(self, delivery: Delivery, context: Context) -> Iterable[Record | Ref | Notice]:
        """Turn a delivery into the records it carries, the ids it names, or news of itself."""
        return ()

    @hookspec(firstresult=True)
    def verify_webhook(self, delivery: Delivery, settings: Any, state: Any) -> bool:
        """Tell whether the delivery is from who it says, in constant time."""
        return False

    @hookspec(firstresult=True)
    def route_webhook(self, delivery: Delivery) -> Iterable[str]:
        """Name the accounts or sites a delivery to a shared URL is meant for."""
        return ()

    @hookspec(firstresult=True)
    async def manage_webhooks(
        self, client: Client[Any], action: str, url: str
    ) -> Sequence[Installed]:
        """Install, list or remove what the platform sends to *url*; return what there is then.

        *action* is ``install``, ``list`` or ``remove``. Installing twice makes one; a key
        that comes with it is kept with ``client.keep(..., lasting=True)``.
        """
        return ()

    @hookspec(firstresult=True)
    def add_pages(self) -> WebPages | None:
        """Return pages of the plugin's own, to stand among those of frontdesk."""

    @hookspec(firstresult=True)
    def add_tables(self) -> Tables | None:
        """Return tables of the plugin's own, to stand in the store."""

    @hookspec(firstresult=True)
    def add_jobs(self) -> Iterable[Job]:
        """Return what is to be done again and again while a connection is followed."""
        return ()


class DestinationHooks:
    """What frontdesk calls of a destination plugin. All are ``firstresult``."""

    @hookspec(firstresult=True)
    async def open_account(self, client: Client[Any]) -> Account:  # type: ignore[empty-body]  # a specification
        """Ask the destination whose account the credentials open, and what they may do."""

    @hookspec(firstresult=True)
    def screen(self, batch: Batch, context: DeliveryContext) -> Iterable[Receipt]:
        """Tell which items would be refused or dropped, and why; pure.

        The others need no receipt here. A dry run counts by this; ``deliver`` answers for such
        items with the same receipts, and sends the others.
        """
        return ()

    @hookspec(firstresult=True)
    async def deliver(
        self, client: Client[Any], batch: Batch, context: DeliveryContext
    ) -> Iterable[Receipt]:
        """Send a batch; return a receipt for each item.

        What is raised stops the delivery: the batch is sent again, as it is, another time.
        """
        return ()

    @hookspec(firstresult=True)
    async def read_subscriptions(
        self, client: Client[Any], consents: Sequence[OutgoingConsent], context: DeliveryContext
    ) -> Mapping[str, Subscription]:
        """Return what the destination shows for opt-ins about to be sent, by their ids."""
        return {}

    @hookspec(firstresult=True)
    def read_consent(
        self, client: Client[Any], cursor: Any, context: DeliveryContext
    ) -> AsyncIterator[OptOuts]:
        """Read pages of opt-outs that reached the destination since *cursor* (None: ever)."""
        raise NotImplementedError

    @hookspec(firstresult=True)
    async def forget(self, client: Client[Any], address: str) -> str:
        """Have the person with this e-mail address or E.164 number erased; say what was done."""
        return ""

    @hookspec(firstresult=True)
    async def preview(
        self,
        client: Client[Any],
        metrics: Sequence[str],
        lists: Sequence[str],
        context: DeliveryContext,
    ) -> Iterable[str]:
        """Say what a person should know before these metrics and lists are delivered to.

        Optional. Each is one sentence.
        """
        return ()

    @hookspec(firstresult=True)
    def add_pages(self) -> WebPages | None:
        """Return pages of the plugin's own, to stand among those of frontdesk; optional."""


#: Hooks every connector must have.
REQUIRED: Final = ("open_account", "fetch_history", "parse_event", "map_profile", "sync_consent")
#: Hooks a connector may have.
OPTIONAL: Final = (
    "map_reservation",
    "read_webhook",
    "verify_webhook",
    "route_webhook",
    "manage_webhooks",
    "add_pages",
    "add_tables",
    "add_jobs",
)
#: Hooks that answer with several things.
ITERABLE: Final = ("parse_event", "sync_consent", "read_webhook")

#: Hooks every destination plugin must have, and those it may have.
DESTINATION_REQUIRED: Final = (
    "open_account",
    "screen",
    "deliver",
    "read_subscriptions",
    "read_consent",
    "forget",
)
DESTINATION_OPTIONAL: Final = ("preview", "add_pages")
