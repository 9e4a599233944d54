"""Rows of Mindbody: their fields read strictly, and each made a record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final

from frontdesk.errors import RecordError
from frontdesk.model import Json, Payload, Record, Unreadable
from frontdesk.rows import Row, as_row, is_row
from frontdesk.walkers import read_rows
from frontdesk_mindbody.times import utc

#: Streams by the field that is their id.
IDS: Final[Mapping[str, str]] = {
    "clients": "UniqueId",
    "client_ids": "Id",
    "contracts": "Id",
    "memberships": "Key",
    "other_events": "MessageId",
}
#: The API spells some keys in several ways.
_SPELT: Final = {
    name.casefold(): name
    for name in (
        "Id", "UniqueId", "ClientId", "ClientUniqueId", "SiteId", "ClassId", "StaffId",
        "LocationId", "ProductId", "ServiceId", "AppointmentId", "ContractId", "ProviderIds",
        "RecipientClientId", "PaymentRefId", "SalesRepId", "MembershipId",
    )
}  # fmt: skip
_TOO_MUCH: Final = Decimal(10) ** 12
_NOTHING: Final[Mapping[str, Any]] = {}


def spelt(row: Payload) -> Row:
    """Return a row with the keys spelt in one way that the API spells in several."""
    return {_SPELT.get(key.casefold(), key): value for key, value in row.items()}


def text(row: Payload, field: str) -> str | None:
    """Read a string; null and what is blank are both None."""
    value = row.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise RecordError(f"{field} is not a string")
    return value if value.strip() else None


def name(row: Payload, *fields: str) -> str | None:
    """Read strings that together are a name."""
    parts = (text(row, field) for field in fields)
    return " ".join(part.strip() for part in parts if part) or None


def flag(row: Payload, field: str) -> bool | None:
    """Read a boolean."""
    value = row.get(field)
    if value is None or isinstance(value, bool):
        return value
    raise RecordError(f"{field} is not a boolean")


def whole(row: Payload, field: str) -> int | None:
    """Read a whole number; Mindbody writes some ids as strings."""
    value = row.get(field)
    if value is None or value == "":
        return None
    if isinstance(value, str) and _is_number(value):
        return int(value)
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise RecordError(f"{field} is not a whole number")
    return value


def _is_number(value: str) -> bool:
    digits = value.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) <= len(str(2**63))


def amount(row: Payload, field: str) -> Decimal | None:
    """Read a sum of money."""
    value = row.get(field)
    if value is None:
        return None
    if isinstance(value, float):  # JSON that was read elsewhere
        value = Decimal(str(value))
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise RecordError(f"{field} is not a number")
    number = Decimal(value)
    if not number.is_finite() or abs(number) >= _TOO_MUCH:
        raise RecordError(f"{field} is no sum of money")
    return number


def identity(row: Payload, field: str) -> str | None:
    """Read an id, a number or a string, as text; 0 and the empty string stand for none."""
    value = row.get(field)
    if value in (None, "", 0):
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise RecordError(f"{field} is no id")
    return str(value).strip() or None


def required(row: Payload, field: str) -> str:
    """Read an id that must be there."""
    found = identity(row, field)
    if found is None:
        raise RecordError(f"{field} is missing")
    return found


def part(row: Payload, field: str) -> Payload:
    """Read an object; null is an empty one."""
    value = row.get(field)
    if value is None:
        return _NOTHING
    if is_row(value):
        return value
    raise RecordError(f"{field} is not an object")


def build_record(stream: str, row: Payload, site: str | None = None) -> Record:
    """Make a record of one row of a stream.

    Rows of the API and what is made of webhooks complete each other, so each is partial:
    a row of the API lacks what only a webhook tells, and the other way round.

    Raises:
        RecordError: Its id or the time of its last change is missing or no such thing.
    """
    shaped = _SHAPES.get(stream, spelt)(row)
    id = required(shaped, IDS.get(stream, "Id"))
    own = identity(shaped, "SiteId") if "SiteId" in shaped else None
    return Record(
        stream,
        id,
        shaped,
        site=site or own,
        version=_version(shaped),
        guests=tuple(_guests(stream, shaped)),
        partial=True,
    )


def records(stream: str, rows: Sequence[Json], site: str) -> list[Record | Unreadable]:
    """Make records of rows that a site showed."""
    return read_rows(stream, rows, partial(build_record, stream, site=site))


def _version(row: Payload) -> datetime | None:
    # What a webhook told last is newer than what the row of the API said before.
    told = utc(text(row, "Told"), "Told")
    return told or utc(text(row, "LastModifiedDateTime"), "LastModifiedDateTime")


def _guests(stream: str, row: Payload) -> Iterable[str]:
    field = "UniqueId" if stream in {"clients", "client_ids"} else "ClientUniqueId"
    if known := identity(row, field):
        yield known


def _client(row: Payload) -> Row:
    """Add the facts that API and webhooks nest in different ways."""
    shaped = spelt(row)
    if "HomeLocation" in shaped:
        home = as_row(shaped["HomeLocation"]) or {}
        shaped["HomeLocationId"] = home.get("Id")
    if "Liability" in shaped or "LiabilityRelease" in shaped:
        released = (as_row(shaped.get("Liability")) or {}).get("IsReleased")
        shaped["LiabilityReleased"] = (
            shaped.get("LiabilityRelease") if released is None else released
        )
    return shaped


def _client_id(row: Payload) -> Row:
    """Keep nothing of a client but its two ids."""
    shaped = spelt(row)
    kept = ("Id", "UniqueId", "Told", "LastModifiedDateTime")
    return {field: shaped[field] for field in kept if field in shaped}


def _visit(row: Payload) -> Row:
    """Call the pass as webhooks do; a booking without one says nothing about it."""
    shaped = spelt(row)
    for field, own in (("ItemId", "ProductId"), ("ItemName", "ServiceName")):
        if shaped.get(own):
            shaped[field] = shaped[own]
    return shaped


_SHAPES: Final[Mapping[str, Callable[[Payload], Row]]] = {
    "clients": _client,
    "client_ids": _client_id,
    "visits": _visit,
}
