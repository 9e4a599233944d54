"""Rows of answers and of deliveries, found in JSON that may be anything."""

from __future__ import annotations

from typing import TypeAlias, TypeGuard, cast

import msgspec

from frontdesk import jsons
from frontdesk.errors import RecordError
from frontdesk.manifest import Stream
from frontdesk.model import Delivery, Json, Payload, Record

Row: TypeAlias = dict[str, Json]
"""A JSON object as read."""


def as_row(value: Json) -> Row | None:
    """Return *value* if it is a JSON object."""
    return value if is_row(value) else None


def as_list(value: Json) -> list[Json] | None:
    """Return *value* if it is a JSON array."""
    return value if is_list(value) else None


def is_row(value: Json) -> TypeGuard[Row]:
    """Tell whether *value* is a JSON object."""
    return isinstance(value, dict)


def is_list(value: Json) -> TypeGuard[list[Json]]:
    """Tell whether *value* is a JSON array."""
    return isinstance(value, list)


def objects(row: Payload, field: str) -> list[Payload]:
    """Read a list of objects; null is an empty one.

    Raises:
        RecordError: It is something else.
    """
    values = row.get(field)
    if values is None:
        return []
    found = as_list(values)
    if found is None or not all(is_row(value) for value in found):
        raise RecordError(f"{field} is not a list of objects")
    return found


def before(record: Record, previous: Record | None) -> Payload | None:
    """Return what the row was before; a version that arrives late has no such thing."""
    if previous is None:
        return None
    if previous.version and record.version and previous.version > record.version:
        return None
    return previous.payload


def delivered(delivery: Delivery) -> dict[str, Json]:
    """Return the JSON object that a delivery's body is.

    Raises:
        RecordError: It is none.
    """
    try:
        body = jsons.decode(delivery.body)
    except msgspec.DecodeError:
        raise RecordError("the delivery is no JSON") from None
    if not isinstance(body, dict):
        raise RecordError("the delivery is no JSON object")
    return cast("dict[str, Json]", body)


def paths(stream: Stream) -> tuple[str, ...]:
    """Return all places where rows of *stream* may be."""
    return (stream.rows,) if isinstance(stream.rows, str) else stream.rows


def rows_in(stream: Stream, answer: Json) -> list[Json] | None:
    """Return the rows of *stream* in an answer of the platform; None where it has none.

    A single row where a list might be is one row.
    """
    if not isinstance(answer, dict):
        return None
    for path in filter(None, paths(stream)):
        found = _led(cast("dict[str, Json]", answer), path.split("."))
        if found is not None:
            return found
    return None


def _led(value: Json, path: list[str]) -> list[Json] | None:
    """Follow a path through objects and lists; None where it leads nowhere."""
    if isinstance(value, list):
        if not path:
            return value
        parts = [_led(one, path) for one in value]
        # Some of a list may be empty: an edge without its node.
        return [row for part in parts if part is not None for row in part]
    if not path:
        return None if value is None else [value]
    if not isinstance(value, dict) or path[0] not in value:
        return None
    return _led(cast("dict[str, Json]", value)[path[0]], path[1:])
