"""The client itself."""

from __future__ import annotations

import random
import warnings
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import anyio
import httpx

from frontdesk import jsons
from frontdesk.annex import Annex
from frontdesk.client._clock import Clock, SystemClock
from frontdesk.client._exchange import Exchange, Sending
from frontdesk.client._failures import Asked
from frontdesk.client._logs import install
from frontdesk.client._metering import Counter, metered
from frontdesk.client._pacing import Lanes
from frontdesk.client._redaction import Redactor
from frontdesk.client._retries import Failure, persist
from frontdesk.client._state import State
from frontdesk.client._transport import Borrowed, Gate, default_transport
from frontdesk.client._types import Answer, Judge, Limits, Lookup
from frontdesk.errors import ConfigurationError, SettingsError
from frontdesk.manifest import Lane, Points, Quota, Rate
from frontdesk.model import Account, Json, Record

S = TypeVar("S")


class Client(Generic[S]):
    """One account's way to its platform: paced, patient, discreet.

    Use it as an async context manager, or close it with :meth:`aclose`.

    Args:
        settings: The connection's settings; values of secret ones are masked in errors.
        base_url: What paths are relative to.
        auth: How requests are signed.
        rates: Windows that all hold at once.
        lane: Tells by method and path which part of the quota a request draws on besides: a
            name, and the windows of that name.
        points: The bucket that requests draw on by what they cost.
        quota: How many requests a day are allowed; *counter* counts them.
        counter: Where they are counted, other processes' among them; None: nowhere.
        judge: Tells what an answer really is, where its status does not.
        transport: Instead of the network.
        request_id: The answer header that carries the platform's request id.
        connector: The connector's name, for errors and logs.
        lookup: Answers :meth:`lookup`.
        annex: The connection's own part of the store.
        state: What was kept of earlier; the same that *auth* was made with.
        clock: Where time comes from.
        jitter: Where chance comes from.

    Raises:
        SettingsError: *base_url* is no URL.
        ValueError: A rate allows nothing.
    """

    def __init__(
        self,
        *,
        settings: S,
        base_url: str,
        auth: httpx.Auth | None = None,
        rates: Sequence[Rate] = (),
        lane: Lane | None = None,
        points: Points | None = None,
        quota: Quota | None = None,
        counter: Counter | None = None,
        judge: Judge | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        request_id: str = "x-request-id",
        connector: str | None = None,
        lookup: Lookup | None = None,
        annex: Annex | None = None,
        state: State | None = None,
        limits: Limits | None = None,
        clock: Clock | None = None,
        jitter: random.Random | None = None,
    ) -> None:
        install()
        _check_url(base_url)
        #: The connection's settings, secrets included.
        self.settings = settings
        #: The account that the credentials open; set by core once it is known.
        self.account: Account | None = None
        #: Secrets obtained at run time, as they were kept.
        self.state = State() if state is None else state
        self._connector, self._lookup, self._annex = connector, lookup, annex
        self._limits, self._clock = limits or Limits(), clock or SystemClock()
        self._redactor = _redactor(settings, self.state)
        lanes = Lanes(rates, self._clock, self._limits.max_wait, lane, points)
        self._transport, self._jitter = transport, jitter or _chance()
        inner = transport or default_transport(base_url, self._limits.in_flight)
        count = metered(quota, settings, counter)
        self._gate = Gate(inner, lanes, self._limits.max_body, count)
        http = _http(base_url, auth, self._gate, self._limits)
        self._exchange = self._exchanging(http, lanes, request_id, judge)

    def _exchanging(
        self,
        http: httpx.AsyncClient,
        lanes: Lanes,
        request_id: str,
        judge: Judge | None,
    ) -> Exchange:
        return Exchange(
            http=http,
            lanes=lanes,
            slots=anyio.Semaphore(self._limits.in_flight),
            limits=self._limits,
            clock=self._clock,
            jitter=self._jitter,
            request_id=request_id,
            judge=judge,
        )

    @property
    def base_url(self) -> str:
        """What paths are relative to."""
        return str(self._exchange.http.base_url)

    @property
    def annex(self) -> Annex:
        """The connection's own part of the store.

        Raises:
            ConfigurationError: The connector has no tables, or there is no store.
        """
        if self._annex is None:
            raise ConfigurationError(f"connector {self._connector!r} has no tables in a store")
        return self._annex

    @property
    def clock(self) -> Clock:
        """Where time comes from, for whoever must wait for more than an answer."""
        return self._clock

    @asynccontextmanager
    async def elsewhere(
        self, base_url: str, *, auth: httpx.Auth | None = None, rates: Sequence[Rate] = ()
    ) -> AsyncGenerator[Self]:
        """Open a client of the same account at another address of its platform.

        This client's credentials do not go there, and nothing sent there counts here.

        Args:
            auth: How requests are signed there.

        Raises:
            SettingsError: *base_url* is no URL.
        """
        made = type(self)(
            settings=self.settings,
            base_url=base_url,
            auth=auth,
            rates=rates,
            transport=None if self._transport is None else Borrowed(self._transport),
            request_id=self._exchange.request_id,
            connector=self._connector,
            state=self.state,
            limits=self._limits,
            clock=self._clock,
            jitter=self._jitter,
        )
        made.account = self.account
        async with made as client:
            yield client

    def shown(self, text: str) -> str:
        """Return what a platform wrote without secrets, addresses and numbers, and not long."""
        return self._redactor.shown(text)

    @property
    def requests(self) -> int:
        """How many requests were sent, retries, redirects and logins included."""
        return self._gate.sent

    def __repr__(self) -> str:
        return f"<Client of {self._connector}, {self.requests} requests sent>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._exchange.aclose()

    def __del__(self) -> None:
        # A client that was never used holds nothing open.
        gate = getattr(self, "_gate", None)
        if gate is not None and gate.sent and not self._exchange.closed:
            warnings.warn(f"{self!r} was not closed", ResourceWarning, stacklevel=2)

    async def get(
        self,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        retry: bool = True,
        wanted: Any = None,
    ) -> Json:
        """Ask for *path* and return the JSON of the answer; :meth:`request` tells more."""
        answer = await self.request(
            "GET", path, params=params, headers=headers, retry=retry, wanted=wanted
        )
        return answer.json

    async def post(
        self,
        path: str,
        *,
        json: Json = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        retry: bool = True,
        wanted: Any = None,
    ) -> Json:
        """Send *json* to *path* and return the JSON of the answer."""
        answer = await self.request(
            "POST", path, json=json, params=params, headers=headers, retry=retry, wanted=wanted
        )
        return answer.json

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: Json = None,
        content: bytes | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        retry: bool = True,
        wanted: Any = None,
    ) -> Answer:
        """Send a request and return the answer.

        Args:
            path: Relative to the base URL, or a URL of the same origin (a "next" link).
            json: The body; None sends none.
            content: Instead of *json*, the body as it is written down already.
            params: The query; those that are None are left out.
            retry: Whether to try again after a failure that may pass. Switch it off for
                what must not happen twice: a time-out does not tell whether it happened.
            wanted: A ``TypedDict`` that names the fields to read, where an answer has many
                more than are used; one that does not fit it is read whole.

        Raises:
            AuthenticationError: 401 or 403.
            RateLimitedError: 429 to the last, or a wait beyond ``limits.max_wait``.
            UnavailableError: 408, 5xx, time-outs and broken connections to the last.
            RefusedError: Any other 4xx.
            UnexpectedResponseError: The answer is no JSON, is too large, or leads astray.
        """
        asked = Asked(method, self._redactor.path(path) or "/", self._connector, self._redactor)
        if content is None and json is not None:
            content = jsons.encode(json)
        sending = Sending(asked, path, params, headers, content, wanted)

        async def attempt(number: int) -> Answer | Failure:
            return await self._exchange.attempt(sending, number)

        outcome = await persist(
            attempt,
            attempts=self._limits.attempts if retry else 1,
            clock=self._clock,
            described=lambda: {"connector": self._connector, "method": method, "path": asked.path},
        )
        if isinstance(outcome, Failure):
            raise outcome.error
        return outcome

    async def lookup(
        self, stream: str, ids: Sequence[str], *, max_age: timedelta | None = None
    ) -> Mapping[str, Record | None]:
        """Return reference data by id: from the store if it is fresh enough, else fetched.

        Args:
            max_age: How old a stored record may be; None: any age will do.

        Raises:
            ConfigurationError: This client was made without a store behind it.
        """
        if self._lookup is None:
            raise ConfigurationError(
                f"nothing answers lookup({stream!r}): this client has no store behind it; "
                "make it with Client(lookup=...)"
            )
        return await self._lookup(stream, tuple(dict.fromkeys(ids)), max_age=max_age)

    async def keep(
        self, name: str, value: Json, *, expires: datetime | None = None, lasting: bool = False
    ) -> None:
        """Keep a secret obtained at run time; see :meth:`frontdesk.client.State.keep`."""
        await self.state.keep(name, value, expires=expires, lasting=lasting)


def _chance() -> random.Random:
    return random.Random()  # noqa: S311  # nobody gains by guessing it


def _redactor(settings: object, state: State) -> Redactor:
    """Return a redactor that learns what is kept."""
    made = Redactor(settings)
    state.watch(made.hide)
    return made


def _check_url(base_url: str) -> None:
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        url = httpx.URL()
    # Not quoted: somebody may have written a password into it.
    if url.scheme not in {"http", "https"} or not url.host:
        raise SettingsError("base_url is no URL that starts with https:// and names a host")


def _http(base_url: str, auth: httpx.Auth | None, gate: Gate, limits: Limits) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=base_url,
        auth=auth,
        transport=gate,
        # No time-out for the pool: the slots already see to it that there is room.
        timeout=httpx.Timeout(limits.read, connect=limits.connect, pool=None),
        follow_redirects=True,
        max_redirects=limits.redirects,
        headers={
            "accept": "application/json",
            "accept-encoding": "gzip",
            "user-agent": "frontdesk",
        },
        # Proxies are the transport's matter; nothing else of the environment is ours.
        trust_env=False,
    )
