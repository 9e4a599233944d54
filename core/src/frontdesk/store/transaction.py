"""The transaction of one commit: what its steps share."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from frontdesk.columns import to_micros
from frontdesk.model import Origin
from frontdesk.store import bulk, leases
from frontdesk.store.accounts import Stored
from frontdesk.store.batch import Batch, Kind
from frontdesk.store.schema import log, log_bodies

#: How origins are written; the numbers are in every store, so they never change.
ORIGINS = {Origin.HISTORY: 0, Origin.LIVE: 1}
_ENTRY: Final = tuple(log.c.keys())
_BODY: Final = tuple(log_bodies.c.keys())


class Transaction:
    """Holds what one step of a commit learns for those after it."""

    def __init__(self, db: Connection, lease: leases.Lease, stored: Stored, batch: Batch) -> None:
        self.db = db
        self.stored = stored
        self.batch = batch
        self.origin = ORIGINS[Origin.LIVE if batch.live else Origin.HISTORY]
        #: How often somebody was forgotten here.
        self.seq, self.forgotten = leases.lock(db, lease)
        #: Rows of guests by key, and which of them this transaction made.
        self.guests: dict[str, int] = {}
        self.new_guests: set[int] = set()
        #: Rows of records this transaction made.
        self.new_records: set[int] = set()
        self._logged = to_micros(batch.seen)
        self._entries: list[bulk.Row] = []
        self._bodies: list[bulk.Row] = []

    def append(
        self,
        kind: Kind,
        guest: str,
        at: datetime,
        body: bytes,
        *,
        record: int | None = None,
        event: tuple[int | None, bytes | None, int | None, str | None] = (None, None, None, None),
    ) -> int:
        """Draw the next sequence number and put an entry under it into the log.

        Args:
            event: Of an event: row of its metric, id, value in millionths, currency.
        """
        self.seq += 1
        metric, id, value, currency = event
        connection = self.stored.id
        # In the order of the columns.
        self._entries.append(
            (
                connection,
                self.seq,
                kind.value,
                self.origin,
                self.guests[guest],
                record,
                metric,
                to_micros(at),
                self._logged,
                id,
                value,
                currency,
            )
        )
        self._bodies.append((connection, self.seq, body))
        return self.seq

    def flush(self) -> None:
        """Write the entries appended so far."""
        if self._entries:
            bulk.write(self.db, log, _ENTRY, self._entries)
            bulk.write(self.db, log_bodies, _BODY, self._bodies)
        self._entries, self._bodies = [], []
