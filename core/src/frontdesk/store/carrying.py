"""What a store forgot since a backup of it was made is forgotten again before it is restored.

The store that is replaced still has the hashes of those it erased, and the key they are made
with. Whoever the backup has of them is erased anew, and the hashes go over, so that the
platform's old records bring nobody back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import Connection, Table, insert, select

from frontdesk.errors import StoreError
from frontdesk.store import erasing, forgetting, owned
from frontdesk.store.finding import people
from frontdesk.store.keyed import Keyed
from frontdesk.store.schema import (
    brands,
    connections,
    erasures,
    forgotten,
    guests,
    hash_keys,
    streams,
)
from frontdesk.store.upserts import replace


@attrs.frozen
class Erased:
    """All that a store remembers of those it forgot."""

    secret: bytes = attrs.field(repr=False)
    erasures: Sequence[dict[str, Any]] = attrs.field(repr=False)
    forgotten: Sequence[dict[str, Any]] = attrs.field(repr=False)
    #: What the hashes are made of, besides ids and addresses: rows, by what they stand for.
    places: dict[Any, int] = attrs.field(repr=False)


def remembered(db: Connection) -> Erased | None:
    """Return what a store remembers; None if it never forgot anybody."""
    secret: bytes | None = db.execute(select(hash_keys.c.secret)).scalar()
    if secret is None:
        return None
    return Erased(secret, _all(db, erasures), _all(db, forgotten), _places(db))


def _all(db: Connection, table: Table) -> list[dict[str, Any]]:
    return [dict(row) for row in db.execute(select(table)).mappings()]


def _places(db: Connection) -> dict[Any, int]:
    table, stream = connections.c, streams.c
    found: dict[Any, int] = {
        ("brand", row.name): row.id for row in db.execute(select(brands.c.name, brands.c.id))
    }
    for row in db.execute(select(table.connector, table.account, table.id)):
        found["connection", row.connector, row.account] = row.id
    for row in db.execute(select(stream.connection_id, stream.name, stream.id)):
        found["stream", row.connection_id, row.name] = row.id
    return found


def forget_again(db: Connection, erased: Erased) -> int:
    """Erase from a backup whom the store forgot since; return how many guests that were.

    Raises:
        StoreError: The two remember in ways that cannot be joined.
    """
    known = {row.hash: row.at for row in db.execute(select(forgotten.c.hash, forgotten.c.at))}
    news = [r for r in erased.forgotten if r["hash"] not in known or known[r["hash"]] < r["at"]]
    if not news:
        return 0
    _refuse_strange(db, erased)
    if db.execute(select(hash_keys.c.secret)).scalar() is None:
        db.execute(insert(hash_keys).values(id=1, secret=erased.secret))
    # A page that was read before is read again, and asks who was forgotten.
    erasing.lock(db, list(db.execute(select(connections.c.id)).scalars()))
    numbers = _copy_erasures(db, erased)
    found = _again(db, Keyed(erased.secret), {row["hash"]: row for row in news}, numbers)
    replace(db, forgotten, [{**r, "erasure_id": numbers[r["erasure_id"]]} for r in news])
    return found


def _refuse_strange(db: Connection, erased: Erased) -> None:
    """Hashes stand for rows, too: they mean the same only where those are numbered alike."""
    secret = db.execute(select(hash_keys.c.secret)).scalar()
    here = _places(db)
    alike = all(erased.places.get(place, row) == row for place, row in here.items())
    if secret not in {None, erased.secret} or not alike:
        raise StoreError(
            "the store has forgotten guests whom the backup may have, and was not made of it: "
            "restore into another place, and forget there whom you have receipts of"
        )


def _copy_erasures(db: Connection, erased: Erased) -> dict[int, int]:
    """Copy the receipts that the backup lacks; return the number each has from now on."""
    table = erasures.c
    known = {(r.hash, r.at): r.id for r in db.execute(select(table.id, table.hash, table.at))}
    numbers: dict[int, int] = {}
    for row in erased.erasures:
        id = known.get((row["hash"], row["at"]))
        if id is None:
            values = {k: v for k, v in row.items() if k != "id"} | {"settled": False}
            (id,) = db.execute(insert(erasures).values(**values)).inserted_primary_key or (0,)
        numbers[row["id"]] = id
    return numbers


def _again(
    db: Connection, keyed: Keyed, news: dict[bytes, dict[str, Any]], numbers: dict[int, int]
) -> int:
    """Erase the guests of the backup that the hashes mean, erasure by erasure."""
    table = guests.c
    meant: dict[tuple[int, int], list[int]] = {}
    asked = (
        select(table.id, table.connection_id, table.key, connections.c.brand_id)
        .join(connections, connections.c.id == table.connection_id)
        .order_by(table.id)
    )
    for row in db.execute(asked).all():
        about = news.get(keyed.guest(row.connection_id, row.key))
        if about is not None:
            meant.setdefault((row.brand_id, about["erasure_id"]), []).append(row.id)
    when: dict[int, datetime] = {r["erasure_id"]: r["at"] for r in news.values()}
    for (brand, erasure), some in meant.items():
        at_work = erasing.begin(db, brand, people(db, some), when[erasure])
        # Which addresses are remembered was decided when the guest was forgotten.
        at_work.addresses.clear()
        forgetting.erase_again(at_work, numbers[erasure])
    return sum(map(len, meant.values())) + _own_again(db, keyed, news, numbers)


def _own_again(
    db: Connection, keyed: Keyed, news: dict[bytes, dict[str, Any]], numbers: dict[int, int]
) -> int:
    """Erase whom only tables of plugins know in the backup; return how many addresses."""
    meant: dict[tuple[int, int], set[str]] = {}
    rows = db.execute(select(brands.c.id)).scalars().all()
    for own in owned.tables(db).values():
        for address in own.addresses(db) if own.addresses else ():
            for brand in rows:
                about = news.get(keyed.address(brand, address))
                if about is not None:
                    meant.setdefault((brand, about["erasure_id"]), set()).add(address)
    when: dict[int, datetime] = {r["erasure_id"]: r["at"] for r in news.values()}
    for (brand, erasure), said in meant.items():
        at_work = erasing.begin(db, brand, [], when[erasure], said)
        at_work.addresses.clear()
        forgetting.erase_again(at_work, numbers[erasure])
    return sum(map(len, meant.values()))
