"""Trying again what is in quarantine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from frontdesk.connection import Connection
from frontdesk.errors import ConfigurationError, RecordError
from frontdesk.ingest.draining import delivery_from
from frontdesk.ingest.sync import Syncer
from frontdesk.model import Json, Record, Unreadable
from frontdesk.store import listing
from frontdesk.store.listing import QuarantineEntry
from frontdesk.walkers import read_rows
from frontdesk.wire import record_from


async def replay(
    syncer: Syncer, connections: Mapping[str, Connection], ids: Iterable[int]
) -> dict[int, str]:
    """Map the entries' records with today's hooks; return each one's outcome."""
    outcomes: dict[int, str] = {}
    for id in ids:
        entry = await syncer.store.read(partial(listing.read_quarantine, id=id))
        if entry is None:
            raise ConfigurationError(f"there is no entry {id} in quarantine")
        connection = connections.get(entry.row.connection)
        if connection is None:
            raise ConfigurationError(
                f"entry {id} is of connection {entry.row.connection!r}, which is not configured"
            )
        outcomes[id] = await _again(syncer, connection, entry)
    return outcomes


async def _again(syncer: Syncer, connection: Connection, entry: QuarantineEntry) -> str:
    if entry.row.closed:
        return f"settled already: {entry.row.closed}"
    if entry.row.hooks == "read_webhook":
        failed = await syncer.redrain(connection, delivery_from(entry.payload), entry.row.id)
        return f"still quarantined: {failed}" if failed else "replayed"
    try:
        record = _record(connection, entry)
    except RecordError as error:
        return f"still quarantined: {error}"
    failed = await syncer.take(connection, record, entry.row.id)
    return f"still quarantined: {failed}" if failed else "replayed"


def _record(connection: Connection, entry: QuarantineEntry) -> Record:
    if entry.row.hooks != "fetch_history":
        return record_from(entry.payload)
    return _built(connection, entry.row.stream, entry.payload)


def _built(connection: Connection, stream: str, row: Json) -> Record:
    """Make a record of a row that was none when it was fetched."""
    build = connection.manifest.build_record
    if build is None:
        raise RecordError("the connector cannot make a record of a single row")
    found = read_rows(stream, [row], lambda row: build(stream, row))[0]
    if isinstance(found, Unreadable):
        raise RecordError(found.reason)
    return found
