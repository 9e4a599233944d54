"""Whom no e-mail goes to, or a certain one does not: addresses, domains, companies, room types."""

from __future__ import annotations

import enum
import re
from typing import Final

import attrs
from sqlalchemy import ColumnElement, and_, delete, exists, insert, or_, select
from sqlalchemy import Connection as Db

from frontdesk.annex import Annex
from frontdesk.errors import ConfigurationError
from frontdesk_guestlist import emails, rowing
from frontdesk_guestlist.matching import folded, small
from frontdesk_guestlist.schema import exclusions, guests

#: Letters of a value.
LONGEST: Final = 200
#: Neither mark that LIKE reads can be in one.
_DOMAIN: Final = re.compile(r"([^\W_]+(-+[^\W_]+)*\.)+[^\W_]+(-+[^\W_]+)*")


class Kind(enum.StrEnum):
    """What is excluded."""

    ADDRESS = "address"
    DOMAIN = "domain"
    COMPANY = "company"
    ROOM_TYPE = "room_type"


@attrs.frozen
class Exclusion:
    """Guests that get no e-mail, or not a certain one.

    Args:
        email_id: The e-mail they do not get; None: any.
    """

    id: int
    email_id: int | None
    kind: Kind
    value: str


def listed(db: Db, annex: Annex, email_id: int | None = None) -> list[Exclusion]:
    """Return what is excluded of all e-mails, or of one besides."""
    asked = (
        select(exclusions)
        .where(exclusions.c.property == annex.settings.property)
        .where(exclusions.c.email_id.is_not_distinct_from(email_id))
        .order_by(exclusions.c.kind, exclusions.c.value)
    )
    return [Exclusion(row.id, row.email_id, Kind(row.kind), row.value) for row in db.execute(asked)]


def add(
    db: Db, annex: Annex, kind: Kind, value: str, who: str, *, email_id: int | None = None
) -> int:
    """Exclude; return the exclusion's id. What is excluded already stays so.

    A domain is written ``example.com`` or ``@example.com``; those below it are meant as well.

    Raises:
        ConfigurationError: It is no address or domain, or empty, or there is no such e-mail.
    """
    clean = _clean(kind, value)
    if email_id is not None and emails.get(db, annex, email_id) is None:
        raise ConfigurationError("there is no such e-mail; somebody may have removed it")
    for known in listed(db, annex, email_id):
        if (known.kind, known.value) == (kind, clean):
            return known.id
    row = {"property": annex.settings.property, "email_id": email_id}
    new = insert(exclusions).values(row | {"kind": kind.value, "value": clean})
    id: int = db.execute(new.returning(exclusions.c.id)).scalar_one()
    annex.note(db, who, "guestlist exclusion add", exclusion=id, email=email_id)
    return id


def remove(db: Db, annex: Annex, id: int, who: str) -> None:
    """Exclude no longer.

    Raises:
        ConfigurationError: The property has no such exclusion.
    """
    own = exclusions.c.property == annex.settings.property
    if db.execute(delete(exclusions).where(own, exclusions.c.id == id)).rowcount != 1:
        raise ConfigurationError("there is no such exclusion; somebody may have removed it")
    annex.note(db, who, "guestlist exclusion remove", exclusion=id)


def excluded(property: str, email_id: int | None) -> ColumnElement[bool]:
    """Return the condition that a row of guests is excluded from an e-mail."""
    own, row = exclusions.c, guests.c
    # Both are kept in small letters.
    meant = or_(
        and_(own.kind == Kind.ADDRESS.value, own.value == row.address),
        and_(own.kind == Kind.DOMAIN.value, row.address.like("%@" + own.value)),
        and_(own.kind == Kind.DOMAIN.value, row.address.like("%." + own.value)),
        and_(own.kind == Kind.COMPANY.value, own.value == folded(row.company)),
        and_(own.kind == Kind.ROOM_TYPE.value, own.value == folded(row.room_type)),
    )
    whose = or_(own.email_id.is_(None), own.email_id == email_id)
    return exists().where(own.property == property, whose, meant).correlate(guests)


def _clean(kind: Kind, value: str) -> str:
    """Return a value as it is kept."""
    text = value.strip()
    if not 0 < len(text) <= LONGEST:
        raise ConfigurationError(f"value: must have 1 to {LONGEST} letters")
    if kind is Kind.ADDRESS:
        address = rowing.address(text)
        if not address:
            raise ConfigurationError("value: must be an e-mail address, such as guest@example.com")
        return address
    if kind is Kind.DOMAIN:
        domain = text.removeprefix("@").lower()
        if not _DOMAIN.fullmatch(domain):
            raise ConfigurationError("value: must be a domain, such as example.com")
        return domain
    return small(text)
