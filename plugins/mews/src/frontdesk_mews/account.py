"""How requests are signed, and whose account the tokens open."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import datetime
from functools import partial
from importlib import metadata
from typing import Any, Final

import httpx

from frontdesk import jsons
from frontdesk.client import Client
from frontdesk.errors import RecordError, UnexpectedResponseError
from frontdesk.model import Account, Payload, Site
from frontdesk.rows import as_row, objects
from frontdesk_mews.asking import MAX_AGE, all_rows, together
from frontdesk_mews.operations import ENTERPRISES
from frontdesk_mews.rows import instant, part, required, required_instant, text

#: How we call ourselves to Mews.
CLIENT_NAME: Final = f"frontdesk {metadata.version('frontdesk-mews')}"


class Tokens(httpx.Auth):
    """Puts the tokens where Mews wants them: into the body of each request."""

    requires_request_body = True

    def __init__(self, *, client_token: str, access_token: str, client: str) -> None:
        self._tokens: Mapping[str, str] = {
            "ClientToken": client_token,
            "AccessToken": access_token,
            "Client": client,
        }

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request anew, with the tokens in it."""
        body = jsons.decode(request.content or b"{}")
        headers = [item for item in request.headers.multi_items() if item[0] != "content-length"]
        yield httpx.Request(
            request.method,
            request.url,
            headers=headers,
            content=jsons.encode({**self._tokens, **body}),
            extensions=request.extensions,
        )


async def open_account(client: Client[Any]) -> Account:
    """Ask whose tokens these are: a property's, or those of a portfolio of them."""
    answer, enterprise = await _configuration(client)
    try:
        clock = required_instant(answer, "NowUtc")
        if enterprise.get("IsPortfolio"):
            return await _portfolio(client, clock)
        site = _site(enterprise)
    except RecordError as error:
        raise _unreadable(error) from error
    return Account(site.id, site.name, (site,), clock=clock)


async def _portfolio(client: Client[Any], clock: datetime) -> Account:
    rows = await all_rows(client, ENTERPRISES, {})
    if not rows:
        raise UnexpectedResponseError("enterprises/getAll lists no property for this portfolio")
    # Properties come and go; the one linked first keeps the account's id what it was.
    rows.sort(key=lambda row: (instant(row, "LinkedUtc") or clock, required(row, "Id")))
    # Only the configuration of a single property tells its currencies.
    asked = [partial(_configuration, client, EnterpriseId=required(row, "Id")) for row in rows]
    sites = tuple(_site(enterprise) for _, enterprise in await together(*asked))
    chain = rows[0]
    return Account(
        required(chain, "ChainId"),
        text(chain, "ChainName") or sites[0].name,
        sites,
        clock=clock,
    )


async def _configuration(client: Client[Any], **asked: str) -> tuple[Payload, Payload]:
    answer = await client.post("configuration/get", json=asked)
    whole = as_row(answer) or {}
    enterprise = as_row(whole.get("Enterprise"))
    if enterprise is None:
        raise UnexpectedResponseError("configuration/get answers without an Enterprise")
    return whole, enterprise


def _site(enterprise: Payload) -> Site:
    address = part(enterprise, "Address") or {}
    return Site(
        required(enterprise, "Id"),
        required(enterprise, "Name"),
        time_zone=text(enterprise, "TimeZoneIdentifier") or "UTC",
        currency=_default_currency(objects(enterprise, "Currencies")),
        country=text(address, "CountryCode"),
        language=text(enterprise, "DefaultLanguageCode"),
    )


def _default_currency(currencies: list[Payload]) -> str | None:
    own = (text(row, "Currency") for row in currencies if row.get("IsDefault"))
    return next(own, None)


def _unreadable(error: RecordError) -> UnexpectedResponseError:
    return UnexpectedResponseError(f"the account's configuration cannot be read: {error}")


async def clock(client: Client[Any]) -> datetime:
    """Read the platform's clock: windows end where its own time does, not ours."""
    answer, _ = await _configuration(client)
    try:
        return required_instant(answer, "NowUtc")
    except RecordError as error:
        raise _unreadable(error) from error


def is_portfolio(account: Account) -> bool:
    """Tell a chain from a property: only a property is a site of itself."""
    return account.site(account.id) is None


async def chains(client: Client[Any], account: Account) -> list[str]:
    """Return the chains of a portfolio; its guests are asked for by them."""
    properties = [site.id for site in account.sites]
    found = await client.lookup("enterprises", properties, max_age=MAX_AGE)
    rows = [record.payload for record in found.values() if record is not None]
    return sorted({chain for row in rows if (chain := text(row, "ChainId"))}) or [account.id]
