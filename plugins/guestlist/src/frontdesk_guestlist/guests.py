"""Guests as the list has them: each is one reservation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import attrs
from sqlalchemy import Column, ColumnElement, Connection, Select, func, select, update

from frontdesk.annex import Annex
from frontdesk.errors import ConfigurationError
from frontdesk_guestlist import changes, rowing
from frontdesk_guestlist.schema import guests

#: Reservations that keep nobody from being deleted: they will not take place, or have.
_OVER: Final = (*sorted(rowing.OFF), "departed")
#: More reservations of one address than anybody has.
_MOST: Final = 1_000


@attrs.frozen(kw_only=True, repr=False)
class Guest:
    """A row of the guest list; see :mod:`frontdesk_guestlist.schema` for what its fields mean."""

    id: int
    uid: str
    profile: str
    origin: str
    source: str | None
    source_record: str | None
    source_guest: str | None
    number: str
    first_name: str
    last_name: str
    email: str
    address: str
    phone: str
    country: str
    language: str
    arrival: date | None
    departure: date | None
    nights: int | None
    status: str
    checked_in: bool
    amount: Decimal | None
    currency: str | None
    channel: str
    room_type: str
    company: str
    duplicate_of: str
    created: datetime
    updated: datetime
    listed: datetime
    modified: datetime | None
    stopped: str
    excluded: str
    emailable: bool
    hidden: datetime | None
    rating: int | None

    def __repr__(self) -> str:
        # Logs and errors may show it, so it names nobody.
        return f"Guest({self.uid})"

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


@attrs.frozen(kw_only=True)
class Hidden:
    """What became of a guest who was deleted from the list.

    Args:
        comes_back: Whether the list's source may list the guest again: with another reservation.
        why: The same, in a sentence for whoever deleted.
    """

    comes_back: bool
    why: str


_NAMES: Final = tuple(field.name for field in attrs.fields(Guest))
COLUMNS: Final[tuple[Column[Any], ...]] = tuple(guests.c[name] for name in _NAMES)


def asked(annex: Annex, *conditions: ColumnElement[bool]) -> Select[Any]:
    """Return the question for guests of the property that meet *conditions*."""
    return select(*COLUMNS).where(guests.c.property == annex.settings.property, *conditions)


def read(rows: Iterable[Any]) -> list[Guest]:
    """Return the guests that a question of :func:`asked` found."""
    return [of_row(row) for row in rows]


def of_row(row: Any) -> Guest:
    """Return the guest of a row that begins with :data:`COLUMNS`."""
    return Guest(**dict(zip(_NAMES, row, strict=False)))


def get(db: Connection, annex: Annex, uid: str) -> Guest | None:
    """Return a guest, deleted or not; None if there is none of that uid."""
    # What comes with an address may be anything; not all of that can be asked for.
    found = read(db.execute(asked(annex, guests.c.uid == uid))) if uid.isalnum() else []
    return found[0] if found else None


def associated(db: Connection, annex: Annex, guest: Guest) -> list[Guest]:
    """Return all reservations with the guest's address, newest arrival first.

    The guest's own is among them; without an address it is the only one.
    """
    if not guest.address:
        return [guest]
    same = asked(annex, guests.c.address == guest.address, guests.c.hidden.is_(None))
    newest = guests.c.arrival.desc().nulls_last()
    return read(db.execute(same.order_by(newest, guests.c.id.desc()).limit(_MOST)))


def hide(db: Connection, annex: Annex, uid: str, who: str) -> Hidden:
    """Delete a guest from the list: no filter shows the row again, and no e-mail goes to it.

    The person stays known; *Forget* erases them.

    Raises:
        ConfigurationError: There is no such guest, or the same address has a reservation that
            is upcoming or running and not cancelled.
    """
    guest = get(db, annex, uid)
    if guest is None:
        raise ConfigurationError("there is no such guest in this list; reload the list")
    _refuse_present(db, annex, guest)
    if guest.hidden is None:
        now = annex.clock.now()
        change = changes.next_change(db, annex.settings.property, now)
        gone = {"hidden": now, "emailable": False, "change": change}
        db.execute(update(guests).where(guests.c.id == guest.id).values(gone))
        annex.note(db, who, "guestlist delete", guest=uid)
    return fate(guest)


def _refuse_present(db: Connection, annex: Annex, guest: Guest) -> None:
    same = guests.c.address == guest.address if guest.address else guests.c.id == guest.id
    last_day = func.coalesce(guests.c.departure, guests.c.arrival)
    present = asked(
        annex,
        same,
        guests.c.hidden.is_(None),
        guests.c.status.not_in(_OVER),
        last_day >= changes.today(annex),
    )
    for found in read(db.execute(present.order_by(guests.c.arrival, guests.c.id).limit(1))):
        raise ConfigurationError(
            f"the guest cannot be deleted: reservation {found.number} of the same e-mail address "
            "is upcoming or running; delete the guest once it is over or cancelled"
        )


def fate(guest: Guest) -> Hidden:
    """Return what becomes of a guest who is deleted."""
    of_source = guest.origin == "source"
    return Hidden(comes_back=of_source, why=_OF_SOURCE if of_source else _BY_HAND)


_OF_SOURCE: Final = (
    "The reservation stays deleted whatever becomes of it in the list's source; another one of "
    "the guest there will be listed."
)
_BY_HAND: Final = (
    "The guest was added by hand: nothing brings the reservation back, not even the file it came "
    "from."
)
