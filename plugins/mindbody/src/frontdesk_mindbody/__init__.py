"""Mindbody, for studios and spas: appointments, classes, sales, contracts, e-mail consent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, Literal

import attrs
import httpx

from frontdesk.client import Client, State
from frontdesk.hooks import hookimpl
from frontdesk.manifest import ConsentRules, Manifest, Quota, Stream, Webhook, secret, setting
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
from frontdesk.notices import Installed
from frontdesk_mindbody import (
    account,
    asking,
    guests,
    happenings,
    reading,
    reservations,
    subscriptions,
    tables,
    webhooks,
)
from frontdesk_mindbody.judging import judge
from frontdesk_mindbody.rows import build_record
from frontdesk_mindbody.tokens import StaffToken

__all__ = ["Settings", "build_record", "manifest"]


def _optional(help: str) -> Any:
    """Declare a secret that may be left out."""
    return attrs.field(
        default="", repr=False, kw_only=True, metadata={"help": help, "secret": True}
    )


@attrs.frozen
class Settings:
    """What Mindbody asks of whoever connects sites, and how they are read."""

    api_key: str = secret(help="The API key of your developer account, from Mindbody.")
    site_ids: tuple[str, ...] = setting(
        help='The sites, as in ["123", "456"]. Keep the first one first: it names the account.'
    )
    username: str = setting("", help="A staff login that exists at each of the sites.")
    password: str = _optional("The password of the staff login.")
    bearer_token: str = _optional(
        "A token to use for as long as it lasts, before or in place of the staff login."
    )
    webhooks_key: str = _optional("The key for webhooks, which is another than the API key.")
    webhook_signature_key: str = _optional(
        "The messageSignatureKey of a subscription made by hand; frontdesk keeps those it makes."
    )
    push_url: str = setting(
        "", help="Where webhooks are subscribed to, if it is not Mindbody's own address for that."
    )
    calls_a_day: int = setting(1000, help="Requests in 24 hours for each site.")
    time_zones: Mapping[str, str] = setting(
        attrs.Factory(dict[str, str]),
        help='Zones by site where Mindbody tells none or a wrong one: { "123" = "Europe/Warsaw" }.',
    )
    sale_times: Literal["site", "utc"] = setting(
        "site", help="Whose clock times of sales are by, though they end with Z."
    )


def _authenticate(settings: Settings, state: State) -> httpx.Auth:
    return StaffToken(settings, state)


_TWO_YEARS: Final = timedelta(days=730)
_HOURLY: Final = timedelta(hours=1)
_DAILY: Final = timedelta(days=1)
_ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
    ' stroke-width="2" stroke-linecap="round" stroke-linejoin="round">'
    '<circle cx="12" cy="5" r="2"/><path d="M12 8v6m-7-3c3 1 5-3 7-3s4 4 7 3M4 20c3 0 5-2 8-6'
    ' 3 4 5 6 8 6"/></svg>'
)

manifest = Manifest(
    title="Mindbody",
    settings=Settings,
    authenticate=_authenticate,
    base_urls={"production": "https://api.mindbodyonline.com/public/v6/"},
    # Counted for each key and site; whether Mindbody does so is not confirmed.
    quota=Quota(
        limit=1000,
        setting="calls_a_day",
        counted_by=("api-key", "siteid"),
        labelled_by="siteid",
        reserve=0.2,
    ),
    judge=judge,
    streams=(
        Stream(
            "clients",
            _TWO_YEARS,
            polling=_HOURLY,
            overlap=reading.MARGIN,
            batch=asking.IDS,
            rows="Clients",
            discard=tables.DISCARDED_OF_CLIENTS,
            sensitive=("Notes",),
            meaning="Clients, prospects and companies among them.",
        ),
        Stream(
            "client_ids",
            batch=asking.IDS,
            rows="Clients",
            discard=tables.DISCARDED_OF_CLIENTS,
            meaning="Which client the site's own id means.",
        ),
        Stream(
            "appointments",
            polling=_DAILY,
            spare=True,
            rows="Appointments",
            discard=tables.DISCARDED_OF_APPOINTMENTS,
            sensitive=("Notes",),
            meaning="Appointments; recent days are read again once a day.",
        ),
        Stream(
            "visits",
            polling=_DAILY,
            spare=True,
            rows="Visits",
            discard=("ClientPhotoUrl",),
            meaning="Bookings of classes; recent days are read again once a day.",
        ),
        Stream("waitlist_entries", rows="WaitlistEntries", meaning="Who waits for a class."),
        Stream("memberships", meaning="Memberships that clients were given."),
        Stream("contracts", meaning="Contracts of clients."),
        Stream(
            "sales",
            polling=_DAILY,
            spare=True,
            rows="Sales",
            discard=tables.DISCARDED_OF_SALES,
            meaning="Sales; recent days are read again once a day.",
        ),
        Stream("sites", batch=1, rows="Sites", meaning="Sites."),
        Stream("locations", rows="Locations", meaning="Where a site does business."),
        Stream("staff", rows="StaffMembers", meaning="Who works there."),
        Stream("providers", meaning="Who works there, by their ids as providers."),
        Stream("other_events", meaning="Webhooks of kinds that are not known, and of others."),
    ),
    guests="clients",
    build_record=build_record,
    metrics=tables.METRICS,
    profile=tables.PROFILE,
    consent=ConsentRules(records=frozenset({Channel.EMAIL})),
    exclusions=tables.EXCLUSIONS,
    realtime=True,
    webhook=Webhook.FACTS,
    delivery_id="body:messageId",
    webhook_discard=tables.DISCARDED_OF_WEBHOOKS,
    icon=_ICON,
    sandbox="frontdesk_mindbody.sandbox:create",
    documentation="https://developers.mindbodyonline.com/",
)


@hookimpl
async def open_account(client: Client[Settings]) -> Account:
    """Ask each site who it is, and whether it lets us in."""
    return await account.open_account(client)


@hookimpl
async def fetch_history(client: Client[Settings], query: Query) -> AsyncIterator[Page]:
    """Read clients, recent days of what webhooks tell, or records by ids."""
    async for page in reading.read(client, query):
        yield page


@hookimpl
def parse_event(record: Record, related: Related, context: Context) -> Iterable[Event | Ref]:
    """Tell what became of an appointment, a booking, a sale, a membership, a contract."""
    return happenings.events(record, related, context)


@hookimpl
def map_profile(
    record: Record, related: Related, context: Context
) -> Profile | Merged | Gone | None:
    """Tell what is known of a guest."""
    if record.stream == "clients":
        return guests.profile(record, related, context)
    return guests.found(record) if record.stream == "client_ids" else None


@hookimpl
def sync_consent(record: Record, previous: Record | None) -> Iterable[Consent]:
    """State what a guest said about promotional e-mails."""
    return guests.consents(record, previous) if record.stream == "clients" else ()


@hookimpl
def map_reservation(record: Record, related: Related, context: Context) -> Reservation | None:
    """Bring an appointment or the booking of a class into the neutral shape."""
    if record.stream in {"appointments", "visits"}:
        return reservations.reservation(record, related, context)
    return None


@hookimpl
def read_webhook(delivery: Delivery, context: Context) -> Iterable[Record]:
    """Read the records a delivery carries."""
    return webhooks.news(delivery, context)


@hookimpl
def verify_webhook(delivery: Delivery, settings: Settings, state: State) -> bool:
    """Check the signature of the raw body."""
    return webhooks.verified(delivery, settings, state)


@hookimpl
def route_webhook(delivery: Delivery) -> Iterable[str]:
    """Name the site, since one URL serves all of a developer's."""
    return webhooks.sites(delivery)


@hookimpl
async def manage_webhooks(client: Client[Settings], action: str, url: str) -> Sequence[Installed]:
    """Make, look at or take back the subscription that leads to *url*."""
    return await subscriptions.manage(client, action, url)
