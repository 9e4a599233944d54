"""Adding a guest by hand: what was typed is read, checked, compared, and written.

An arrival, a departure, and a last name or an e-mail address are needed; all else may be left
out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import attrs
from sqlalchemy import Connection, func

from frontdesk.annex import Annex
from frontdesk.errors import ConfigurationError
from frontdesk_guestlist import changes, reading, rowing, writing
from frontdesk_guestlist import guests as guests_
from frontdesk_guestlist.guests import Guest
from frontdesk_guestlist.schema import guests
from frontdesk_guestlist.writing import Draft

FIELDS: Final = (
    "first_name",
    "last_name",
    "email",
    "phone",
    "arrival",
    "departure",
    "country",
    "language",
)
"""What a form asks for (GL-27)."""
EXTRAS: Final = (
    "number",
    "status",
    "checked_in",
    "amount",
    "currency",
    "channel",
    "room_type",
    "company",
)
"""What a file may say besides."""


_LONGEST: Final = {
    "first_name": 100,
    "last_name": 100,
    "number": 64,
    "channel": 100,
    "room_type": 100,
    "company": 100,
}
#: Who is one of these has checked in.
_PRESENT: Final = frozenset({"arrived", "departed"})
#: The longest stay: more is a mistyped year.
_NIGHTS: Final = 730

__all__ = [
    "EXTRAS",
    "FIELDS",
    "Draft",
    "DuplicateError",
    "Problems",
    "add",
    "alike",
    "duplicates",
    "read",
    "same",
]


@attrs.frozen
class Problems:
    """What is wrong with what was typed, by field, each in a sentence that quotes nothing."""

    by_field: Mapping[str, str]


class DuplicateError(ConfigurationError):
    """The guest seems to be in the list already.

    Attributes:
        uids: Of the guests who look the same.
    """

    def __init__(self, uids: tuple[str, ...]) -> None:
        super().__init__(
            "the list seems to have this guest already: compare, and add anyway if it is another"
        )
        self.uids = uids


def read(fields: Mapping[str, str], annex: Annex) -> Draft | Problems:
    """Read what was typed into a form, or a line of a file.

    Args:
        fields: By name, of :data:`FIELDS` and :data:`EXTRAS`; others are left alone.
    """
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, reader in _readers(annex).items():
        try:
            values[name] = reader(fields.get(name) or "")
        except reading.Wrong as error:
            wrong[name] = str(error)
    _check_whole(values, wrong)
    if values.get("status") in _PRESENT:
        values["checked_in"] = True
    return Problems(wrong) if wrong else Draft(**values)


def _readers(annex: Annex) -> dict[str, Callable[[str], Any]]:
    own, today = annex.settings, changes.today(annex)
    country = (own.country or "").upper() or None
    day = partial(reading.day, country=country, today=today)
    lines = {name: partial(reading.text, longest=longest) for name, longest in _LONGEST.items()}
    return {
        **lines,
        "email": reading.email,
        "phone": partial(reading.phone, country=country),
        "arrival": day,
        "departure": day,
        "country": reading.country,
        "language": reading.language,
        "status": reading.status,
        "checked_in": reading.yes,
        "amount": reading.money,
        "currency": reading.currency,
    }


def _check_whole(values: dict[str, Any], wrong: dict[str, str]) -> None:
    """Find what is wrong with the fields together; each is told of once."""
    for name in ("arrival", "departure"):
        if name in values and values[name] is None:
            wrong[name] = "This day is needed: write it like 2026-11-27."
    if not {"arrival", "departure"} & wrong.keys():
        nights = (values["departure"] - values["arrival"]).days
        if nights < 0:
            wrong["departure"] = "The departure is before the arrival."
        elif nights > _NIGHTS:
            wrong["departure"] = f"This stay is longer than {_NIGHTS} nights: check both days."
    if not {"last_name", "email"} & wrong.keys() and not (values["last_name"] or values["email"]):
        wrong["last_name"] = "A last name or an e-mail address is needed."


def duplicates(db: Connection, annex: Annex, draft: Draft) -> list[Guest]:
    """Return guests who seem to be the same reservation.

    They have its number, or the same address or name with a stay at the same time that is not
    cancelled.
    """
    return [guest for guest in alike(db, annex, [draft]) if same(draft, guest)]


def alike(db: Connection, annex: Annex, drafts: Sequence[Draft]) -> list[Guest]:
    """Return guests who share a number, an address or a name with one of *drafts*."""
    if not drafts:
        return []
    table = guests.c
    days = (
        table.arrival <= max(draft.departure for draft in drafts),
        func.coalesce(table.departure, table.arrival) >= min(draft.arrival for draft in drafts),
    )
    wanted: list[tuple[Any, set[str], Sequence[Any]]] = [
        (table.number, {draft.number for draft in drafts}, ()),
        # Many may come under one address, but not at the same time.
        (table.address, {draft.address for draft in drafts}, days),
        (table.name_folded, {_folded(draft) for draft in drafts}, days),
    ]
    found: dict[int, Guest] = {}
    for column, values, when in wanted:
        if some := sorted(values - {""}):
            asked = guests_.asked(annex, column.in_(some), table.hidden.is_(None), *when)
            found.update((guest.id, guest) for guest in guests_.read(db.execute(asked)))
    return list(found.values())


def same(draft: Draft, other: Guest | Draft) -> bool:
    """Tell whether a guest seems to be the reservation that is to be added."""
    if draft.number and draft.number == other.number:
        return True
    if other.status in rowing.OFF or draft.status in rowing.OFF or not _overlaps(draft, other):
        return False
    name = _folded(draft)
    same_address = draft.address != "" and draft.address == other.address
    return same_address or (name != "" and name == _folded(other))


def _overlaps(draft: Draft, other: Guest | Draft) -> bool:
    """Tell whether they share a night, or come on the same day."""
    if other.arrival is None:
        return False
    left = other.departure or other.arrival
    together = other.arrival < draft.departure and draft.arrival < left
    return together or other.arrival == draft.arrival


def _folded(one: Guest | Draft) -> str:
    return rowing.folded(one.first_name, one.last_name)


def add(
    db: Connection, annex: Annex, draft: Draft, origin: str, who: str, *, anyway: bool = False
) -> Guest:
    """Add a guest, and put *guest created* on the timeline.

    Args:
        origin: ``form`` or ``command``.
        who: The name of the member of staff.
        anyway: Although the list seems to have the guest already.

    Raises:
        DuplicateError: It does, and nobody said anyway.
    """
    # Whoever adds the same guest at the same time waits here.
    changes.next_change(db, annex.settings.property, annex.clock.now(), 0)
    known = duplicates(db, annex, draft)
    if known and not anyway:
        raise DuplicateError(tuple(guest.uid for guest in known))
    [uid] = writing.insert_all(db, annex, [draft], origin)
    annex.note(db, who, "guestlist add", guest=uid, origin=origin)
    [added] = guests_.read(db.execute(guests_.asked(annex, guests.c.uid == uid)))
    return added
