"""Overwriting what the store holds of guests: what remains is a keyed hash and a time.

Rows of the log are neither removed nor reordered. What a record says of several guests is
kept for the others where the mention can be told apart; a record that belongs to the
erased guest goes whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

import attrs
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from frontdesk import jsons
from frontdesk.store import due
from frontdesk.store.batch import Kind
from frontdesk.store.finding import Person
from frontdesk.store.keyed import Keyed, made, shown
from frontdesk.store.mentions import Cut, Mentions
from frontdesk.store.schema import (
    connections,
    consents,
    erasures,
    forgotten,
    guests,
    log,
    log_bodies,
    profiles,
    reservations,
)
from frontdesk.store.upserts import replace

EMPTY: Final = b"{}"


@attrs.define
class Erasing:
    """One erasure on its way through the tables."""

    db: Connection
    keyed: Keyed
    brand: int
    at: datetime
    people: dict[int, Person]
    mentions: Mentions
    #: Addresses of the guests, as the ledger spells them; those to be remembered.
    addresses: set[str]
    #: What plugins are told the guests are known by.
    told: frozenset[str]
    #: The same as their profiles spell them, and the guests' names.
    spelt: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    #: Rows overwritten, by connection and kind.
    counts: Counter[tuple[str, str]] = attrs.field(factory=Counter[tuple[str, str]])
    #: Hashes to remember; True: of a record that was the guest's own.
    hashes: dict[bytes, bool] = attrs.field(factory=dict[bytes, bool])
    #: Addresses that destinations know, by the destination's row.
    owed: dict[int, set[str]] = attrs.field(factory=dict[int, set[str]])

    @property
    def addresses_known(self) -> set[str]:
        """All addresses the guests are or were known by, as the ledger spells them."""
        return {address.strip().lower() for address in self.spelt}

    @property
    def ids(self) -> list[int]:
        """The guests' rows."""
        return sorted(self.people)

    def hashed_key(self, guest: int) -> str:
        """Return what is written where a guest's key was."""
        person = self.people[guest]
        return shown(self.keyed.guest(person.connection, person.key))

    def count(self, guest: int, kind: str) -> None:
        """Count a row that was overwritten."""
        self.counts[self.people[guest].name, kind] += 1


Step: TypeAlias = Callable[[Erasing], None]


def lock(db: Connection, ids: Sequence[int]) -> None:
    """Lock connections, and note that somebody was forgotten.

    Every commit takes the same lock: a page that was read before is refused, and taken again.
    """
    table = connections.c
    for id in sorted(ids):
        db.execute(update(connections).where(table.id == id).values(forgotten=table.forgotten + 1))


def begin(
    db: Connection, brand: int, people: Sequence[Person], at: datetime, also: Iterable[str] = ()
) -> Erasing:
    """Gather what the guests are known by; their connections must be locked.

    Args:
        also: Addresses they were named by.
    """
    ids = [person.id for person in people]
    spelt, names = _known_by(db, ids)
    spelt |= {*also}
    said = {address.strip().lower() for address in spelt}
    keys = {person.key for person in people}
    keys |= {key.partition(":")[2] for key in keys if ":" in key}
    return Erasing(
        db=db,
        keyed=made(db),
        brand=brand,
        at=at,
        people={person.id: person for person in people},
        mentions=Mentions(keys, said, names),
        addresses=set(said),
        told=frozenset(said),
        spelt=frozenset(spelt),
        names=frozenset(names),
    )


def known_by(db: Connection, people: Sequence[Person]) -> set[str]:
    """Return the addresses the guests are or were known by, as the ledger spells them."""
    spelt, _ = _known_by(db, [person.id for person in people])
    return {address.strip().lower() for address in spelt}


def _known_by(db: Connection, ids: Sequence[int]) -> tuple[set[str], set[str]]:
    """Return addresses and names that the log and the ledger know the guests by."""
    said: set[str | None] = set(
        db.execute(select(consents.c.address).where(consents.c.guest_id.in_(ids))).scalars()
    )
    names: set[str | None] = set()
    for _, _, body in bodies(db, ids, Kind.PROFILE):
        profile = jsons.decode(body)
        said |= {profile.get("email"), profile.get("phone_number")}
        first, last = profile.get("first_name"), profile.get("last_name")
        names |= {first, last, f"{first} {last}" if first and last else None}
    return {address for address in said if address}, {name for name in names if name}


