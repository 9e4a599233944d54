"""The gate that every single request passes, redirects and logins included.

It paces, counts, and makes sure that an answer is small enough and that a redirect stays
where the credentials belong. As a transport it also covers what httpx sends and reads by
itself: an authentication flow, the body of a redirect.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Final, cast
from urllib.request import getproxies, proxy_bypass

import httpx

from frontdesk.client._metering import Count
from frontdesk.client._pacing import Lanes

_PACKINGS: Final = {"gzip", "x-gzip", "deflate"}
_HERE: Final = {"localhost", "127.0.0.1", "::1"}
_STEP: Final = 64 * 1024
_KEEP_METHOD: Final = {307, 308}


class UnusableError(Exception):
    """An answer that must not be used; the reason names neither data nor addresses."""

    def __init__(self, reason: str, response: httpx.Response | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = response.status_code if response else None
        self.headers = response.headers if response else httpx.Headers()


class Gate(httpx.AsyncBaseTransport):
    """A transport in front of the real one."""

    def __init__(
        self, inner: httpx.AsyncBaseTransport, lanes: Lanes, max_body: int, count: Count
    ) -> None:
        self._inner = inner
        self._lanes = lanes
        self._count = count
        self._max_body = max_body
        self.sent = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send *request* when its turn comes.

        Raises:
            UnusableError: The answer is packed in a way, or leads to a place, we do not know.
            QuotaError: Its turn is too far away.
        """
        async with self._lanes.turn(request.method, request.url.path) as heard:
            # Last of all: what is counted is sent.
            await self._count(request.headers)
            self.sent += 1
            response = await self._inner.handle_async_request(request)
            heard(response.headers)
        try:
            _check_redirect(request, response)
            return self._bounded(response)
        except BaseException:
            await response.aclose()
            raise

    async def aclose(self) -> None:
        """Close the transport behind."""
        await self._inner.aclose()

    def _bounded(self, response: httpx.Response) -> httpx.Response:
        """Return *response* with a body that is unpacked and ends in time.

        httpx unpacks as well, but a whole piece at once: 64 KiB of zeros become 64 MiB.
        """
        packing = response.headers.get("content-encoding", "identity").strip().lower()
        if packing not in {"", "identity", *_PACKINGS}:
            raise UnusableError("its body is packed in a way that was not asked for", response)
        headers = response.headers.copy()
        if packing in _PACKINGS:
            headers.pop("content-encoding", None)
            headers.pop("content-length", None)
        return httpx.Response(
            response.status_code,
            headers=headers,
            stream=_Body(response, self._max_body, packed=packing in _PACKINGS),
            extensions=response.extensions,
        )


class Borrowed(httpx.AsyncBaseTransport):
    """Somebody else's transport: it is used, and left open."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send *request*."""
        return await self._inner.handle_async_request(request)


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: httpx.Response, limit: int, *, packed: bool) -> None:
        self._response = response
        self._limit = limit
        # 32: read whichever of gzip and zlib is there. Servers call both "deflate".
        self._unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32) if packed else None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received = unpacked = 0
        # An asynchronous transport gives no other streams.
        async for chunk in cast("httpx.AsyncByteStream", self._response.stream):
            received += len(chunk)
            for piece in self._pieces(chunk):
                unpacked += len(piece)
                # Packed bytes count too: they can go on for ever without meaning anything.
                if max(received, unpacked) > self._limit:
                    raise UnusableError(
                        f"its body is larger than {self._limit} bytes", self._response
                    )
                yield piece
        if received and self._unpacker and not self._unpacker.eof:
            raise httpx.RemoteProtocolError("the packed body ends too early")

    async def aclose(self) -> None:
        await self._response.aclose()

    def _pieces(self, chunk: bytes) -> Iterator[bytes]:
        if self._unpacker is None:
            yield chunk
            return
        try:
            while not self._unpacker.eof:
                piece = self._unpacker.decompress(chunk, _STEP)
                chunk = self._unpacker.unconsumed_tail
                yield piece
                if not chunk and len(piece) < _STEP:
                    return
        except zlib.error:
            raise UnusableError("its body cannot be unpacked", self._response) from None


def origin(url: httpx.URL) -> tuple[str, str, int | None]:
    """Return what credentials are bound to: scheme, host and port."""
    return (url.scheme, url.host, url.port)


def default_transport(base_url: str, in_flight: int) -> httpx.AsyncHTTPTransport:
    """Return a real transport, through the proxy that the environment names, if any."""
    url = httpx.URL(base_url)
    # A sandbox on this machine is no matter for a proxy, which would not even find it.
    direct = url.host in _HERE or proxy_bypass(url.host)
    proxies = {} if direct else getproxies()
    proxy = proxies.get(url.scheme, proxies.get("all"))
    return httpx.AsyncHTTPTransport(proxy=proxy, limits=httpx.Limits(max_connections=in_flight))


def _check_redirect(request: httpx.Request, response: httpx.Response) -> None:
    if not response.has_redirect_location:
        return
    try:
        target = request.url.join(response.headers["location"])
    except httpx.InvalidURL:
        target = httpx.URL()
    if origin(target) != origin(request.url):
        raise UnusableError(
            "it redirects to another host, where the credentials must not go", response
        )
    if response.status_code not in _KEEP_METHOD and request.method not in {"GET", "HEAD"}:
        raise UnusableError("it redirects in a way that would lose the request's body", response)
