"""What guests asked for, and what the property said to it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import attrs
from sqlalchemy import Connection, func, select, update

from frontdesk import jsons
from frontdesk.annex import Annex
from frontdesk.errors import ConfigurationError
from frontdesk.sql import insert_into
from frontdesk_guestlist import activities
from frontdesk_guestlist.changes import chosen, made_of
from frontdesk_guestlist.guests import Guest
from frontdesk_guestlist.offering import Offer, offers
from frontdesk_guestlist.schema import guests as guest_rows
from frontdesk_guestlist.schema import offers as offer_rows
from frontdesk_guestlist.schema import orders as order_rows
from frontdesk_guestlist.telling import spoken
from frontdesk_guestlist.wording import N_

#: How long a guest's note may be, and how many of one thing can be asked for.
NOTE_MOST: Final = 500
QUANTITY_MOST: Final = 99
#: How often a guest can ask before somebody answers.
WAITING_MOST: Final = 20


class State(enum.StrEnum):
    """Of an order: what the property said to it."""

    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


@attrs.frozen(kw_only=True, repr=False)
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


def order(
    db: Connection,
    annex: Annex,
    guest: Guest,
    offer_id: int,
    quantity: int,
    *,
    note: str = "",
    asked: str = "",
) -> Order:
    """Ask for an offer.

    Args:
        asked: What the form that asks was made with: the same form, filled in the same way,
            orders once, however often it is sent.

    Raises:
        ConfigurationError: It is not offered, the quantity is none, the note is too long, or
            the guest asked for too much that nobody has answered yet. What it says is a text
            of the guests' pages.
    """
    parts = (guest.uid, asked, str(offer_id), str(quantity), note)
    uid = made_of("order", *parts) if asked else chosen()
    if (known := _order(db, annex, uid)) is not None:
        return known
    if not 1 <= quantity <= QUANTITY_MOST:
        raise ConfigurationError(N_("How many? Please write a number from 1 to 99."))
    if len(note) > NOTE_MOST:
        raise ConfigurationError(N_("Please write at most 500 characters."))
    offer = _offered(db, annex, guest, offer_id)
    asking = {"quantity": quantity, "note": note, "price": offer.price, "currency": offer.currency}
    return _put(db, annex, guest, offer, {"uid": uid, "offer_id": offer_id, **asking})


def _offered(db: Connection, annex: Annex, guest: Guest, offer_id: int) -> Offer:
    found = {one.id: one for one in offers(db, annex)}.get(offer_id)
    if found is None:
        raise ConfigurationError(N_("This is not offered any more."))
    rows = order_rows.c
    waiting = select(func.count()).where(
        rows.guest_id == guest.id, rows.state == State.UNCONFIRMED.value
    )
    if db.execute(waiting).scalar_one() >= WAITING_MOST:
        raise ConfigurationError(N_("You asked for a lot already. Please wait for our answer."))
    return found


def _put(
    db: Connection, annex: Annex, guest: Guest, offer: Offer, values: Mapping[str, Any]
) -> Order:
    now, uid = annex.clock.now(), values["uid"]
    row = {
        **values,
        "property": annex.settings.property,
        "guest_id": guest.id,
        "state": State.UNCONFIRMED.value,
        "at": now,
        "changed": now,
    }
    db.execute(insert_into(db, order_rows).on_conflict_do_nothing(), row)
    made = _order(db, annex, uid)
    assert made is not None  # noqa: S101  # it was just put there
    details = {"offer": offer.title, "quantity": made.quantity}
    details |= {"price": made.price, "currency": made.currency}
    activities.record(
        db, annex, guest.id, activities.Kind.OFFER_ORDERED, now, occurrence=uid, **details
    )
    return made


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
    rows, chosen_rows = order_rows.c, _orders(annex)
    if guest is not None:
        chosen_rows = chosen_rows.where(rows.guest_id == guest.id)
    if state is not None:
        chosen_rows = chosen_rows.where(rows.state == state.value)
    found = chosen_rows.order_by(rows.at.desc(), rows.id.desc()).limit(limit)
    return [_ordered(row, annex, language) for row in db.execute(found)]


def set_state(db: Connection, annex: Annex, uid: str, state: State, who: str) -> Order:
    """Confirm or cancel an order; what is so already stays as it is.

    Raises:
        ConfigurationError: There is no such order, or it was cancelled.
    """
    found = _order(db, annex, uid)
    if found is None:
        raise ConfigurationError("there is no such order any more; reload the page")
    if found.state is state:
        return found
    if found.state is State.CANCELLED or state is State.UNCONFIRMED:
        raise ConfigurationError(
            f"an order that is {found.state} cannot become {state}; the guest can order again"
        )
    now = annex.clock.now()
    changed = {"state": state.value, "changed": now, "changed_by": who}
    db.execute(update(order_rows).where(order_rows.c.uid == uid).values(changed))
    annex.note(db, who, "guestlist order", order=uid, state=state.value)
    return attrs.evolve(found, state=state, changed=now, changed_by=who)


def _order(db: Connection, annex: Annex, uid: str) -> Order | None:
    row = db.execute(_orders(annex).where(order_rows.c.uid == uid)).one_or_none()
    return None if row is None else _ordered(row, annex, None)


def _orders(annex: Annex) -> Any:
    names = guest_rows.c
    return (
        select(
            order_rows,
            offer_rows.c.texts,
            names.uid.label("guest"),
            names.first_name,
            names.last_name,
        )
        .join(offer_rows, offer_rows.c.id == order_rows.c.offer_id)
        .join(guest_rows, names.id == order_rows.c.guest_id)
        .where(order_rows.c.property == annex.settings.property)
    )


def _ordered(row: Any, annex: Annex, language: str | None) -> Order:
    texts = jsons.decode(row.texts)
    read = spoken(set(texts), language or annex.settings.language, annex)
    return Order(
        uid=row.uid,
        guest=row.guest,
        guest_name=f"{row.first_name} {row.last_name}".strip(),
        offer_id=row.offer_id,
        title=texts.get(read, {}).get("title", ""),
        quantity=row.quantity,
        note=row.note,
        price=row.price,
        currency=row.currency,
        state=State(row.state),
        at=row.at,
        changed=row.changed,
        changed_by=row.changed_by,
    )
