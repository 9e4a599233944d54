"""Who is meant: guests by e-mail, phone or platform id, and through merges."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeAlias

import attrs
from sqlalchemy import Connection, Select, or_, select

from frontdesk import addresses, jsons
from frontdesk.store.batch import guest_key
from frontdesk.store.keyed import normal
from frontdesk.store.schema import connections, consents, guests, profiles
from frontdesk.store.upserts import chunks

Who: TypeAlias = str | Collection[int]
"""An e-mail address, a phone number or a platform's id; or rows of guests, as pages name them."""


@attrs.frozen
class Person:
    """A guest's row, and where it is."""

    id: int
    connection: int
    name: str
    connector: str
    brand: int
    key: str
    into: int | None


def find(db: Connection, who: Who) -> list[Person]:
    """Return all guests *who* means, with those merged with them."""
    if not isinstance(who, str):
        return people(db, family(db, who))
    terms = spellings(who)
    profile, consent = profiles.c, consents.c
    matching: set[int] = set()
    for asked in (
        select(profile.guest_id).where(
            or_(profile.email.in_(terms), profile.phone_number.in_(terms))
        ),
        select(consent.guest_id).where(consent.address.in_(terms)),
        keyed(db, who.strip()),
    ):
        matching.update(db.execute(asked).scalars())
    return people(db, family(db, matching))


def spellings(who: str) -> set[str]:
    """Return the addresses *who* can stand for, as the store spells them."""
    return {normal(who), addresses.phone(who) or normal(who)}


def keyed(db: Connection, id: str) -> Select[int]:
    """Ask for the rows of the guests of a platform's id, some of which are read per site."""
    details = db.execute(select(connections.c.details)).scalars()
    sites = {site["id"] for row in details for site in jsons.decode(row)["sites"]}
    keys = {id, *(guest_key(site, id) for site in sites)}
    # All connections are named, as their index begins with them.
    everywhere = guests.c.connection_id.in_(select(connections.c.id))
    return select(guests.c.id).where(everywhere, guests.c.key.in_(keys))


def family(db: Connection, ids: Iterable[int]) -> set[int]:
    """Return these guests and all that were merged with them, however merges are linked."""
    table = guests.c
    found = set(ids)
    fresh = set(found)
    while fresh:
        linked: set[int] = set()
        for part in chunks(sorted(fresh)):
            asked = select(table.id, table.merged_into).where(
                or_(table.id.in_(part), table.merged_into.in_(part)),
                table.merged_into.is_not(None),
            )
            for row in db.execute(asked):
                linked |= {row.id, row.merged_into}
        fresh = linked - found
        found |= fresh
    return found


def people(db: Connection, ids: Iterable[int]) -> list[Person]:
    """Return these guests, by connection."""
    asked = (
        select(guests, connections.c.name, connections.c.connector, connections.c.brand_id)
        .join(connections, connections.c.id == guests.c.connection_id)
        .order_by(connections.c.id, guests.c.id)
    )
    return [
        Person(
            row.id,
            row.connection_id,
            row.name,
            row.connector,
            row.brand_id,
            row.key,
            row.merged_into,
        )
        for part in chunks(sorted(ids))
        for row in db.execute(asked.where(guests.c.id.in_(part)))
    ]
