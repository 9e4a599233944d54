"""Overwriting records and quarantine: whole where they are the guest's, else the mention."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import bindparam, or_, select, update

from frontdesk import jsons
from frontdesk.model import Json
from frontdesk.store.batch import guest_key
from frontdesk.store.erasing import EMPTY, Erasing, less_entry, rewrite
from frontdesk.store.keyed import shown
from frontdesk.store.schema import (
    connections,
    log,
    log_bodies,
    payloads,
    profiles,
    quarantine,
    quarantine_guests,
    record_guests,
    records,
    reservations,
    streams,
)


def erase_records(erasing: Erasing) -> None:
    """Overwrite the guests' records; cut the mention out of those of others."""
    db, ids = erasing.db, erasing.ids
    spoken = select(record_guests.c.record_id, record_guests.c.guest_id)
    of_guest: dict[int, int] = {
        row.record_id: row.guest_id
        for row in db.execute(spoken.where(record_guests.c.guest_id.in_(ids)))
    }
    own = set(
        db.execute(select(profiles.c.record_id).where(profiles.c.guest_id.in_(ids))).scalars()
    )
    owned = own | _owned(erasing, ids)
    of_guest |= dict.fromkeys(owned - of_guest.keys(), ids[0])
    others: dict[int, set[int]] = defaultdict(set)
    for row in db.execute(spoken.where(record_guests.c.record_id.in_(list(of_guest)))):
        if row.guest_id not in erasing.people:
            others[row.record_id].add(row.guest_id)
    # What both have a part in is parted like what is another's.
    joint = _owned(erasing, {guest for some in others.values() for guest in some})
    whole = {
        row
        for row in of_guest
        if row in own or not others[row] or (row in owned and row not in joint)
    }
    shared = [row for row in of_guest if row not in whole]
    whole |= set(_cut_records(erasing, shared, of_guest))
    _erase_whole(erasing, sorted(whole), of_guest, own)
    _cut_entries(erasing, {guest for row in of_guest for guest in others[row]}, list(of_guest))


def _owned(erasing: Erasing, ids: Collection[int]) -> set[int]:
    """Return the records that became reservations or events of these guests."""
    owned: set[int] = set()
    if not ids:
        return owned
    for table in (reservations.c, log.c):
        asked = select(table.record_id).where(
            table.guest_id.in_(sorted(ids)), table.record_id.is_not(None)
        )
        owned.update(erasing.db.execute(asked.distinct()).scalars())
    return owned


def _erase_whole(
    erasing: Erasing, rows: Sequence[int], of_guest: dict[int, int], own: set[int]
) -> None:
    db, keyed = erasing.db, erasing.keyed
    keys = {person.key for person in erasing.people.values()}
    table = records.c
    found = db.execute(
        select(table.id, table.stream_id, table.site, table.key).where(table.id.in_(rows))
    ).all()
    for row in found:
        if not row.key.startswith("forgotten-"):
            is_own = row.id in own or guest_key(row.site or None, row.key) in keys
            erasing.hashes[keyed.record(row.stream_id, row.site, row.key)] = is_own
        erasing.count(of_guest[row.id], "records")
    if not found:
        return
    # Deleted: a full scan that does not meet the row must not map it once more.
    blank = {"digest": b"", "version": None, "deleted": True}
    db.execute(
        update(records).where(table.id == bindparam("row")).values(key=bindparam("new"), **blank),
        [{"row": row.id, "new": f"forgotten-{row.id}"} for row in found],
    )
    db.execute(update(payloads).where(payloads.c.record_id.in_(rows)).values(body=EMPTY))
    # The row may be some other guest's too.
    db.execute(
        update(reservations)
        .where(reservations.c.record_id.in_(rows))
        .values(number="forgotten", body=EMPTY)
    )


def _cut_records(erasing: Erasing, rows: Sequence[int], of_guest: dict[int, int]) -> list[int]:
    """Cut the mention out of records of others; return those where that cannot be done."""
    if not rows:
        return []
    table = records.c
    found = erasing.db.execute(
        select(table.id, table.digest, table.deleted, payloads.c.body)
        .join(payloads)
        .where(table.id.in_(rows))
    ).all()
    whole: list[int] = []
    for row in found:
        cut = erasing.mentions.cut(jsons.decode(row.body))
        if not (cut.found and cut.clean):
            whole.append(row.id)
            continue
        erasing.count(of_guest[row.id], "mentions")
        body = jsons.canonical(cut.value)
        db = erasing.db
        db.execute(update(payloads).where(payloads.c.record_id == row.id).values(body=body))
        digest = keyed_digest(erasing, row)
        db.execute(update(records).where(table.id == row.id).values(digest=digest))
    return whole


