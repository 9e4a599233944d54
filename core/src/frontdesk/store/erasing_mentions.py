"""Cutting a guest out of what no connector declared to speak of the guest.

A hook may join a companion's name into another guest's event, and a platform may write an
address into another guest's record. Such a mention is found by looking once through all the
brand has, in the database: what that takes grows with the store, what is held in memory does
not.

Only what nobody else can mean is looked for: addresses and whole names that no other guest
of the brand has, and ids too long to be anything else. The mention is cut; the rest of an
event or record stays, for it is another guest's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, LargeBinary, func, literal, or_, select, update

from frontdesk import jsons
from frontdesk.store.erasing import EMPTY, Erasing, less_entry, of_others, rewrite
from frontdesk.store.erasing_records import keyed_digest
from frontdesk.store.mentions import Mentions
from frontdesk.store.schema import (
    connections,
    guests,
    log_bodies,
    payloads,
    profiles,
    quarantine,
    records,
    streams,
)

#: An id shorter than that may be any other number.
LONG: Final = 16
#: Rows that are in memory at a time.
_BATCH: Final = 200


class _Search:
    """Looks for one guest."""

    def __init__(self, erasing: Erasing) -> None:
        self.erasing = erasing
        ids = {person.key.rpartition(":")[2] for person in erasing.people.values()}
        long = {id for id in ids if len(id) >= LONG}
        names = _names_of_nobody_else(erasing)
        addresses = erasing.addresses_known - of_others(erasing, erasing.addresses_known)
        self.mentions = Mentions(long, addresses, names)
        spelt = {one for one in erasing.spelt if one.strip().lower() in addresses}
        said = {jsons.encode(id) for id in long}
        said |= {jsons.encode(word)[1:-1] for word in names | addresses | spelt}
        self._said = sorted(said)

    def __bool__(self) -> bool:
        return bool(self._said)

    def within(self, *columns: Any) -> ColumnElement[bool]:
        """Return the condition that one of *columns* says anything of the guest."""
        postgresql = self.erasing.db.dialect.name == "postgresql"

        def place(column: Any, said: bytes) -> Any:
            word = literal(said, LargeBinary)
            # The first is spelt "position(word IN column)".
            return func.position(word.op("IN")(column)) if postgresql else func.instr(column, word)

        return or_(*(place(column, said) > 0 for column in columns for said in self._said))

    def batches(self, asked: Any, *key: Any) -> Iterator[list[Any]]:
        """Yield the rows *asked* for, some at a time, each once: they are changed meanwhile."""
        db, after = self.erasing.db, None
        while True:
            part = asked.order_by(*key).limit(_BATCH)
            if after is not None:
                part = part.where(_behind(key, after))
            rows = list(db.execute(part).all())
            if not rows:
                return
            yield rows
            after = tuple(getattr(rows[-1], column.name) for column in key)

    def less(self, text: bytes) -> bytes:
        """Return a JSON text less the mention."""
        # What cannot be cut, the name of a field say, is blotted out.
        return self.mentions.blot(jsons.canonical(self.mentions.cut(jsons.decode(text)).value))

    def less_entry(self, text: bytes) -> bytes:
        """Return an entry of the log less the mention."""
        return self.mentions.blot(jsons.encode(less_entry(self.mentions, jsons.decode(text))))

    def count(self) -> None:
        """Count a mention that was cut."""
        self.erasing.count(self.erasing.ids[0], "mentions")


def _behind(key: tuple[Any, ...], after: tuple[Any, ...]) -> Any:
    if len(key) == 1:
        return key[0] > after[0]
    first, second = key
    return or_(first > after[0], (first == after[0]) & (second > after[1]))


def _names_of_nobody_else(erasing: Erasing) -> set[str]:
    """Return the guests' whole names, less those another guest of the brand bears."""
    whole = {name for name in erasing.names if len(name.split()) > 1}
    table = profiles.c
    name = func.trim(func.coalesce(table.first_name, "") + " " + func.coalesce(table.last_name, ""))
    asked = (
        select(name)
        .join(guests, guests.c.id == table.guest_id)
        .join(connections, connections.c.id == guests.c.connection_id)
        .where(connections.c.brand_id == erasing.brand, guests.c.id.not_in(erasing.ids))
        .where(func.lower(name).in_(sorted({one.lower() for one in whole})))
    )
    borne = {one.casefold() for one in erasing.db.execute(asked).scalars()} if whole else set()
    return {one for one in whole if one.casefold() not in borne}


