"""Zenoti: appointments, invoices, memberships, packages and e-mail consent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from typing import Any, Final, Literal

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
    Related,
    Reservation,
)
from frontdesk_zenoti import (
    account,
    feedback,
    groups,
    guests,
    invoices,
    judging,
    listings,
    memberships,
    packages,
    patterns,
    raw,
    reading,
    tables,
    webhooks,
)
from frontdesk_zenoti.rows import build_record

__all__ = ["Settings", "build_record", "manifest"]


def _known_kinds(_settings: object, _field: object, value: dict[str, str]) -> None:
    patterns.check(value)


def _later_secret(help: str) -> Any:
    metadata = {"help": help, "secret": True}
    return attrs.field(default="", repr=False, kw_only=True, metadata=metadata)


@attrs.frozen
class Settings:
    """What Zenoti asks of whoever connects an organization, and how it is read."""

    api_key: str = secret(help="The API key of the backend app, from Zenoti.")
    next_api_key: str = _later_secret(
        "While keys are changed: the other one, tried when the first is refused."
    )
    webhook_secret: str = _later_secret(
        "The secret of the webhooks, from Zenoti; without it, they are turned away."
    )
    organization: str = setting(
        "",
        help="A name for the organization that never changes; without it, the centre whose "
        "id comes first stands for it.",
    )
    consent_mode: Literal["preference", "explicit_only"] = setting(
        "preference",
        help="What counts as consent: the guest's preference (preference), or only a change "
        "of it that was seen (explicit_only).",
    )
    show_gift_card_codes: bool = setting(
        False, help="Show codes of gift cards whole; whoever has one can pay with it."
    )
    placeholder_domains: tuple[str, ...] = setting(
        (), help="Domains of e-mail addresses that stand for having none."
    )
    event_types: dict[str, str] = attrs.field(
        factory=dict[str, str],
        kw_only=True,
        validator=_known_kinds,
        metadata={"help": "What event types mean, before the built-in patterns: pattern = kind."},
    )
    calls_a_minute: int = setting(
        60, help="How many calls a minute Zenoti grants the organization, other programs included."
    )
    recent_days: int = setting(7, help="How many past days are read again once a day.")
    days_ahead: int = setting(30, help="How many days ahead appointments are read.")


def _authenticate(settings: Settings) -> httpx.Auth:
    return account.Keys(settings.api_key, settings.next_api_key)


def _lane(method: str, path: str, settings: Settings) -> tuple[str, tuple[Rate, ...]]:
    del method, path
    # One bucket for the whole organization, which other programs use as well: what its
    # headers announce is heeded, and this is the most there can be.
    return "organization", (Rate(settings.calls_a_minute, 60),)


_YEAR: Final = timedelta(days=365)
_DAY: Final = timedelta(days=1)
_ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
    ' stroke-width="2" stroke-linecap="round" stroke-linejoin="round">'
    '<path d="M12 20c-5 0-8-3-8-7 3 0 6 1 8 4 2-3 5-4 8-4 0 4-3 7-8 7z"/>'
    '<path d="M12 15c-2-3-2-7 0-11 2 4 2 8 0 11z"/></svg>'
)

manifest = Manifest(
    title="Zenoti",
    settings=Settings,
    authenticate=_authenticate,
    base_urls={"production": "https://api.zenoti.com/v1/"},
    lane=_lane,
    judge=judging.judge,
    streams=(
        Stream(
            "services",
            _YEAR,
            rows="services",
            meaning="What can be booked; names of categories are used.",
        ),
        Stream(
            "guests",
            _YEAR,
            polling=timedelta(hours=6),
            spare=True,
            overlap=listings.OVERLAP,
            batch=20,
            rows="guests",
            discard=tables.DISCARDED_OF_GUESTS,
            sensitive=("tags",),
            meaning="Guests.",
        ),
        Stream(
            "sales",
            _YEAR,
            polling=_DAY,
            spare=True,
            rows="sales",
            sensitive=("Ordered.data.code",),
            meaning="Invoices, by the lines of the sales report and as they are closed.",
        ),
        Stream(
            "appointment_groups",
            _YEAR,
            polling=_DAY,
            spare=True,
            batch=20,
            discard=tables.DISCARDED_OF_GROUPS,
            meaning="Appointments, as they were booked together.",
        ),
        Stream(
            "memberships",
            _YEAR,
            polling=_DAY,
            spare=True,
            overlap=listings.OVERLAP,
            rows="members",
            sensitive=("Froze.data.freeze.comments",),
            meaning="Guests' memberships.",
        ),
        Stream("centers", rows="centers", meaning="Centres: names and addresses."),
        Stream("countries", rows="countries", meaning="Dialling codes of countries."),
        Stream(
            "invoices",
            batch=20,
            rows="invoices",
            discard=tables.DISCARDED_OF_INVOICES,
            meaning="Invoices of thin deliveries, one request each.",
        ),
        Stream(
            "guest_packages",
            batch=20,
            rows="guest_packages",
            meaning="The packages of a guest who bought one.",
        ),
        Stream(
            "gift_cards",
            batch=20,
            rows="gift_cards",
            sensitive=("gift_cards.code",),
            meaning="The gift cards of a guest who bought one.",
        ),
        Stream("packages", rows="packages", meaning="What was done with packages."),
        Stream(
            "feedback",
            rows="feedback",
            sensitive=("data.comments",),
            meaning="Feedback, as it was sent.",
        ),
        Stream(
            "deliveries",
            rows="deliveries",
            sensitive=("data",),
            meaning="What else Zenoti sends, whole.",
        ),
    ),
    guests="guests",
    build_record=build_record,
    metrics=tables.METRICS,
    profile=tables.PROFILE,
    consent=ConsentRules(
        records=frozenset({Channel.EMAIL}), properties_only=frozenset({Channel.SMS})
    ),
    exclusions=(
        Exclusion("virtual", "A virtual guest stands for somebody in a group's booking."),
        Exclusion("block_out", "Time in which somebody cannot be booked is no appointment."),
        Exclusion("no_person", "It speaks of no guest: it is kept, and nobody's event."),
    ),
    realtime=True,
    webhook=Webhook.FACTS,
    webhook_discard=webhooks.DISCARDED,
    delivery_id="body:event_id",
    icon=_ICON,
    sandbox="frontdesk_zenoti.sandbox:create",
    documentation="https://docs.zenoti.com",
)


@hookimpl
async def open_account(client: Client[Settings]) -> Account:
    """Ask for the centres the key opens, and what it may read."""
    return await account.open_account(client)


@hookimpl
async def fetch_history(client: Client[Settings], query: Query) -> AsyncIterator[Page]:
    """Read a stream by centres and weeks, or by ids."""
    async for page in reading.read(client, query):
        yield page


_EVENTS: Final = {
    "appointment_groups": groups.events,
    "sales": invoices.events,
    "memberships": memberships.events,
    "packages": packages.events,
    "feedback": feedback.events,
    "deliveries": raw.events,
}


@hookimpl
def parse_event(record: Record, related: Related, context: Context) -> Iterable[Event | Ref]:
    """Tell what a record proves to have happened."""
    tell = _EVENTS.get(record.stream)
    return () if tell is None else tell(record, context, related)


@hookimpl
def map_profile(
    record: Record, related: Related, context: Context
) -> Profile | Merged | Gone | None:
    """Tell what is known of a guest."""
    return guests.profile(record, context, related) if record.stream == "guests" else None


@hookimpl
def sync_consent(record: Record, previous: Record | None, context: Context) -> Iterable[Consent]:
    """State what a guest said about marketing e-mails."""
    return guests.consents(record, previous, context) if record.stream == "guests" else ()


@hookimpl
def map_reservation(record: Record, related: Related, context: Context) -> Reservation | None:
    """Bring a group of appointments into the neutral shape."""
    if record.stream != "appointment_groups":
        return None
    return groups.reservation(record, context, related)


@hookimpl
def read_webhook(delivery: Delivery, context: Context) -> Iterable[Record | Ref]:
    """Take the facts out of a delivery."""
    return webhooks.news(delivery, context.settings.event_types)


@hookimpl
def verify_webhook(delivery: Delivery, settings: Settings) -> bool:
    """Check the signature."""
    return webhooks.verified(delivery, settings)
