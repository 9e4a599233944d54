"""Mews, a property management system for hotels: reservations, guests, e-mail consent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from typing import Final, Literal

import attrs
import httpx

from frontdesk.client import Client
from frontdesk.hooks import hookimpl
from frontdesk.manifest import (
    ConsentRules,
    Exclusion,
    Manifest,
    Rate,
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
    Reservation,
)
from frontdesk.notices import Notice
from frontdesk_mews import account, guests, reading, reservations, tables, webhooks
from frontdesk_mews.rows import build_record

__all__ = ["Settings", "build_record", "manifest"]


@attrs.frozen
class Settings:
    """What Mews asks of whoever connects a property, and how it is read."""

    client_token: str = secret(help="The token of the integration, from Mews.")
    access_token: str = secret(help="The token of the property or portfolio, from Mews.")
    webhook_token: str = attrs.field(
        default="",
        repr=False,
        kw_only=True,
        metadata={
            "help": "The Token in the webhook URL Mews support registered; without it, "
            "webhooks are turned away.",
            "secret": True,
        },
    )
    client_name: str = setting(account.CLIENT_NAME, help="How Mews sees this integration.")
    value_basis: Literal["gross", "net"] = setting(
        "gross", help="What Value is: with taxes (gross) or without (net)."
    )
    skip_ota_reservations: bool = setting(
        False, help="Leave out what came through a channel manager."
    )
    ota_domains: tuple[str, ...] = setting(
        guests.OTA_DOMAINS, help="E-mail domains, with their subdomains, that booking sites lend."
    )


def _authenticate(settings: Settings) -> httpx.Auth:
    return account.Tokens(
        client_token=settings.client_token,
        access_token=settings.access_token,
        client=settings.client_name,
    )


_TWO_YEARS: Final = timedelta(days=730)
_OFTEN: Final = timedelta(minutes=5)
_ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
    ' stroke-width="2" stroke-linecap="round" stroke-linejoin="round">'
    '<path d="M3 19V6m0 9h18v4M21 15v-2a3 3 0 0 0-3-3h-7v5"/><circle cx="7" cy="11" r="1.5"/></svg>'
)

manifest = Manifest(
    title="Mews",
    settings=Settings,
    authenticate=_authenticate,
    base_urls={
        "production": "https://api.mews.com/api/connector/v1/",
        "demo": "https://api.mews-demo.com/api/connector/v1/",
    },
    # Mews allows 200 in 30 s, but counts from the first request of a burst.
    rates=(Rate(150, 30),),
    streams=(
        Stream(
            "customers",
            _TWO_YEARS,
            polling=_OFTEN,
            overlap=reading.OVERLAP,
            batch=500,
            rows="Customers",
            discard=tables.DISCARDED_OF_CUSTOMERS,
            sensitive=("Notes", "DietaryRequirements", "Classifications"),
            meaning="Guests, and who else has a profile.",
        ),
        Stream(
            "reservations",
            _TWO_YEARS,
            polling=_OFTEN,
            overlap=reading.OVERLAP,
            batch=500,
            rows="Reservations",
            discard=("CreditCardId", "QrCodeData"),
            meaning="Stays, from the first inquiry to check-out.",
        ),
        Stream(
            "enterprises",
            batch=500,
            rows="Enterprises",
            discard=("Subscription", "Email", "Phone"),
            meaning="Properties, and the chain each belongs to.",
        ),
        Stream("services", batch=500, rows="Services", meaning="What can be booked."),
        Stream("age_categories", batch=500, rows="AgeCategories", meaning="Adults and children."),
        Stream(
            "companies",
            batch=500,
            rows="Companies",
            discard=tables.DISCARDED_OF_COMPANIES,
            meaning="Companies and travel agencies; their names are used.",
        ),
        Stream("vouchers", batch=500, rows="Vouchers", meaning="Vouchers guests book with."),
        Stream("countries", batch=500, rows="Countries", meaning="English names of countries."),
    ),
    guests="customers",
    build_record=build_record,
    metrics=tables.METRICS,
    profile=tables.PROFILE,
    consent=ConsentRules(records=frozenset({Channel.EMAIL})),
    exclusions=(
        Exclusion("ota", "The e-mail address is on loan from a booking site."),
        Exclusion("paymaster", "A paymaster account is no person."),
        Exclusion("company", "A company owns the reservation, and no guest is known."),
        Exclusion("ota_reservation", "It came through a channel manager: skip_ota_reservations."),
    ),
    realtime=True,
    webhook=Webhook.IDS,
    webhook_query={"Token": "webhook_token"},
    webhook_discard=webhooks.DISCARDED,
    icon=_ICON,
    sandbox="frontdesk_mews.sandbox:create",
    request_id="request-id",
    documentation="https://docs.mews.com/connector-api",
)


@hookimpl
async def open_account(client: Client[Settings]) -> Account:
    """Ask whose account the tokens open."""
    return await account.open_account(client)


@hookimpl
async def fetch_history(client: Client[Settings], query: Query) -> AsyncIterator[Page]:
    """Read a stream by windows of time, or by ids."""
    async for page in reading.read(client, query):
        yield page


@hookimpl
def parse_event(record: Record, previous: Record | None, context: Context) -> Iterable[Event]:
    """Tell what became of a reservation."""
    if record.stream == "reservations":
        return reservations.events(record, previous, context)
    return ()


@hookimpl
def map_profile(record: Record, context: Context) -> Profile | Merged | Gone | None:
    """Tell what is known of a guest."""
    return guests.profile(record, context) if record.stream == "customers" else None


@hookimpl
def sync_consent(record: Record, previous: Record | None, context: Context) -> Iterable[Consent]:
    """State what a guest said about marketing e-mails."""
    return guests.consents(record, previous, context) if record.stream == "customers" else ()


@hookimpl
def map_reservation(record: Record, context: Context) -> Reservation | None:
    """Bring a reservation into the neutral shape."""
    return reservations.reservation(record, context) if record.stream == "reservations" else None


@hookimpl
def read_webhook(delivery: Delivery) -> Iterable[Ref | Notice]:
    """Name the records a delivery speaks of, or tell what became of the integration."""
    return webhooks.news(delivery)


@hookimpl
def verify_webhook(delivery: Delivery, settings: Settings) -> bool:
    """Check the token that is part of the URL."""
    return webhooks.verified(delivery, settings)


@hookimpl
def route_webhook(delivery: Delivery) -> Iterable[str]:
    """Name the property, since one URL serves all of a partner's."""
    return webhooks.enterprises(delivery)
