"""What an appointment tells: events by its state and by deliveries, and its neutral shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from frontdesk.errors import RecordError, SkipRecord
from frontdesk.model import (
    Context,
    Event,
    Json,
    Origin,
    Payload,
    Record,
    Ref,
    Related,
    Reservation,
)
from frontdesk.rows import before, objects
from frontdesk_boulevard import tables
from frontdesk_boulevard.facts import Fact, Happened, events_of, fact_of, node_of
from frontdesk_boulevard.money import money
from frontdesk_boulevard.rows import (
    flag,
    instant,
    named,
    names,
    part,
    required,
    required_instant,
    spelt,
    text,
    whole,
)

#: Who is there, and who was.
_PRESENT: Final = frozenset({"ARRIVED", "ACTIVE"})
_STATUS: Final = {
    "BOOKED": "confirmed",
    "CONFIRMED": "confirmed",
    "ARRIVED": "arrived",
    "ACTIVE": "arrived",
    "FINAL": "departed",
    "CANCELLED": "cancelled",
}


def events(
    record: Record, previous: Record | None, related: Related, context: Context
) -> list[Event]:
    """Tell all that a node proves, or the one thing that a delivery does."""
    if record.deleted:
        return []
    fact = fact_of(record)
    node = record.payload if fact is None else _as_told(fact, node_of(record, related))
    found = _told(fact, node) if fact else _proven(record, previous, related, context)
    reason = _reason(node)
    if reason in context.settings.skip_cancellations:
        raise SkipRecord("cancellation")
    return events_of(found, node, properties(node))


# -- deliveries --------------------------------------------------------------------------


def _told(fact: Fact, node: Payload) -> list[Happened]:
    told = _DELIVERIES.get(fact.kind)
    return [] if told is None else list(told(fact, node))


def _as_told(fact: Fact, node: Payload) -> Payload:
    """Return the node with the cancellation that is told of: it may be restored by now."""
    if fact.cancelled is None:
        return node
    told = {"cancelledAt": spelt(fact.cancelled), "reason": fact.reason}
    return {**node, "cancelled": True, "cancellation": told}


def _arrived(fact: Fact, node: Payload) -> Iterator[Happened]:
    del node
    yield Happened(tables.ARRIVED, fact.at, estimated=False)


def _completed(fact: Fact, node: Payload) -> Iterator[Happened]:
    del node
    yield Happened(tables.COMPLETED, fact.at, estimated=False)


def _confirmed(fact: Fact, node: Payload) -> Iterator[Happened]:
    yield Happened(tables.CONFIRMED, fact.at, _start(fact, node), estimated=False)


def _rescheduled(fact: Fact, node: Payload) -> Iterator[Happened]:
    yield Happened(tables.RESCHEDULED, fact.at, _start(fact, node), estimated=False)


def _cancelled(fact: Fact, node: Payload) -> Iterator[Happened]:
    del fact
    at = _cancelled_at(node)
    if at is not None:
        yield Happened(tables.CANCELLED, at, spelt(at) or "")


def _start(fact: Fact, node: Payload) -> str:
    # The node may have been moved again since; the delivery tells which time it is about.
    return spelt(fact.start or required_instant(node, "startAt")) or ""


_Told = Callable[[Fact, Payload], Iterator[Happened]]
_DELIVERIES: Final[Mapping[str, _Told]] = {
    "APPOINTMENT_ARRIVED": _arrived,
    "APPOINTMENT_COMPLETED": _completed,
    "APPOINTMENT_CONFIRMED": _confirmed,
    "APPOINTMENT_RESCHEDULED": _rescheduled,
    "APPOINTMENT_CANCELLED": _cancelled,
}
#: Deliveries that tell what the node does not, or not for long.
FACTS: Final = frozenset(_DELIVERIES)


# -- nodes -------------------------------------------------------------------------------


def _proven(
    record: Record, previous: Record | None, related: Related, context: Context
) -> list[Happened]:
    row = record.payload
    if record.partial:
        raise RecordError("only a part of the appointment is known")
    required(row, "state")
    found = [Happened(tables.BOOKED, required_instant(row, "createdAt"))]
    at = _cancelled_at(row)
    if at is not None:
        found.append(Happened(tables.CANCELLED, at, spelt(at) or ""))
    if row.get("state") == "FINAL":
        found.append(_closed(record, related))
    found += _seen(record, before(record, previous), guess=context.settings.estimate_history)
    return found


def _closed(record: Record, related: Related) -> Happened:
    """Take the time the order was closed for the end, else the planned one."""
    row = record.payload
    order = named(row, "orderId", "Order")
    paid = related[Ref("orders", order)] if order else None
    at = instant(paid.payload, "closedAt") if paid else None
    if at is not None:
        return Happened(tables.COMPLETED, at, estimated=False)
    return Happened(tables.COMPLETED, _by_now(record, "endAt"), estimated=True)


def _by_now(record: Record, field: str) -> datetime:
    """Return a planned time, or when the record was seen if that was earlier."""
    return min(required_instant(record.payload, field), record.seen)


def _seen(record: Record, earlier: Payload | None, *, guess: bool) -> Iterator[Happened]:
    """Tell what only a change shows, if a delivery did not: the version before is compared.

    With *guess*, the present state alone will do.
    """
    row = record.payload
    state, was = text(row, "state"), None
    if earlier is not None and record.origin is Origin.LIVE:
        was = text(earlier, "state")
    start = required_instant(row, "startAt")
    planned = instant(earlier, "startAt") if earlier is not None and was else None
    if state in _PRESENT and (guess or was in {"BOOKED", "CONFIRMED"}):
        yield Happened(tables.ARRIVED, _by_now(record, "startAt"), estimated=True)
    # If it was moved as well, nobody knows which of its times was confirmed.
    if state == "CONFIRMED" and (guess or (was == "BOOKED" and planned == start)):
        at = _by_now(record, "startAt")
        yield Happened(tables.CONFIRMED, at, spelt(start) or "", estimated=True)
    if planned is not None and planned != start and state != "CANCELLED":
        yield Happened(tables.RESCHEDULED, record.seen, spelt(start) or "", estimated=True)


def _cancelled_at(row: Payload) -> datetime | None:
    if flag(row, "cancelled") is not True and row.get("state") != "CANCELLED":
        return None
    cancellation = part(row, "cancellation")
    if cancellation is None:
        raise RecordError("cancellation is missing")
    return required_instant(cancellation, "cancelledAt")


def _reason(row: Payload) -> str | None:
    cancellation = part(row, "cancellation")
    return text(cancellation, "reason") if cancellation else None


def properties(row: Payload) -> dict[str, Json]:
    """Return the properties of an appointment's events; what was not told is absent."""
    services = objects(row, "appointmentServices")
    staff = [person for one in services if (person := part(one, "staff"))]
    shown: dict[str, Json] = {
        "Staff Names": list(dict.fromkeys(filter(None, map(_person, staff)))),
        "Service Names": names([one for s in services if (one := part(s, "service"))]),
        "Start At": spelt(instant(row, "startAt")),
        "End At": spelt(instant(row, "endAt")),
        "Order ID": named(row, "orderId", "Order"),
        "Location Name": text(part(row, "location") or {}, "name"),
        "Location ID": named(row, "locationId", "Location"),
        "Duration": whole(row, "duration"),
        "Booked By": text(row, "bookedByType"),
        "Appointment ID": named(row, "id", "Appointment"),
        "State": text(row, "state"),
        "Cancellation Reason": _reason(row),
    }
    if row.get("tags") is not None:
        shown["Appointment Tags"] = names(objects(row, "tags"))
    return shown


