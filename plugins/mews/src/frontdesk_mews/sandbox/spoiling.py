"""How a good answer is spoiled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from random import Random
from typing import Any, Final, cast

import msgspec

from frontdesk.sandbox.wire import Reply
from frontdesk_mews.sandbox.faults import (
    REMOVE,
    AnyFault,
    Drop,
    Duplicate,
    Endless,
    Huge,
    Malformed,
    Mutate,
    Shuffle,
    Status,
    Truncate,
)
from frontdesk_mews.sandbox.listings import Page
from frontdesk_mews.sandbox.refusal import Refusal

_CHUNK: Final = 65_536
_TEXTS: Final = {
    400: "Invalid request.",
    401: "Invalid AccessToken.",
    403: "The operation is not allowed now.",
    408: "Transaction has timed out",
    413: "Request entity is too large.",
    429: "Too many requests.",
    500: "Internal server error.",
    503: "Service unavailable.",
}


def refuse(faults: Iterable[AnyFault], now: datetime) -> None:
    """Raise the error a fault asks for."""
    for fault in faults:
        if isinstance(fault, Status):
            after = None if fault.retry_after is None else str(fault.retry_after)
            if fault.retry_date is not None:
                after = format_datetime(now + timedelta(seconds=fault.retry_date), usegmt=True)
            text = fault.message or _TEXTS.get(fault.status, "Error.")
            raise Refusal(fault.status, text, retry_after=after)


def rows(page: Page, faults: Iterable[AnyFault], rng: Random) -> None:
    """Double, shuffle and change the rows of a page."""
    for fault in faults:
        if isinstance(fault, Duplicate):
            page.rows = page.rows[: fault.rows] + page.rows
        elif isinstance(fault, Shuffle):
            page.rows = rng.sample(page.rows, len(page.rows))
        elif isinstance(fault, Mutate) and fault.row < len(page.rows):
            page.rows = list(page.rows)
            page.rows[fault.row] = _mutated(page.rows[fault.row], fault)


def _mutated(row: Any, fault: Mutate) -> Any:
    spoiled: dict[str, Any] = msgspec.to_builtins(row)
    *path, name = fault.field.split(".")
    place = spoiled
    for step in path:
        place = cast("dict[str, Any]", place[step])
    if fault.value is REMOVE:
        place.pop(name, None)
    else:
        place[name] = fault.value
    return spoiled


def reply(good: Reply, faults: Iterable[AnyFault]) -> Reply:
    """Spoil the way an answer is sent."""
    body = good.body
    for fault in faults:
        if isinstance(fault, Drop):
            return Reply(good.status, headers=good.headers, promised=max(1, len(body)))
        if isinstance(fault, Truncate):
            kept = body[: int(len(body) * fault.keep)]
            return Reply(good.status, kept, headers=good.headers, promised=len(body) + 1)
        if isinstance(fault, Malformed):
            return Reply(good.status, body[: len(body) // 2], headers=good.headers)
        if isinstance(fault, Huge):
            chunks, size = _padded(body, fault.size), len(body) + fault.size
            return Reply(good.status, headers=good.headers, chunks=chunks, promised=size)
        if isinstance(fault, Endless):
            return Reply(good.status, headers=good.headers, chunks=_endless(body))
    return good


def _padded(body: bytes, size: int) -> Iterator[bytes]:
    blank = b" " * _CHUNK
    for _ in range(size // _CHUNK):
        yield blank
    yield blank[: size % _CHUNK]
    yield body


def _endless(body: bytes) -> Iterator[bytes]:
    start = body.find(b"[{")
    if start < 0:
        # Nothing to repeat: an answer that never begins to say anything.
        while True:
            yield b" " * _CHUNK
    end = body.find(b'],"Cursor"', start)
    yield body[: start + 1]
    again = body[start + 1 : end] + b","
    while True:
        yield again
