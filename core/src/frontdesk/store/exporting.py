"""All the store holds of a guest, for whoever asks what is known of him."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from frontdesk import jsons
from frontdesk.consent import effective
from frontdesk.model import Json, Origin
from frontdesk.store import erasing, ledger, owned
from frontdesk.store.batch import Kind
from frontdesk.store.exporting_deliveries import sent_to
from frontdesk.store.finding import Person, Who
from frontdesk.store.forgetting import who_is_meant
from frontdesk.store.schema import (
    brands,
    consents,
    log,
    log_bodies,
    metrics,
    payloads,
    profiles,
    quarantine,
    quarantine_guests,
    record_guests,
    records,
    reservations,
    streams,
)
from frontdesk.wire import time_json


def export(db: Connection, who: Who, now: datetime) -> dict[str, Json]:
    """Return one document on all guests *who* means, brand by brand.

    Raises:
        StoreError: A plugin has tables in the store, and is not installed.
    """
    names = {row.id: row.name for row in db.execute(select(brands))}
    said, found = owned.said_by(who), list[Json]()
    for brand, some in sorted(who_is_meant(db, who, now).items()):
        known_by = erasing.known_by(db, some) | said
        own = owned.export(db, brand, some, known_by, now)
        if some or own:
            core = _of_brand(db, brand, some)
            found.append({"brand": names.get(brand, owned.DEFAULT), **core, "plugins": own})
    return {"brands": found}


def _of_brand(db: Connection, brand: int, people: Sequence[Person]) -> dict[str, Json]:
    keys = {person.id: person.key for person in people}
    return {
        "identifiers": _identifiers(db, people),
        "consent": _effective(db, brand, sorted(keys)),
        "destinations": sent_to(db, brand, sorted(keys)),
        "guests": [
            {
                "connection": person.name,
                "integration": person.connector,
                "guest": person.key,
                "merged_into": keys.get(person.into or 0),
                "profile": _profile(db, person.id),
                "consents": _consents(db, person.id),
                "log": _log(db, person.id),
                "reservations": _reservations(db, person.id),
                "records": _records(db, person.id),
                "quarantine": _quarantine(db, person.id),
            }
            for person in people
        ],
    }


def _identifiers(db: Connection, people: Sequence[Person]) -> dict[str, list[str]]:
    """Return every id and address the guests are or were known by."""
    ids = [person.id for person in people]
    table = profiles.c
    said = {*db.execute(select(consents.c.address).where(consents.c.guest_id.in_(ids))).scalars()}
    for row in db.execute(select(table.email, table.phone_number).where(table.guest_id.in_(ids))):
        said |= {row.email, row.phone_number}
    return {
        "platform": sorted({person.key for person in people}),
        "addresses": sorted(one for one in said if one),
    }


def _effective(db: Connection, brand: int, ids: Sequence[int]) -> list[Json]:
    """Return what counts for each channel and address."""
    asked = select(consents.c.address).where(consents.c.guest_id.in_(ids)).distinct()
    addresses = db.execute(asked).scalars().all()
    said = ledger.statements(db, [(brand, address) for address in addresses])
    return [
        {"channel": channel, "address": address, "state": state and state.value}
        for (_, channel, address), some in sorted(said.items())
        for state in [effective(some)]
    ]


def _profile(db: Connection, guest: int) -> Json:
    asked = select(profiles.c.body, profiles.c.updated).where(profiles.c.guest_id == guest)
    row = db.execute(asked).one_or_none()
    return row and {**jsons.decode(row.body), "updated": time_json(row.updated)}


def _consents(db: Connection, guest: int) -> list[Json]:
    table = consents.c
    names = ("seq", "channel", "address", "state", "at", "seen", "evidence")
    asked = select(consents).where(table.guest_id == guest).order_by(table.seq)
    return [_fields(row, names) for row in db.execute(asked)]


def _log(db: Connection, guest: int) -> list[Json]:
    """Return the guest's entries: events, every profile there was, and the rest."""
    same = (log_bodies.c.connection_id == log.c.connection_id) & (log_bodies.c.seq == log.c.seq)
    asked = (
        select(log, log_bodies.c.body, metrics.c.name.label("metric"), records.c.key)
        .join(log_bodies, same)
        .outerjoin(metrics, metrics.c.id == log.c.metric_id)
        .outerjoin(records, records.c.id == log.c.record_id)
        .where(log.c.guest_id == guest)
        .order_by(log.c.seq)
    )
    return [
        {
            "kind": Kind(row.kind).name.lower(),
            "origin": list(Origin)[row.origin].value,
            "record": row.key,
            **_fields(row, ("seq", "at", "logged", "metric")),
            "body": jsons.decode(row.body),
        }
        for row in db.execute(asked)
    ]


def _reservations(db: Connection, guest: int) -> list[Json]:
    asked = select(reservations.c.body).where(reservations.c.guest_id == guest)
    return [jsons.decode(body) for body in db.execute(asked).scalars()]


def _records(db: Connection, guest: int) -> list[Json]:
    """Return the records that speak of the guest, as the platform sent them."""
    named = select(record_guests.c.record_id).where(record_guests.c.guest_id == guest)
    shown = select(log.c.record_id).where(log.c.guest_id == guest, log.c.record_id.is_not(None))
    asked = (
        select(records, streams.c.name.label("stream"), payloads.c.body)
        .join(streams, streams.c.id == records.c.stream_id)
        .outerjoin(payloads, payloads.c.record_id == records.c.id)
        .where(or_(records.c.id.in_(named), records.c.id.in_(shown)))
        .order_by(records.c.id)
    )
    return [
        {
            **_fields(row, ("stream", "site", "key", "version", "seen", "deleted")),
            "payload": row.body and jsons.decode(row.body),
        }
        for row in db.execute(asked)
    ]


def _quarantine(db: Connection, guest: int) -> list[Json]:
    asked = (
        select(quarantine, streams.c.name.label("stream"))
        .join(quarantine_guests, quarantine_guests.c.quarantine_id == quarantine.c.id)
        .join(streams, streams.c.id == quarantine.c.stream_id)
        .where(quarantine_guests.c.guest_id == guest)
        .order_by(quarantine.c.id)
    )
    return [
        {
            **_fields(row, ("id", "stream", "site", "key", "reason", "since", "closed")),
            "payload": jsons.decode(row.payload),
            "previous": row.previous and jsons.decode(row.previous),
        }
        for row in db.execute(asked)
    ]


def _fields(row: Any, names: Sequence[str]) -> dict[str, Json]:
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Json:
    return time_json(value) if hasattr(value, "utcoffset") else value