def cut_mentions(erasing: Erasing) -> None:
    """Cut the guests out of records, entries, profiles and quarantine of others."""
    search = _Search(erasing)
    if search:
        _cut_payloads(search)
        _cut_log(search)
        _cut_profiles(search)
        _cut_quarantine(search)


def _cut_payloads(search: _Search) -> None:
    db, table = search.erasing.db, records.c
    asked = (
        select(payloads.c.record_id, payloads.c.body, table.digest, table.deleted)
        .join(records, table.id == payloads.c.record_id)
        .join(streams, streams.c.id == table.stream_id)
        .join(connections, connections.c.id == streams.c.connection_id)
        .where(connections.c.brand_id == search.erasing.brand, payloads.c.body != EMPTY)
        .where(search.within(payloads.c.body))
    )
    for rows in search.batches(asked, payloads.c.record_id):
        for row in rows:
            values = {"body": search.less(row.body)}
            db.execute(
                update(payloads).where(payloads.c.record_id == row.record_id).values(**values)
            )
            digest = keyed_digest(search.erasing, row)
            db.execute(update(records).where(table.id == row.record_id).values(digest=digest))
            search.count()


def _cut_log(search: _Search) -> None:
    table = log_bodies.c
    asked = (
        select(log_bodies)
        .join(connections, connections.c.id == table.connection_id)
        .where(connections.c.brand_id == search.erasing.brand, search.within(table.body))
    )
    for rows in search.batches(asked, table.connection_id, table.seq):
        texts = [
            {"c": row.connection_id, "s": row.seq, "text": search.less_entry(row.body)}
            for row in rows
        ]
        rewrite(search.erasing.db, texts)
        for _ in rows:
            search.count()


def _cut_profiles(search: _Search) -> None:
    table = profiles.c
    asked = (
        select(table.guest_id, table.body)
        .join(guests, guests.c.id == table.guest_id)
        .join(connections, connections.c.id == guests.c.connection_id)
        .where(connections.c.brand_id == search.erasing.brand, search.within(table.body))
    )
    for rows in search.batches(asked, table.guest_id):
        for row in rows:
            values = {"body": search.less(row.body)}
            search.erasing.db.execute(
                update(profiles).where(table.guest_id == row.guest_id).values(**values)
            )
            search.count()


def _cut_quarantine(search: _Search) -> None:
    table = quarantine.c
    asked = (
        select(table.id, table.payload, table.previous, table.digest)
        .join(streams, streams.c.id == table.stream_id)
        .join(connections, connections.c.id == streams.c.connection_id)
        .where(connections.c.brand_id == search.erasing.brand)
        .where(search.within(table.payload, table.previous))
    )
    for rows in search.batches(asked, table.id):
        for row in rows:
            digest = search.erasing.keyed.digest(row.digest)
            values: Mapping[str, Any] = {
                "payload": _less_record(search, row.payload),
                "previous": row.previous and _less_record(search, row.previous),
            }
            search.erasing.db.execute(
                update(quarantine).where(table.id == row.id).values(**values, digest=digest)
            )
            search.count()


def _less_record(search: _Search, text: bytes) -> bytes:
    """Return a record as quarantine keeps it, less the mention: its payload is the object."""
    record = jsons.decode(text)
    if not (isinstance(record, Mapping) and isinstance(record.get("payload"), Mapping)):
        return search.less(text)
    inside = search.mentions.cut(record["payload"])
    return search.mentions.blot(jsons.encode({**record, "payload": inside.value}))
