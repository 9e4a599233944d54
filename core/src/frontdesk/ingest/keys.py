"""How records and guests are named while a page is taken in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias, TypeVar

import attrs

from frontdesk.ingest.mapping import Outputs
from frontdesk.model import Consent, Gone, Profile, Record, Reservation
from frontdesk.store.batch import guest_key

_Said = TypeVar("_Said", Profile, Gone, Consent, Reservation)

Place: TypeAlias = tuple[str, str, str]
"""Stream, site and id of a record."""


def place_of(record: Record) -> Place:
    """Return where a record stands."""
    return (record.stream, record.site or "", record.id)


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
    guests = [*record.guests, *(event.guest for event in outputs.events)]
    guests += [consent.guest for consent in outputs.consents]
    if outputs.reservation is not None:
        guests.append(outputs.reservation.guest)
    return tuple(dict.fromkeys(guest_key(record.site, guest) for guest in guests))
