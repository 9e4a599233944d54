"""HTTP, as far as the emulator needs it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import zlib
from collections.abc import Mapping
from typing import Any, Final

import attrs
import httpx
import msgspec
from starlette.requests import Request as Incoming
from starlette.responses import Response

from frontdesk.sandbox.wire import Message, Receive, Send

LIMIT: Final = 5_000_000
VENDOR: Final = "application/vnd.api+json"


@attrs.frozen(kw_only=True)
class Request:
    """A request that has been read whole; of a body that is too large only so much."""

    method: str
    path: str
    query: str
    #: Where the server was called: the start of every link.
    base: str
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)
    size: int


@attrs.frozen
class Reply:
    """An answer."""

    status: int
    content: Any = None
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])


async def read(scope: Message, receive: Receive) -> Request:
    """Read a request; what is over the limit is counted and let go."""
    incoming = Incoming(scope, receive)
    chunks: list[bytes] = []
    size = 0
    async for chunk in incoming.stream():
        size += len(chunk)
        if size <= LIMIT:
            chunks.append(chunk)
    return Request(
        method=incoming.method,
        path=incoming.url.path,
        query=incoming.url.query,
        base=f"{incoming.url.scheme}://{incoming.url.netloc}",
        headers=dict(incoming.headers.items()),
        body=b"".join(chunks),
        size=size,
    )


async def send_reply(reply: Reply, scope: Message, receive: Receive, send: Send) -> None:
    """Send an answer."""
    body = b"" if reply.content is None else msgspec.json.encode(reply.content)
    headers = dict(reply.headers)
    if body:
        headers["content-type"] = VENDOR
    await Response(body, reply.status, headers)(scope, receive, send)


async def cut(send: Send) -> None:
    """Cut the connection without an answer.

    Raises:
        httpx.RemoteProtocolError: There is no connection, as the application is called in
            process: this is what a client would see of one that was cut.
    """
    # The server's own object is the only way to the connection: ASGI knows no such message.
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
    connection = transport.get_extra_info("socket")
    with contextlib.suppress(OSError, AttributeError):
        # Closed without lingering, it is a reset for whoever waits at the other end.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    # The server takes note in the next turns of its loop, and then wants no answer any more.
    for _ in range(3):
        await asyncio.sleep(0)


def unzipped(body: bytes) -> bytes | None:
    """Unpack a compressed body; None if it is none or unpacks to more than is allowed."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(body, LIMIT + 1)
    except zlib.error:
        return None
    return unpacked
