"""What a property tells guests of a stay, what it offers them, and what they asked for."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import attrs
from sqlalchemy import Connection

from frontdesk.annex import Annex
from frontdesk_guestlist.guests import Guest


class State(enum.StrEnum):
    """Of an order: what the property said to it."""

    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


@attrs.frozen(kw_only=True)
class Section:
    """Something the property tells its guests.

    Args:
        id: None until it is saved.
        body: In Markdown; :func:`frontdesk_guestlist.prose.html` renders it.
    """

    id: int | None = None
    language: str
    position: int = 0
    title: str
    body: str


@attrs.frozen
class Wording:
    """An offer in one language; *text* is Markdown."""

    title: str
    text: str = ""


@attrs.frozen(kw_only=True)
class Offer:
    """Something a guest can ask for.

    Args:
        id: None until it is saved.
        price: What one costs; None: it is said in the text, or free.
        texts: By language; what guests of another read is the property's.
        language: In which *title* and *text* are.
    """

    id: int | None = None
    position: int = 0
    active: bool = False
    price: Decimal | None = None
    currency: str | None = None
    texts: Mapping[str, Wording]
    language: str = ""
    title: str = ""
    text: str = ""


@attrs.frozen(kw_only=True)
class Order:
    """What a guest asked for.

    Args:
        guest: The uid of the guest.
        guest_name: For the staff.
        title: Of the offer, in the property's language or the one that was asked for.
        price: What one cost when it was asked for.
    """

    uid: str
    guest: str
    guest_name: str
    offer_id: int
    title: str
    quantity: int
    note: str
    price: Decimal | None
    currency: str | None
    state: State
    at: datetime
    changed: datetime
    changed_by: str

    @property
    def total(self) -> Decimal | None:
        """What all of it costs."""
        return None if self.price is None else self.price * self.quantity


def information(db: Connection, annex: Annex, language: str | None = None) -> list[Section]:
    """Return what the property tells guests who read *language*, in order.

    What is not there in it is given in the property's language.

    Args:
        language: None: everything, in all languages, for who edits it.
    """
    raise NotImplementedError


def save_information(db: Connection, annex: Annex, section: Section, who: str) -> int:
    """Add or replace a section; return its id.

    Raises:
        ConfigurationError: Something is missing, too long, or in a language there is none of.
    """
    raise NotImplementedError


def remove_information(db: Connection, annex: Annex, id: int, who: str) -> None:
    """Remove a section; one that is not there is no error."""
    raise NotImplementedError


def offers(
    db: Connection, annex: Annex, language: str | None = None, *, active: bool = True
) -> list[Offer]:
    """Return what guests can ask for, in order.

    Args:
        language: Of the titles and texts, where they are in it; the property's if None.
        active: Leave out what is not offered now.
    """
    raise NotImplementedError


def save_offer(db: Connection, annex: Annex, offer: Offer, who: str) -> int:
    """Add or replace an offer; return its id. What was ordered keeps its price.

    Raises:
        ConfigurationError: Something is missing, too long, or no price.
    """
    raise NotImplementedError


def remove_offer(db: Connection, annex: Annex, id: int, who: str) -> bool:
    """Remove an offer; one that was ordered is only no longer active. Return whether it is gone."""
    raise NotImplementedError


def order(
    db: Connection,
    annex: Annex,
    guest: Guest,
    offer_id: int,
    quantity: int,
    note: str = "",
    *,
    asked: str = "",
) -> Order:
    """Ask for an offer.

    Args:
        asked: What the form that asks was made with: the same form orders once, however
            often it is sent.

    Raises:
        ConfigurationError: It is not offered, the quantity is none, the note is too long, or
            the guest asked for too much that nobody has answered yet.
    """
    raise NotImplementedError


def orders(
    db: Connection,
    annex: Annex,
    guest: Guest | None = None,
    state: State | None = None,
    *,
    language: str | None = None,
    limit: int = 200,
) -> list[Order]:
    """Return what was asked for, the newest first: of one guest, in one state, or all of it."""
    raise NotImplementedError


def set_state(db: Connection, annex: Annex, uid: str, state: State, who: str) -> Order:
    """Confirm or cancel an order; what is so already stays as it is.

    Raises:
        ConfigurationError: There is no such order, or it was cancelled.
    """
    raise NotImplementedError
