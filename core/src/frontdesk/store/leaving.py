"""Guests who leave: merged into another, gone, or erased because the platform erased them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import bindparam, delete, select, update

from frontdesk import jsons
from frontdesk.model import Gone, Merged
from frontdesk.store import blanking, bulk, forgetting
from frontdesk.store.batch import Kind, mentioned
from frontdesk.store.blanking import Blank
from frontdesk.store.schema import guests, log, log_bodies, profiles
from frontdesk.store.transaction import Transaction
from frontdesk.wire import leaving_json

_Said: TypeAlias = dict[int, tuple[int, bytes]]


def log_leaving(tx: Transaction) -> int:
    """Log merges and departures; what was erased there is erased here. Return how many were."""
    if not tx.batch.leaving:
        return 0
    # What is erased must be in the log by now.
    tx.flush()
    last = _last_said(tx)
    hidden = blanking.erase(tx, _blank(tx))
    merges: list[tuple[int, int]] = []
    erased = 0
    for leaving, kept in tx.batch.leaving:
        at = kept.record.version or tx.batch.seen
        guest = tx.guests[_who(leaving)]
        said = (_KINDS[type(leaving)], jsons.encode(leaving_json(leaving)))
        # A record that another hook fails on comes again and again.
        if last.get(guest) == said:
            continue
        if isinstance(leaving, Merged):
            tx.append(Kind.MERGED, leaving.old, at, said[1])
            merges.append((guest, tx.guests[leaving.into]))
        else:
            _write_merges(tx, merges)
            said = (Kind.GONE, _leave(tx, leaving, at, hidden.get(guest)))
            erased += leaving.erase
        last[guest] = said
    _write_merges(tx, merges)
    return erased


_KINDS = {Merged: Kind.MERGED, Gone: Kind.GONE}


def _who(leaving: Merged | Gone) -> str:
    return leaving.old if isinstance(leaving, Merged) else leaving.guest


def _last_said(tx: Transaction) -> _Said:
    """Return kind and body of what was last said of the guests who leave."""
    some = sorted({tx.guests[_who(leaving)] for leaving, _ in tx.batch.leaving})
    same = (log_bodies.c.connection_id == log.c.connection_id) & (log_bodies.c.seq == log.c.seq)
    said = tx.db.execute(
        select(log.c.guest_id, log.c.kind, log_bodies.c.body)
        .join(log_bodies, same)
        .where(
            bulk.among(tx.db, log.c.guest_id, some),
            log.c.kind.in_((Kind.PROFILE, Kind.MERGED, Kind.GONE)),
        )
        .order_by(log.c.seq)
    )
    return {guest: (kind, body) for guest, kind, body in said}


def _blank(tx: Transaction) -> list[Blank]:
    """Return the erased guests whom the store did not know, and only their own row tells of."""
    mentions = Counter(mentioned(tx.batch))
    return [
        Blank(tx.guests[leaving.guest], leaving.guest, kept)
        for leaving, kept in tx.batch.leaving
        if isinstance(leaving, Gone)
        and leaving.erase
        and tx.guests[leaving.guest] in tx.new_guests
        and kept.row in tx.new_records
        and kept.guests == (leaving.guest,)
        # By the record, and as leaving: nothing else in this page says the name.
        and mentions[leaving.guest] == len((kept, leaving))
    ]


def _write_merges(tx: Transaction, merges: list[tuple[int, int]]) -> None:
    if not merges:
        return
    rows: list[dict[str, Any]] = [{"row": old, "target": into} for old, into in merges]
    tx.db.execute(
        update(guests)
        .where(guests.c.id == bindparam("row"))
        .values(merged_into=bindparam("target")),
        rows,
    )
    old = [guest for guest, _ in merges]
    tx.db.execute(delete(profiles).where(bulk.among(tx.db, profiles.c.guest_id, old)))
    merges.clear()


def _leave(tx: Transaction, gone: Gone, at: datetime, hidden: str | None) -> bytes:
    """Let a guest go; return what is said of it.

    Args:
        hidden: What the guest is called now, if it was erased already.
    """
    guest = tx.guests[gone.guest]
    name = hidden or gone.guest
    if hidden is None:
        tx.db.execute(delete(profiles).where(profiles.c.guest_id == guest))
    if gone.erase and hidden is None:
        # What the platform erased must not live on here; what earlier steps appended, too.
        tx.flush()
        name = forgetting.erase_guest(tx.db, guest, tx.batch.seen)
    tx.db.execute(update(guests).where(guests.c.id == guest).values(gone=at))
    body = jsons.encode(leaving_json(Gone(name, erase=gone.erase)))
    tx.append(Kind.GONE, gone.guest, at, body)
    return body
