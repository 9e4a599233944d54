"""Values for properties: found by a path, and made what the tables declare them to be.

Where Zenoti's own pages leave open what a field looks like, one that does not fit is left out
rather than taken for a fault: the event matters more than one of its properties.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from decimal import Decimal, InvalidOperation
from typing import Final, TypeAlias

from frontdesk.errors import RecordError
from frontdesk.model import Json, Payload
from frontdesk.rows import as_list, as_row
from frontdesk_zenoti import tables, times
from frontdesk_zenoti.rows import at, there

Paths: TypeAlias = Mapping[str, str | tuple[str, ...]]
"""Property: the path to its value; of several, the first that leads somewhere."""

_TYPES: Final = {
    metric.name: {prop.name: (prop.type, prop.values) for prop in metric.properties}
    for metric in tables.METRICS
}


def properties(metric: str, row: Payload, paths: Paths, zone: tzinfo) -> dict[str, Json]:
    """Return the properties found in *row*; one whose field is absent is absent itself."""
    shown: dict[str, Json] = {}
    for name, ways in paths.items():
        for path in (ways,) if isinstance(ways, str) else ways:
            if there(row, path):
                shown[name] = made(metric, name, at(row, path), zone)
                break
    return shown


def made(metric: str, name: str, value: Json, zone: tzinfo) -> Json:
    """Return *value* as what the property is declared to be; None where it is no such thing."""
    kind, values = _TYPES[metric][name]
    if values == ("Yes", "No"):
        return _yes_or_no(value)
    if kind == "datetime":
        try:
            return times.shown(times.dated(value, name, zone))
        except RecordError:
            return None
    return _MAKERS[kind](value)


def amount(value: Json) -> Decimal | None:
    """Return a number as money."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    try:
        found = Decimal(value)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def total(rows: Sequence[Payload], *fields: str) -> Decimal | None:
    """Sum fields of rows up; None where no row has any of them."""
    found = [n for row in rows for field in fields if (n := amount(at(row, field))) is not None]
    return sum(found, Decimal()) if found else None


def _text(value: Json) -> str | None:
    if isinstance(value, str):
        return value.strip() or None
    whole = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return str(value) if whole else None


def _number(value: Json) -> Json:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return amount(value)


def _whole(value: Json) -> int | None:
    found = amount(value)
    return int(found) if found is not None and found == found.to_integral_value() else None


def _flag(value: Json) -> bool | None:
    return value if isinstance(value, bool) else None


def _yes_or_no(value: Json) -> str | None:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    said = value.strip().capitalize() if isinstance(value, str) else None
    return said if said in {"Yes", "No"} else None


def _texts(value: Json) -> list[str] | None:
    listed = as_list(value)
    return None if listed is None else [one for one in listed if isinstance(one, str) and one]


def _objects(value: Json) -> list[Json] | None:
    listed = as_list(value)
    if listed is not None:
        return [one for one in listed if isinstance(one, dict)]
    return None if as_row(value) is None else [value]


_MAKERS: Final[Mapping[str, Callable[[Json], Json]]] = {
    "string": _text,
    "number": _number,
    "integer": _whole,
    "boolean": _flag,
    "list<string>": _texts,
    "list<object>": _objects,
    "object": as_row,
}
