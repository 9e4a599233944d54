"""Profiles on their way: one person put together of the guests of all connections.

The newest value wins, field by field, and never an absence over a value. An address is taken
as a whole: parts of two would be the address of nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import attrs
from sqlalchemy import Connection as Db

from frontdesk import jsons
from frontdesk.deliver.planning import Sorted, screened
from frontdesk.deliver.session import Session
from frontdesk.deliver.sources import Source
from frontdesk.model import Json
from frontdesk.outgoing import Item, Load, OutgoingProfile
from frontdesk.store import persons, sending, turns
from frontdesk.store.outbox import Stage
from frontdesk.store.persons import Part, is_email
from frontdesk.store.sending import Known
from frontdesk.store.turns import GuestKey

#: Guests looked at in one transaction.
BATCH: Final = 2500
_OBJECTS: Final = ("location", "properties")


@attrs.frozen
class Person:
    """A profile to be sent, and what is noted of it once it was.

    Attributes:
        source: The connection with the newest of them.
        guests: Rows of the guests it stands for.
        names: What it has values for, as JSON.
    """

    address: str = attrs.field(repr=False)
    source: int
    guests: tuple[int, ...]
    digest: bytes
    names: bytes = attrs.field(repr=False)


@attrs.frozen
class Turn:
    """The guests whose turn it is at a stage, as persons.

    Attributes:
        read: All that were looked at; nothing is left if there are none.
        persons: Whose turn it is, by address, with the guests that make them up.
        done: Guests for whom there is nothing to be done at this stage.
        held: Guests that something keeps back.
        live: Addresses for which something changed just now.
    """

    read: Sequence[GuestKey]
    persons: Mapping[str, Sequence[Part]]
    done: Collection[int]
    held: Collection[int]
    live: Collection[str]

    @property
    def moved(self) -> list[int]:
        """Guests that are through with this stage once the persons are."""
        some = {part.guest for parts in self.persons.values() for part in parts}
        return sorted(some.union(self.done))


def turn(
    db: Db, session: Session, stage: Stage, *, limit: int, after: GuestKey | None = None
) -> Turn:
    """Return whose turn it is.

    A person has it when the first of their guests does: the others go along.
    """
    read = turns.changed_guests(
        db, session.id, stage, limit=limit, now=session.clock.now(), after=after,
        whole=session.report.dry_run, only=session.only,
    )  # fmt: skip
    found = persons.identify(db, [guest for _, guest in read])
    open_to = {f.address for f in found.values() if f.address and not f.held}
    parts = persons.parts(db, open_to, session.sources)
    first = _first(db, session, stage, parts)
    whose: dict[str, Sequence[Part]] = {}
    done: set[int] = set()
    held: set[int] = set()
    live: set[str] = set()
    for key in read:
        guest, one = key[1], found[key[1]]
        if one.held and one.address:
            held.add(guest)
        elif not one.address or one.address not in parts:
            done.add(guest)
        elif first.get(one.address, key) >= key:
            whose[one.address] = parts[one.address]
            done.add(guest)
            live |= set() if key[0] else {one.address}
        else:
            done.add(guest)
    return Turn(read, whose, done, held, live)


def _first(
    db: Db, session: Session, stage: Stage, parts: Mapping[str, Sequence[Part]]
) -> dict[str, GuestKey]:
    """Return by address which of a person's guests comes first in the queue."""
    if session.only is not None:
        return {}
    members = {part.guest: address for address, some in parts.items() for part in some}
    first: dict[str, GuestKey] = {}
    for key in turns.stages(db, session.id, members, stage):
        address = members[key[1]]
        first[address] = min(first.get(address, key), key)
    return first


@attrs.frozen
class ProfilePlan:
    """What becomes of some guests' profiles."""

    turn: Turn
    items: Sorted[tuple[Item, Person]]
    unchanged: int


def plan(db: Db, session: Session, *, after: GuestKey | None = None) -> ProfilePlan:
    """Put together the profiles of the next guests."""
    whose = turn(db, session, Stage.PROFILE, limit=BATCH, after=after)
    known = sending.know(db, session.id, whose.persons)
    planned: list[tuple[Item, Person]] = []
    unchanged = 0
    for address, parts in whose.persons.items():
        made = _make(session, address, parts, known.get(address), live=address in whose.live)
        if made is None:
            unchanged += 1
        else:
            planned.append(made)
    items = screened(session, Load.PROFILES, planned)
    return ProfilePlan(whose, items, unchanged)


def _make(
    session: Session, address: str, parts: Sequence[Part], known: Known | None, *, live: bool
) -> tuple[OutgoingProfile, Person] | None:
    """Return a person's profile, or None if the destination has it so already."""
    attributes = merged(session.sources, parts)
    phone = attributes.pop("phone_number", None)
    email = is_email(address)
    digest = jsons.digest(jsons.canonical([address, phone, attributes]))
    if known is not None and known.digest == digest:
        return None
    names = _written(tuple(sorted(_names(attributes))))
    item = OutgoingProfile(
        id=f"{parts[-1].guest}",
        email=address if email else None,
        phone_number=phone if email else address,
        body=jsons.encode(_cleared(attributes, known.names if known else ())),
        live=live,
    )
    newest = parts[-1].connection
    return item, Person(address, newest, tuple(part.guest for part in parts), digest, names)


def merged(sources: Mapping[int, Source], parts: Iterable[Part]) -> dict[str, Json]:
    """Return what is known of a person: the *parts* with the newest last."""
    known: dict[str, Json] = {}
    for part in parts:
        said = sources[part.connection].attributes(jsons.decode(part.body))
        properties = {**known.get("properties", {}), **said.get("properties", {})}
        known |= said
        if properties:
            known["properties"] = properties
    return known


def phone_of(sources: Mapping[int, Source], parts: Sequence[Part]) -> str | None:
    """Return the newest phone number of a person that may be told."""
    told = (
        part.phone_number
        for part in reversed(parts)
        if part.phone_number and sources[part.connection].tells_phones
    )
    return next(told, None)


@lru_cache(maxsize=1024)
def _written(names: tuple[str, ...]) -> bytes:
    """Return names as JSON: most persons have the same, and many are kept at once."""
    return jsons.encode(names)


def _names(attributes: Mapping[str, Json]) -> Iterator[str]:
    for name, value in attributes.items():
        if name in _OBJECTS:
            yield from (f"{name}.{inner}" for inner in value)
        else:
            yield name


def _cleared(attributes: Mapping[str, Json], before: Iterable[str]) -> dict[str, Json]:
    """Return *attributes* with a None for each name that had a value before and has none now."""
    shown: dict[str, Any] = dict(attributes)
    for name in set(before).difference(_names(attributes)):
        outer, _, inner = name.partition(".")
        if inner and outer in _OBJECTS:
            shown[outer] = {**shown.get(outer, {}), inner: None}
        else:
            shown[name] = None
    return shown
