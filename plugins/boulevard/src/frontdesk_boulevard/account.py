"""Whose account the credentials open, where its locations are, and what it may not read."""

from __future__ import annotations

import re
from typing import Any, Final

from frontdesk.client import Client
from frontdesk.errors import ConfigurationError, RecordError, UnexpectedResponseError
from frontdesk.model import Account, Json, Payload, Site
from frontdesk.rows import as_list, as_row
from frontdesk_boulevard import documents
from frontdesk_boulevard.asking import ask, pages
from frontdesk_boulevard.money import digits
from frontdesk_boulevard.rows import bare, part, required, text, urn

_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_LOCATIONS: Final = 50


async def open_account(client: Client[Any]) -> Account:
    """Ask whose credentials these are.

    Raises:
        ConfigurationError: They open another business than the configured one.
        SettingsError: The currency is none.
    """
    settings = client.settings
    digits(settings.currency)
    answered = await ask(client, documents.BUSINESS)
    business = as_row(answered.data.get("business"))
    if business is None:
        raise UnexpectedResponseError("boulevard answers without a business")
    try:
        id = urn("Business", required(business, "id"))
        _check_business(id, settings.business_id)
        zone = text(business, "tz") or "UTC"
        sites = await _sites(client, zone, settings.currency)
        title = text(business, "name") or id
    except RecordError as error:
        raise UnexpectedResponseError(f"the account cannot be read: {error}") from error
    granted, refused = _permissions(answered.data.get("permissions"))
    denied = [f"reading {field}" for field in await _denied(client, sites)]
    return Account(id, title, sites, granted, (*denied, *refused), answered.at)


def _check_business(found: str, configured: str) -> None:
    if bare(found) != bare(configured):
        raise ConfigurationError(
            f"the credentials open business {found}, not the configured {configured}: "
            "keys are made for each environment and installed in each business"
        )


async def _sites(client: Client[Any], zone: str, currency: str) -> tuple[Site, ...]:
    walk = pages(client, documents.LOCATIONS, "locations", size=_LOCATIONS)
    rows = [as_row(node) async for step in walk for node in step.rows]
    return tuple(_site(row, zone, currency) for row in rows if row is not None)


def _site(row: Payload, zone: str, currency: str) -> Site:
    id = urn("Location", required(row, "id"))
    country = (text(part(row, "address") or {}, "country") or "").upper()
    return Site(
        id,
        text(row, "name") or id,
        # A location without a zone lives by the business's.
        time_zone=text(row, "tz") or zone,
        currency=currency,
        country=country if _COUNTRY.fullmatch(country) else None,
    )


def _permissions(found: Json) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tell which permissions to read are granted; the names of those that are not.

    Nobody published their keys: those that speak of writing are none of ours.
    """
    granted: list[str] = []
    refused: list[str] = []
    for item in as_list(found) or ():
        row = as_row(item) or {}
        key = text(row, "key") or text(row, "name") or ""
        if key and "READ" in key.upper():
            (granted if row.get("enabled") is not False else refused).append(key)
    return tuple(granted), tuple(refused)


async def _denied(client: Client[Any], sites: tuple[Site, ...]) -> list[str]:
    """Ask for one of everything; return the fields that a permission is missing for."""
    if not sites:
        return []
    answered = await ask(client, documents.PROBE, {"location": sites[0].id})
    shown = (_field(path) for path in answered.denied)
    return list(dict.fromkeys(shown))


def _field(path: str) -> str:
    """Name a field without what stands between it and its list."""
    return ".".join(step for step in path.split(".") if step not in {"edges", "node"})
