"""Guests, activities and departures as records: what changed since the last number that was seen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, select, tuple_, update

from frontdesk import jsons
from frontdesk.annex import Annex
from frontdesk.client import Client
from frontdesk.model import Json, Page, Progress, Purpose, Query, Record
from frontdesk_guestlist import mirror
from frontdesk_guestlist.changes import next_change
from frontdesk_guestlist.schema import activities, departures, guests, properties
from frontdesk_guestlist.settings import Settings

GUESTS: Final = "guests"
ACTIVITIES: Final = "activities"
DEPARTURES: Final = "departures"
CHANNELS: Final = "channel_reservations"

#: How many rows make a page.
PAGE: Final = 500
_FIELDS: Final = (
    "uid",
    "profile",
    "source",
    "number",
    "first_name",
    "last_name",
    "email",
    "phone",
    "country",
    "language",
    "arrival",
    "departure",
    "nights",
    "status",
    "amount",
    "currency",
    "channel",
    "room_type",
    "company",
    "excluded",
)
_OF_GUEST: Final = (
    "profile",
    "number",
    "arrival",
    "departure",
    "nights",
    "channel",
    "room_type",
    "country",
    "amount",
    "currency",
)
_OF_ACTIVITY: Final = ("id", "change", "uid", "kind", "at", "occurrence", "details")
_INNER: Final = frozenset({"id", "change"})

_TABLES: Final[Mapping[str, Table]] = {
    GUESTS: guests,
    ACTIVITIES: activities,
    DEPARTURES: departures,
}
_ASKED: Final[Mapping[str, Select[Any]]] = {
    GUESTS: select(*(guests.c[name] for name in ("id", "change", *_FIELDS))),
    ACTIVITIES: select(
        *(activities.c[name] for name in _OF_ACTIVITY), *(guests.c[name] for name in _OF_GUEST)
    ).join(guests, guests.c.id == activities.c.guest_id),
    DEPARTURES: select(departures),
}


async def read(client: Client[Settings], query: Query) -> AsyncIterator[Page]:
    """Read a stream: up to where following began, since then, or by ids."""
    annex = client.annex
    if query.stream not in _ASKED:
        # What channels sent is here already: nobody could be asked for it again.
        yield Page(())
    elif query.purpose is Purpose.IDS:
        yield Page(await annex.read(lambda db: _by_ids(db, annex, query)))
    else:
        await _mirror(annex)
        async for page in _walk(annex, query, await _began(annex)):
            yield page


async def _mirror(annex: Annex) -> None:
    """Bring the list up to date with its source."""
    while await annex.read(lambda db: mirror.pending(db, annex)):
        await annex.write(lambda db: mirror.advance(db, annex))


async def _walk(annex: Annex, query: Query, began: int) -> AsyncIterator[Page]:
    history = query.purpose is Purpose.HISTORY
    after = _after(query, 0 if history else began)
    until = began if history else None
    while True:
        rows = await annex.read(_asking(annex, query.stream, after, until))
        if rows:
            after = (rows[-1]["change"], rows[-1]["id"])
        progress = Progress(min(after[0], began), began) if history else None
        yield Page([_record(query.stream, row) for row in rows], _cursor(after), progress)
        if len(rows) < PAGE:
            return


def _after(query: Query, otherwise: int) -> tuple[int, int]:
    """Return change and row of the last that was seen."""
    if query.cursor is None:
        return otherwise, 0
    change, row = query.cursor["after"]
    return change, row


def _cursor(after: tuple[int, int]) -> Json:
    return {"v": 1, "after": list(after)}


def _asking(
    annex: Annex, stream: str, after: tuple[int, int], until: int | None
) -> Callable[[Connection], Sequence[Mapping[str, Any]]]:
    table = _TABLES[stream]
    asked = _ASKED[stream].where(
        table.c.property == annex.settings.property,
        table.c.change >= after[0],
        tuple_(table.c.change, table.c.id) > tuple_(*after),
    )
    if until is not None:
        asked = asked.where(table.c.change <= until)
    asked = asked.order_by(table.c.change, table.c.id).limit(PAGE)
    return lambda db: [dict(row) for row in db.execute(asked).mappings()]


def _by_ids(db: Connection, annex: Annex, query: Query) -> list[Record]:
    table = _TABLES[query.stream]
    asked = _ASKED[query.stream].where(
        table.c.property == annex.settings.property, table.c.uid.in_(query.ids)
    )
    return [_record(query.stream, dict(row)) for row in db.execute(asked).mappings()]


async def _began(annex: Annex) -> int:
    """Return the number up to which all is history; it is settled when it is first asked for."""
    property, table = annex.settings.property, properties.c
    asked = select(table.followed).where(table.property == property)

    def begin(db: Connection) -> int:
        last = next_change(db, property, annex.clock.now(), 0)
        fresh = update(properties).where(table.property == property, table.followed.is_(None))
        db.execute(fresh.values(followed=last))
        began: int = db.execute(asked).scalar_one()
        return began

    found: int | None = await annex.read(lambda db: db.execute(asked).scalar())
    return await annex.write(begin) if found is None else found


def _record(stream: str, row: Mapping[str, Any]) -> Record:
    payload = {name: _plain(value) for name, value in row.items() if name not in _INNER}
    if "details" in row:
        payload["details"] = jsons.decode(row["details"])
    return Record(stream, row["uid"], payload, guests=(row["profile"],))


def _plain(value: Any) -> Json:
    return value.isoformat() if isinstance(value, date) else value
