"""How requests are signed, and whose account the key opens."""

from __future__ import annotations

from collections.abc import Generator
from http import HTTPStatus
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx
from tzlocal.windows_tz import win_tz

from frontdesk.client import Client
from frontdesk.errors import (
    AuthenticationError,
    RecordError,
    RefusedError,
    UnexpectedResponseError,
)
from frontdesk.model import Account, Payload, Site
from frontdesk.rows import as_row
from frontdesk_zenoti import operations
from frontdesk_zenoti.asking import all_rows, probe
from frontdesk_zenoti.rows import at, part, required, text


class Keys(httpx.Auth):
    """Signs with the API key; while keys are changed, with the other one once that is refused."""

    def __init__(self, *keys: str) -> None:
        self._keys = [key for key in keys if key]

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request, and once more with the other key."""
        first = self._keys[0]
        request.headers["authorization"] = f"apikey {first}"
        answer = yield request
        others = [key for key in self._keys if key != first]
        if answer.status_code != HTTPStatus.UNAUTHORIZED or not others:
            return
        request.headers["authorization"] = f"apikey {others[0]}"
        answer = yield request
        if answer.status_code != HTTPStatus.UNAUTHORIZED:
            # From now on the one that works comes first.
            self._keys = [others[0], first]


async def open_account(client: Client[Any]) -> Account:
    """Ask for the centres, and what the key may read.

    Raises:
        UnexpectedResponseError: There is no centre, or one that cannot be read.
    """
    rows = await all_rows(client, operations.CENTERS)
    try:
        sites = sorted((_site(row) for row in rows), key=_id)
    except RecordError as error:
        raise UnexpectedResponseError(f"a centre cannot be read: {error}") from error
    if not sites:
        raise UnexpectedResponseError("the organization shows this key no centre")
    chosen: str = client.settings.organization
    missing = [
        operation.meaning
        for operation in operations.PROBED
        if not await _may(client, operation, sites[0].id)
    ]
    return Account(
        chosen or sites[0].id,
        chosen or sites[0].name,
        tuple(sites),
        missing=tuple(missing),
    )


async def _may(client: Client[Any], operation: operations.Operation, center: str) -> bool:
    try:
        await probe(client, operation, center)
    except AuthenticationError as error:
        if error.status == HTTPStatus.UNAUTHORIZED:
            # A refused key looks the same; then the centres are refused as well.
            await probe(client, operations.CENTERS, center)
        return False
    except RefusedError:
        # Not what the key may do, but what was asked for: reading will tell.
        return True
    return True


def _id(site: Site) -> str:
    return site.id


def _site(row: Payload) -> Site:
    id = required(row, "id")
    return Site(
        id,
        text(row, "name") or text(row, "display_name") or id,
        time_zone=zone_name(row),
        currency=_code(part(row, "currency")),
        country=_code(part(row, "country")),
    )


def _code(row: Payload) -> str | None:
    code = text(row, "code")
    return code.upper() if code else None


#: Where a centre says its zone.
_ZONES: Final = ("location.time_zone", "time_zone")


def zone_name(row: Payload) -> str:
    """Return the IANA name of a centre's zone; Zenoti may use the names Windows has."""
    for path in _ZONES:
        zone = as_row(at(row, path)) or {}
        for field in ("identifier_name", "standard_name", "name"):
            value = zone.get(field)
            if isinstance(value, str) and (known := _iana(value.strip())):
                return known
    return "UTC"


def _iana(name: str) -> str | None:
    if name in win_tz:
        return win_tz[name]
    try:
        return ZoneInfo(name).key if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
