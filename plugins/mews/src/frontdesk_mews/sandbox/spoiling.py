"""How a good answer is spoiled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from random import Random
from typing import Final

from frontdesk.sandbox.faults import mutated, spoiled
from frontdesk.sandbox.wire import Reply
from frontdesk_mews.sandbox.faults import (
    Duplicate,
    Endless,
    Fault,
    Mutate,
    Shuffle,
    Status,
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


def refuse(faults: Iterable[Fault], now: datetime) -> None:
    """Raise the error a fault asks for."""
    for fault in faults:
        if isinstance(fault, Status):
            text = fault.message or _TEXTS.get(fault.status, "Error.")
            raise Refusal(fault.status, text, retry_after=fault.again(now))


def rows(page: Page, faults: Iterable[Fault], rng: Random) -> None:
    """Double, shuffle and change the rows of a page."""
    for fault in faults:
        if isinstance(fault, Duplicate):
            page.rows = page.rows[: fault.rows] + page.rows
        elif isinstance(fault, Shuffle):
            page.rows = rng.sample(page.rows, len(page.rows))
        elif isinstance(fault, Mutate) and fault.row < len(page.rows):
            page.rows = list(page.rows)
            page.rows[fault.row] = mutated(page.rows[fault.row], fault)


def reply(good: Reply, faults: Sequence[Fault]) -> Reply:
    """Spoil the way an answer is sent."""
    if any(isinstance(fault, Endless) for fault in faults):
        return Reply(good.status, headers=good.headers, chunks=_endless(good.body))
    return spoiled(good, faults)


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
