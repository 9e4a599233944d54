"""Writing guests who were added by hand into the list."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias

import attrs
from sqlalchemy import Connection, bindparam, insert, select, update

from frontdesk import jsons
from frontdesk.annex import Annex
from frontdesk_guestlist import changes, rowing, stopping
from frontdesk_guestlist.activities import Kind
from frontdesk_guestlist.guests import Guest
from frontdesk_guestlist.schema import activities, guests

Row: TypeAlias = dict[str, Any]

#: Letters of a number that nobody mistakes for another.
_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
#: A guest may be written to again when one of these changes.
_MATTERS: Final = ("arrival", "departure", "status", "amount", "currency", "room_type")


@attrs.frozen(kw_only=True, repr=False)
class Draft:
    """A guest who can be added: every field is right."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    arrival: date
    departure: date
    country: str = ""
    language: str = ""
    number: str = ""
    status: str = "confirmed"
    checked_in: bool = False
    amount: Decimal | None = None
    currency: str | None = None
    channel: str = ""
    room_type: str = ""
    company: str = ""

    @property
    def address(self) -> str:
        """The e-mail address, as addresses are compared."""
        return rowing.address(self.email)


_NAMES: Final = tuple(field.name for field in attrs.fields(Draft))


def draft_of(guest: Guest) -> Draft:
    """Return what would have to be typed for a guest."""
    return Draft(**{name: getattr(guest, name) for name in _NAMES})


def insert_all(db: Connection, annex: Annex, drafts: Sequence[Draft], origin: str) -> list[str]:
    """Write guests who are new, and *guest created* of each; return their uids.

    A guest with the address and the name of one who is known is the same person.
    """
    if not drafts:
        return []
    now, own = annex.clock.now(), annex.settings.property
    rows = [{"property": own, "origin": origin, **_fresh(draft, now)} for draft in drafts]
    _name_people(db, annex, rows)
    _number(db, annex, rows)
    _weigh(db, annex, rows)
    made = insert(guests).returning(guests.c.id, guests.c.uid)
    ids = {row.uid: row.id for row in db.execute(made, rows)}
    _tell(db, annex, ids, now)
    return [row["uid"] for row in rows]


def change_all(db: Connection, annex: Annex, changed: Sequence[tuple[Guest, Draft]]) -> None:
    """Write what guests have become; their numbers stay."""
    if not changed:
        return
    now = annex.clock.now()
    rows = [
        {
            **_facts(draft),
            "row": guest.id,
            "duplicate_of": guest.duplicate_of,
            "hidden": guest.hidden,
            "updated": now,
            "modified": now if _matters(guest, draft) else guest.modified,
        }
        for guest, draft in changed
    ]
    _number(db, annex, rows)
    _weigh(db, annex, rows)
    names = [name for name in rows[0] if name != "row"]
    values: Row = {name: bindparam(f"new_{name}") for name in names}
    told = [{"row": row["row"], **{f"new_{name}": row[name] for name in names}} for row in rows]
    db.execute(update(guests).where(guests.c.id == bindparam("row")).values(values), told)


def _fresh(draft: Draft, now: datetime) -> Row:
    return {
        **_facts(draft),
        "uid": changes.chosen(),
        "number": draft.number or f"G-{''.join(secrets.choice(_LETTERS) for _ in range(8))}",
        "duplicate_of": "",
        "hidden": None,
        "created": now,
        "updated": now,
        "listed": now,
    }


def _facts(draft: Draft) -> Row:
    row = attrs.asdict(draft, filter=lambda field, _: field.name != "number")
    row["name_folded"] = rowing.folded(draft.first_name, draft.last_name)
    row["address"] = draft.address
    row["nights"] = (draft.departure - draft.arrival).days
    return row


def _matters(guest: Guest, draft: Draft) -> bool:
    return any(getattr(guest, name) != getattr(draft, name) for name in _MATTERS)


def _name_people(db: Connection, annex: Annex, rows: Sequence[Row]) -> None:
    """Give each row its profile: that of a guest with the same address and name, or a new one."""
    table = guests.c
    asked = select(table.address, table.name_folded, table.profile).where(
        table.property == annex.settings.property,
        table.address.in_(sorted({row["address"] for row in rows} - {""})),
    )
    known = {(row.address, row.name_folded): row.profile for row in db.execute(asked)}
    for row in rows:
        profile = changes.chosen()
        if row["address"]:
            profile = known.setdefault((row["address"], row["name_folded"]), profile)
        row["profile"] = profile


def _number(db: Connection, annex: Annex, rows: Sequence[Row]) -> None:
    for row, change in zip(rows, _drawn(db, annex, len(rows)), strict=True):
        row["change"] = change


def _drawn(db: Connection, annex: Annex, count: int) -> Iterator[int]:
    last = changes.next_change(db, annex.settings.property, annex.clock.now(), count)
    return iter(range(last - count + 1, last + 1))


def _weigh(db: Connection, annex: Annex, rows: Sequence[Row]) -> None:
    """Write into rows whether their guests may be written to."""
    stands = stopping.standing(db, annex, {row["address"] for row in rows} - {""})
    for row in rows:
        row["stopped"] = stands[row["address"]].stopped if row["address"] else ""
        row["emailable"] = rowing.emailable(row)


def _tell(db: Connection, annex: Annex, ids: dict[str, int], now: datetime) -> None:
    rows = [
        {
            "property": annex.settings.property,
            "uid": changes.made_of(uid, Kind.GUEST_CREATED.value, ""),
            "change": change,
            "guest_id": id,
            "kind": Kind.GUEST_CREATED.value,
            "occurrence": "",
            "at": now,
            "details": jsons.encode({}),
        }
        for (uid, id), change in zip(ids.items(), _drawn(db, annex, len(ids)), strict=True)
    ]
    db.execute(insert(activities), rows)
