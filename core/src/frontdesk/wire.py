"""The model as JSON: the lines of ``frontdesk map`` and the bodies in the log."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final

import attrs
import msgspec

from frontdesk import jsons
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
from frontdesk.notices import Notice

_PROFILE = tuple(f.name for f in attrs.fields(Profile) if f.name != "excluded")
_of_profile = attrgetter(*_PROFILE)
_RESERVATION = tuple(f.name.rstrip("_") for f in attrs.fields(Reservation))
_TIMES: Final = ("from", "to", "created", "updated")
_of_reservation = attrgetter(*(f.name for f in attrs.fields(Reservation)))


def event_json(event: Event, id: bytes) -> dict[str, Json]:
    """Return an event with its id in hexadecimal; *site* as the connector named it."""
    return {
        "id": id.hex(),
        "metric": event.metric,
        "time": time_json(event.time),
        "value": event.value,
        "currency": event.currency,
        "guest": event.guest,
        "site": event.site,
        "properties": event.properties,
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


def profile_body(profile: Profile) -> bytes:
    """Write a profile so that the same profile is always the same bytes."""
    return jsons.canonical(profile_json(profile))


def reservation_body(reservation: Reservation) -> bytes:
    """Write a reservation as the log keeps it; its times must be aware."""
    values = dict(zip(_RESERVATION, _of_reservation(reservation), strict=True))
    for name in _TIMES:
        values[name] = _universal(values[name])
    return jsons.encode(values)


def profile_from(values: dict[str, Any]) -> Profile:
    """Return the profile that :func:`profile_body` wrote."""
    return Profile(**{name: values[name] for name in _PROFILE if values.get(name) is not None})


def reservation_from(values: dict[str, Any]) -> Reservation:
    """Return the reservation that :func:`reservation_body` wrote."""
    read: dict[str, Any] = {**values, **{name: _time(values.get(name)) for name in _TIMES}}
    amount = read.get("amount")
    read["amount"] = None if amount is None else Decimal(amount)
    return Reservation(from_=read.pop("from"), **read)


def ref_json(ref: Ref) -> dict[str, Json]:
    """Return a ref."""
    return {"stream": ref.stream, "id": ref.id, "site": ref.site}


def notice_json(notice: Notice) -> dict[str, Json]:
    """Return a notice."""
    return {"standing": notice.standing.value, "reason": notice.reason}


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
    universal = _universal(value)
    return None if universal is None else universal.isoformat()[:-6] + "Z"


def event_body(event: Event, id: bytes, properties: bytes, site: str | None) -> bytes:
    """Write an event as the log keeps it, around its properties, which are written already.

    Args:
        site: The site it happened at, as far as that is known.
    """
    return jsons.encode(
        {
            "id": id.hex(),
            "metric": event.metric,
            "time": _universal(event.time),
            "value": event.value,
            "currency": event.currency,
            "guest": event.guest,
            "site": site,
            "properties": msgspec.Raw(properties),
        }
    )


def _universal(value: datetime | None) -> datetime | None:
    """Return the time in UTC, which JSON writes with a ``Z``."""
    return value if value is None or value.tzinfo is UTC else value.astimezone(UTC)


def _time(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)
