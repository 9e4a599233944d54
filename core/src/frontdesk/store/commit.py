"""Writing a page: records, outputs, counters and cursor in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select, update

from frontdesk import jsons
from frontdesk.sql import among
from frontdesk.store import (
    bulk,
    departures,
    inbox,
    leases,
    ledger,
    outputs,
    quarantining,
    recording,
)
from frontdesk.store.accounts import Stored
from frontdesk.store.batch import Batch, Written, mentioned
from frontdesk.store.schema import connections, counters, cursors, guests
from frontdesk.store.transaction import Transaction
from frontdesk.store.upserts import add_up, replace


class ForgottenMeanwhile(Exception):  # noqa: N818  # a signal, not an error
    """A guest was forgotten after the page was read: it must be taken in again."""


def write(db: Connection, lease: leases.Lease, stored: Stored, batch: Batch) -> Written:
    """Write *batch* in the transaction of *db*: all of it, or nothing.

    Raises:
        LeaseError: The lease was lost; nothing must be committed.
        ForgottenMeanwhile: The batch may speak of a guest who is forgotten by now.
    """
    tx = Transaction(db, lease, stored, batch)
    if batch.forgotten is not None and batch.forgotten != tx.forgotten:
        raise ForgottenMeanwhile
    # First: what this page erases is looked for in the inbox, and these have been read.
    inbox.settle(tx)
    counting = ledger.counting(tx)
    tx.guests = _guest_rows(tx, set(mentioned(batch)))
    recording.write_records(tx)
    written = Written(
        events=outputs.log_events(tx),
        profiles=outputs.log_profiles(tx),
        consents=outputs.log_consents(tx, counting),
        reservations=outputs.log_reservations(tx),
        quarantined=quarantining.write_quarantine(tx),
        before_history=batch.before_history,
        forgotten=len(batch.consents) - len(counting),
        erased=departures.log_leaving(tx),
    )
    tx.flush()
    _write_counters(tx)
    _write_mark(tx)
    db.execute(update(connections).where(connections.c.id == stored.id).values(seq=tx.seq))
    return written


def _guest_rows(tx: Transaction, keys: set[str]) -> dict[str, int]:
    """Return the rows of all guests the batch mentions, making those that are missing."""
    ordered = sorted(keys)
    found = _known_guests(tx, ordered)
    missing = [key for key in ordered if key not in found]
    if missing:
        # Nobody else makes guests of this connection: its row is locked.
        drawn = bulk.draw(tx.db, guests, len(missing))
        rows = [(row, tx.stored.id, key) for row, key in zip(drawn, missing, strict=True)]
        bulk.write(tx.db, guests, ("id", "connection_id", "key"), rows)
        found |= {key: (row, None) for row, _, key in rows}
        tx.new_guests.update(drawn)
    _write_exclusions(tx, found)
    _write_asked(tx, found)
    return {key: row for key, (row, _) in found.items()}


def _known_guests(tx: Transaction, keys: Sequence[str]) -> dict[str, tuple[int, str | None]]:
    """Return row and exclusion of the guests that are there."""
    table = guests.c
    asked = select(table.key, table.id, table.excluded).where(
        table.connection_id == tx.stored.id, among(tx.db, table.key, keys)
    )
    return {key: (id, excluded) for key, id, excluded in tx.db.execute(asked)}


def _write_exclusions(tx: Transaction, found: dict[str, tuple[int, str | None]]) -> None:
    states = {guest.key: guest.excluded for guest in tx.batch.guests}
    changed = [
        {"row": found[key][0], "rule": rule}
        for key, rule in states.items()
        if found[key][1] != rule
    ]
    if changed:
        tx.db.execute(
            update(guests)
            .where(guests.c.id == bindparam("row"))
            .values(excluded=bindparam("rule")),
            changed,
        )


def _write_asked(tx: Transaction, found: dict[str, tuple[int, str | None]]) -> None:
    asked = [{"row": found[key][0], "when": tx.batch.seen} for key in tx.batch.asked]
    if asked:
        tx.db.execute(
            update(guests).where(guests.c.id == bindparam("row")).values(asked=bindparam("when")),
            asked,
        )


def _write_counters(tx: Transaction) -> None:
    rows = [
        {"stream_id": tx.stored.streams[stream], "outcome": outcome, "total": total}
        for (stream, outcome), total in tx.batch.outcomes.items()
    ]
    add_up(tx.db, counters, rows, sums=("total",))


def _write_mark(tx: Transaction) -> None:
    mark = tx.batch.mark
    if mark is None:
        return
    row = {
        "stream_id": tx.stored.streams[mark.stream],
        "purpose": mark.purpose,
        "cursor": jsons.encode(mark.cursor),
        "done": mark.done,
        "total": mark.total,
        "finished": mark.finished,
        "updated": tx.batch.seen,
        "began": tx.batch.seen,
    }
    replace(tx.db, cursors, [row], keep=("began",))
