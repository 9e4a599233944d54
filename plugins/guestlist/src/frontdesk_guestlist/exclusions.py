"""Whom no e-mail goes to, or a certain one does not: addresses, domains, companies, room types."""

from __future__ import annotations

import enum

import attrs
from sqlalchemy import ColumnElement
from sqlalchemy import Connection as Db

from frontdesk.annex import Annex


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
    raise NotImplementedError


def add(
    db: Db, annex: Annex, kind: Kind, value: str, who: str, *, email_id: int | None = None
) -> int:
    """Exclude; return the exclusion's id. What is excluded already stays so.

    A domain is written ``example.com`` or ``@example.com``; those below it are meant as well.

    Raises:
        ConfigurationError: It is no address or domain, or empty.
    """
    raise NotImplementedError


def remove(db: Db, annex: Annex, id: int, who: str) -> None:
    """Exclude no longer.

    Raises:
        ConfigurationError: The property has no such exclusion.
    """
    raise NotImplementedError


def excluded(property: str, email_id: int | None) -> ColumnElement[bool]:
    """Return the condition that a row of guests is excluded from an e-mail."""
    raise NotImplementedError
