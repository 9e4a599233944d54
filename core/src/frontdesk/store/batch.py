"""What one page leads to: handed to the store, which writes all of it or nothing."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

import attrs

from frontdesk.model import Consent, Gone, Json, Merged, Profile, Record, Reservation


class Kind(enum.IntEnum):
    """Kinds of log entries; the numbers are in every store, so they never change."""

    EVENT = 1
    PROFILE = 2
    CONSENT = 3
    RESERVATION = 4
    MERGED = 5
    GONE = 6


def guest_key(site: str | None, guest: str) -> str:
    """Return how the store names a guest: a guest's id is read in the site of its record."""
    return guest if site is None else f"{site}:{guest}"


@attrs.frozen
class StoredRecord:
    """What the store knows of a record, less its payload."""

    row: int
    version: datetime | None
    digest: bytes
    deleted: bool


@attrs.define
class Kept:
    """A record to be stored: a new row, or a newer version of the row *stored*."""

    record: Record
    body: bytes
    digest: bytes
    stored: StoredRecord | None
    #: Keys of the guests it speaks of.
    guests: tuple[str, ...] = ()
    #: False: some hook failed on this version. What the others made of it counts, but it
    #: does not become what the next version is compared with.
    whole: bool = True
    #: Filled in by the store.
    row: int = 0


@attrs.define
class LoggedEvent:
    """An event with its id, ready for the log; frozen, it would take twice as long to make."""

    guest: str
    metric: str
    at: datetime
    day: int
    id: bytes
    value: Decimal | None
    currency: str | None
    body: bytes
    source: Kept | None
    #: Where it happened, as far as that is known.
    site: str = ""


@attrs.frozen
class Quarantined:
    """What could not be used, with everything needed to try again."""

    stream: str
    site: str
    key: str
    digest: bytes
    hooks: str
    reason: str
    payload: bytes
    previous: bytes | None
    version: datetime | None
    guests: tuple[str, ...]


@attrs.frozen
class Guest:
    """What a page says of a guest besides its profile."""

    key: str
    excluded: str | None = None


@attrs.frozen
class Mark:
    """Where a stream's walk stands once the page is written."""

    stream: str
    purpose: str
    cursor: Json
    done: int
    total: int | None
    finished: bool


@attrs.define
class Batch:
    """All outputs of one page."""

    seen: datetime
    live: bool = False
    kept: list[Kept] = attrs.field(factory=list[Kept])
    #: Rows that stay as they are, but may speak of more guests than they did.
    remapped: list[Kept] = attrs.field(factory=list[Kept])
    events: list[LoggedEvent] = attrs.field(factory=list[LoggedEvent])
    #: From here on, guests are named by their key: :func:`guest_key`.
    #: With what is written of them.
    profiles: list[tuple[Profile, Kept, bytes]] = attrs.field(
        factory=list[tuple[Profile, Kept, bytes]]
    )
    guests: list[Guest] = attrs.field(factory=list[Guest])
    leaving: list[tuple[Merged | Gone, Kept]] = attrs.field(
        factory=list[tuple[Merged | Gone, Kept]]
    )
    consents: list[tuple[Consent, Kept]] = attrs.field(factory=list[tuple[Consent, Kept]])
    reservations: list[tuple[Reservation, Kept, bytes]] = attrs.field(
        factory=list[tuple[Reservation, Kept, bytes]]
    )
    quarantined: list[Quarantined] = attrs.field(factory=list[Quarantined])
    #: Rows met again unchanged in a full scan.
    met: list[int] = attrs.field(factory=list[int])
    #: Rows of the inbox that are done with this commit, by how they end.
    deliveries: dict[str, list[int]] = attrs.field(factory=dict[str, list[int]])
    #: Entries of quarantine this batch is a new try of.
    replayed: tuple[int, ...] = ()
    #: Keys of guests the platform was asked for and does not have.
    asked: list[str] = attrs.field(factory=list[str])
    #: Events that happened before the stream's history begins; not logged.
    before_history: int = 0
    #: How often somebody had been forgotten when the page was read; None: it does not matter.
    forgotten: int | None = None
    #: Outcome of every record version, by stream.
    outcomes: Counter[tuple[str, str]] = attrs.field(factory=Counter[tuple[str, str]])
    mark: Mark | None = None


@attrs.frozen
class Written:
    """What a batch changed.

    Attributes:
        before_history: Events left out: they happened before history begins.
        forgotten: Opt-ins left out: given before their guest was forgotten, or undated.
        erased: Guests erased because the platform did; the store counts them as forgotten.
    """

    events: int = 0
    profiles: int = 0
    consents: int = 0
    reservations: int = 0
    quarantined: int = 0
    before_history: int = 0
    forgotten: int = 0
    erased: int = 0

    def counts(self) -> dict[str, int]:
        """Return by name what a report adds up."""
        numbers: dict[str, int] = attrs.asdict(self)
        del numbers["erased"]
        return numbers


def mentioned(batch: Batch) -> Iterator[str]:
    """Yield the key of a guest each time the batch names one."""
    for kept in (*batch.kept, *batch.remapped):
        yield from kept.guests
    for event in batch.events:
        yield event.guest
    for profile, _, _ in batch.profiles:
        yield profile.guest
    for consent, _ in batch.consents:
        yield consent.guest
    for reservation, _, _ in batch.reservations:
        yield reservation.guest
    for leaving, _ in batch.leaving:
        yield from (leaving.old, leaving.into) if isinstance(leaving, Merged) else (leaving.guest,)
    for item in batch.quarantined:
        yield from item.guests
    for guest in batch.guests:
        yield guest.key
    yield from batch.asked
