"""Whose account it is: its sites, which of them let us in, and what their owners must do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from frontdesk.client import Client
from frontdesk.errors import (
    AuthenticationError,
    PlatformError,
    RecordError,
    RefusedError,
    SettingsError,
    UnexpectedResponseError,
)
from frontdesk.model import Account, Json, Payload, Site
from frontdesk.rows import as_row
from frontdesk_mindbody import asking
from frontdesk_mindbody.rows import text
from frontdesk_mindbody.times import zone_named
from frontdesk_mindbody.tokens import named

#: What is asked to see whether the staff login works.
_ONE: Final[Mapping[str, Json]] = {"Limit": 1}
_CLOSED: Final = (AuthenticationError, RefusedError)
#: Granted where the staff login of a site works.
_LOGIN: Final = "staff login of site "


@attrs.frozen
class _Answered:
    """What a site answered: itself, or why it did not."""

    site: Site | None = None
    missing: tuple[str, ...] = ()
    error: PlatformError | None = None


async def open_account(client: Client[Any]) -> Account:
    """Ask each configured site; what one refuses does not stop the others.

    Raises:
        AuthenticationError: No site lets us in, and none says how it could.
        SettingsError: Nothing can be asked, or a site's time zone is not known.
    """
    settings = client.settings
    ids = list(settings.site_ids)
    _check(settings, ids)
    found = [await _opened(client, id) for id in ids]
    sites = tuple(one.site for one in found if one.site is not None)
    missing = tuple(text for one in found for text in one.missing)
    errors = [one.error for one in found if one.error is not None]
    if len(errors) == len(ids):
        raise errors[0]
    granted = tuple(one.site.id for one in found if one.site is not None and not one.missing)
    title = sites[0].name if sites else f"site {ids[0]}"
    more = len(ids) - 1
    # The first site stands for all: it must stay the first, and others may come and go.
    return Account(
        ids[0],
        f"{title} and {more} more" if more else title,
        sites,
        granted=tuple(f"{_LOGIN}{id}" for id in granted),
        missing=missing,
    )


def _check(settings: Any, ids: list[str]) -> None:
    if not ids:
        raise SettingsError('site_ids is empty: name the Mindbody site, as in site_ids = ["123"]')
    if wrong := [id for id in ids if not id.removeprefix("-").isdecimal()]:
        raise SettingsError(f"site_ids: {wrong[0]!r} is no number, which Mindbody's sites have")
    if len(set(ids)) < len(ids):
        raise SettingsError("site_ids names a site twice")
    if not settings.bearer_token and not (settings.username and settings.password):
        raise SettingsError("username and password are needed: a staff login of the site")


async def _opened(client: Client[Any], id: str) -> _Answered:
    try:
        row = await _row(client, id)
    except _CLOSED as error:
        return await _closed(client, id, error)
    if row is None:
        return await _closed(client, id, None)
    site = _site(row, id, client.settings.time_zones)
    try:
        await _log_in(client, id)
    except AuthenticationError as error:
        # A site that was never activated may look the same.
        link = await _link(client, id)
        hint = f" If it is not active yet, its owner must open {link}" if link else ""
        return _Answered(site, (f"site {id} ({site.name}): {error}{hint}",), error)
    return _Answered(site)


async def _row(client: Client[Any], id: str) -> Payload | None:
    # Asked for alone: with several, Mindbody leaves out time zone and currency.
    answer = await asking.ask(client, asking.SITES.path, id, {"SiteIds": id})
    rows = [row for one in asking.rows_of(answer, asking.SITES) if (row := as_row(one))]
    return next((row for row in rows if str(row.get("Id")) == id), None)


async def _closed(client: Client[Any], id: str, error: PlatformError | None) -> _Answered:
    """Say how the owner of a site lets us in."""
    link = await _link(client, id)
    if link is not None:
        return _Answered(missing=(f"site {id} is not active: its owner must open {link}",))
    why = error or RefusedError(f"Mindbody tells nothing of site {id}; see that its id is right")
    return _Answered(missing=(f"site {id} does not let this API key in: {why}",), error=why)


async def _link(client: Client[Any], id: str) -> str | None:
    """Return what the owner of a site must open, where Mindbody gives it away."""
    try:
        answer = await asking.ask(client, "site/activationcode", id, {})
    except _CLOSED:
        return None
    link = (as_row(answer) or {}).get("ActivationLink")
    return link if isinstance(link, str) and link else None


async def _log_in(client: Client[Any], id: str) -> None:
    """See whether the staff login works, unless a token of it is at hand."""
    if named(id) in client.state:
        return
    await asking.ask(client, asking.CLIENTS.path, id, _ONE)


def _site(row: Payload, id: str, zones: Mapping[str, str]) -> Site:
    try:
        named = zones.get(id) or text(row, "TimeZone")
        name = text(row, "Name") or f"site {id}"
        currency, country = text(row, "CurrencyIsoCode"), text(row, "CountryCode")
    except RecordError as error:
        raise UnexpectedResponseError(f"site {id} cannot be read: {error}") from error
    zone = None if named is None else zone_named(named)
    if zone is None:
        said = "names no time zone" if named is None else f"is in time zone {named!r}: no such zone"
        raise SettingsError(
            f'site {id} {said}; say which it is, as in time_zones = {{ "{id}" = "Europe/Warsaw" }}'
        )
    return Site(id, name, time_zone=zone.key, currency=currency, country=country)


def readable(account: Account | None) -> tuple[str, ...]:
    """Return the ids of the sites that a staff login opens."""
    granted = () if account is None else account.granted
    return tuple(one.removeprefix(_LOGIN) for one in granted if one.startswith(_LOGIN))
