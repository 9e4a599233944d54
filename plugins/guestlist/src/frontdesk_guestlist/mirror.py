"""The guest list as a mirror of another connection's reservations, or of its own channels'.

The log of the source is read page by page, each in one transaction with how far it was read.
Whatever becomes of a reservation or a guest there shows in the list by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final

import attrs
from sqlalchemy import Connection, and_, bindparam, insert, select, update

from frontdesk import jsons
from frontdesk.annex import Annex, News, Source
from frontdesk.sql import among
from frontdesk_guestlist import activities, reflecting, rowing, stopping
from frontdesk_guestlist.activities import Entry, Kind
from frontdesk_guestlist.changes import next_change
from frontdesk_guestlist.reflecting import Row
from frontdesk_guestlist.schema import guests, properties

#: How many entries of a log are read in one transaction.
PAGE: Final = 1000
_KEPT: Final = ("id", "property", "uid")
_WRITTEN: Final = tuple(name for name in guests.c.keys() if name not in _KEPT)  # noqa: SIM118  # a collection, no mapping


@attrs.frozen
class _Log:
    """A log to be read, and as what: ``mirror`` for all of it, ``said`` for consent only."""

    source: Source
    read_as: str

    @property
    def account(self) -> str:
        """What guests name it by: connections may be called another name tomorrow."""
        return account_of(self.source)

    @property
    def key(self) -> str:
        """Under which name it is kept how far it was read."""
        return f"{self.read_as} {self.account}"


def account_of(source: Source) -> str:
    """Return how rows name the source they were read from."""
    return f"{source.connector}:{source.account}"


def pending(db: Connection, annex: Annex) -> bool:
    """Tell whether logs have something that was not read yet."""
    read = _positions(db, annex.settings.property)
    return any(annex.last(db, log.source.name) > read.get(log.key, 0) for log in _logs(db, annex))


def advance(db: Connection, annex: Annex, limit: int = PAGE) -> bool:
    """Take in what was logged since the last time; return whether there is more.

    What is read and how far it was read are one transaction.
    """
    property = annex.settings.property
    next_change(db, property, annex.clock.now(), 0)
    read = _positions(db, property)
    more = False
    for log in _logs(db, annex):
        # Asked first: whatever is logged up to there is seen below.
        last = annex.last(db, log.source.name)
        news = annex.news(db, log.source.name, read.get(log.key, 0), limit)
        if log.read_as == "mirror":
            _reflect(db, annex, log, news)
        stopping.refresh(db, annex, _spoken_of(news))
        full = len(news) == limit
        read[log.key] = news[-1].seq if full else max(last, *(one.seq for one in news), 0)
        more |= full
    written = update(properties).where(properties.c.property == property)
    db.execute(written.values(positions=jsons.encode(read)))
    return more


def source(db: Connection, annex: Annex) -> Source | None:
    """Return the connection that has the reservations; None if the store does not know it."""
    name = annex.settings.source or annex.name
    return next((one for one in annex.sources(db) if one.name == name), None)


def _logs(db: Connection, annex: Annex) -> list[_Log]:
    mirrored = source(db, annex)
    return [_Log(one, "mirror" if one == mirrored else "said") for one in annex.sources(db)]


def _positions(db: Connection, property: str) -> dict[str, int]:
    asked = select(properties.c.positions).where(properties.c.property == property)
    found = db.execute(asked).scalar()
    return {} if found is None else jsons.decode(found)


def _spoken_of(news: Iterable[News]) -> set[str]:
    """Return the e-mail addresses whose consent was stated."""
    said = (one.body for one in news if one.subject == "consent")
    return {str(body["address"]).strip().lower() for body in said if body.get("channel") == "email"}


# -- what a page of news makes of the list ------------------------------------------------


def _reflect(db: Connection, annex: Annex, log: _Log, news: Sequence[News]) -> None:
    news = [one for one in news if one.subject != "consent"]
    if not news:
        return
    records = {reflecting.place(one) for one in news if one.reservation is not None}
    people = {one.guest for one in news if one.reservation is None}
    rows = _stored(db, annex, log.account, records, people)
    # Somebody without a reservation is nobody of the list.
    wanted = {one.guest for one in news if one.reservation is not None}
    wanted |= people & {row["source_guest"] for row in rows.values()}
    page = _page(db, annex, log, wanted, rows)
    for one in news:
        page.take(one)
    page.know()
    _write(db, annex, page)


def know(db: Connection, annex: Annex, people: Collection[str]) -> None:
    """Lay what the source knows of guests by now over their rows."""
    there = next((log for log in _logs(db, annex) if log.read_as == "mirror"), None)
    if there is not None:
        next_change(db, annex.settings.property, annex.clock.now(), 0)
        page = _page(db, annex, there, people, _stored(db, annex, there.account, (), people))
        page.know()
        _write(db, annex, page)


def _page(
    db: Connection, annex: Annex, log: _Log, people: Collection[str], rows: dict[str, Row]
) -> reflecting.Reflection:
    return reflecting.Reflection(
        settings=annex.settings,
        account=log.account,
        own=log.source.name == annex.name,
        known=annex.known(db, log.source.name, people),
        rows=rows,
    )


def _stored(
    db: Connection, annex: Annex, account: str, records: Collection[str], people: Collection[str]
) -> dict[str, Row]:
    """Return the rows that a page may change, by the source's record."""
    property, table = annex.settings.property, guests.c
    uids = {reflecting.uid(property, account, record) for record in records}
    of_source = and_(table.property == property, table.source == account)
    # Records are looked for by uid: PostgreSQL takes any other index for a better one as long
    # as it knows nothing of the table.
    asked = [
        select(guests).where(among(db, column, keys), *more)
        for column, keys, more in (
            (table.uid, uids, ()),
            (table.source_guest, people, (of_source,)),
        )
        if keys
    ]
    rows = (dict(row) for one in asked for row in db.execute(one).mappings())
    return {row["source_record"]: row for row in rows}


