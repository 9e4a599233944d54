"""Appointments and bookings of classes in the one neutral shape."""

from __future__ import annotations

from typing import Final

from frontdesk.model import Context, Payload, Record, Related, Reservation
from frontdesk_mindbody import appointments, classes
from frontdesk_mindbody.resolving import guest_of
from frontdesk_mindbody.rows import flag, identity, text
from frontdesk_mindbody.times import utc

_STATUS: Final = {
    "Requested": "requested",
    "Arrived": "arrived",
    "Completed": "departed",
    "NoShow": "no_show",
}


def reservation(record: Record, related: Related, context: Context) -> Reservation | None:
    """Return the reservation; None where only ids are known of it."""
    row = record.payload
    if "StartDateTime" not in row or not (
        identity(row, "ClientUniqueId") or identity(row, "ClientId")
    ):
        return None
    read = _appointment if record.stream == "appointments" else _booking
    start, end = appointments.span(record, context)
    status, came = read(row)
    return Reservation(
        number=record.id,
        guest=guest_of(record, related),
        status=status,
        site=record.site,
        from_=start,
        to=end,
        checked_in=came,
        created=utc(text(row, "Created"), "Created"),
        updated=record.version,
    )


def _appointment(row: Payload) -> tuple[str, bool]:
    status = text(row, "Status")
    came = bool(flag(row, "Arrived")) or status in {"Arrived", "Completed"}
    if appointments.is_cancelled(row):
        return "cancelled", came
    known = _STATUS.get(status or "")
    if known in {None, "requested"} and came:
        known = "arrived"
    return known or "confirmed", came


def _booking(row: Payload) -> tuple[str, bool]:
    came = classes.is_signed_in(row)
    if classes.cancel_type(row):
        return "cancelled", came
    if came:
        return "arrived", came
    return "no_show" if flag(row, "Missed") else "confirmed", came
