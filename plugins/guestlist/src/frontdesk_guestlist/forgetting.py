"""Erasing people from the list's own tables, and telling all that these hold of somebody.

A guest is erased by who it is: at the source, or by the list's own name for it; one that was
added by hand also by its address. Somebody else of the source who shares the address is
another person, and keeps reservations, e-mails and stops.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    delete,
    false,
    func,
    or_,
    select,
    union,
)

from frontdesk import jsons
from frontdesk.annex import Erasure
from frontdesk.model import Json
from frontdesk.sql import among
from frontdesk_guestlist.changes import made_of, next_change
from frontdesk_guestlist.schema import (
    activities,
    answers,
    departures,
    exclusions,
    guests,
    mails,
    orders,
    rejects,
    stops,
    subscribers,
)

CONNECTOR: Final = "guestlist"
#: What belongs to a guest's row, and goes with it.
_OF_GUEST: Final[tuple[Table, ...]] = (activities, mails, answers, orders, subscribers)
_JSON: Final = frozenset({"details", "fields"})


def erase(db: Connection, erasure: Erasure) -> int:
    """Erase people; return how many rows that were."""
    rows = db.execute(select(guests).where(_meant(erasure))).all()
    ids = [row.id for row in rows]
    erased = sum(_delete(db, table, table.c.guest_id, ids) for table in _OF_GUEST)
    erased += _delete(db, guests, guests.c.id, ids)
    _note_departures(db, erasure, rows)
    known_by = {row.address for row in rows if row.address} | erasure.addresses
    return erased + _erase_addresses(db, erasure, known_by) + _erase_rejects(db, erasure, rows)


def export(db: Connection, erasure: Erasure) -> Json:
    """Return all that the tables hold of people."""
    rows = db.execute(select(guests).where(_meant(erasure))).all()
    ids = [row.id for row in rows]
    known_by = {row.address for row in rows if row.address} | erasure.addresses
    found: dict[str, Json] = {"guests": [_shown(row) for row in rows]}
    for table in _OF_GUEST:
        asked = select(table).where(among(db, table.c.guest_id, ids)).order_by(table.c.id)
        found[_name(table)] = [_shown(row) for row in db.execute(asked)]
    for table, column in ((stops, stops.c.address), (exclusions, exclusions.c.value)):
        here = and_(column.in_(sorted(known_by)), table.c.property.not_in(sorted(erasure.spared)))
        found[_name(table)] = [_shown(row) for row in db.execute(select(table).where(here))]
    return found


def known_as(db: Connection, erasure: Erasure) -> Iterable[tuple[str, str]]:
    """Return property and key of the guests who are meant, copies of others' guests too."""
    by_address = and_(
        guests.c.address.in_(sorted(erasure.addresses)),
        guests.c.property.not_in(sorted(erasure.spared)),
    )
    asked = select(guests.c.property, guests.c.profile).where(or_(_meant(erasure), by_address))
    return [(row.property, row.profile) for row in db.execute(asked.distinct())]


def addresses(db: Connection) -> Iterable[str]:
    """Yield all addresses that the tables hold."""
    asked = union(
        select(guests.c.address),
        select(stops.c.address),
        select(subscribers.c.address),
        select(func.lower(mails.c.address)),
        select(exclusions.c.value).where(exclusions.c.kind == "address"),
    )
    return (address for address in db.execute(asked).scalars() if address)


def _meant(erasure: Erasure) -> ColumnElement[bool]:
    """Return the condition that a guest's row speaks of somebody meant."""
    table = guests.c
    there: defaultdict[str, list[str]] = defaultdict(list)
    own: defaultdict[str, list[str]] = defaultdict(list)
    for connector, account, key in sorted(erasure.guests):
        there[f"{connector}:{account}"].append(key)
        if connector == CONNECTOR:
            own[account].append(key)
    by_hand = and_(table.source.is_(None), table.address.in_(sorted(erasure.addresses)))
    at_source = or_(
        false(),
        *(and_(table.source == one, table.source_guest.in_(keys)) for one, keys in there.items()),
    )
    here = or_(
        false(),
        *(and_(table.property == one, table.profile.in_(keys)) for one, keys in own.items()),
    )
    spared = table.property.not_in(sorted(erasure.spared))
    return and_(or_(by_hand, at_source, here), spared)


def _note_departures(db: Connection, erasure: Erasure, rows: Sequence[Any]) -> None:
    """Leave word of copies that frontdesk does not erase by itself: those a source erased."""
    told = {(account, key) for name, account, key in erasure.guests if name == CONNECTOR}
    gone = {(row.property, row.profile) for row in rows if row.source is not None} - told
    for property, profile in sorted(gone):
        change = next_change(db, property, erasure.at)
        uid = made_of("departure", profile, str(change))
        row = {"property": property, "uid": uid, "change": change, "profile": profile}
        db.execute(departures.insert(), row)


def _erase_addresses(db: Connection, erasure: Erasure, known_by: Collection[str]) -> int:
    """Erase what is kept by address, unless somebody else of the property has it."""
    erased = 0
    for table, column in (
        (stops, stops.c.address),
        (subscribers, subscribers.c.address),
        (exclusions, exclusions.c.value),
    ):
        held = select(guests.c.id).where(
            guests.c.property == table.c.property, guests.c.address == column
        )
        here = and_(table.c.property.not_in(sorted(erasure.spared)), ~held.exists())
        erased += db.execute(delete(table).where(among(db, column, known_by), here)).rowcount
    return erased


def _erase_rejects(db: Connection, erasure: Erasure, rows: Sequence[Any]) -> int:
    """Erase files of refused rows in which somebody meant is named."""
    words = {word.casefold() for word in erasure.addresses}
    words |= {w.casefold() for row in rows for w in (row.email, row.phone, row.last_name) if w}
    asked = select(rejects).where(rejects.c.property.not_in(sorted(erasure.spared)))
    named = [
        row.id
        for row in db.execute(asked)
        if any(word in row.content.decode(errors="replace").casefold() for word in words)
    ]
    return _delete(db, rejects, rejects.c.id, named)


def _delete(db: Connection, table: Table, column: Any, ids: Sequence[int]) -> int:
    return db.execute(delete(table).where(among(db, column, ids))).rowcount


def _name(table: Table) -> str:
    return table.name.removeprefix(f"{CONNECTOR}_")


def _shown(row: Any) -> dict[str, Json]:
    """Return a row as JSON, less what is of no meaning outside the tables."""
    values: Mapping[str, Any] = row._mapping  # noqa: SLF001  # its public name begins so
    return {
        name: jsons.decode(value) if name in _JSON else _plain(value)
        for name, value in values.items()
        if name not in {"id", "guest_id", "change", "name_folded"}
    }


def _plain(value: Any) -> Json:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
