"""A connection's own part of the store, as plugins hold it; see :mod:`frontdesk.annex`."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

import attrs
from sqlalchemy import Connection as Db
from sqlalchemy import select

from frontdesk import jsons
from frontdesk.annex import Known, News, Said, Source, Subject
from frontdesk.client import Clock
from frontdesk.connection import Connection
from frontdesk.errors import ConfigurationError
from frontdesk.model import Channel, Profile, Site
from frontdesk.sql import among
from frontdesk.store import keyed, ledger, states, users
from frontdesk.store.batch import Kind
from frontdesk.store.inbox import audit
from frontdesk.store.schema import (
    brands,
    connections,
    guests,
    log,
    log_bodies,
    profiles,
    records,
    streams,
)
from frontdesk.store.store import Store
from frontdesk.wire import profile_from, reservation_from

_T = TypeVar("_T")
_SUBJECTS: Final[Mapping[int, Subject]] = {
    Kind.PROFILE: "profile",
    Kind.CONSENT: "consent",
    Kind.RESERVATION: "reservation",
    Kind.MERGED: "merged",
    Kind.GONE: "gone",
}


@attrs.frozen(eq=False)
class StoredAnnex:
    """The annex of one connection.

    Args:
        ring: Has the connection's follower in this process go on now.
    """

    _store: Store = attrs.field(repr=False)
    _connection: Connection = attrs.field(repr=False)
    clock: Clock
    pages_url: str | None
    _ring: Callable[[], bool] = attrs.field(repr=False)

    @property
    def name(self) -> str:
        """What the connection is called."""
        return self._connection.name

    @property
    def settings(self) -> Any:
        """The connection's settings, secrets included."""
        return self._connection.settings

    async def read(self, question: Callable[[Db], _T]) -> _T:
        """Return what *question* answers in a reading transaction."""
        return await self._store.read(question)

    async def write(self, change: Callable[[Db], _T], *, durable: bool = False) -> _T:
        """Run *change* in a writing transaction; it is not interrupted half-way."""
        return await self._store.write(change, durable=durable)

    async def key(self) -> bytes:
        """Return 32 bytes to sign with: the plugin's own, and the same for all processes."""
        found = await self._store.read(users.page_key)
        if found is None:
            found = await self._store.write(users.make_page_key)
        whose = f"annex of {self._connection.connector.name}".encode()
        return hmac.new(found, whose, hashlib.sha256).digest()

    def call(self) -> bool:
        """Have changes read and jobs done now, if a service of this process follows."""
        return self._ring()

    def refuse_stopped(self, db: Db) -> None:
        """Refuse to do outside what a person stopped."""
        states.refuse_stopped_name(db, self._connection.name)

    def sources(self, db: Db) -> list[Source]:
        """Return the connections of the brand, this one among them, by name."""
        rows = db.execute(self._of_brand().order_by(connections.c.name))
        return [_source(row) for row in rows]

    def news(self, db: Db, source: str, after: int, limit: int = 500) -> list[News]:
        """Return what a connection of the brand has logged since, oldest first."""
        same = (log_bodies.c.connection_id == log.c.connection_id) & (log_bodies.c.seq == log.c.seq)
        asked = (
            select(
                log.c.seq,
                log.c.kind,
                log.c.logged,
                log_bodies.c.body,
                guests.c.key.label("guest"),
                records.c.site,
                records.c.key.label("record"),
                streams.c.name.label("stream"),
            )
            .join(log_bodies, same)
            .join(guests, guests.c.id == log.c.guest_id)
            .outerjoin(records, records.c.id == log.c.record_id)
            .outerjoin(streams, streams.c.id == records.c.stream_id)
            .where(log.c.connection_id == self._row(db, source), log.c.seq > after)
            .where(log.c.kind != Kind.EVENT)
            .order_by(log.c.seq)
            .limit(limit)
        )
        return [_news(row) for row in db.execute(asked)]

    def last(self, db: Db, source: str) -> int:
        """Return the number of the last entry that a connection has logged."""
        asked = select(connections.c.seq).where(connections.c.id == self._row(db, source))
        found: int = db.execute(asked).scalar_one()
        return found

    def known(self, db: Db, source: str, some: Collection[str]) -> Mapping[str, Known]:
        """Return what is known of guests of a connection, by the key they were asked by."""
        row, table = self._row(db, source), guests.c
        asked = select(table.id, table.key).where(
            table.connection_id == row, among(db, table.key, sorted(set(some)))
        )
        meant = {found.id: found.key for found in db.execute(asked)}
        known = _guests(db, meant)
        return {key: known[id] for id, key in meant.items()}

    def said(
        self, db: Db, channel: Channel, addresses: Collection[str]
    ) -> Mapping[str, Sequence[Said]]:
        """Return what the brand's ledger says of addresses, oldest first.

        Of a guest who was forgotten, opt-outs still speak against the address.
        """
        named = select(brands.c.id).where(brands.c.name == self._connection.brand)
        brand = db.execute(named).scalar()
        if brand is None or not addresses:
            return {}
        spelt = {address: keyed.normal(address) for address in addresses}
        said = ledger.statements(db, [(brand, one) for one in spelt.values()])
        return {
            address: sorted(found, key=lambda one: one.seen)
            for address, one in spelt.items()
            if (found := said.get((brand, channel.value, one)))
        }

    def note(self, db: Db, user: str, action: str, **what: Any) -> None:
        """Note in the audit trail that somebody did something; *what* names ids, no guest."""
        audit(db, self.clock.now(), action, {"user": user, **what})

    def _of_brand(self) -> Any:
        return (
            select(connections)
            .join(brands, brands.c.id == connections.c.brand_id)
            .where(brands.c.name == self._connection.brand)
        )

    def _row(self, db: Db, name: str) -> int:
        rows = {row.name: row.id for row in db.execute(self._of_brand())}
        if name not in rows:
            known = ", ".join(sorted(rows)) or "none yet"
            raise ConfigurationError(
                f"the store knows no connection {name!r} of brand {self._connection.brand!r} "
                f"(it knows {known}); sync it first, or name another"
            )
        found: int = rows[name]
        return found


