"""What guests of a property can ask for."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import attrs
from sqlalchemy import Connection, delete, select, update

from frontdesk import jsons
from frontdesk.annex import Annex
from frontdesk.errors import ConfigurationError
from frontdesk_guestlist.schema import offers as offer_rows
from frontdesk_guestlist.schema import orders as order_rows
from frontdesk_guestlist.telling import (
    TEXT_MOST,
    TITLE_MOST,
    check,
    check_language,
    keep,
    spoken,
)

_PRICE_MOST: Final = Decimal(1_000_000_000)


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


def offers(
    db: Connection, annex: Annex, language: str | None = None, *, active: bool = True
) -> list[Offer]:
    """Return what guests can ask for, in order.

    Args:
        language: Of the titles and texts, where they are in it; the property's if None.
        active: Leave out what is not offered now.
    """
    rows = offer_rows.c
    asked = select(offer_rows).where(rows.property == annex.settings.property)
    if active:
        asked = asked.where(rows.active)
    found = db.execute(asked.order_by(rows.position, rows.id))
    return [_offer(row, annex, language) for row in found]


def _offer(row: Any, annex: Annex, language: str | None) -> Offer:
    texts = {name: Wording(**said) for name, said in jsons.decode(row.texts).items()}
    read = spoken(set(texts), language or annex.settings.language, annex)
    said = texts.get(read, Wording(""))
    return Offer(
        id=row.id,
        position=row.position,
        active=row.active,
        price=row.price,
        currency=row.currency,
        texts=texts,
        language=read,
        title=said.title,
        text=said.text,
    )


def save_offer(db: Connection, annex: Annex, offer: Offer, who: str) -> int:
    """Add or replace an offer; return its id. What was ordered keeps its price.

    Raises:
        ConfigurationError: Something is missing, too long, or no price.
    """
    texts = {name: said for name, said in offer.texts.items() if said.title or said.text}
    _check_offer(annex, offer, texts)
    values = {
        "position": offer.position,
        "active": offer.active,
        "price": offer.price,
        "currency": None if offer.price is None else offer.currency or annex.settings.currency,
        "texts": jsons.encode({name: attrs.asdict(said) for name, said in texts.items()}),
    }
    id = keep(db, annex, offer_rows, offer.id, values)
    annex.note(db, who, "guestlist offer save", offer=id, active=offer.active)
    return id


def _check_offer(annex: Annex, offer: Offer, texts: Mapping[str, Wording]) -> None:
    if not texts:
        raise ConfigurationError("title: an offer needs one, in at least one language")
    for language, said in texts.items():
        check_language(language)
        check(f"title ({language})", said.title, TITLE_MOST, needed=True)
        check(f"text ({language})", said.text, TEXT_MOST)
    price = offer.price
    if price is None:
        return
    if not price.is_finite() or not 0 <= price < _PRICE_MOST:
        raise ConfigurationError("price: it must be a number that is not below 0, such as 24.50")
    if not (offer.currency or annex.settings.currency):
        raise ConfigurationError("currency: a price needs one; set it here or for the property")


def remove_offer(db: Connection, annex: Annex, id: int, who: str) -> bool:
    """Remove an offer; one that was ordered is only no longer active.

    Returns:
        Whether it is gone.
    """
    rows = offer_rows.c
    mine = (rows.property == annex.settings.property) & (rows.id == id)
    asked = select(order_rows.c.id).where(order_rows.c.offer_id == id).limit(1)
    ordered = db.execute(asked).scalar() is not None
    if ordered:
        db.execute(update(offer_rows).where(mine).values(active=False))
    else:
        db.execute(delete(offer_rows).where(mine))
    annex.note(db, who, "guestlist offer remove", offer=id)
    return not ordered
