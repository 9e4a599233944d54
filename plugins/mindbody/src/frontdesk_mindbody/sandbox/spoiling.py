"""How a good answer is spoiled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random
from typing import Any, Final, cast

from frontdesk.sandbox.wire import Reply, encode
from frontdesk_mindbody.sandbox.calls import Page
from frontdesk_mindbody.sandbox.faults import (
    REMOVE,
    AnyFault,
    Drop,
    Duplicate,
    Html,
    Huge,
    Maintenance,
    Malformed,
    Mutate,
    ShortRead,
    Shuffle,
    Status,
    Truncate,
    UnknownZone,
)
from frontdesk_mindbody.sandbox.refusal import Refusal

_CHUNK: Final = 65_536
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


def refuse(faults: Iterable[AnyFault]) -> None:
    """Raise the error a fault asks for."""
    for fault in faults:
        if isinstance(fault, Maintenance):
            raise Refusal(fault.status, "The site is being maintained.", code="SQLDBMaintenance")
        if isinstance(fault, Status):
            after = None if fault.retry_after is None else str(fault.retry_after)
            text = fault.message or _TEXTS.get(fault.status, "An error has occurred.")
            code = FLAT if fault.flat else fault.code or _CODES.get(fault.status, "Unknown")
            raise Refusal(fault.status, text, code=code, retry_after=after)


def answer(good: Page | dict[str, Any], faults: Iterable[AnyFault], rng: Random) -> None:
    """Double, shuffle, change and leave out what an answer holds."""
    for fault in faults:
        if isinstance(fault, UnknownZone):
            _mutate(good, Mutate(field="TimeZone", value=fault.zone))
        elif isinstance(fault, Mutate):
            _mutate(good, fault)
        elif isinstance(good, Page):
            _rows(good, fault, rng)


def _rows(page: Page, fault: AnyFault, rng: Random) -> None:
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


def put(place: dict[str, Any], field: str, value: Any) -> None:
    """Set a field, or take it away; dots lead into objects, and no other object changes."""
    *path, name = field.split(".")
    for step in path:
        place[step] = dict(cast("dict[str, Any]", place[step]))
        place = place[step]
    if value is REMOVE:
        place.pop(name, None)
    else:
        place[name] = value


def reply(good: Reply, faults: Iterable[AnyFault]) -> Reply:
    """Spoil the way an answer is sent."""
    body = good.body
    for fault in faults:
        if isinstance(fault, Html):
            page = encode({"content-type": "text/html"})
            return Reply(fault.status, _PAGE, headers=page)
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
    return good


def _padded(body: bytes, size: int) -> Iterator[bytes]:
    blank = b" " * _CHUNK
    for _ in range(size // _CHUNK):
        yield blank
    yield blank[: size % _CHUNK]
    yield body
