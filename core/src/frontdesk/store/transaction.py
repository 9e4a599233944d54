"""The transaction of one commit: what its steps share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

from frontdesk.model import Origin
from frontdesk.store import leases
from frontdesk.store.accounts import Stored
from frontdesk.store.batch import Batch, Kind
from frontdesk.store.schema import log, log_bodies

#: How origins are written; the numbers are in every store, so they never change.
ORIGINS = {Origin.HISTORY: 0, Origin.LIVE: 1}


class Transaction:
    """Holds what one step of a commit learns for those after it."""

    def __init__(self, db: Connection, lease: leases.Lease, stored: Stored, batch: Batch) -> None:
        self.db = db
        self.stored = stored
        self.batch = batch
        self.origin = ORIGINS[Origin.LIVE if batch.live else Origin.HISTORY]
        #: How often somebody was forgotten here.
        self.seq, self.forgotten = leases.lock(db, lease)
        #: Rows of guests by key.
        self.guests: dict[str, int] = {}
        self._entries: list[dict[str, Any]] = []
        self._bodies: list[dict[str, Any]] = []

    def append(self, kind: Kind, guest: str, at: datetime, body: bytes, **more: Any) -> int:
        """Draw the next sequence number and put an entry under it into the log."""
        self.seq += 1
        self._entries.append(
            {
                "connection_id": self.stored.id,
                "seq": self.seq,
                "kind": kind,
                "origin": self.origin,
                "guest_id": self.guests[guest],
                "at": at,
                "logged": self.batch.seen,
                "record_id": None,
                "metric_id": None,
                "event_id": None,
                "value": None,
                "currency": None,
                **more,
            }
        )
        self._bodies.append({"connection_id": self.stored.id, "seq": self.seq, "body": body})
        return self.seq

    def flush(self) -> None:
        """Write the entries appended so far."""
        if self._entries:
            self.db.execute(insert(log), self._entries)
            self.db.execute(insert(log_bodies), self._bodies)
        self._entries, self._bodies = [], []
