"""Rows to try alone: some that history showed, and what becomes of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import attrs
import pytest

from frontdesk.errors import RecordError
from frontdesk.ingest.mapping import check_record, map_record
from frontdesk.model import Json, Record, Unreadable
from frontdesk.testing._mapping import Unasked, call
from frontdesk.testing._observed import Observed
from frontdesk.walkers import read_rows

#: How many rows of a stream are tried.
_MOST = 4


def samples(
    observed: Observed, more: Mapping[str, Sequence[Json]]
) -> Iterator[tuple[str, dict[str, Json]]]:
    """Yield rows that between them have every field, by stream, and *more* of the author's."""
    for stream in observed.connection.manifest.streams:
        shown = [m.record.payload for m in observed.mapped if m.record.stream == stream.name]
        yield from ((stream.name, row) for row in _fullest([dict(row) for row in shown]))
    for name, rows in more.items():
        yield from ((name, dict(row)) for row in rows)


def reasons(observed: Observed, stream: str, row: dict[str, Json]) -> Iterator[str]:
    """Yield everything that core would say against a row."""
    record = _built(observed, stream, row)
    if isinstance(record, Unreadable):
        yield record.reason
        return
    try:
        check_record(record)
    except RecordError as error:
        yield str(error)
        return
    outputs = map_record(observed.connection, record, None, Unasked(), observed.context)
    yield from (failure.reason for failure in outputs.failures)


def printed(observed: Observed, stream: str, row: dict[str, Json]) -> str:
    """Return what ``frontdesk map`` prints of a row."""
    record = _built(observed, stream, row)
    if isinstance(record, Unreadable):
        return record.reason
    return call(observed.connection.hooks, record, None, Unasked(), observed.context).shown


def _built(observed: Observed, stream: str, row: dict[str, Json]) -> Record | Unreadable:
    build = observed.connection.manifest.build_record
    if build is None:
        pytest.skip("the manifest names no build_record: rows cannot be tried alone")
    (found,) = read_rows(stream, [row], lambda row: build(stream, row))
    if isinstance(found, Record) and observed.context.start is not None:
        return attrs.evolve(found, seen=observed.context.start)
    return found


def _fullest(rows: list[dict[str, Json]]) -> list[dict[str, Json]]:
    """Choose some rows: each the one that adds most fields to those before."""
    chosen: list[dict[str, Json]] = []
    known: set[str] = set()
    left = {json.dumps(sorted(_filled(row))): row for row in rows}
    while left and len(chosen) < _MOST:
        key = max(left, key=lambda key: len(_filled(left[key]) - known))
        if chosen and not _filled(left[key]) - known:
            break
        known |= _filled(left[key])
        chosen.append(left.pop(key))
    return chosen


def _filled(row: dict[str, Json]) -> set[str]:
    return {name for name, value in row.items() if value not in (None, "", [], {})}
