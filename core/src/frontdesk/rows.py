"""Rows of answers and of deliveries, found in JSON that may be anything."""

from __future__ import annotations

from typing import cast

import msgspec

from frontdesk import jsons
from frontdesk.errors import RecordError
from frontdesk.manifest import Stream
from frontdesk.model import Delivery, Json


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
