"""Who a guest is to a destination: found when something is delivered, through merges.

A person is an address: the e-mail address of a guest's profile, or the phone number where
there is none. Guests of all connections that feed a destination are one person if they have
the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import Connection, func, select

from frontdesk.sql import among
from frontdesk.store.outbox import EXCLUDED, NO_IDENTIFIER
from frontdesk.store.schema import consents, guests, profiles, records

#: Merges are followed that far; a chain that never ends leads nowhere.
_LINKS = 20


@attrs.frozen
class Found:
    """What a guest is known by; *held* says why nothing can be sent, if so."""

    address: str | None = attrs.field(repr=False)
    held: str = ""


@attrs.frozen
class Part:
    """One guest's share in a person: the profile as it was stored, and how new it is."""

    guest: int
    connection: int
    body: bytes = attrs.field(repr=False)
    version: datetime
    phone_number: str | None = attrs.field(default=None, repr=False)


def is_email(address: str) -> bool:
    """Tell an e-mail address from a phone number."""
    return "@" in address


def identify(db: Connection, some: Collection[int]) -> dict[int, Found]:
    """Return what each guest is known by."""
    known: dict[int, Found] = {}
    # By the row that is looked at now: those that were asked for.
    meant: dict[int, list[int]] = {guest: [guest] for guest in some}
    for _ in range(_LINKS):
        following: dict[int, list[int]] = {}
        for row in _rows(db, meant):
            if row.merged_into is not None:
                following.setdefault(row.merged_into, []).extend(meant[row.id])
            else:
                one = found(row.email or row.phone_number, row.excluded)
                known.update(dict.fromkeys(meant[row.id], one))
        if not following:
            break
        meant = following
    lost = Found(None, NO_IDENTIFIER)
    return {guest: known.get(guest, lost) for guest in some}


def _rows(db: Connection, some: Mapping[int, Any]) -> Sequence[Any]:
    table, profile = guests.c, profiles.c
    asked = (
        select(table.id, table.merged_into, table.excluded, profile.email, profile.phone_number)
        .outerjoin(profiles, profile.guest_id == table.id)
        .where(among(db, table.id, sorted(some)))
    )
    return db.execute(asked).all()


def found(address: str | None, excluded: str | None) -> Found:
    """Return what a guest is known by who is not merged into another."""
    if excluded is not None:
        return Found(address, f"{EXCLUDED}{excluded}")
    return Found(address, "" if address else NO_IDENTIFIER)


def parts(
    db: Connection, addresses: Collection[str], sources: Collection[int]
) -> dict[str, list[Part]]:
    """Return by address whom persons are put together of, the newest last."""
    emails = [address for address in addresses if is_email(address)]
    phones = [address for address in addresses if not is_email(address)]
    profile = profiles.c
    found: dict[str, list[Part]] = {}
    for column, wanted, also in (
        (profile.email, emails, ()),
        (profile.phone_number, phones, (profile.email.is_(None),)),
    ):
        if wanted:
            for row in db.execute(_parts(db, sources).where(among(db, column, wanted), *also)):
                part = Part(row.id, row.connection_id, row.body, row.version, row.phone_number)
                found.setdefault(row.email or row.phone_number, []).append(part)
    for some in found.values():
        some.sort(key=lambda part: (part.version, part.guest))
    return found


def _parts(db: Connection, sources: Collection[int]) -> Any:
    table, profile = guests.c, profiles.c
    version = func.coalesce(records.c.version, profile.updated, type_=profile.updated.type)
    return (
        select(
            table.id, table.connection_id, profile.body, profile.email, profile.phone_number,
            version.label("version"),
        )
        .join(profiles, profile.guest_id == table.id)
        .join(records, records.c.id == profile.record_id)
        .where(
            among(db, table.connection_id, sorted(sources)),
            table.excluded.is_(None),
            table.merged_into.is_(None),
        )
    )  # fmt: skip


def still_known(db: Connection, addresses: Collection[str]) -> set[str]:
    """Return those of *addresses* that some guest still has: the others were forgotten."""
    wanted = sorted(addresses)
    asked = (
        select(profiles.c.email).where(among(db, profiles.c.email, wanted)),
        select(profiles.c.phone_number).where(among(db, profiles.c.phone_number, wanted)),
        select(consents.c.address).where(among(db, consents.c.address, wanted)),
    )
    return {address for one in asked for address in db.execute(one.distinct()).scalars() if address}