def bodies(db: Connection, ids: Sequence[int], kind: Kind) -> list[tuple[int, int, bytes]]:
    """Return connection, number and body of the guests' log entries of a kind."""
    same = (log_bodies.c.connection_id == log.c.connection_id) & (log_bodies.c.seq == log.c.seq)
    asked = select(log.c.connection_id, log.c.seq, log_bodies.c.body).join(log_bodies, same)
    return [
        (row.connection_id, row.seq, row.body)
        for row in db.execute(asked.where(log.c.guest_id.in_(ids), log.c.kind == kind))
    ]


def erase_log(erasing: Erasing) -> None:
    """Overwrite the guests' log entries where they stand."""
    db = erasing.db
    table = log.c
    same = (log_bodies.c.connection_id == table.connection_id) & (log_bodies.c.seq == table.seq)
    rows = db.execute(
        select(log, log_bodies.c.body).join(log_bodies, same).where(table.guest_id.in_(erasing.ids))
    ).all()
    entries: list[dict[str, Any]] = []
    texts: list[dict[str, Any]] = []
    for row in rows:
        place = {"c": row.connection_id, "s": row.seq}
        id = None if row.event_id is None else erasing.keyed.digest(row.event_id)
        entries.append({**place, "id": id})
        texts.append({**place, "text": _remains(erasing, row, id)})
        erasing.count(row.guest_id, f"{Kind(row.kind).name.lower()} entries")
    if entries:
        at = (table.connection_id == bindparam("c")) & (table.seq == bindparam("s"))
        blank: dict[str, Any] = {"value": None, "currency": None, "event_id": bindparam("id")}
        db.execute(update(log).where(at).values(**blank), entries)
        rewrite(db, texts)


def _remains(erasing: Erasing, row: Any, id: bytes | None) -> bytes:
    """Return what an entry says from now on: a hash, and for an event when it was."""
    if row.kind != Kind.EVENT or id is None:
        return EMPTY
    before = jsons.decode(row.body)
    kept = {name: before.get(name) for name in ("metric", "time")}
    guest = erasing.hashed_key(row.guest_id)
    empty: dict[str, Any] = {"value": None, "currency": None, "guest": guest, "properties": {}}
    return jsons.encode({"id": id.hex(), **kept, **empty, "forgotten": True})


def less_entry(mentions: Mentions, entry: dict[str, Any]) -> dict[str, Any]:
    """Return what an entry of the log says, less the mention of a guest."""
    left = {**entry}
    if "properties" in entry:
        left["properties"] = _less(mentions.cut(entry["properties"]))
    return {**entry, **_less(mentions.cut(left))}


def _less(cut: Cut) -> Any:
    return cut.value if cut.clean else {}


def rewrite(db: Connection, texts: list[dict[str, Any]]) -> None:
    """Overwrite bodies of the log: each of *texts* has ``c``, ``s`` and ``text``."""
    if texts:
        table = log_bodies.c
        db.execute(
            update(log_bodies)
            .where(table.connection_id == bindparam("c"), table.seq == bindparam("s"))
            .values(body=bindparam("text")),
            texts,
        )


def erase_profiles(erasing: Erasing) -> None:
    """Drop the guests' profiles."""
    table = profiles.c
    where = table.guest_id.in_(erasing.ids)
    for guest in erasing.db.execute(select(table.guest_id).where(where)).scalars():
        erasing.count(guest, "profiles")
    erasing.db.execute(delete(profiles).where(where))