def _person(staff: Payload) -> str | None:
    """Return the name clients know; a last name may be missing."""
    parts = [text(staff, "firstName"), text(staff, "lastName")]
    return text(staff, "displayName") or " ".join(filter(None, parts)) or None


def reservation(record: Record, context: Context) -> Reservation | None:
    """Return the neutral shape, or None where :func:`events` passes the record over."""
    row = record.payload
    if record.deleted or fact_of(record) is not None or record.partial:
        return None
    state, reason = required(row, "state"), _reason(row)
    if reason in context.settings.skip_cancellations:
        return None
    if state not in _STATUS:
        raise RecordError("state is none frontdesk-boulevard knows")
    guest = named(row, "clientId", "Client")
    if guest is None:
        raise RecordError("clientId is missing")
    missed = state == "CANCELLED" and reason == "NO_SHOW"
    currency = context.settings.currency
    return Reservation(
        number=record.id,
        guest=guest,
        status="no_show" if missed else _STATUS[state],
        site=named(row, "locationId", "Location"),
        from_=instant(row, "startAt"),
        to=instant(row, "endAt"),
        checked_in=state in _PRESENT or state == "FINAL",
        amount=_price(row, currency),
        currency=currency,
        channel=text(row, "bookedByType"),
        created=instant(row, "createdAt"),
        updated=_cancelled_at(row),
    )


def _price(row: Payload, currency: str) -> Decimal:
    prices = (money(s, "price", currency) for s in objects(row, "appointmentServices"))
    return sum((price for price in prices if price is not None), Decimal(0))
