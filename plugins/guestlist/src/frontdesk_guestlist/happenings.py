"""What guests did, as events, and what they said about e-mails, as consent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final

from frontdesk.model import (
    Channel,
    Consent,
    ConsentState,
    Context,
    Event,
    Json,
    Payload,
    Record,
)
from frontdesk_guestlist import stopping, subscribing, tables
from frontdesk_guestlist.activities import Kind

_STOPS: Final = {Kind.STOPPED: "staff", Kind.UNSUBSCRIBED: "guest"}


def events(record: Record, context: Context) -> Iterable[Event]:
    """Return the event that an activity is, if it is one."""
    row = record.payload
    metric = tables.BY_KIND.get(row["kind"])
    if metric is None:
        return ()
    value, currency = _worth(row)
    return (
        Event(
            metric,
            row["profile"],
            datetime.fromisoformat(row["at"]),
            value=value,
            currency=currency,
            properties={**_stay(row, context), **_told(row)},
            action=row["kind"],
        ),
    )


def consents(record: Record, context: Context) -> Iterable[Consent]:
    """Return what an activity states about e-mails; that a stop was undone states nothing."""
    row, told = record.payload, record.payload["details"]
    kind = row["kind"]
    if kind in _STOPS:
        state = ConsentState.UNSUBSCRIBED
        shown = stopping.evidence(_STOPS[kind], told["who"], told["stop"])
    elif kind == Kind.SUBSCRIBED:
        state = ConsentState.SUBSCRIBED
        shown = subscribing.evidence(context.settings.title, told["who"], told["caveat"])
    else:
        return ()
    at = datetime.fromisoformat(row["at"])
    return (Consent(row["profile"], told["address"], Channel.EMAIL, state, at, shown),)


def _stay(row: Payload, context: Context) -> dict[str, Json]:
    return {
        "Reservation ID": row["number"],
        "Arrival Date": row["arrival"],
        "Departure Date": row["departure"],
        "Nights": row["nights"],
        "Property Name": context.settings.title,
        "Channel": row["channel"] or None,
        "Room Type": row["room_type"] or None,
    }


def _told(row: Payload) -> dict[str, Json]:
    told, kind = row["details"], row["kind"]
    if kind == Kind.EMAIL_SENT:
        return {
            "Email Name": told.get("email"),
            "Email Kind": told.get("email_kind"),
            "Phase": told.get("phase"),
            "Sent by Hand": bool(told.get("manual")),
        }
    if kind == Kind.FEEDBACK_SUBMITTED:
        return {"Form": told.get("form"), "Rating": told.get("rating")}
    if kind == Kind.OFFER_ORDERED:
        return {"Offer": told.get("offer"), "Quantity": told.get("quantity")}
    return {"Stopped by": _STOPS[kind]} if kind in _STOPS else {}


def _worth(row: Payload) -> tuple[Decimal | None, str | None]:
    told, kind = row["details"], row["kind"]
    if kind == Kind.GUEST_CREATED:
        return _money(row["amount"]), row["currency"]
    if kind == Kind.OFFER_ORDERED and told.get("price") is not None:
        return Decimal(str(told["price"])) * told.get("quantity", 1), told.get("currency")
    return None, None


def _money(amount: Json) -> Decimal | None:
    return None if amount is None else Decimal(str(amount))
