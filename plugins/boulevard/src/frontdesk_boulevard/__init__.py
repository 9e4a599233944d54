"""Boulevard, for salons and spas: appointments, memberships, orders, e-mail and SMS consent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import timedelta
from typing import Final

import attrs

from frontdesk.client import Client
from frontdesk.hooks import hookimpl
from frontdesk.manifest import (
    ConsentRules,
    Exclusion,
    Manifest,
    Stream,
    Webhook,
    secret,
    setting,
)
from frontdesk.model import (
    Account,
    Channel,
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
from frontdesk_boulevard import (
    account,
    appointments,
    documents,
    guests,
    installing,
    memberships,
    orders,
    reading,
    tables,
    verdicts,
    webhooks,
)
from frontdesk_boulevard.rows import build_record
from frontdesk_boulevard.signing import strategy

__all__ = ["Settings", "build_record", "manifest"]


@attrs.frozen
class Settings:
    """What Boulevard asks of whoever connects a business, and how it is read."""

    api_key: str = secret(help="The API key of the app, from Boulevard's developer portal.")
    api_secret: str = secret(help="The API secret of the app, as it is shown there.")
    business_id: str = setting(help="The id of the business that the app is installed in.")
    webhook_secret: str = attrs.field(
        default="",
        repr=False,
        kw_only=True,
        metadata={
            "help": "The secret webhooks are signed with, if it is not the API secret.",
            "secret": True,
        },
    )
    currency: str = setting(
        "USD", help="ISO 4217 code of the currency of all prices: Boulevard names none."
    )
    skip_cancellations: tuple[str, ...] = setting(
        (),
        help="Reasons that pass a cancelled appointment over: MERGED, MISTAKE, VOIDED, ...",
    )
    estimate_history: bool = setting(
        False,
        help="Guess arrivals, confirmations and pauses that history shows without a time.",
    )
    look_again_hours: int = setting(
        6, help="How often these days' appointments are read again, in hours; 0 is never."
    )
    look_again_days: int = setting(14, help="How many days ahead they are read again.")


_OFTEN: Final = timedelta(minutes=5)
_HOURLY: Final = timedelta(hours=1)
_ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
    ' stroke-width="2" stroke-linecap="round" stroke-linejoin="round">'
    '<circle cx="6" cy="6" r="3"/><circle cx="6" cy="18" r="3"/>'
    '<path d="M20 4 8.1 15.9M14.5 14.5 20 20M8.1 8.1 12 12"/></svg>'
)

manifest = Manifest(
    title="Boulevard",
    settings=Settings,
    authenticate=strategy,
    base_urls={
        "production": "https://dashboard.boulevard.io/api/2020-01/admin",
        "sandbox": "https://sandbox.joinblvd.com/api/2020-01/admin",
    },
    points=verdicts.POINTS,
    judge=verdicts.judge,
    # Orders come before appointments, which take the time they were completed from them.
    streams=(
        Stream(
            "clients",
            "all",
            polling=_OFTEN,
            overlap=reading.OVERLAP,
            batch=documents.BATCH,
            rows=("data.clients.edges.node", "data.client"),
            discard=tables.DISCARDED_OF_CLIENTS,
            sensitive=("tags.name",),
            meaning="Guests: everybody a business knows.",
        ),
        Stream(
            "orders",
            "all",
            polling=_OFTEN,
            overlap=reading.OVERLAP,
            batch=documents.BATCH,
            rows=("data.orders.edges.node", "data.order"),
            discard=tables.DISCARDED_OF_ORDERS,
            sensitive=("note",),
            meaning="What was bought, by location; open ones tell nothing yet.",
        ),
        Stream(
            "memberships",
            "all",
            polling=_HOURLY,
            batch=documents.BATCH,
            rows=("data.memberships.edges.node", "data.membership"),
            discard=tables.DISCARDED_OF_MEMBERSHIPS,
            scan=True,
            meaning="Memberships; Boulevard filters them by nothing, so all are read each time.",
        ),
        Stream(
            "appointments",
            "all",
            polling=_OFTEN,
            overlap=reading.OVERLAP,
            batch=documents.BATCH,
            rows=("data.appointments.edges.node", "data.appointment"),
            discard=tables.DISCARDED_OF_APPOINTMENTS,
            sensitive=("tags.name",),
            meaning="Appointments, by location: new ones, and those of these days once more.",
        ),
    ),
    guests="clients",
    build_record=build_record,
    metrics=tables.METRICS,
    profile=tables.PROFILE,
    consent=ConsentRules(
        records=frozenset({Channel.EMAIL, Channel.SMS}),
        properties_only=frozenset({Channel.PUSH}),
    ),
    exclusions=(
        Exclusion("walk_in", "The order has no client: whoever bought is not known."),
        Exclusion("cancellation", "It was cancelled for a reason of skip_cancellations."),
        Exclusion("gone", "Boulevard no longer has what a webhook speaks of."),
        Exclusion("over", "A pause or cancellation was over before anybody could look at it."),
    ),
    realtime=True,
    webhook=Webhook.FACTS,
    webhook_discard=webhooks.DISCARDED,
    delivery_id="body:idempotencyKey",
    icon=_ICON,
    sandbox="frontdesk_boulevard.sandbox:create",
    documentation="https://developers.joinblvd.com/",
)


@hookimpl
async def open_account(client: Client[Settings]) -> Account:
    """Ask whose account the credentials open."""
    return await account.open_account(client)


@hookimpl
async def fetch_history(client: Client[Settings], query: Query) -> AsyncIterator[Page]:
    """Read a stream by windows of time, by a full scan, or by ids."""
    async for page in reading.read(client, query):
        yield page


@hookimpl
def parse_event(
    record: Record, previous: Record | None, related: Related, context: Context
) -> Iterable[Event]:
    """Tell what became of an appointment, a membership or an order."""
    if record.stream == "appointments":
        return appointments.events(record, previous, related, context)
    if record.stream == "memberships":
        return memberships.events(record, previous, related, context)
    return orders.events(record, context) if record.stream == "orders" else ()


@hookimpl
def map_profile(record: Record, context: Context) -> Profile | Merged | Gone | None:
    """Tell what is known of a guest."""
    return guests.profile(record, context) if record.stream == "clients" else None


@hookimpl
def sync_consent(record: Record, previous: Record | None, context: Context) -> Iterable[Consent]:
    """State what a guest said about marketing e-mails and SMS."""
    return guests.consents(record, previous, context) if record.stream == "clients" else ()


@hookimpl
def map_reservation(record: Record, context: Context) -> Reservation | None:
    """Bring an appointment into the neutral shape."""
    return appointments.reservation(record, context) if record.stream == "appointments" else None


@hookimpl
def read_webhook(delivery: Delivery) -> Iterable[Record | Ref | Notice]:
    """Return the fact a delivery brings, or name the record it speaks of."""
    return webhooks.news(delivery)


@hookimpl
def verify_webhook(delivery: Delivery, settings: Settings) -> bool:
    """Check the signature of the salt and the raw body."""
    return webhooks.verified(delivery, settings)


@hookimpl
def route_webhook(delivery: Delivery) -> Iterable[str]:
    """Name the business, since one URL may serve all of an app's."""
    return webhooks.businesses(delivery)


@hookimpl
async def manage_webhooks(client: Client[Settings], action: str, url: str) -> Sequence[Installed]:
    """Install, list or remove the webhook of the whole business."""
    return await installing.manage(client, action, url)
