"""Whose account the key opens, and what the key may do there."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from frontdesk.client import Client
from frontdesk.errors import AccountError, AuthenticationError, UnexpectedResponseError
from frontdesk.model import Account
from frontdesk_klaviyo.calls import FORBIDDEN, an_object, ask, attributes_of, rows
from frontdesk_klaviyo.endpoints import ACCOUNTS, LISTS, METRICS, PROFILES, Endpoint

#: Cheap questions by which a read scope shows. Scopes that write show when something is written.
_PROBES: Final[tuple[tuple[Endpoint, dict[str, str] | None], ...]] = (
    (METRICS, None),
    (PROFILES, {"page[size]": "1"}),
    (LISTS, {"page[size]": "1"}),
)


async def open_account(client: Client[Any]) -> Account:
    """Ask once whose account it is, then which read scopes the key has.

    Raises:
        AccountError: It is not the one that the settings name.
    """
    answer = await ask(client, ACCOUNTS)
    found = rows(an_object(answer.json))
    id = found[0].get("id") if found else None
    if not isinstance(id, str):
        raise UnexpectedResponseError(f"{ACCOUNTS} names no account")
    wanted = client.settings.account
    if wanted and wanted != id:
        raise AccountError(
            f"the key opens Klaviyo account {id}, not {wanted}, which the setting account names: "
            "use that account's key, or correct the setting"
        )
    granted, missing = await _scopes(client)
    attributes = attributes_of(found[0])
    name = an_object(attributes.get("contact_information")).get("organization_name")
    title = name if isinstance(name, str) and name else id
    if attributes.get("test_account") is True:
        title += " (test account)"
    clock = _clock(answer.headers.get("date"))
    return Account(id, title, granted=("accounts:read", *granted), missing=missing, clock=clock)


def _clock(date: str | None) -> datetime | None:
    """Read what Klaviyo's clock said, to the second."""
    with suppress(ValueError):
        read = parsedate_to_datetime(date or "")
        return read if read.tzinfo is not None else read.replace(tzinfo=UTC)
    return None


async def _scopes(client: Client[Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    granted: list[str] = []
    missing: list[str] = []
    for endpoint, params in _PROBES:
        try:
            await ask(client, endpoint, params=params)
        except AuthenticationError as error:
            if error.status != FORBIDDEN:
                raise
            missing += endpoint.scopes
        else:
            granted += endpoint.scopes
    return tuple(granted), tuple(missing)
