"""Writing outputs: events, profiles, consents and reservations, each once, into the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Table, select

from frontdesk import jsons
from frontdesk.columns import maybe_micros, to_micros, to_millionths
from frontdesk.model import Consent, Profile
from frontdesk.names import folded
from frontdesk.sql import among
from frontdesk.store import bulk, counting, departures, ledger
from frontdesk.store.batch import Kept, Kind, LoggedEvent
from frontdesk.store.schema import (
    consents,
    log,
    profiles,
    reservations,
)
from frontdesk.store.transaction import Transaction
from frontdesk.wire import consent_json


def _fresh(tx: Transaction, events: list[LoggedEvent]) -> list[LoggedEvent]:
    """Leave out events whose id is logged already: the first one stands."""
    first: dict[bytes, LoggedEvent] = {}
    for event in events:
        first.setdefault(event.id, event)
    known = bulk.present(tx.db, log.c.event_id, list(first))
    return [event for id, event in first.items() if id not in known]


def log_events(tx: Transaction) -> int:
    """Log the events whose ids are new; return how many."""
    events = _fresh(tx, tx.batch.events)
    if not events:
        return 0
    ids = counting.count_metrics(tx, events)
    for event in events:
        value = to_millionths(event.value)
        tx.append(
            Kind.EVENT,
            event.guest,
            event.at,
            event.body,
            record=event.source.row if event.source else None,
            event=(ids[event.metric], event.id, value, event.currency),
        )
    counting.count_days(tx, events, ids)
    return len(events)


def log_profiles(tx: Transaction) -> int:
    """Log the profiles that changed; return how many."""
    last = {profile.guest: (profile, kept, body) for profile, kept, body in tx.batch.profiles}
    departures.admit(tx, last)
    before = _profile_digests(tx, [tx.guests[guest] for guest in last])
    rows: list[bulk.Row] = []
    for guest, (profile, kept, body) in last.items():
        digest = jsons.digest(body)
        if before.get(tx.guests[guest]) == digest:
            continue
        at = kept.record.version or tx.batch.seen
        tx.append(Kind.PROFILE, guest, at, body, record=kept.row)
        rows.append(_profile_row(tx, profile, kept, digest, body))
    _write_over(tx, profiles, rows, tx.new_guests)
    return len(rows)


def _write_over(tx: Transaction, table: Table, rows: list[bulk.Row], new: set[int]) -> None:
    """Write rows that begin with their key; those of *new* keys overwrite nothing."""
    columns = table.c.keys()
    bulk.write(tx.db, table, columns, [row for row in rows if row[0] in new])
    bulk.write_over(tx.db, table, columns, [row for row in rows if row[0] not in new])


def _profile_digests(tx: Transaction, rows: Sequence[int]) -> dict[int, bytes]:
    known = [row for row in rows if row not in tx.new_guests]
    if not known:
        return {}
    table = profiles.c
    asked = select(table.guest_id, table.digest).where(among(tx.db, table.guest_id, known))
    return {row.guest_id: row.digest for row in tx.db.execute(asked)}


def _profile_row(
    tx: Transaction, profile: Profile, kept: Kept, digest: bytes, body: bytes
) -> bulk.Row:
    return (
        tx.guests[profile.guest],
        kept.row,
        profile.email.lower() if profile.email else None,
        profile.phone_number,
        profile.first_name,
        profile.last_name,
        digest,
        body,
        to_micros(tx.batch.seen),
        folded(profile.first_name),
        folded(profile.last_name),
    )


def log_consents(tx: Transaction, stated: ledger.Stated) -> int:
    """Log the statements that say something new, of those that count; return how many."""
    said = _latest_consents(tx, {consent.guest for consent, _ in stated})
    rows: list[bulk.Row] = []
    for consent, kept in stated:
        key = (tx.guests[consent.guest], consent.channel.value, _address(consent))
        statement = (consent.state.value, consent.at)
        if said.get(key) == statement:
            continue
        said[key] = statement
        at = consent.at or kept.record.version or tx.batch.seen
        body = jsons.encode(consent_json(consent))
        seq = tx.append(Kind.CONSENT, consent.guest, at, body, record=kept.row)
        rows.append(_consent_row(tx, consent, seq))
    bulk.write(tx.db, consents, consents.c.keys(), rows)
    return len(rows)


def _latest_consents(
    tx: Transaction, keys: set[str]
) -> dict[tuple[int, str, str], tuple[str, datetime | None]]:
    """Return the last statement of each guest, channel and address."""
    known = [row for key in keys if (row := tx.guests[key]) not in tx.new_guests]
    if not known:
        return {}
    table = consents.c
    rows = tx.db.execute(
        select(table.guest_id, table.channel, table.address, table.state, table.at)
        .where(among(tx.db, table.guest_id, known))
        .order_by(table.seq)
    )
    return {(row.guest_id, row.channel, row.address): (row.state, row.at) for row in rows}


def _consent_row(tx: Transaction, consent: Consent, seq: int) -> bulk.Row:
    return (
        tx.stored.id,
        seq,
        tx.stored.brand,
        tx.guests[consent.guest],
        consent.channel.value,
        _address(consent),
        consent.state.value,
        maybe_micros(consent.at),
        to_micros(tx.batch.seen),
        consent.evidence,
    )


def log_reservations(tx: Transaction) -> int:
    """Log the reservations that changed; return how many."""
    last = {kept.row: (reservation, body) for reservation, kept, body in tx.batch.reservations}
    before = _reservation_bodies(tx, list(last))
    rows: list[bulk.Row] = []
    for row, (reservation, body) in last.items():
        if before.get(row) == body:
            continue
        at = reservation.updated or tx.batch.seen
        tx.append(Kind.RESERVATION, reservation.guest, at, body, record=row)
        rows.append(
            (
                row,
                tx.stored.id,
                tx.guests[reservation.guest],
                reservation.number,
                reservation.status,
                maybe_micros(reservation.from_),
                maybe_micros(reservation.to),
                body,
            )
        )
    _write_over(tx, reservations, rows, tx.new_records)
    return len(rows)


def _reservation_bodies(tx: Transaction, rows: Sequence[int]) -> dict[int, bytes]:
    known = [row for row in rows if row not in tx.new_records]
    if not known:
        return {}
    table = reservations.c
    asked = select(table.record_id, table.body).where(among(tx.db, table.record_id, known))
    return {row.record_id: row.body for row in tx.db.execute(asked)}


def _address(consent: Consent) -> str:
    """Return the address as the ledger compares it."""
    return consent.address.strip().lower()