def keyed_digest(erasing: Erasing, row: Any) -> bytes:
    """Return the digest of a record a mention was cut out of.

    The platform still shows the whole: hashed, it is known again as unchanged. Where another
    guest was cut out before, it is hashed already.
    """
    whole: bytes = row.digest
    said = jsons.digest(row.body + (b"-" if row.deleted else b"+"))
    return erasing.keyed.digest(whole) if said == whole else whole


def _cut_entries(erasing: Erasing, others: set[int], rows: Sequence[int]) -> None:
    """Cut the mention out of what these records led to for other guests."""
    if not others:
        return
    table = log.c
    same = (log_bodies.c.connection_id == table.connection_id) & (log_bodies.c.seq == table.seq)
    found = erasing.db.execute(
        select(table.connection_id, table.seq, log_bodies.c.body)
        .join(log_bodies, same)
        .where(table.guest_id.in_(sorted(others)), table.record_id.in_(rows))
    ).all()
    texts: list[dict[str, Any]] = []
    for row in found:
        entry = jsons.decode(row.body)
        left = less_entry(erasing.mentions, entry)
        if left != entry:
            texts.append({"c": row.connection_id, "s": row.seq, "text": jsons.encode(left)})
    rewrite(erasing.db, texts)


def erase_quarantine(erasing: Erasing) -> None:
    """Overwrite what is in quarantine of the guests, rows that are no record included."""
    db, table, pairs = erasing.db, quarantine.c, quarantine_guests.c
    of_guest: dict[int, int] = {
        row.quarantine_id: row.guest_id
        for row in db.execute(
            select(pairs.quarantine_id, pairs.guest_id).where(pairs.guest_id.in_(erasing.ids))
        )
    }
    shared: set[int] = set()
    if of_guest:
        others = select(pairs.quarantine_id).where(
            pairs.quarantine_id.in_(list(of_guest)), pairs.guest_id.not_in(erasing.ids)
        )
        shared.update(db.execute(others).scalars())
    asked = (
        select(quarantine)
        .join(streams, streams.c.id == table.stream_id)
        .join(connections, connections.c.id == streams.c.connection_id)
        .where(connections.c.brand_id == erasing.brand)
        .where(or_(table.id.in_(list(of_guest)), table.id.not_in(select(pairs.quarantine_id))))
    )
    for row in db.execute(asked).all():
        if row.id not in of_guest and not erasing.mentions.said_in(row.payload):
            continue
        erasing.count(of_guest.get(row.id, erasing.ids[0]), "quarantine")
        values = _cut_quarantined(erasing, row) if row.id in shared else None
        db.execute(
            update(quarantine).where(table.id == row.id).values(**(values or _blank(erasing, row)))
        )


def _blank(erasing: Erasing, row: Any) -> dict[str, Any]:
    hash = erasing.keyed.record(row.stream_id, row.site, row.key)
    return {
        "key": f"{shown(hash)}-{row.id}",
        "digest": b"",
        "payload": EMPTY,
        "previous": None,
        "closed": row.closed or "forgotten",
    }


def _cut_quarantined(erasing: Erasing, row: Any) -> dict[str, Any] | None:
    """Return an entry less the mention; None if it is the guest's, or cannot be parted."""
    hash = erasing.keyed.record(row.stream_id, row.site, row.key)
    if hash in erasing.hashes:
        return None
    values: dict[str, Any] = {}
    for name, found in (("payload", row.payload), ("previous", row.previous)):
        if found is None:
            continue
        record: Json = jsons.decode(found)
        inside = erasing.mentions.cut(record.get("payload"))
        guests = erasing.mentions.cut(record.get("guests"))
        whole = jsons.encode({**record, "payload": inside.value, "guests": guests.value})
        if not (inside.found and inside.clean) or erasing.mentions.said_in(whole):
            return None
        values[name] = whole
    return {**values, "digest": erasing.keyed.digest(row.digest)}
