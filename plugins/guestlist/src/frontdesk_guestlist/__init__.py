"""The guest list: the property's own mail and forms around a stay."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx

from frontdesk.annex import Job, Tables
from frontdesk.client import Client
from frontdesk.hooks import hookimpl
from frontdesk.manifest import ConsentRules, Manifest, Stream, Webhook
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
    Reservation,
)
from frontdesk.webpages import WebPages
from frontdesk_guestlist import (
    channels,
    forgetting,
    happenings,
    opening,
    profiles,
    records,
    schema,
    tables,
)
from frontdesk_guestlist.settings import Settings

__all__ = ["Settings", "manifest"]


def _none(_: Settings) -> httpx.Auth | None:
    return None


_OFTEN: Final = timedelta(seconds=15)
_ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
    ' stroke-width="2" stroke-linecap="round" stroke-linejoin="round">'
    '<rect x="5" y="4" width="14" height="17" rx="2"/><path d="M9 4V3h6v1"/>'
    '<path d="M9 10h6M9 14h6M9 18h3"/></svg>'
)

manifest = Manifest(
    title="Guest list",
    settings=Settings,
    authenticate=_none,
    # Its platform is the store: nothing is ever asked there.
    base_urls={"store": "https://store.invalid/"},
    streams=(
        Stream(
            records.GUESTS,
            "all",
            polling=_OFTEN,
            meaning="Guests: a reservation each, with the person it is for.",
        ),
        Stream(
            records.ACTIVITIES,
            "all",
            polling=_OFTEN,
            meaning="What guests did, and what was done for them.",
        ),
        Stream(
            records.DEPARTURES,
            polling=_OFTEN,
            meaning="Guests whom the source erased: they leave frontdesk as well.",
        ),
        Stream(
            records.CHANNELS,
            meaning="Reservations as channels sent them.",
        ),
    ),
    guests=None,
    metrics=tables.METRICS,
    profile=tables.PROFILE,
    consent=ConsentRules(records=frozenset({Channel.EMAIL})),
    exclusions=tables.EXCLUSIONS,
    realtime=True,
    webhook=Webhook.FACTS,
    icon=_ICON,
    sandbox="frontdesk_guestlist.sandbox:create",
    demo=opening.demo,
)


@hookimpl
async def open_account(client: Client[Settings]) -> Account:
    """Return the property, and what its list lacks."""
    return await opening.open_account(client)


@hookimpl
async def fetch_history(client: Client[Settings], query: Query) -> AsyncIterator[Page]:
    """Read guests and activities, after the list was brought up to date with its source."""
    async for page in records.read(client, query):
        yield page


@hookimpl
def parse_event(record: Record, context: Context) -> Iterable[Event]:
    """Tell what a guest did, or what was done for one."""
    return happenings.events(record, context) if record.stream == records.ACTIVITIES else ()


@hookimpl
def map_profile(record: Record, context: Context) -> Profile | Merged | Gone | None:
    """Tell what is known of the person."""
    if record.stream == records.CHANNELS:
        return channels.profile(record, context)
    return profiles.profile(record, context)


@hookimpl
def sync_consent(record: Record, context: Context) -> Iterable[Consent]:
    """State that e-mails were stopped, or that the guest became a subscriber."""
    return happenings.consents(record, context) if record.stream == records.ACTIVITIES else ()


@hookimpl
def map_reservation(record: Record, context: Context) -> Reservation | None:
    """Bring a channel's reservation into the neutral shape."""
    return channels.reservation(record, context) if record.stream == records.CHANNELS else None


@hookimpl
def read_webhook(delivery: Delivery) -> Iterable[Record]:
    """Read the reservations that a channel sends."""
    return channels.news(delivery)


@hookimpl
def verify_webhook(delivery: Delivery, settings: Settings) -> bool:
    """Check the signature, and that it is fresh."""
    return channels.verified(delivery, settings)


@hookimpl
def add_tables() -> Tables:
    """Return the list's own tables."""
    return Tables(
        metadata=schema.metadata,
        migrations=Path(__file__).parent / "migrations",
        head="0001",
        erase=forgetting.erase,
        export=forgetting.export,
        known_as=forgetting.known_as,
        addresses=forgetting.addresses,
    )


@hookimpl
def add_pages() -> WebPages:
    """Return the pages of the staff and of guests."""
    from frontdesk_guestlist import pages  # noqa: PLC0415  # whoever shows none needs none

    return pages.make()


@hookimpl
def add_jobs() -> Iterable[Job]:
    """Return what is done in time: mail, exclusions looked at again, rejected rows removed."""
    from frontdesk_guestlist import (  # noqa: PLC0415  # who only maps records has no jobs done
        rechecking,
        rejecting,
        sending,
    )

    return sending.job(), rechecking.job(), rejecting.job()
