"""How records and guests are named while a page is taken in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TypeAlias, TypeVar

import attrs

from frontdesk.ingest.mapping import Outputs
from frontdesk.model import Consent, Gone, Json, Origin, Profile, Record, Reservation
from frontdesk.store.batch import guest_key

_Said = TypeVar("_Said", Profile, Gone, Consent, Reservation)

Place: TypeAlias = tuple[str, str, str]
"""Stream, site and id of a record."""


def place_of(record: Record) -> Place:
    """Return where a record stands."""
    return (record.stream, record.site or "", record.id)


def stamped(record: Record, payload: Json, seen: datetime, origin: Origin) -> Record:
    """Return *record* as core takes it in; evolving it would take twice as long."""
    return Record(
        record.stream,
        record.id,
        payload,
        site=record.site,
        version=record.version,
        guests=record.guests,
        partial=record.partial,
        deleted=record.deleted,
        seen=seen,
        origin=origin,
    )


def in_turn(records: Iterable[Record]) -> tuple[list[Record], list[Record]]:
    """Part the oldest version of each record from later ones, which are compared with it."""
    first: dict[Place, Record] = {}
    ordered = sorted(records, key=lambda record: record.version or record.seen)
    later = [
        record for record in ordered if first.setdefault(place_of(record), record) is not record
    ]
    return list(first.values()), later


def keyed(said: _Said, site: str | None) -> _Said:
    """Return *said* with its guest named by key."""
    return said if site is None else attrs.evolve(said, guest=guest_key(site, said.guest))


def guests_of(record: Record, outputs: Outputs) -> tuple[str, ...]:
    """Return the keys of all guests a record speaks of: its own word, and its outputs'."""
    guests = dict.fromkeys(record.guests)
    for event in outputs.events:
        guests[event.guest] = None
    for consent in outputs.consents:
        guests[consent.guest] = None
    if outputs.reservation is not None:
        guests[outputs.reservation.guest] = None
    if record.site is None:
        return tuple(guests)
    return tuple([guest_key(record.site, guest) for guest in guests])