def erase_consents(erasing: Erasing) -> None:
    """Leave a hash of each address in the ledger: an opt-out counts on."""
    table = consents.c
    rows = erasing.db.execute(
        select(table.connection_id, table.seq, table.address, table.guest_id).where(
            table.guest_id.in_(erasing.ids)
        )
    ).all()
    changed: list[dict[str, Any]] = []
    for row in rows:
        hash = shown(erasing.keyed.address(erasing.brand, row.address))
        again = row.address.startswith("forgotten-")
        address = row.address if again else hash
        changed.append({"c": row.connection_id, "s": row.seq, "hash": address})
        erasing.count(row.guest_id, "consents")
    if changed:
        at = (table.connection_id == bindparam("c")) & (table.seq == bindparam("s"))
        values = {"address": bindparam("hash"), "evidence": ""}
        erasing.db.execute(update(consents).where(at).values(**values), changed)


def erase_reservations(erasing: Erasing) -> None:
    """Overwrite the guests' reservations."""
    table = reservations.c
    rows = erasing.db.execute(
        select(table.record_id, table.guest_id).where(table.guest_id.in_(erasing.ids))
    ).all()
    for row in rows:
        erasing.count(row.guest_id, "reservations")
    changed = [{"row": row.record_id, "new": f"forgotten-{row.record_id}"} for row in rows]
    if changed:
        values = {"status": "forgotten", "from_at": None, "to_at": None, "body": EMPTY}
        erasing.db.execute(
            update(reservations)
            .where(table.record_id == bindparam("row"))
            .values(number=bindparam("new"), **values),
            changed,
        )


def erase_guests(erasing: Erasing) -> None:
    """Overwrite the guests' keys, and remember their hashes."""
    table = guests.c
    changed: list[dict[str, Any]] = []
    for person in erasing.people.values():
        hash = erasing.keyed.guest(person.connection, person.key)
        erasing.hashes[hash] = False
        # A guest who came back may be forgotten again: the row keeps the names apart.
        changed.append({"row": person.id, "new": f"{shown(hash)}-{person.id}"})
        erasing.count(person.id, "guests")
    if changed:
        erasing.db.execute(
            update(guests)
            .where(table.id == bindparam("row"))
            .values(key=bindparam("new"), excluded=None, asked=None, gone=erasing.at),
            changed,
        )


def remember_addresses(erasing: Erasing) -> None:
    """Remember the addresses nobody else in the brand has: no old opt-in counts for them."""
    if not erasing.addresses:
        return
    for address in erasing.addresses - of_others(erasing, erasing.addresses):
        erasing.hashes[erasing.keyed.address(erasing.brand, address)] = False


def of_others(erasing: Erasing, addresses: Iterable[str]) -> set[str]:
    """Return those of *addresses* that other guests of the brand have."""
    held: set[str] = set()
    wanted = sorted(addresses)
    for column in (profiles.c.email, profiles.c.phone_number):
        asked = (
            select(column)
            .join(guests, guests.c.id == profiles.c.guest_id)
            .join(connections, connections.c.id == guests.c.connection_id)
            .where(connections.c.brand_id == erasing.brand, column.in_(wanted))
            .where(guests.c.id.not_in(erasing.ids))
        )
        held.update(erasing.db.execute(asked).scalars())
    table = consents.c
    asked = select(table.address).where(
        table.brand_id == erasing.brand,
        table.address.in_(wanted),
        table.guest_id.not_in(erasing.ids),
    )
    return held | set(erasing.db.execute(asked).scalars())


def write_down(erasing: Erasing, hash: bytes, receipt: Callable[[], bytes]) -> None:
    """Store the receipt, the hashes to remember, and whom destinations are to erase."""
    made = erasing.db.execute(
        insert(erasures).values(brand_id=erasing.brand, at=erasing.at, hash=hash, receipt=receipt())
    )
    (id,) = made.inserted_primary_key or (0,)
    remember(erasing, id)


def remember(erasing: Erasing, erasure: int) -> None:
    """Store the hashes to remember of an erasure, given by its row, and whom it is due for."""
    rows = [
        {"hash": one, "erasure_id": erasure, "at": erasing.at, "own": own}
        for one, own in erasing.hashes.items()
    ]
    replace(erasing.db, forgotten, rows)
    for destination, addresses in erasing.owed.items():
        due.owe(erasing.db, destination, erasure, addresses, erasing.at)