def _write(db: Connection, annex: Annex, page: reflecting.Reflection) -> None:
    moved = list(page.moved())
    stands = stopping.standing(db, annex, {row["address"] for row in moved} - {""})
    for row in moved:
        row["stopped"] = stands[row["address"]].stopped if row["address"] else ""
    fresh, changed = page.fresh(), page.changed()
    for row in (*fresh, *changed):
        row["emailable"] = rowing.emailable(row)
    _number(db, annex, [*fresh, *changed])
    _insert(db, fresh)
    if changed:
        values: Row = {name: bindparam(f"new_{name}") for name in _WRITTEN}
        rows = [{"row": row["id"], **_new(row)} for row in changed]
        db.execute(update(guests).where(guests.c.id == bindparam("row")).values(values), rows)
    merges = _merges(page, annex.clock.now())
    activities.record_all(db, annex, [*map(_created, fresh), *merges])


def _number(db: Connection, annex: Annex, rows: Sequence[Row]) -> None:
    """Give each of *rows* the number of a change of its own."""
    if rows:
        last = next_change(db, annex.settings.property, annex.clock.now(), len(rows))
        for number, row in enumerate(rows, last - len(rows) + 1):
            row["change"] = number


def _insert(db: Connection, rows: Sequence[Row]) -> None:
    """Insert rows, and give each its id."""
    if rows:
        # Asked for afterwards: with RETURNING, all rows would be one statement of many pages.
        db.execute(insert(guests), rows)
        changes = (rows[0]["change"], rows[-1]["change"])
        asked = select(guests.c.change, guests.c.id).where(
            guests.c.property == rows[0]["property"], guests.c.change.between(*changes)
        )
        ids = {row.change: row.id for row in db.execute(asked)}
        for row in rows:
            row["id"] = ids[row["change"]]


def _new(row: Row) -> Row:
    return {f"new_{name}": row[name] for name in _WRITTEN}


def _created(row: Row) -> Entry:
    return Entry(row["id"], row["uid"], Kind.GUEST_CREATED, row["created"])


def _merges(page: reflecting.Reflection, at: datetime) -> list[Entry]:
    """Return what frontdesk is told of guests whom the source made parts of others."""
    told: dict[str, Entry] = {}
    for row, old, into in page.renamed():
        details = {"old": old, "into": into}
        told[old] = Entry(row["id"], row["uid"], activities.MERGED, at, old, details)
    return list(told.values())
