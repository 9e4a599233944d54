"""Guests who leave: merged into another, gone, erased; and those who come back.

What counts is the last word on a guest, by the versions of the records that say it and not
by when they arrive. Only an erasure is more than a word: it takes along whatever else its
page says of the guest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final, TypeAlias

from sqlalchemy import bindparam, delete, func, select, update

from frontdesk import jsons
from frontdesk.model import Gone, Merged, Profile
from frontdesk.sql import among
from frontdesk.store import blanking, forgetting
from frontdesk.store.batch import Kept, Kind, mentioned
from frontdesk.store.blanking import Blank
from frontdesk.store.schema import guests, log, log_bodies, profiles, records
from frontdesk.store.transaction import Transaction
from frontdesk.store.upserts import chunks
from frontdesk.wire import leaving_json

_Spoken: TypeAlias = dict[str, tuple[Profile, Kept, bytes]]
_Word: TypeAlias = tuple[int, bytes, datetime | None]
"""Kind and body of what was said last of a guest, and the version of the record that says it."""

_NONE: Final[_Word] = (0, b"", None)
_KINDS: Final = {Merged: Kind.MERGED, Gone: Kind.GONE}


def admit(tx: Transaction, last: _Spoken) -> None:
    """Leave in *last* the profiles that are newer than their guest's departure.

    Those guests are back: their marks go.
    """
    left = _left(tx, [guest for guest in last if tx.guests[guest] not in tx.new_guests])
    if not left:
        return
    back: list[int] = []
    for guest in [guest for guest in last if tx.guests[guest] in left]:
        row = tx.guests[guest]
        if _time(tx, last[guest][1]) < left[row]:
            del last[guest]
        else:
            back.append(row)
    for part in chunks(back):
        marks = update(guests).where(guests.c.id.in_(part))
        tx.db.execute(marks.values(gone=None, merged_into=None))


def log_leaving(tx: Transaction) -> int:
    """Log merges and departures; what was erased there is erased here. Return how many were."""
    if not tx.batch.leaving:
        return 0
    # What is erased must be in the log by now.
    tx.flush()
    last = _last_words(tx)
    hidden = blanking.erase(tx, _blank(tx))
    merges: list[tuple[int, int]] = []
    erased = 0
    for said, kept in _standing(tx):
        guest = tx.guests[_guest(said)]
        kind, body = _KINDS[type(said)], jsons.encode(leaving_json(said))
        # A record that another hook fails on comes again and again.
        known = last.get(guest, _NONE)
        if known[:2] == (kind, body) or _is_overtaken(known, said, kept):
            continue
        if isinstance(said, Merged):
            tx.append(Kind.MERGED, said.old, _time(tx, kept), body)
            merges.append((guest, tx.guests[said.into]))
        else:
            _write_merges(tx, merges)
            body = _leave(tx, said, _time(tx, kept), hidden.get(guest))
            erased += said.erase
        last[guest] = (kind, body, None)
    _write_merges(tx, merges)
    return erased


def _standing(tx: Transaction) -> Iterator[tuple[Merged | Gone, Kept]]:
    """Yield the departures that no newer profile of the same page takes back."""
    spoken = {profile.guest: kept for profile, kept, _ in tx.batch.profiles}
    order = {id(kept): n for n, kept in enumerate((*tx.batch.kept, *tx.batch.remapped))}

    def moment(kept: Kept) -> tuple[datetime, int]:
        return _time(tx, kept), order[id(kept)]

    for said, kept in tx.batch.leaving:
        newer = spoken.get(_guest(said))
        if _is_erasure(said) or newer is None or moment(kept) > moment(newer):
            yield said, kept


def _left(tx: Transaction, keys: Iterable[str]) -> dict[int, datetime]:
    """Return when those left who are marked as merged or gone."""
    table = guests.c
    marked: list[int] = []
    for part in chunks([tx.guests[key] for key in keys]):
        asked = select(table.id).where(
            table.id.in_(part), table.merged_into.is_not(None) | table.gone.is_not(None)
        )
        marked += tx.db.execute(asked).scalars()
    if not marked:
        return {}
    asked = select(log.c.guest_id, func.max(log.c.at).label("last")).where(
        log.c.guest_id.in_(marked), log.c.kind.in_((Kind.MERGED, Kind.GONE))
    )
    return {row.guest_id: row.last for row in tx.db.execute(asked.group_by(log.c.guest_id))}


def _last_words(tx: Transaction) -> dict[int, _Word]:
    """Return the last that was said of the guests who leave, and the version its record has."""
    some = sorted({tx.guests[_guest(said)] for said, _ in tx.batch.leaving})
    same = (log_bodies.c.connection_id == log.c.connection_id) & (log_bodies.c.seq == log.c.seq)
    said = tx.db.execute(
        select(log.c.guest_id, log.c.kind, log_bodies.c.body, records.c.version)
        .join(log_bodies, same)
        .outerjoin(records, records.c.id == log.c.record_id)
        .where(
            among(tx.db, log.c.guest_id, some),
            log.c.kind.in_((Kind.PROFILE, Kind.MERGED, Kind.GONE)),
        )
        .order_by(log.c.seq)
    )
    return {row.guest_id: (row.kind, row.body, row.version) for row in said}


def _is_overtaken(last: _Word, said: Merged | Gone, kept: Kept) -> bool:
    """Tell whether the last word is a newer profile; without versions, arrival decides."""
    kind, _, newest = last
    version = kept.record.version
    if _is_erasure(said) or kind != Kind.PROFILE or newest is None or version is None:
        return False
    return newest > version


def _blank(tx: Transaction) -> list[Blank]:
    """Return the erased guests whom the store did not know, and only their own row tells of."""
    mentions = Counter(mentioned(tx.batch))
    return [
        Blank(tx.guests[said.guest], said.guest, kept)
        for said, kept in tx.batch.leaving
        if isinstance(said, Gone)
        and said.erase
        and tx.guests[said.guest] in tx.new_guests
        and kept.row in tx.new_records
        and kept.guests == (said.guest,)
        # By the record, and as leaving: nothing else in this page says the name.
        and mentions[said.guest] == len((kept, said))
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
    tx.db.execute(delete(profiles).where(among(tx.db, profiles.c.guest_id, old)))
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


def _is_erasure(said: Merged | Gone) -> bool:
    return isinstance(said, Gone) and said.erase


def _guest(said: Merged | Gone) -> str:
    return said.old if isinstance(said, Merged) else said.guest


def _time(tx: Transaction, kept: Kept) -> datetime:
    return kept.record.version or tx.batch.seen
