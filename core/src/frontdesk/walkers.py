"""Walks over paged answers that cannot go round in circles, and rows made records."""

from __future__ import annotations

import logging
import re
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Hashable,
    Iterable,
    Iterator,
    Sequence,
)
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final, Generic, TypeAlias, TypeVar, cast

import attrs

from frontdesk import jsons
from frontdesk.errors import RecordError, UnexpectedResponseError
from frontdesk.model import Json, Progress, Record, Unreadable

C = TypeVar("C")

Key: TypeAlias = Callable[[Json], Hashable]
"""Tells rows of a page apart; the whole row does unless something shorter is given."""

Numbered: TypeAlias = Callable[[int, int], Awaitable[tuple[Sequence[Json], int | None]]]
"""Fetches a page by offset or number, and size; returns its rows and how many there are."""

_log = logging.getLogger("frontdesk")

#: Pages that may bring nothing but known rows before a walk counts as endless.
_STALE: Final = 3
#: Pages without any row that may follow each other.
_EMPTY: Final = 1_000
#: Pages of one walk: 10 million rows of a platform that gives 100 at a time.
_PAGES: Final = 100_000

_FIELD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,60}")
_STUMBLES: Final = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError)
_KINDS: Final[dict[type[Any], str]] = {
    list: "an array",
    str: "a string",
    bool: "a boolean",
    int: "a number",
    Decimal: "a number",
    type(None): "null",
}


@attrs.frozen
class Step(Generic[C]):
    """One page of a walk.

    Args:
        rows: As the platform gave them; there may be none in the middle of a walk.
        cursor: Goes on behind these rows as ``start`` of a later walk; None at the end.
        done: How far the walk is: pages, or rows in :func:`by_offset`.
        total: Of how many, where the platform tells.
    """

    rows: Sequence[Json] = attrs.field(repr=False)
    cursor: C | None
    done: int
    total: int | None = None

    @property
    def progress(self) -> Progress:
        """The same as a :class:`~frontdesk.Progress`, for a :class:`~frontdesk.Page`."""
        return Progress(self.done, self.total)


async def by_cursor(
    fetch: Callable[[C | None], Awaitable[tuple[Sequence[Json], C | None]]],
    *,
    start: C | None = None,
    key: Key | None = None,
    pages: int = _PAGES,
) -> AsyncIterator[Step[C]]:
    """Walk pages that each name the next one, until one names none.

    Args:
        fetch: Returns the rows behind a cursor (None: from the start) and the next cursor.

    Raises:
        UnexpectedResponseError: The walk goes in circles or has more than *pages*.
    """
    guard, cursor, done = _Guard(key, pages), start, 0
    while True:
        rows, following = await fetch(cursor)
        guard.follow(cursor, following)
        guard.see(rows)
        cursor, done = following, done + 1
        yield Step(rows, cursor, done)
        if cursor is None:
            return


async def by_offset(
    fetch: Numbered,
    *,
    size: int,
    start: int = 0,
    key: Key | None = None,
    pages: int = _PAGES,
) -> AsyncIterator[Step[int]]:
    """Walk pages by the number of rows to skip.

    Args:
        fetch: Called with offset and size; returns rows and the number of all rows. Where
            that is None, the first page with fewer rows than *size* is the last one.

    Raises:
        UnexpectedResponseError: The walk goes in circles or has more than *pages*.
    """
    guard, offset = _Guard(key, pages), start
    _check_size(size)
    while True:
        rows, total = await fetch(offset, size)
        guard.see(rows)
        offset += len(rows)
        if not rows and total is not None and offset < total:
            _log.warning("a walk ends at row %d although there should be %d", offset, total)
        last = not rows or (len(rows) < size if total is None else offset >= total)
        yield Step(rows, None if last else offset, offset, total)
        if last:
            return


async def by_page(
    fetch: Numbered,
    *,
    size: int,
    start: int | None = None,
    first: int = 1,
    key: Key | None = None,
    pages: int = _PAGES,
) -> AsyncIterator[Step[int]]:
    """Walk pages by their number.

    Args:
        fetch: Called with number and size; returns rows and the number of all pages. Where
            that is None, the first page with fewer rows than *size* is the last one.
        first: What the platform calls the first page, where *start* goes by default.

    Raises:
        UnexpectedResponseError: The walk goes in circles or has more than *pages*.
    """
    guard, number = _Guard(key, pages), first if start is None else start
    _check_size(size)
    while True:
        rows, total = await fetch(number, size)
        guard.see(rows)
        done = number - first + 1
        last = len(rows) < size if total is None else done >= total
        number += 1
        yield Step(rows, None if last else number, done, total)
        if last:
            return


