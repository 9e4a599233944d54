"""How a good answer is spoiled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from typing import Any, Final

from frontdesk.sandbox.faults import put, spoiled
from frontdesk.sandbox.wire import Reply, encode
from frontdesk_mindbody.sandbox.calls import Page
from frontdesk_mindbody.sandbox.faults import (
    Duplicate,
    Fault,
    Html,
    Maintenance,
    Mutate,
    ShortRead,
    Shuffle,
    Status,
    UnknownZone,
)
from frontdesk_mindbody.sandbox.refusal import Refusal

#: What is written where only a message is.
FLAT: Final = ""
_CODES: Final = {
    400: "InvalidParameter",
    401: "DeniedAccess",
    403: "DeniedAccess",
    404: "ResourceDoesNotExist",
    429: "TooManyRequests",
}
_TEXTS: Final = {
    429: "API call limit reached.",
    500: "An error has occurred.",
    503: "Service unavailable.",
}
_PAGE: Final = b"<!DOCTYPE html><html><body><h1>Bad gateway</h1></body></html>"


def refuse(faults: Iterable[Fault]) -> None:
    """Raise the error a fault asks for."""
    for fault in faults:
        if isinstance(fault, Maintenance):
            raise Refusal(fault.status, "The site is being maintained.", code="SQLDBMaintenance")
        if isinstance(fault, Status):
            after = None if fault.retry_after is None else str(fault.retry_after)
            text = fault.message or _TEXTS.get(fault.status, "An error has occurred.")
            code = FLAT if fault.flat else fault.code or _CODES.get(fault.status, "Unknown")
            raise Refusal(fault.status, text, code=code, retry_after=after)


def answer(good: Page | dict[str, Any], faults: Iterable[Fault], rng: Random) -> None:
    """Double, shuffle, change and leave out what an answer holds."""
    for fault in faults:
        if isinstance(fault, UnknownZone):
            _mutate(good, Mutate(field="TimeZone", value=fault.zone))
        elif isinstance(fault, Mutate):
            _mutate(good, fault)
        elif isinstance(good, Page):
            _rows(good, fault, rng)


def _rows(page: Page, fault: Fault, rng: Random) -> None:
    if isinstance(fault, Duplicate):
        page.rows = page.rows[: fault.rows] + page.rows
    elif isinstance(fault, Shuffle):
        page.rows = rng.sample(page.rows, len(page.rows))
    elif isinstance(fault, ShortRead):
        page.size = None if fault.honest else len(page.rows)
        page.rows = page.rows[: fault.keep]


def _mutate(good: Page | dict[str, Any], fault: Mutate) -> None:
    """Change a row of a page, or an answer that is none."""
    if isinstance(good, Page) and fault.row >= len(good.rows):
        return
    row: dict[str, Any] = good.rows[fault.row] if isinstance(good, Page) else good
    put(row, fault.field, fault.value)


def reply(good: Reply, faults: Sequence[Fault]) -> Reply:
    """Spoil the way an answer is sent."""
    for fault in faults:
        if isinstance(fault, Html):
            return Reply(fault.status, _PAGE, headers=encode({"content-type": "text/html"}))
    return spoiled(good, faults)
