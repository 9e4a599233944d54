"""Guests who leave: merged into another, gone, erased; and those who come back.

What counts is the last word on a guest, by the versions of the records that say it and not
by when they arrive. Only an erasure is more than a word: it takes along whatever else its
page says of the guest.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import func, select, update

from frontdesk import jsons
from frontdesk.model import Gone, Merged, Profile
from frontdesk.store import forgetting
from frontdesk.store.batch import Kept, Kind
from frontdesk.store.schema import guests, log, log_bodies, profiles, records
from frontdesk.store.transaction import Transaction
from frontdesk.store.upserts import chunks
from frontdesk.wire import leaving_json

_Spoken: TypeAlias = dict[str, tuple[Profile, Kept]]


def admit(tx: Transaction, last: _Spoken) -> None:
    """Leave in *last* the profiles that are newer than their guest's departure.

    Those guests are back: their marks go.
    """
    left = _left(tx, last)
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


def log_leaving(tx: Transaction) -> None:
    """Log merges and departures; what was erased there is erased here."""
    spoken = {profile.guest: kept for profile, kept in tx.batch.profiles}
    order = {id(kept): n for n, kept in enumerate((*tx.batch.kept, *tx.batch.remapped))}

    def moment(kept: Kept) -> tuple[datetime, int]:
        return _time(tx, kept), order[id(kept)]

    for said, kept in tx.batch.leaving:
        newer = spoken.get(_guest(said))
        if _is_erasure(said) or newer is None or moment(kept) > moment(newer):
            _log_left(tx, said, kept)


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


def _log_left(tx: Transaction, said: Merged | Gone, kept: Kept) -> None:
    # What is erased must be in the log by now.
    tx.flush()
    at = _time(tx, kept)
    body = jsons.encode(leaving_json(said))
    kind = Kind.MERGED if isinstance(said, Merged) else Kind.GONE
    last = _last_word(tx, tx.guests[_guest(said)])
    # A record that another hook fails on comes again and again.
    if last is not None and (last.kind, last.body) == (kind, body):
        return
    if _is_overtaken(last, kept) and not _is_erasure(said):
        return
    if isinstance(said, Merged):
        tx.append(Kind.MERGED, said.old, at, body)
        _merge(tx, tx.guests[said.old], tx.guests[said.into])
    else:
        _leave(tx, said, at)


def _last_word(tx: Transaction, guest: int) -> Any:
    """Return the last that was said of a guest, and the version its record has now."""
    same = (log_bodies.c.connection_id == log.c.connection_id) & (log_bodies.c.seq == log.c.seq)
    return tx.db.execute(
        select(log.c.kind, log_bodies.c.body, records.c.version)
        .join(log_bodies, same)
        .outerjoin(records, records.c.id == log.c.record_id)
        .where(
            log.c.guest_id == guest,
            log.c.kind.in_((Kind.PROFILE, Kind.MERGED, Kind.GONE)),
        )
        .order_by(log.c.seq.desc())
        .limit(1)
    ).one_or_none()


def _is_overtaken(last: Any, kept: Kept) -> bool:
    """Tell whether the last word is a newer profile; without versions, arrival decides."""
    version = kept.record.version
    if last is None or last.kind != Kind.PROFILE or last.version is None or version is None:
        return False
    return bool(last.version > version)


def _merge(tx: Transaction, old: int, into: int) -> None:
    tx.db.execute(update(guests).where(guests.c.id == old).values(merged_into=into))
    tx.db.execute(profiles.delete().where(profiles.c.guest_id == old))


def _leave(tx: Transaction, gone: Gone, at: datetime) -> None:
    guest = tx.guests[gone.guest]
    tx.db.execute(profiles.delete().where(profiles.c.guest_id == guest))
    name = gone.guest
    if gone.erase:
        # What the platform erased must not live on here; what earlier steps appended, too.
        tx.flush()
        name = forgetting.erase_guest(tx.db, guest, tx.batch.seen)
    tx.db.execute(update(guests).where(guests.c.id == guest).values(gone=at))
    body = jsons.encode(leaving_json(Gone(name, erase=gone.erase)))
    tx.append(Kind.GONE, gone.guest, at, body)


def _is_erasure(said: Merged | Gone) -> bool:
    return isinstance(said, Gone) and said.erase


def _guest(said: Merged | Gone) -> str:
    return said.old if isinstance(said, Merged) else said.guest


def _time(tx: Transaction, kept: Kept) -> datetime:
    return kept.record.version or tx.batch.seen