def _source(row: Any) -> Source:
    details = jsons.decode(row.details)
    return Source(
        name=row.name,
        connector=row.connector,
        account=row.account,
        title=row.title,
        sites=tuple(Site(**site) for site in details["sites"]),
    )


def _news(row: Any) -> News:
    subject, body = _SUBJECTS[row.kind], jsons.decode(row.body)
    there = subject == "reservation" and "number" in body
    return News(
        seq=row.seq,
        subject=subject,
        guest=row.guest,
        stream=row.stream or "",
        site=row.site or "",
        record=row.record or "",
        logged=row.logged,
        # What was erased is an empty object.
        reservation=reservation_from(body) if there else None,
        body=body,
    )


def _guests(db: Db, meant: Mapping[int, str]) -> dict[int, Known]:
    """Return what is known of guests, given by their rows, following merges."""
    targets = {id: id for id in meant}
    rows: dict[int, Any] = {}
    fresh = set(meant)
    while fresh:
        asked = (
            select(
                guests.c.id,
                guests.c.key,
                guests.c.merged_into,
                guests.c.excluded,
                guests.c.gone,
                profiles.c.body,
            )
            .outerjoin(profiles, profiles.c.guest_id == guests.c.id)
            .where(among(db, guests.c.id, sorted(fresh)))
        )
        rows |= {row.id: row for row in db.execute(asked)}
        fresh = {rows[id].merged_into for id in fresh} - rows.keys() - {None}
    for id in meant:
        seen = {id}
        while (into := rows[targets[id]].merged_into) is not None and into not in seen:
            seen.add(into)
            targets[id] = into
    return {id: _known(rows[target]) for id, target in targets.items()}


def _known(row: Any) -> Known:
    gone: datetime | None = row.gone
    body = None if row.body is None else jsons.decode(row.body)
    profile: Profile | None = profile_from(body) if body else None
    return Known(key=row.key, profile=profile, excluded=row.excluded, gone=gone is not None)
