"""Rows as Zenoti sends them: their fields read, and each made a record."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Final

from frontdesk.errors import RecordError
from frontdesk.model import Json, Payload, Record
from frontdesk.rows import as_row, is_row, objects

#: Zenoti's id for nobody and nothing.
NOBODY: Final = "00000000-0000-0000-0000-000000000000"


def text(row: Payload, field: str) -> str | None:
    """Read a string; null and the empty string are both None, and a number is its digits."""
    value = row.get(field)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise RecordError(f"{field} is not a string")


def guid(row: Payload, field: str) -> str | None:
    """Read an id, its letters small: some events write them large. Zeros are none."""
    value = row.get(field)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise RecordError(f"{field} is not a string")
    return _known(value)


def _known(value: str) -> str | None:
    id = value.strip().lower()
    return id if id and id != NOBODY else None


def required(row: Payload, *fields: str) -> str:
    """Read an id that must be there, under the first of these names that has one."""
    for field in fields:
        id = guid(row, field)
        if id is not None:
            return id
    raise RecordError(f"{fields[0]} is missing")


def part(row: Payload, field: str) -> Payload:
    """Read an object; null is an empty one."""
    value = row.get(field)
    if value is None:
        return {}
    if is_row(value):
        return value
    raise RecordError(f"{field} is not an object")


def whole(row: Payload, field: str) -> int | None:
    """Read a whole number, however it is written."""
    amount = number(row, field)
    if amount is None:
        return None
    if amount != amount.to_integral_value():
        raise RecordError(f"{field} is not a whole number")
    return int(amount)


def number(row: Payload, field: str) -> Decimal | None:
    """Read a number; a text may hold one."""
    value = row.get(field)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise RecordError(f"{field} is not a number")
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise RecordError(f"{field} is not a number") from None
    if not amount.is_finite():
        raise RecordError(f"{field} is not a number")
    return amount


def at(row: Payload, path: str) -> Json:
    """Return what a path of names leads to; None where it leads nowhere."""
    value: Json = row
    for name in path.split("."):
        known = as_row(value)
        if known is None:
            return None
        value = known.get(name)
    return value


def there(row: Payload, path: str) -> bool:
    """Tell whether a path of names leads somewhere, be it to null."""
    *parents, last = path.split(".")
    holder = as_row(at(row, ".".join(parents))) if parents else row
    return holder is not None and last in holder


def guid_at(row: Payload, path: str) -> str | None:
    """Return the id at a path; what is there and is no text is none."""
    *parents, last = path.split(".")
    holder = as_row(at(row, ".".join(parents))) if parents else row
    known = holder or {}
    return guid(known, last) if isinstance(known.get(last), str) else None


def guests_in(*rows: Payload) -> tuple[str, ...]:
    """Return the ids of all guests some objects name, under whatever name."""
    found = (id for row in rows for id in _named(row))
    return tuple(dict.fromkeys(found))


def _named(row: Payload) -> Iterable[str]:
    for path in ("guest.id", "guest_id", "user_id", "merged_guest_id", "invoice.guest.id"):
        value = at(row, path)
        if isinstance(value, str) and (id := _known(value)):
            yield id


def build_record(stream: str, row: Payload) -> Record:
    """Make a record of one row of a stream.

    An appointment alone is its group, and a line of the sales report its invoice.

    Raises:
        RecordError: Its id is missing or no such thing.
    """
    return _BUILDERS.get(stream, _plain)(stream, row)


def _plain(stream: str, row: Payload) -> Record:
    return Record(stream, required(row, "id"), row)


def _guest(stream: str, row: Payload) -> Record:
    id = required(row, "id", "guest_id")
    return Record(stream, id, row, guests=(id,))


def _country(stream: str, row: Payload) -> Record:
    code = text(row, "id")
    if code is None:
        raise RecordError("id is missing")
    return Record(stream, code, row)


def group_key(row: Payload) -> str:
    """Return what an appointment's group is known by: without a group, it stands alone."""
    found = guid(row, "appointment_group_id")
    return found or f"appointment {required(row, 'appointment_id', 'id')}"


def _group(stream: str, row: Payload) -> Record:
    if "appointments" not in row and "appointment_id" in row:
        row = {"appointment_group_id": row.get("appointment_group_id"), "appointments": [row]}
    services = objects(row, "appointments")
    id = guid(row, "appointment_group_id") or (group_key(services[0]) if services else None)
    if id is None:
        raise RecordError("appointment_group_id is missing")
    return Record(stream, id, row, guests=guests_in(row, *services))


def _sale(stream: str, row: Payload) -> Record:
    if "sales" not in row:
        row = {
            "invoice_id": row.get("invoice_id"),
            "center_id": row.get("center_id"),
            "guest_id": row.get("guest_id"),
            "sales": [row],
        }
    return Record(
        stream,
        required(row, "invoice_id"),
        row,
        guests=guests_in(row, *objects(row, "sales")),
    )


def _invoice(stream: str, row: Payload) -> Record:
    inside = part(row, "invoice") or row
    return Record(stream, required(inside, "id"), {"invoice": inside}, guests=guests_in(inside))


def _member(stream: str, row: Payload) -> Record:
    return Record(stream, required(row, "id", "user_membership_id"), row, guests=guests_in(row))


def _package(stream: str, row: Payload) -> Record:
    return Record(stream, required(row, "user_package_id"), row, guests=guests_in(row))


def _of_guest(stream: str, row: Payload) -> Record:
    id = required(row, "guest_id")
    return Record(stream, id, row, guests=(id,))


def _delivery(stream: str, row: Payload) -> Record:
    id = text(row, "id")
    if id is None:
        raise RecordError("id is missing")
    return Record(stream, id, row, guests=guests_in(part(row, "data")))


_BUILDERS: Final = {
    "guests": _guest,
    "countries": _country,
    "appointment_groups": _group,
    "sales": _sale,
    "invoices": _invoice,
    "memberships": _member,
    "packages": _package,
    "gift_cards": _of_guest,
    "guest_packages": _of_guest,
    "deliveries": _delivery,
}
