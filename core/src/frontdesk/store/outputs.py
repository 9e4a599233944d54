"""Writing outputs: events, profiles, consents and reservations, each once, into the log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, insert, select

from frontdesk import jsons
from frontdesk.model import Consent, Profile
from frontdesk.store import departures, ledger
from frontdesk.store.batch import Kept, Kind, LoggedEvent
from frontdesk.store.schema import (
    consents,
    log,
    metric_days,
    metrics,
    profiles,
    reservations,
)
from frontdesk.store.transaction import Transaction
from frontdesk.store.upserts import add_up, chunks, insert_into, replace
from frontdesk.wire import consent_json, profile_json, reservation_json


def _fresh(tx: Transaction, events: list[LoggedEvent]) -> list[LoggedEvent]:
    """Leave out events whose id is logged already: the first one stands."""
    first: dict[bytes, LoggedEvent] = {}
    for event in events:
        first.setdefault(event.id, event)
    known: set[bytes] = set()
    for part in chunks(list(first)):
        known.update(
            tx.db.execute(select(log.c.event_id).where(log.c.event_id.in_(part))).scalars()
        )
    return [event for id, event in first.items() if id not in known]


def log_events(tx: Transaction) -> int:
    """Log the events whose ids are new; return how many."""
    events = _fresh(tx, tx.batch.events)
    if not events:
        return 0
    ids = _count_metrics(tx, events)
    for event in events:
        tx.append(
            Kind.EVENT,
            event.guest,
            event.at,
            event.body,
            record_id=event.source.row if event.source else None,
            metric_id=ids[event.metric],
            event_id=event.id,
            value=event.value,
            currency=event.currency,
        )
    _count_days(tx, events, ids)
    return len(events)


def _count_metrics(tx: Transaction, events: list[LoggedEvent]) -> dict[str, int]:
    times: dict[str, list[datetime]] = defaultdict(list)
    for event in events:
        times[event.metric].append(event.at)
    statement = insert_into(tx.db, metrics)
    new = statement.excluded
    table = metrics.c
    earlier = _smaller(tx.db)
    later = _larger(tx.db)
    tx.db.execute(
        statement.on_conflict_do_update(
            index_elements=["connection_id", "name"],
            set_={
                "total": table.total + new.total,
                "first": earlier(table.first, new.first),
                "last": later(table.last, new.last),
            },
        ),
        [
            {
                "connection_id": tx.stored.id,
                "name": name,
                "total": len(at),
                "first": min(at),
                "last": max(at),
            }
            for name, at in times.items()
        ],
    )
    rows = tx.db.execute(select(table.name, table.id).where(table.connection_id == tx.stored.id))
    return {row.name: row.id for row in rows}


def _count_days(tx: Transaction, events: list[LoggedEvent], ids: dict[str, int]) -> None:
    sums: dict[tuple[int, int, str], list[Any]] = {}
    for event in events:
        key = (ids[event.metric], event.day, event.currency or "")
        total = sums.setdefault(key, [0, Decimal(0)])
        total[0] += 1
        total[1] += event.value or 0
    rows = [
        {"metric_id": m, "day": day, "currency": c, "total": n, "value": value}
        for (m, day, c), (n, value) in sums.items()
    ]
    add_up(tx.db, metric_days, rows, sums=("total", "value"))


def log_profiles(tx: Transaction) -> int:
    """Log the profiles that changed; return how many."""
    last = {profile.guest: (profile, kept) for profile, kept in tx.batch.profiles}
    departures.admit(tx, last)
    before = _profile_digests(tx, [tx.guests[guest] for guest in last])
    rows: list[dict[str, Any]] = []
    for guest, (profile, kept) in last.items():
        body = jsons.canonical(profile_json(profile))
        digest = jsons.digest(body)
        if before.get(tx.guests[guest]) == digest:
            continue
        at = kept.record.version or tx.batch.seen
        tx.append(Kind.PROFILE, guest, at, body, record_id=kept.row)
        rows.append(_profile_row(tx, profile, kept, digest, body))
    replace(tx.db, profiles, rows)
    return len(rows)


def _profile_digests(tx: Transaction, rows: Sequence[int]) -> dict[int, bytes]:
    table = profiles.c
    return {
        row.guest_id: row.digest
        for part in chunks(rows)
        for row in tx.db.execute(
            select(table.guest_id, table.digest).where(table.guest_id.in_(part))
        )
    }


def _profile_row(
    tx: Transaction, profile: Profile, kept: Kept, digest: bytes, body: bytes
) -> dict[str, Any]:
    return {
        "guest_id": tx.guests[profile.guest],
        "record_id": kept.row,
        "email": profile.email.lower() if profile.email else None,
        "phone_number": profile.phone_number,
        "first_name": profile.first_name,
        "last_name": profile.last_name,
        "digest": digest,
        "body": body,
        "updated": tx.batch.seen,
    }


def log_consents(tx: Transaction, counting: ledger.Stated) -> int:
    """Log the statements that say something new, of those that count; return how many."""
    said = _latest_consents(tx, {consent.guest for consent, _ in counting})
    rows: list[dict[str, Any]] = []
    for consent, kept in counting:
        key = (tx.guests[consent.guest], consent.channel.value, _address(consent))
        statement = (consent.state.value, consent.at)
        if said.get(key) == statement:
            continue
        said[key] = statement
        at = consent.at or kept.record.version or tx.batch.seen
        body = jsons.encode(consent_json(consent))
        seq = tx.append(Kind.CONSENT, consent.guest, at, body, record_id=kept.row)
        rows.append(_consent_row(tx, consent, seq))
    if rows:
        tx.db.execute(insert(consents), rows)
    return len(rows)


def _latest_consents(
    tx: Transaction, keys: set[str]
) -> dict[tuple[int, str, str], tuple[str, datetime | None]]:
    """Return the last statement of each guest, channel and address."""
    table = consents.c
    found: dict[tuple[int, str, str], tuple[str, datetime | None]] = {}
    for part in chunks(sorted(tx.guests[key] for key in keys)):
        rows = tx.db.execute(
            select(table.guest_id, table.channel, table.address, table.state, table.at)
            .where(table.guest_id.in_(part))
            .order_by(table.seq)
        )
        for row in rows:
            found[row.guest_id, row.channel, row.address] = (row.state, row.at)
    return found


def _consent_row(tx: Transaction, consent: Consent, seq: int) -> dict[str, Any]:
    return {
        "connection_id": tx.stored.id,
        "seq": seq,
        "brand_id": tx.stored.brand,
        "guest_id": tx.guests[consent.guest],
        "channel": consent.channel.value,
        "address": _address(consent),
        "state": consent.state.value,
        "at": consent.at,
        "seen": tx.batch.seen,
        "evidence": consent.evidence,
    }


def log_reservations(tx: Transaction) -> int:
    """Log the reservations that changed; return how many."""
    last = {kept.row: reservation for reservation, kept in tx.batch.reservations}
    before = _reservation_bodies(tx, list(last))
    rows: list[dict[str, Any]] = []
    for row, reservation in last.items():
        body = jsons.encode(reservation_json(reservation))
        if before.get(row) == body:
            continue
        at = reservation.updated or tx.batch.seen
        tx.append(Kind.RESERVATION, reservation.guest, at, body, record_id=row)
        rows.append(
            {
                "record_id": row,
                "connection_id": tx.stored.id,
                "guest_id": tx.guests[reservation.guest],
                "number": reservation.number,
                "status": reservation.status,
                "from_at": reservation.from_,
                "to_at": reservation.to,
                "body": body,
            }
        )
    replace(tx.db, reservations, rows)
    return len(rows)


def _reservation_bodies(tx: Transaction, rows: Sequence[int]) -> dict[int, bytes]:
    table = reservations.c
    return {
        row.record_id: row.body
        for part in chunks(rows)
        for row in tx.db.execute(
            select(table.record_id, table.body).where(table.record_id.in_(part))
        )
    }


def _address(consent: Consent) -> str:
    """Return the address as the ledger compares it."""
    return consent.address.strip().lower()


def _smaller(db: Connection) -> Any:
    return func.least if db.dialect.name == "postgresql" else func.min


def _larger(db: Connection) -> Any:
    return func.greatest if db.dialect.name == "postgresql" else func.max
