"""Rows as Mews sends them: their fields read strictly, and each made a record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from frontdesk.errors import RecordError
from frontdesk.model import Json, Payload, Record
from frontdesk.rows import as_list, is_row

#: Where we put what was joined to a row; Mews starts all its own keys with other words.
JOINED: Final = "Joined"
#: Streams whose rows have always been changed at some time.
_FOLLOWED: Final = frozenset({"customers", "reservations"})
_NOTHING: Final[Mapping[str, Any]] = {}


def text(row: Payload, field: str) -> str | None:
    """Read a string; null and the empty string are both None."""
    value = row.get(field)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise RecordError(f"{field} is not a string")
    return value


def texts(row: Payload, fields: Iterable[tuple[str, str]]) -> dict[str, Json]:
    """Read several strings, each under the name that is given for it; absent ones are left out."""
    found: dict[str, Json] = {}
    for name, field in fields:
        if field in row:
            value = row[field]
            if value is not None and not isinstance(value, str):
                raise RecordError(f"{field} is not a string")
            found[name] = value or None
    return found


def required(row: Payload, field: str) -> str:
    """Read a string that must be there."""
    value = row.get(field)
    if value is None or value == "":
        raise RecordError(f"{field} is missing")
    if not isinstance(value, str):
        raise RecordError(f"{field} is not a string")
    return value


def instant(row: Payload, field: str) -> datetime | None:
    """Read a time."""
    value = row.get(field)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise RecordError(f"{field} is not a string")
    return _aware(value, field)


def required_instant(row: Payload, field: str) -> datetime:
    """Read a time that must be there."""
    return _aware(required(row, field), field)


def _aware(value: str, field: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        # Not chained: the message would quote what may be a guest's data.
        raise RecordError(f"{field} is not a time") from None
    if moment.tzinfo is None:
        raise RecordError(f"{field} is a time without a zone")
    return moment


def strings(row: Payload, field: str) -> list[str]:
    """Read a list of strings; null is an empty one."""
    values = row.get(field)
    if values is None:
        return []
    found = as_list(values)
    if found is None or not all(isinstance(value, str) for value in found):
        raise RecordError(f"{field} is not a list of strings")
    return found


def part(row: Payload, field: str) -> Payload | None:
    """Read an object."""
    value = row.get(field)
    if value is None or is_row(value):
        return value
    raise RecordError(f"{field} is not an object")


def joined(row: Payload) -> Payload:
    """Return what was joined to a row; a bare row has nothing."""
    return part(row, JOINED) or _NOTHING


def build_record(stream: str, row: Payload) -> Record:
    """Make a record of one row of a stream.

    Raises:
        RecordError: Its id or the time of its last change is missing or no such thing.
    """
    read = required_instant if stream in _FOLLOWED else instant
    return Record(
        stream,
        required(row, "Code" if stream == "countries" else "Id"),
        row,
        version=read(row, "UpdatedUtc"),
        guests=_guests(stream, row),
    )


def _guests(stream: str, row: Payload) -> tuple[str, ...]:
    if stream == "customers":
        return (required(row, "Id"),)
    if stream != "reservations":
        return ()
    # A company's account id is no guest's.
    owner = row.get("AccountId") if row.get("AccountType") == "Customer" else None
    found: list[Json] = [owner, row.get("BookerId"), *strings(joined(row), "Companions")]
    return tuple(dict.fromkeys(guest for guest in found if isinstance(guest, str)))
