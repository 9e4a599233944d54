"""The property as frontdesk's account, what its list lacks, and its place in the demo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from frontdesk.client import Client
from frontdesk.errors import ConfigurationError
from frontdesk.model import Account, Site
from frontdesk_guestlist import mirror
from frontdesk_guestlist.settings import Settings


async def open_account(client: Client[Settings]) -> Account:
    """Return the property.

    Raises:
        ConfigurationError: It has no name, or no zone that exists.
    """
    own = client.settings
    _check(own)
    site = Site(own.property, own.title, own.time_zone, own.currency, own.country, own.language)
    return Account(own.property, own.title, (site,), missing=await _missing(client))


def _check(own: Settings) -> None:
    if not own.property.strip():
        raise ConfigurationError("property is empty: name the property for good: grand-hotel")
    try:
        ZoneInfo(own.time_zone)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ConfigurationError(
            f"time_zone {own.time_zone!r} is no IANA zone: write one such as Europe/Paris"
        ) from None


async def _missing(client: Client[Settings]) -> tuple[str, ...]:
    name = client.settings.source
    if name is None:
        return ()
    try:
        annex = client.annex
    except ConfigurationError:
        return ()
    if await annex.read(lambda db: mirror.source(db, annex)) is not None:
        return ()
    return (f"reservations: the store knows no connection {name!r} of this brand yet; sync it",)


def demo(connections: Mapping[str, str]) -> Mapping[str, Any] | None:
    """Return the settings of a guest list that mirrors the hotel of the demo, if there is one."""
    hotel = next((name for name, kind in connections.items() if kind == "mews"), None)
    if hotel is None:
        return None
    return {
        "property": "demo-hotel",
        "title": "Demo Hotel",
        "time_zone": "Europe/Paris",
        "currency": "EUR",
        "country": "FR",
        "source": hotel,
        "campaigns": True,
    }
