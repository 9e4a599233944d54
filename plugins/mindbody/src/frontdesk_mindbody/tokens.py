"""How requests are signed: a key, the site, and where it must be a staff token of that site."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, Final

import anyio
import httpx
import msgspec

from frontdesk import jsons
from frontdesk.client import State
from frontdesk.errors import AuthenticationError, ConfigurationError
from frontdesk.model import Json
from frontdesk.rows import as_row

#: What nobody needs to be a member of staff for.
_OPEN: Final = ("/site/sites", "/site/activationcode")
_DENIED: Final = "DeniedAccess"
_UNAUTHORIZED: Final = 401
_REFUSALS: Final = frozenset({400, 401, 403})


class StaffToken(httpx.Auth):
    """Signs requests, and logs in to each site when it is first asked.

    A token is used until Mindbody takes it no more: then one new one is asked for, and the
    request is sent again, once. It is kept between runs where there is a key to do so.
    """

    def __init__(self, settings: Any, state: State) -> None:
        self._settings, self._state = settings, state
        self._tokens: dict[str, str] = {}
        #: Sites whose login was refused: an account might be locked by trying on.
        self._refused: set[str] = set()
        #: Sites whose fresh token was refused as well: then it is no matter of the token.
        self._denied: set[str] = set()
        #: Sites that take the configured token no more.
        self._outdated: set[str] = set()
        self._one_at_a_time = anyio.Lock()

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send the request with what it needs."""
        request.headers["Api-Key"] = self._settings.api_key
        site = request.headers.get("siteid", "")
        if request.url.path.endswith(_OPEN):
            yield request
            return
        spent: str | None = None
        for _ in range(2):
            fresh = False
            async with self._one_at_a_time:
                token = self._known(site)
                if token is None or token == spent:
                    self._refuse_in_vain(site)
                    answer = yield self._login(request, site)
                    token, fresh = await self._issued(answer, site), True
                    if token is None:
                        return
            request.headers["Authorization"] = f"Bearer {token}"
            answer = yield request
            if not await self._is_spent(answer, site):
                return
            if fresh:
                self._denied.add(site)
                await self._forget(site)
                return
            spent = token
            if token == self._settings.bearer_token:
                if not self._settings.username:
                    return
                self._outdated.add(site)

    def _known(self, site: str) -> str | None:
        if self._settings.bearer_token and site not in self._outdated:
            return str(self._settings.bearer_token)
        kept = as_row(self._state.get(named(site))) or {}
        if kept.get("username") == self._settings.username and isinstance(kept.get("token"), str):
            self._tokens.setdefault(site, kept["token"])
        return self._tokens.get(site)

    def _refuse_in_vain(self, site: str) -> None:
        if site in self._refused:
            raise AuthenticationError(
                f"the staff login of site {site} was refused before; correct username and "
                "password, and see that this login exists at the site"
            )

    def _login(self, request: httpx.Request, site: str) -> httpx.Request:
        # Relative to the base URL, which the request's own path begins with.
        base, _, _ = str(request.url.copy_with(query=None)).rpartition(_after_base(request.url))
        credentials = {"Username": self._settings.username, "Password": self._settings.password}
        return httpx.Request(
            "POST",
            f"{base}/usertoken/issue",
            headers={
                "Api-Key": self._settings.api_key,
                "SiteId": site,
                "Content-Type": "application/json",
                "User-Agent": request.headers.get("user-agent", "frontdesk"),
            },
            content=jsons.encode(credentials),
            extensions=request.extensions,
        )

    async def _issued(self, answer: httpx.Response, site: str) -> str | None:
        """Take the token of an answer; without one, the answer stands for the request's own."""
        body = await _body(answer)
        token = body.get("AccessToken")
        if answer.is_error or not isinstance(token, str):
            if answer.status_code in _REFUSALS:
                self._refused.add(site)
                await self._forget(site)
            return None
        self._tokens[site] = token
        kept = {
            "token": token,
            "expires": body.get("Expires"),
            "username": self._settings.username,
        }
        try:
            self._state.refuse_without_key()
        except ConfigurationError:
            # Each process then logs in by itself, which costs a call.
            return token
        await self._state.keep(named(site), kept)
        return token

    async def _forget(self, site: str) -> None:
        """Keep no token that is of no use: one that is kept stands for a login that works."""
        if named(site) in self._state:
            await self._state.keep(named(site), None)

    async def _is_spent(self, answer: httpx.Response, site: str) -> bool:
        """Tell whether a new token might do; nobody confirmed which status says so."""
        if answer.status_code not in _REFUSALS or site in self._denied:
            return False
        if answer.status_code == _UNAUTHORIZED:
            return True
        error = as_row((await _body(answer)).get("Error")) or {}
        return error.get("Code") == _DENIED


class PushKey(httpx.Auth):
    """Signs requests to the webhooks' own API, which knows a key and no sites."""

    requires_request_body = False

    def __init__(self, key: str) -> None:
        self._key = key

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send the request with the key."""
        request.headers["API-Key"] = self._key
        yield request


def named(site: str) -> str:
    """Return under which name a site's token is kept."""
    return f"token of site {site}"


def _after_base(url: httpx.URL) -> str:
    """Return the end of a path that is not the base URL's: all are of two parts."""
    *_, group, operation = url.path.split("/")
    return f"/{group}/{operation}"


async def _body(answer: httpx.Response) -> dict[str, Json]:
    try:
        return as_row(jsons.decode(await answer.aread())) or {}
    except msgspec.DecodeError:
        return {}