def windows(
    since: datetime, until: datetime, step: timedelta
) -> Iterator[tuple[datetime, datetime]]:
    """Cut the time from *since* to *until* into half-open windows, in order, in UTC.

    No window is longer than *step*; the first starts and the last ends exactly as given.

    Raises:
        ValueError: A time is not aware, or *step* is not above zero.
    """
    if since.utcoffset() is None or until.utcoffset() is None:
        raise ValueError("windows need aware times")
    if step <= timedelta(0):
        raise ValueError("windows need a step above zero")
    # In UTC: across a change of clocks, a day of local wall clock lasts 25 hours.
    return _windows(since.astimezone(UTC), until.astimezone(UTC), step)


def _windows(
    since: datetime, until: datetime, step: timedelta
) -> Iterator[tuple[datetime, datetime]]:
    start = since
    while start < until:
        # Compared as lengths: start + step may lie beyond the last year there is.
        end = until if until - start <= step else start + step
        yield start, end
        start = end


def read_rows(
    stream: str, rows: Iterable[Json], build: Callable[[dict[str, Json]], Record]
) -> list[Record | Unreadable]:
    """Make a record of each row; a row that cannot be made one becomes ``Unreadable``.

    Args:
        build: Gets one JSON object. It may raise :class:`~frontdesk.errors.RecordError`,
            whose message is shown, or simply trip over the row.
    """
    return [_read(stream, row, build) for row in rows]


def _read(
    stream: str, row: object, build: Callable[[dict[str, Json]], Record]
) -> Record | Unreadable:
    if not isinstance(row, dict):
        kind = _KINDS.get(type(row), "something else")
        return Unreadable(stream, row, f"the row is no JSON object but {kind}")
    try:
        return build(cast("dict[str, Json]", row))
    except RecordError as error:
        reason = str(error)
    except KeyError as error:
        reason = _missing(error, row)
    except _STUMBLES as error:
        # What these say may quote the value they tripped over.
        reason = type(error).__name__
    return Unreadable(stream, row, reason)


def _missing(error: KeyError, row: Json) -> str:
    """Name the field that is missing, unless the key was a value looked up in some table."""
    name = error.args[0] if error.args else None
    if not isinstance(name, str) or not _FIELD.fullmatch(name):
        return "KeyError"
    known = {text.casefold() for text in _texts(row)}
    return "KeyError" if name.casefold() in known else f"missing field {name!r}"


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        inner = cast("Iterable[Json]", value.values() if isinstance(value, dict) else value)
        for each in inner:
            yield from _texts(each)


class _Guard:
    """Notices that a walk goes in circles, however long it is, by remembering two pages.

    This is Brent's way to find a cycle: one page is kept to compare with, and exchanged for
    a newer one after 1, 2, 4, 8 ... pages, until it lies inside the circle.
    """

    def __init__(self, key: Key | None, pages: int) -> None:
        self._key = partial(_keyed, key) if key else _whole
        self._pages = pages
        self._seen = self._stale = self._empty = 0
        self._exchange = 1
        self._kept: frozenset[Hashable] = frozenset()
        self._last: frozenset[Hashable] = frozenset()
        self._kept_cursor: Any = None

    def follow(self, cursor: Any, following: Any) -> None:
        """Compare the cursor that leads on with earlier ones; call it before :meth:`see`."""
        if following is not None and following in (cursor, self._kept_cursor):
            raise _endless(f"page {self._seen + 1} leads back to where the walk has been")
        if self._seen + 1 >= self._exchange:
            self._kept_cursor = following

    def see(self, rows: Sequence[Json]) -> None:
        """Compare a page with earlier ones."""
        self._seen += 1
        if self._seen > self._pages:
            raise _endless(f"there are more than {self._pages} pages")
        page = frozenset(map(self._key, rows))
        self._empty = 0 if rows else self._empty + 1
        self._stale += bool(rows) and page <= (self._kept | self._last)
        if self._stale >= _STALE or self._empty >= _EMPTY:
            raise _endless(f"up to page {self._seen}, nothing new comes any more")
        self._last = page
        if self._seen >= self._exchange:
            self._kept, self._stale, self._exchange = page, 0, self._exchange * 2


def _keyed(key: Key, row: Json) -> Hashable:
    """Return a row's key; where the platform put a list or an object there, the whole row's."""
    found = key(row)
    return found if _is_hashable(found) else _whole(row)


def _is_hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _whole(row: Json) -> Hashable:
    return jsons.digest(jsons.canonical(row))


def _endless(why: str) -> UnexpectedResponseError:
    return UnexpectedResponseError(
        f"the walk does not end: {why}. Report it to the connector's author."
    )


def _check_size(size: int) -> None:
    if size < 1:
        raise ValueError(f"a page needs a size above zero, not {size}")
