"""The guest list: the property's own mail and forms around a stay."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import httpx

from frontdesk import (
    Account,
    Client,
    Consent,
    Context,
    Event,
    Manifest,
    Page,
    Profile,
    Query,
    Record,
    Ref,
    Site,
    Stream,
    WebPages,
    hookimpl,
)
from frontdesk.annex import Erasure, Job, Tables
from frontdesk_guestlist import schema
from frontdesk_guestlist.settings import Settings


def _none(_: Settings) -> httpx.Auth | None:
    return None


manifest = Manifest(
    title="Guest list",
    settings=Settings,
    authenticate=_none,
    # Its platform is the store: nothing is ever asked there.
    base_urls={"store": "https://store.invalid/"},
    streams=(Stream("guests", history="all"),),
    guests=None,
)


@hookimpl
async def open_account(client: Client[Settings]) -> Account:
    own = client.settings
    site = Site(own.property, own.title, own.time_zone, own.currency, own.country, own.language)
    return Account(own.property, own.title, (site,))


@hookimpl
async def fetch_history(client: Client[Settings], query: Query) -> AsyncIterator[Page]:
    yield Page((), None)


@hookimpl
def parse_event(record: Record, context: Context) -> Iterable[Event | Ref]:
    return ()


@hookimpl
def map_profile(record: Record, context: Context) -> Profile | None:
    return None


@hookimpl
def sync_consent(record: Record) -> Iterable[Consent]:
    return ()


def _erase(db: Any, erasure: Erasure) -> int:
    return 0


def _export(db: Any, erasure: Erasure) -> Any:
    return {}


@hookimpl
def add_tables() -> Tables:
    return Tables(
        metadata=schema.metadata,
        migrations=Path(__file__).parent / "migrations",
        head="0001",
        erase=_erase,
        export=_export,
    )


@hookimpl
def add_pages() -> WebPages:
    from frontdesk_guestlist import pages  # noqa: PLC0415  # whoever shows none needs none

    return pages.make()


@hookimpl
def add_jobs() -> Iterable[Job]:
    return ()
