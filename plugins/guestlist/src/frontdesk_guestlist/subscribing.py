"""The subscriber list: consent to campaigns that a named member of staff says was given."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import attrs
from sqlalchemy import Connection, select

from frontdesk.annex import Annex
from frontdesk.errors import ConfigurationError
from frontdesk.sql import among
from frontdesk_guestlist import activities
from frontdesk_guestlist.activities import Kind
from frontdesk_guestlist.changes import made_of, next_change
from frontdesk_guestlist.schema import guests, subscribers
from frontdesk_guestlist.stopping import opted_out

CAVEATS: Final[Mapping[str, str]] = {
    "en": (
        "Only transfer guests who agreed to receive marketing e-mails from you. The transfer "
        "must comply with the data protection law of your region or country, such as the GDPR "
        "in the European Union. You declare that you can show this consent when asked."
    ),
    "fr": (
        "Ne transférez que des clients qui ont accepté de recevoir vos e-mails promotionnels. "
        "Le transfert doit respecter la loi sur la protection des données de votre région ou "
        "de votre pays, par exemple le RGPD dans l'Union européenne. Vous déclarez pouvoir "
        "prouver ce consentement sur demande."
    ),
}
"""What is to be accepted before guests are transferred, by language."""


class Refusal(enum.StrEnum):
    """Why a guest was not put on the subscriber list."""

    #: There is no such guest in the list.
    UNKNOWN = "unknown"
    NO_ADDRESS = "no_address"
    #: Staff, the guest, another connection or a destination opted the address out.
    OPTED_OUT = "opted_out"
    #: The source keeps the guest back from marketing.
    EXCLUDED = "excluded"
    ALREADY = "already"


@attrs.frozen
class Transfer:
    """What became of a transfer.

    Args:
        added: How many were put on the list.
        refused: The guests who were not, by id, and why.
    """

    added: int
    refused: Sequence[tuple[int, Refusal]] = ()


@attrs.frozen(kw_only=True)
class Subscriber:
    """A line of the subscriber list.

    Args:
        guest: The uid of the guest who was transferred.
        opted_out: Whether the address has been opted out since.
    """

    id: int
    address: str
    guest: str
    by: str
    at: datetime
    caveat: str
    opted_out: bool


def transfer(
    db: Connection, annex: Annex, guest_ids: Sequence[int], who: str, caveat: str
) -> Transfer:
    """Put guests on the subscriber list.

    Args:
        who: The member of staff who says that they agreed.
        caveat: What that person read and accepted, as it was shown.

    Raises:
        ConfigurationError: The campaigns module is off, nobody says so, or nobody accepted.
    """
    if not annex.settings.campaigns:
        raise ConfigurationError("the campaigns module is off: set campaigns = true to use it")
    if not who or not caveat.strip():
        raise ConfigurationError("somebody has to accept the caveat, by name")
    property, now = annex.settings.property, annex.clock.now()
    next_change(db, property, now, 0)
    refused: list[tuple[int, Refusal]] = []
    taken: dict[str, int] = {}
    for id, verdict in _judged(db, annex, list(dict.fromkeys(guest_ids))):
        if isinstance(verdict, Refusal):
            refused.append((id, verdict))
        elif taken.setdefault(verdict, id) != id:
            refused.append((id, Refusal.ALREADY))
    for address, id in taken.items():
        row = {"address": address, "guest_id": id, "by": who, "at": now, "caveat": caveat}
        db.execute(subscribers.insert(), {"property": property, **row})
        told = {"address": address, "who": who, "caveat": caveat}
        occurrence = made_of(property, address)
        activities.record(db, annex, id, Kind.SUBSCRIBED, now, occurrence=occurrence, **told)
    annex.note(db, who, "guestlist transfer", added=len(taken), refused=len(refused))
    return Transfer(len(taken), refused)


def page(
    db: Connection, annex: Annex, after: int | None = None, limit: int = 50
) -> list[Subscriber]:
    """Return the newest subscribers, or those before the one with id *after*."""
    table, property = subscribers.c, annex.settings.property
    asked = select(subscribers, guests.c.uid).join(guests, guests.c.id == table.guest_id)
    asked = asked.where(table.property == property).order_by(table.id.desc()).limit(limit)
    rows = db.execute(asked if after is None else asked.where(table.id < after)).all()
    out = opted_out(db, annex, [row.address for row in rows])
    return [_subscriber(row, out) for row in rows]


def evidence(title: str, who: str, caveat: str) -> str:
    """Return what shows that a guest agreed."""
    return f"{who} put the guest on the subscriber list of {title}, and accepted: {caveat}"


def _judged(db: Connection, annex: Annex, ids: Sequence[int]) -> list[tuple[int, str | Refusal]]:
    """Return the address of each guest who may be put on the list, else why not."""
    property, table = annex.settings.property, guests.c
    asked = select(table.id, table.address, table.excluded).where(
        table.property == property, among(db, table.id, ids), table.hidden.is_(None)
    )
    rows = {row.id: row for row in db.execute(asked)}
    addresses = {row.address for row in rows.values() if row.address}
    out = opted_out(db, annex, addresses)
    listed = select(subscribers.c.address).where(
        subscribers.c.property == property, among(db, subscribers.c.address, addresses)
    )
    there = set(db.execute(listed).scalars())
    return [(id, _verdict(rows.get(id), out, there)) for id in ids]


def _verdict(row: Any, out: set[str], there: set[str]) -> str | Refusal:
    if row is None:
        return Refusal.UNKNOWN
    if not row.address:
        return Refusal.NO_ADDRESS
    if row.address in out:
        return Refusal.OPTED_OUT
    if row.excluded:
        return Refusal.EXCLUDED
    address: str = row.address
    return Refusal.ALREADY if address in there else address


def _subscriber(row: Any, out: set[str]) -> Subscriber:
    return Subscriber(
        id=row.id,
        address=row.address,
        guest=row.uid,
        by=row.by,
        at=row.at,
        caveat=row.caveat,
        opted_out=row.address in out,
    )
