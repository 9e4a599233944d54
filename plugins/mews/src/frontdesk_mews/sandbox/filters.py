"""What a request may ask for, and how an answer to it is found."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import attrs

from frontdesk_mews.sandbox.tables import Table


@attrs.frozen(kw_only=True)
class Among:
    """Rows whose field is one of the given values."""

    field: str
    limit: int = 1_000
    #: The world's table in which these are ids; what is unknown there may be refused.
    of: str | None = None
    #: Free text instead of ids.
    text: bool = False
    #: Named values, and what they mean in the row.
    choices: Mapping[str, object] | None = attrs.field(default=None, eq=False)
    #: What the filter is when it is left out.
    default: tuple[object, ...] | None = None
    #: Refuse what is unknown whatever the options say.
    strict: bool = False
    #: Services must be ones that take reservations.
    bookable: bool = False
    #: One value, not an array.
    single: bool = False


@attrs.frozen(kw_only=True)
class Within:
    """Rows whose time lies in a half-open interval."""

    column: str
    months: int = 3
    #: Whether the time is a field of its own, that can be sorted by.
    sorted: bool = True


@attrs.frozen
class Colliding:
    """Reservations that touch an interval."""

    months: int = 3


Filter: TypeAlias = Among | Within | Colliding
#: Filters with what was asked: a set of values, or the start and the end in seconds.
Wanted: TypeAlias = Mapping[Filter, Any]


def until(start: float, end: float) -> float:
    """Give the exclusive end; an interval whose ends are equal means that very instant."""
    return math.nextafter(start, math.inf) if start == end else end


def select(table: Table[Any], mask: int, wanted: Wanted) -> list[int]:
    """Find the visible rows that pass all filters, oldest first."""
    masks = table.masks
    tests = [_test(table, condition, value) for condition, value in wanted.items()]
    return sorted(
        number
        for number in _candidates(table, wanted)
        if masks[number] & mask and all(test(number) for test in tests)
    )


def _candidates(table: Table[Any], wanted: Wanted) -> Iterable[int]:
    """Give the numbers from the filter that leaves the fewest rows to look at."""
    offers: list[tuple[int, Callable[[], Iterable[int]]]] = [
        (len(table), lambda: range(len(table)))
    ]
    for condition, value in wanted.items():
        if isinstance(condition, Among) and condition.choices is None:
            offers.append(_by_field(table, condition.field, value))
        elif isinstance(condition, Within) and condition.sorted:
            offers.append(_by_time(table, condition.column, value))
    return min(offers, key=lambda offer: offer[0])[1]()


def _by_field(
    table: Table[Any], field: str, values: frozenset[str]
) -> tuple[int, Callable[[], Iterable[int]]]:
    found = [number for value in values for number in table.having(field, value)]
    return len(found), lambda: found


def _by_time(
    table: Table[Any], column: str, ends: tuple[float, float]
) -> tuple[int, Callable[[], Iterable[int]]]:
    timeline = table.timeline(column)
    low, high = timeline.span(*ends)
    return high - low, lambda: timeline.slice(low, high)


def _test(table: Table[Any], condition: Filter, value: Any) -> Callable[[int], bool]:
    rows = table.rows
    if isinstance(condition, Among):
        return lambda number: getattr(rows[number], condition.field) in value
    start, end = value
    if isinstance(condition, Within):
        return lambda number: _inside(table.moment(condition.column, number), start, end)
    return lambda number: (
        rows[number].scheduled_start_utc.timestamp() < end
        and rows[number].scheduled_end_utc.timestamp() > start
    )


def _inside(moment: float | None, start: float, end: float) -> bool:
    return moment is not None and start <= moment < end
