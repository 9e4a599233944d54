"""ASGI, as far as an emulator needs it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from http import HTTPStatus
from typing import Any, Final, TypeAlias

import anyio
import attrs
import msgspec

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

_LARGEST: Final = 16 * 1024 * 1024


@attrs.frozen(kw_only=True)
class Request:
    """A request that has been read whole."""

    method: str
    path: str
    query: bytes
    headers: Mapping[bytes, bytes]
    body: bytes = attrs.field(repr=False)


@attrs.frozen
class Reply:
    """An answer, or the failed attempt at one."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = attrs.field(default=(), kw_only=True)
    #: The length to promise, where it is not the length of what is sent.
    promised: int | None = attrs.field(default=None, kw_only=True)
    #: Sent instead of the body, without ever being held whole.
    chunks: Iterator[bytes] | None = attrs.field(default=None, kw_only=True)


def json(status: int, content: object, headers: Mapping[str, str]) -> Reply:
    """Encode an answer."""
    plain = {"content-type": "application/json; charset=utf-8", **headers}
    return Reply(status, msgspec.json.encode(content), headers=encode(plain))


def encode(headers: Mapping[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    """Give headers in the form of ASGI."""
    return tuple((name.lower().encode(), value.encode()) for name, value in headers.items())


async def read(
    scope: Mapping[str, Any], receive: Receive, refusal: Callable[[int, str], Exception]
) -> Request:
    """Read a request whole.

    Args:
        refusal: How the platform says no; what it makes is raised if the request is too large.
    """
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > _LARGEST:
            raise refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Request entity is too large.")
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=scope.get("query_string", b""),
        headers=dict(scope["headers"]),
        body=bytes(body),
    )


async def send_reply(reply: Reply, receive: Receive, send: Send) -> None:
    """Send an answer; if it is shorter than promised, the server closes the connection."""
    headers = list(reply.headers)
    # An answer without content says nothing about it, and a stream may not know its length.
    length = reply.promised if reply.chunks else reply.promised or len(reply.body)
    if length is not None and reply.status != HTTPStatus.NO_CONTENT:
        headers.append((b"content-length", str(length).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    if reply.chunks:
        await _stream(reply.chunks, receive, send)
        return
    short = reply.promised is not None and reply.promised > len(reply.body)
    await send({"type": "http.response.body", "body": reply.body, "more_body": short})


async def _stream(chunks: Iterator[bytes], receive: Receive, send: Send) -> None:
    """Send chunks until there are no more or nobody listens."""
    async with anyio.create_task_group() as group:

        async def hang_up() -> None:
            while (await receive())["type"] != "http.disconnect":
                continue
            group.cancel_scope.cancel()

        group.start_soon(hang_up)
        for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await anyio.lowlevel.checkpoint()
        await send({"type": "http.response.body", "body": b""})
        group.cancel_scope.cancel()


async def live(receive: Receive, send: Send) -> None:
    """Follow the server's start and stop, for which there is nothing to do."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
