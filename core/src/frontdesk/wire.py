"""The model as JSON: the lines of ``frontdesk map`` and the bodies in the log."""

from __future__ import annotations

from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Final

import attrs

from frontdesk.model import (
    Consent,
    Event,
    Gone,
    Json,
    Merged,
    Origin,
    Profile,
    Record,
    Ref,
    Reservation,
)

_PROFILE = tuple(f.name for f in attrs.fields(Profile) if f.name != "excluded")
_of_profile = attrgetter(*_PROFILE)
_RESERVATION = tuple(f.name.rstrip("_") for f in attrs.fields(Reservation))
_TIMES: Final = ("from", "to", "created", "updated")
_of_reservation = attrgetter(*(f.name for f in attrs.fields(Reservation)))


def event_json(event: Event, id: bytes, properties: Json = None) -> dict[str, Json]:
    """Return an event with its id in hexadecimal.

    Args:
        properties: The properties as they were written already, if they were.
    """
    return {
        "id": id.hex(),
        "metric": event.metric,
        "time": time_json(event.time),
        "value": event.value,
        "currency": event.currency,
        "guest": event.guest,
        "properties": event.properties if properties is None else properties,
    }


def profile_json(profile: Profile) -> dict[str, Json]:
    """Return all a destination may learn of a profile."""
    return dict(zip(_PROFILE, _of_profile(profile), strict=True))


def consent_json(consent: Consent) -> dict[str, Json]:
    """Return a consent."""
    return {
        "guest": consent.guest,
        "address": consent.address,
        "channel": consent.channel.value,
        "state": consent.state.value,
        "at": time_json(consent.at),
        "evidence": consent.evidence,
    }


def reservation_json(reservation: Reservation) -> dict[str, Json]:
    """Return a reservation; its ``from_`` is called ``from``."""
    values = dict(zip(_RESERVATION, _of_reservation(reservation), strict=True))
    for name in _TIMES:
        values[name] = time_json(values[name])
    return values


def ref_json(ref: Ref) -> dict[str, Json]:
    """Return a ref."""
    return {"stream": ref.stream, "id": ref.id, "site": ref.site}


def leaving_json(leaving: Merged | Gone) -> dict[str, Json]:
    """Return a merge or a departure."""
    fields: dict[str, Any] = attrs.asdict(leaving)
    return fields


def record_json(record: Record) -> dict[str, Json]:
    """Return a record with everything needed to run its hooks again."""
    return {
        "stream": record.stream,
        "id": record.id,
        "site": record.site,
        "version": time_json(record.version),
        "guests": list(record.guests),
        "partial": record.partial,
        "deleted": record.deleted,
        "seen": time_json(record.seen),
        "origin": record.origin.value,
        "payload": record.payload,
    }


def record_from(values: dict[str, Any]) -> Record:
    """Return the record that :func:`record_json` wrote."""
    return Record(
        values["stream"],
        values["id"],
        values["payload"],
        site=values["site"],
        version=_time(values["version"]),
        guests=tuple(values["guests"]),
        partial=values["partial"],
        deleted=values["deleted"],
        seen=datetime.fromisoformat(values["seen"]),
        origin=Origin(values["origin"]),
    )


def time_json(value: datetime | None) -> str | None:
    """Return an aware time in UTC, ``2026-11-22T01:38:47Z``."""
    if value is None:
        return None
    universal = value if value.tzinfo is UTC else value.astimezone(UTC)
    return universal.isoformat()[:-6] + "Z"


def _time(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)
