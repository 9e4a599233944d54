"""What a delivery tells that no node shows: that something happened, and when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import attrs

from frontdesk.errors import RecordError, SkipRecord
from frontdesk.model import Event, Json, Payload, Record, Ref, Related
from frontdesk_boulevard import tables
from frontdesk_boulevard.rows import (
    DELIVERED,
    instant,
    named,
    part,
    required,
    required_instant,
    text,
)


@attrs.frozen
class Fact:
    """A delivery's own fact.

    Args:
        kind: Boulevard's ``eventType``.
        at: When it happened.
        start: When the appointment starts, as the delivery has it.
        cancelled: When the appointment was cancelled, as the delivery has it.
        reason: Why it was.
        until: The day a membership's pause ends on, as the delivery has it.
        ends: The day a membership is cancelled on, as the delivery has it.
    """

    kind: str
    at: datetime
    start: datetime | None = None
    cancelled: datetime | None = None
    reason: str | None = None
    until: str | None = None
    ends: str | None = None


@attrs.frozen
class Happened:
    """Something that happened, by its metric.

    Args:
        occurrence: What tells one time from the next.
        estimated: Whether the time is a guess; None where it never is.
    """

    metric: str
    time: datetime
    occurrence: str = ""
    estimated: bool | None = None


def fact_of(record: Record) -> Fact | None:
    """Return the fact that came with a record; only a part of one carries any."""
    told = part(record.payload, DELIVERED)
    if told is None:
        return None
    return Fact(
        required(told, "eventType"),
        required_instant(told, "timestamp"),
        instant(told, "startAt"),
        instant(told, "cancelledAt"),
        text(told, "reason"),
        text(told, "unpauseOn"),
        text(told, "cancelOn"),
    )


def node_of(record: Record, related: Related) -> Payload:
    """Return the node a delivery is about, as it is now.

    Deliveries bring a part of it, and it may have changed since: it is asked for. Where the
    platform has it no more, what was known of it has to do.

    Raises:
        SkipRecord: Nothing but its id was ever known.
    """
    fresh = related[Ref(record.stream, record.id, max_age=0)]
    if fresh is not None and not fresh.deleted and not fresh.partial:
        return fresh.payload
    if record.partial:
        raise SkipRecord("gone")
    return record.payload


def events_of(found: Iterable[Happened], node: Payload, shown: dict[str, Json]) -> list[Event]:
    """Make events of what happened to a node; they all show the same, but how sure they are."""
    guest = named(node, "clientId", "Client")
    if guest is None:
        raise RecordError("clientId is missing")
    site = named(node, "locationId", "Location")
    return [
        Event(
            one.metric,
            guest,
            one.time,
            properties=_marked(shown, one),
            occurrence=one.occurrence,
            site=site,
        )
        for one in found
    ]


def _marked(shown: dict[str, Json], one: Happened) -> dict[str, Json]:
    if one.estimated is None:
        return shown
    return {**shown, tables.ESTIMATED.name: one.estimated}
