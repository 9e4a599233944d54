"""One attempt: send, read, and make an answer or a failure of it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any, Final

import anyio
import attrs
import httpx
import msgspec

from frontdesk import jsons
from frontdesk.client._clock import Clock
from frontdesk.client._failures import EXPLAINED, RETRIED, Asked
from frontdesk.client._logs import unlogged
from frontdesk.client._pacing import Lanes, QuotaError, in_background
from frontdesk.client._retries import Failure, backoff, retry_after
from frontdesk.client._transport import UnusableError, origin
from frontdesk.client._types import Answer, Judge, Limits
from frontdesk.errors import RateLimitedError, UnavailableError
from frontdesk.manifest import Verdict

_OK, _TOO_MANY, _REDIRECT, _ERROR = 200, 429, 300, 400
_UNSENDABLE: Final = (
    httpx.InvalidURL,
    httpx.LocalProtocolError,
    httpx.UnsupportedProtocol,
    UnicodeEncodeError,
)
_HARMLESS: Final = {
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "host",
    "user-agent",
}
# Enough for a line on each of a thousand items; a server in trouble may pour out HTML instead.
_REFUSAL_BYTES: Final = 1024 * 1024
# Enough for any reason.
_REASON_BYTES: Final = 64 * 1024


@attrs.frozen
class Sending:
    """A request that has not been sent yet."""

    asked: Asked
    path: str = attrs.field(repr=False)
    params: Mapping[str, Any] | None = attrs.field(repr=False)
    headers: Mapping[str, str] | None = attrs.field(repr=False)
    content: bytes | None = attrs.field(repr=False)
    #: The fields to read of the answer; None: all.
    wanted: Any = None


@attrs.frozen(kw_only=True)
class Exchange:
    """Makes attempts, no more at a time than there are slots."""

    http: httpx.AsyncClient = attrs.field(repr=False)
    lanes: Lanes
    slots: anyio.Semaphore
    limits: Limits
    clock: Clock
    jitter: random.Random
    request_id: str
    #: Tells what an answer really is, where its status does not.
    judge: Judge | None = None
    #: One slot fewer: what is not in the background never waits for all of them.
    background_slots: anyio.Semaphore = attrs.field(
        init=False,
        default=attrs.Factory(
            lambda own: anyio.Semaphore(max(own.limits.in_flight - 1, 1)), takes_self=True
        ),
    )

    @property
    def closed(self) -> bool:
        """Whether the connections are closed."""
        return self.http.is_closed

    async def aclose(self) -> None:
        """Close the connections."""
        with unlogged():
            await self.http.aclose()

    async def attempt(self, sending: Sending, number: int) -> Answer | Failure:
        """Make attempt *number*; errors of ours are handed back, never raised."""
        asked = sending.asked
        try:
            with unlogged():
                return await self._in_turn(sending, number)
        except QuotaError as error:
            return Failure(asked.limited(f"{asked} was not sent", error.seconds))
        except UnusableError as error:
            request_id = asked.redactor.request_id(error.headers.get(self.request_id))
            return Failure(asked.unusable(error.reason, error.status, request_id))
        except httpx.TooManyRedirects:
            return Failure(asked.unusable(f"it redirected more than {self.limits.redirects} times"))
        except _UNSENDABLE as error:
            return Failure(asked.unsendable(error))
        except (httpx.HTTPError, TimeoutError) as error:
            return Failure(asked.unreachable(error), backoff(number, self.jitter))

    async def _in_turn(self, sending: Sending, number: int) -> Answer | Failure:
        if not in_background():
            async with self.slots:
                return await self._send(sending, number)
        async with self.background_slots, self.slots:
            return await self._send(sending, number)

    async def _send(self, sending: Sending, number: int) -> Answer | Failure:
        response = await self.http.send(self._request(sending), stream=True)
        try:
            with anyio.fail_after(self.limits.body):
                if response.status_code >= _ERROR:
                    return await self._failure(sending.asked, response, number)
                return await self._answer(sending, response, number)
        finally:
            await response.aclose()

    def _request(self, sending: Sending) -> httpx.Request:
        url = httpx.URL(sending.path)
        if url.is_absolute_url and origin(url) != origin(self.http.base_url):
            raise UnusableError("it names a URL of another host, where credentials must not go")
        params = {k: v for k, v in (sending.params or {}).items() if v is not None}
        headers = dict(sending.headers or {})
        if sending.content is not None:
            headers.setdefault("content-type", "application/json")
        # Merged by hand: httpx would drop the query that the path brings along.
        url = url.copy_merge_params(params) if params else url
        return self.http.build_request(
            sending.asked.method, url, headers=headers, content=sending.content
        )

    async def _answer(
        self, sending: Sending, response: httpx.Response, number: int
    ) -> Answer | Failure:
        asked, status = sending.asked, response.status_code
        request_id = asked.redactor.request_id(response.headers.get(self.request_id))
        if status >= _REDIRECT:
            return Failure(asked.unusable("it redirects to nowhere", status, request_id))
        body = bytearray()
        # Not aiter_raw: an authentication flow may have read it already.
        async for chunk in response.aiter_bytes():
            body += chunk
        if not body and (status != _OK or asked.method not in {"GET", "POST"}):
            return Answer(status, response.headers, None)
        try:
            answer = Answer(status, response.headers, jsons.decode(body, sending.wanted))
        except msgspec.DecodeError:
            return Failure(asked.unusable("its body is not readable as JSON", status, request_id))
        verdict = self.judge(answer) if self.judge else None
        return answer if verdict is None else self._judged(asked, response, number, verdict)

    async def _failure(self, asked: Asked, response: httpx.Response, number: int) -> Failure:
        status = response.status_code
        request_id = asked.redactor.request_id(response.headers.get(self.request_id))
        body = await _start(response)
        verdict = self._verdict(response, body)
        if verdict is not None:
            failure = self._judged(asked, response, number, verdict)
            failure.error.content = body
            return failure
        explained = status in EXPLAINED
        short = len(body) <= _REASON_BYTES
        echoes = _echoes(response.request)
        reason = asked.redactor.reason(body, echoes) if explained and short else None
        after = retry_after(response.headers.get("retry-after"), self.clock.now())
        wait = backoff(number, self.jitter) if after is None else after
        if status == _TOO_MANY:
            # Everybody waits: one more request would make it worse for all of us.
            self.lanes.hold(response.request.method, response.request.url.path, wait)
        again = status in RETRIED and wait <= self.limits.max_wait
        error = asked.answered(status, request_id, reason, after)
        error.content = body
        return Failure(error, wait if again else None)

    def _verdict(self, response: httpx.Response, body: bytes) -> Verdict | None:
        """Ask what an error really is; one that is no JSON is what its status says."""
        if self.judge is None:
            return None
        try:
            return self.judge(Answer(response.status_code, response.headers, jsons.decode(body)))
        except msgspec.DecodeError:
            return None

    def _judged(
        self, asked: Asked, response: httpx.Response, number: int, verdict: Verdict
    ) -> Failure:
        request_id = asked.redactor.request_id(response.headers.get(self.request_id))
        after = retry_after(response.headers.get("retry-after"), self.clock.now())
        told = verdict.wait if after is None else after
        wait = backoff(number, self.jitter) if told is None else told
        if issubclass(verdict.error, RateLimitedError):
            self.lanes.hold(response.request.method, response.request.url.path, wait)
        again = verdict.again
        if again is None:
            again = issubclass(verdict.error, RateLimitedError | UnavailableError)
        error = asked.judged(verdict, response.status_code, request_id, told)
        return Failure(error, wait if again and wait <= self.limits.max_wait else None)


def _echoes(request: httpx.Request) -> Iterator[str]:
    """Return what was sent besides the body, and might come back in an error's reason."""
    yield from request.url.params.values()
    for name, value in request.headers.items():
        if name not in _HARMLESS:
            # "Bearer abc" may come back as "abc".
            yield from (value, *value.split())


async def _start(response: httpx.Response) -> bytes:
    """Return the body of an error if it is short; what is wrong with it does not matter."""
    body = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > _REFUSAL_BYTES:
                return b""
    except (httpx.HTTPError, UnusableError):
        return b""
    return bytes(body)
