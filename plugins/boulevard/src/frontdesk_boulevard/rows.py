"""Rows as Boulevard sends them: their fields read strictly, and each made a record."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from frontdesk.errors import RecordError
from frontdesk.model import Context, Payload, Record
from frontdesk.rows import is_row

#: Where a delivery's own fact is kept beside the node; Boulevard's own keys begin small.
DELIVERED: Final = "Delivered"
#: Stream: the type of node it holds, as ids spell it.
TYPES: Final = {
    "clients": "Client",
    "appointments": "Appointment",
    "memberships": "Membership",
    "orders": "Order",
}
_URN: Final = "urn:blvd:"


def text(row: Payload, field: str) -> str | None:
    """Read a string; null and the empty string are both None."""
    value = row.get(field)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise RecordError(f"{field} is not a string")
    return value


def required(row: Payload, field: str) -> str:
    """Read a string that must be there."""
    value = text(row, field)
    if value is None:
        raise RecordError(f"{field} is missing")
    return value


def whole(row: Payload, field: str) -> int | None:
    """Read a whole number."""
    value = row.get(field)
    if value is None:
        return None
    if type(value) is not int:
        raise RecordError(f"{field} is not a whole number")
    return value


def flag(row: Payload, field: str) -> bool | None:
    """Read a yes or no."""
    value = row.get(field)
    if value is None or isinstance(value, bool):
        return value
    raise RecordError(f"{field} is not a boolean")


def instant(row: Payload, field: str) -> datetime | None:
    """Read a time; Boulevard's carry an offset or ``Z``."""
    value = text(row, field)
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
        # The same time has one spelling, whatever the offset it came with.
        return moment.astimezone(UTC) if moment.tzinfo else _zoneless(field)
    except (ValueError, OverflowError):
        # Not chained: the message would quote what may be a guest's data.
        raise RecordError(f"{field} is not a time") from None


def _zoneless(field: str) -> datetime:
    raise RecordError(f"{field} is a time without a zone")


def required_instant(row: Payload, field: str) -> datetime:
    """Read a time that must be there."""
    moment = instant(row, field)
    if moment is None:
        raise RecordError(f"{field} is missing")
    return moment


def day(row: Payload, field: str) -> date | None:
    """Read a date without a time."""
    value = text(row, field)
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise RecordError(f"{field} is not a date") from None


def midnight(row: Payload, field: str, zone: tzinfo) -> datetime | None:
    """Read a date as the moment it begins in *zone*."""
    found = day(row, field)
    if found is None:
        return None
    try:
        return datetime(found.year, found.month, found.day, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise RecordError(f"{field} is out of any calendar") from None


def spelt(moment: datetime | None) -> str | None:
    """Write a time as properties and occurrences have it: one spelling, UTC."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def part(row: Payload, field: str) -> Payload | None:
    """Read an object."""
    value = row.get(field)
    if value is None or is_row(value):
        return value
    raise RecordError(f"{field} is not an object")


def names(rows: list[Payload], field: str = "name") -> list[str]:
    """Return the names of several things, each once, in their order."""
    return list(dict.fromkeys(found for row in rows if (found := text(row, field))))


def urn(kind: str, value: str, field: str = "id") -> str:
    """Return an id as the platform's own URN: some of its fields hold the bare UUID.

    Raises:
        RecordError: It is neither.
    """
    bare = value.rpartition(":")[2]
    try:
        known = UUID(bare)
    except ValueError:
        raise RecordError(f"{field} is no id of Boulevard's") from None
    return f"{_URN}{kind}:{known}"


def named(row: Payload, field: str, kind: str) -> str | None:
    """Read an id of another node."""
    value = text(row, field)
    return None if value is None else urn(kind, value, field)


def bare(value: str) -> str:
    """Return the part of an id that is compared: the UUID."""
    return value.rpartition(":")[2].strip().lower()


def zone_of(row: Payload, context: Context) -> tzinfo:
    """Return the zone that a row's dates are in.

    The location's own; where it has none, what the account tells of the location, and
    failing that the business's.
    """
    place = part(row, "location") or {}
    account = context.account
    site = account.site(named(row, "locationId", "Location"))
    for name in (text(place, "tz"), site and site.time_zone, *(s.time_zone for s in account.sites)):
        if name and (zone := _zone(name)):
            return zone
    return UTC


def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def build_record(stream: str, row: Payload) -> Record:
    """Make a record of one row of a stream.

    Raises:
        RecordError: Its id, or the time of its last change, is missing or no such thing.
    """
    kind = TYPES[stream]
    key = urn(kind, required(row, "id"))
    # Neither appointments nor memberships tell when they were changed.
    version = instant(row, "updatedAt") if stream in {"clients", "orders"} else None
    if stream == "clients":
        version = version or required_instant(row, "updatedAt")
    guest = key if stream == "clients" else named(row, "clientId", "Client")
    return Record(stream, key, row, version=version, guests=(guest,) if guest else ())
