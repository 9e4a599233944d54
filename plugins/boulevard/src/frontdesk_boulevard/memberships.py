"""What a membership tells: events by its status and dates, by changes, and by deliveries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Final

from frontdesk.errors import RecordError, SkipRecord
from frontdesk.model import Context, Event, Json, Origin, Payload, Record, Related
from frontdesk.rows import before, objects
from frontdesk_boulevard import tables
from frontdesk_boulevard.facts import Fact, Happened, events_of, fact_of, node_of
from frontdesk_boulevard.money import money
from frontdesk_boulevard.rows import (
    day,
    midnight,
    named,
    names,
    part,
    required,
    spelt,
    text,
    whole,
    zone_of,
)

#: Delivery: the metric it is news of.
_DELIVERIES: Final = {
    "MEMBERSHIP_CANCELLED": tables.ENDED,
    "MEMBERSHIP_REACTIVATED": tables.REACTIVATED,
    "MEMBERSHIP_PAUSED": tables.PAUSED,
    "MEMBERSHIP_UNPAUSED": tables.UNPAUSED,
}
#: Deliveries that tell what the node does not, or not for long.
FACTS: Final = frozenset(_DELIVERIES)
#: Status before and now: what happened between.
_CHANGES: Final = {
    ("ACTIVE", "PAUSED"): tables.PAUSED,
    ("PAST_DUE", "PAUSED"): tables.PAUSED,
    ("PAUSED", "ACTIVE"): tables.UNPAUSED,
    ("CANCELLED", "ACTIVE"): tables.REACTIVATED,
}


def events(
    record: Record, previous: Record | None, related: Related, context: Context
) -> list[Event]:
    """Tell all that a node proves, or the one thing that a delivery does."""
    if record.deleted:
        return []
    fact = fact_of(record)
    node = record.payload if fact is None else node_of(record, related)
    zone = zone_of(node, context)
    if fact is not None:
        found = list(_told(fact, node, record.payload, zone))
    else:
        found = _proven(record, previous, zone, guess=context.settings.estimate_history)
    return events_of(found, node, properties(node, zone, context.settings.currency))


def _told(fact: Fact, node: Payload, stored: Payload, zone: tzinfo) -> Iterator[Happened]:
    metric = _DELIVERIES.get(fact.kind)
    if metric == tables.ENDED:
        told = {"cancelOn": fact.ends} if fact.ends else None
        shows = _showing("CANCELLED", told, node, stored)
        yield _ended(shows, zone, fact.at)
    elif metric == tables.PAUSED:
        told = {"unpauseOn": fact.until} if fact.until else None
        shows = _showing("PAUSED", told, node, stored)
        yield Happened(metric, fact.at, _which(metric, shows), estimated=False)
    elif metric is not None:
        yield Happened(metric, fact.at, _which(metric, node), estimated=False)


def _showing(status: str, told: Payload | None, node: Payload, stored: Payload) -> Payload:
    """Return what shows the pause or the cancellation that a delivery tells of.

    Best is the delivery itself, then the node; which may have gone on by now, so that what
    was known before has to do.

    Raises:
        SkipRecord: It is over, and nothing is left to tell it from another one.
    """
    if told:
        return told
    for row in (node, stored):
        if text(row, "status") == status or (status == "CANCELLED" and text(row, "cancelOn")):
            return row
    raise SkipRecord("over")


def _proven(
    record: Record, previous: Record | None, zone: tzinfo, *, guess: bool
) -> list[Happened]:
    row = record.payload
    if record.partial:
        raise RecordError("only a part of the membership is known")
    status = required(row, "status")
    begun = midnight(row, "startOn", zone)
    if begun is None:
        raise RecordError("startOn is missing")
    found = [Happened(tables.ACTIVATED, begun)]
    if status == "CANCELLED":
        found.append(_ended(row, zone, record.seen))
    earlier = before(record, previous) if record.origin is Origin.LIVE else None
    was = text(earlier, "status") if earlier is not None else None
    changed = _CHANGES.get((was or "", status))
    if changed is None and guess and status == "PAUSED":
        changed = tables.PAUSED
    if changed is not None:
        found.append(Happened(changed, record.seen, _which(changed, row), estimated=True))
    return found


def _ended(row: Payload, zone: tzinfo, told: datetime) -> Happened:
    """Tell of a cancellation: on its day, or when it was scheduled if that is yet to come."""
    field = "cancelOn" if day(row, "cancelOn") else "endOn"
    at = midnight(row, field, zone)
    if at is None:
        raise RecordError("cancelOn and endOn are missing")
    return Happened(tables.ENDED, min(at, told), text(row, field) or "")


def _which(metric: str, row: Payload) -> str:
    """Tell one pause from the next, or one return from the next, whoever noticed it.

    A pause has the day it ends on. Once it is over, nothing of it is left on the node: the
    term it belongs to and the day that term ends have to do.
    """
    if metric == tables.PAUSED and (ends := text(row, "unpauseOn")):
        return ends
    return f"term {whole(row, 'termNumber')} to {text(row, 'endOn')}"


def properties(row: Payload, zone: tzinfo, currency: str) -> dict[str, Json]:
    """Return the properties of a membership's events; what was not told is absent."""
    shown: dict[str, Json] = {
        "Start On": spelt(midnight(row, "startOn", zone)),
        "End On": spelt(midnight(row, "endOn", zone)),
        "Cancel On": spelt(midnight(row, "cancelOn", zone)),
        "Status": text(row, "status"),
        "Location Name": text(part(row, "location") or {}, "name"),
        "Location ID": named(row, "locationId", "Location"),
        "Price": money(row, "unitPrice", currency),
        "Membership Names": names([row]),
        "Membership ID": named(row, "id", "Membership"),
    }
    if row.get("vouchers") is not None:
        shown["Vouchers"] = [_voucher(one) for one in objects(row, "vouchers")]
    return shown


def _voucher(row: Payload) -> dict[str, Json]:
    return {"quantity": whole(row, "quantity"), "services": names(objects(row, "services"))}
