"""What a group of appointments tells: booked, its status, and each appointment's progress."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

import attrs

from frontdesk.errors import RecordError, SkipRecord
from frontdesk.model import Context, Event, Json, Payload, Record, Related, Reservation
from frontdesk.rows import as_row, objects
from frontdesk_zenoti import bookings, raw, statuses, tables, times
from frontdesk_zenoti.bookings import BOOKED, NEWS, PROGRESS, STATUS, Booking
from frontdesk_zenoti.patterns import Kind
from frontdesk_zenoti.properties import Paths, properties
from frontdesk_zenoti.rows import guid, text, whole

#: Progress of an appointment: the field of the calendar that tells when, and what it is called.
_PROGRESS: Final = (
    (tables.STARTED, "started", "actual_start_time"),
    (tables.COMPLETED, "completed", "actual_completed_time"),
)
_BY_KIND: Final = {
    Kind.STARTED: (tables.STARTED, "started"),
    Kind.COMPLETED: (tables.COMPLETED, "completed"),
}
_FEES: Final[Paths] = {
    "Cancellation Fee Required": "is_cancellationfeerequired",
    "No Show Fee Required": "is_noshowfeerequired",
}
_INVOICE: Final[Paths] = {
    "Invoice Number": "invoice_number",
    "Invoice Number Prefix": "invoice_number_prefix",
}
_UTM: Final[Paths] = {"UTM Source": "utm_source", "UTM Medium": "utm_medium"}
_RESERVED: Final[Mapping[int, str]] = {
    -3: "cancelled",
    -2: "no_show",
    -1: "cancelled",
    0: "requested",
    1: "departed",
    2: "arrived",
    4: "confirmed",
    7: "cancelled",
    21: "cancelled",
}


@attrs.frozen
class _Happened:
    """One thing that a record proves."""

    metric: str
    action: str
    time: datetime
    properties: dict[str, Json]
    occurrence: str = ""
    #: The appointment whose price it has; None: the whole group's, if any.
    service: Payload | None = None


def events(record: Record, context: Context, related: Related) -> list[Event]:
    """Tell all the record proves; core drops what it has already logged.

    Raises:
        SkipRecord: It is time in which nobody can be booked, or nobody's.
    """
    if blocked_out(record.payload):
        raise SkipRecord("block_out")
    booking = Booking(record, context, related)
    if booking.guest is None:
        raise SkipRecord("no_person")
    found: dict[tuple[str, str], Event] = {}
    for happened in _happened(booking):
        # Deliveries come first: they know the time, where the calendar often does not.
        found.setdefault((happened.action, happened.occurrence), _event(booking, happened))
    return list(found.values())


def blocked_out(row: Payload) -> bool:
    """Tell whether it is a break in somebody's calendar: no service, no guest."""
    services = objects(row, "appointments")
    return bool(services) and all(
        bookings.status(one) == statuses.BREAK or as_row(one.get("blockout")) is not None
        for one in services
    )


def _event(booking: Booking, happened: _Happened) -> Event:
    value = None
    if happened.metric == tables.BOOKED:
        value = booking.value()
    elif happened.service is not None:
        value = booking.price(happened.service)
    currency = booking.place.currency
    return Event(
        happened.metric,
        str(booking.guest),
        happened.time,
        value=value if currency else None,
        currency=currency if value is not None else None,
        properties=happened.properties,
        action=happened.action,
        occurrence=happened.occurrence,
        site=booking.place.site,
    )


def _happened(booking: Booking) -> Iterator[_Happened]:
    yield from _booked(booking)
    yield from _status(booking)
    yield from _progress(booking)
    if block := booking.block(NEWS):
        yield _raw(block)


def _booked(booking: Booking) -> Iterator[_Happened]:
    if block := booking.block(BOOKED):
        yield _Happened(tables.BOOKED, "booked", raw.moment(block), _of_booking(booking))
        return
    made = [times.in_utc(one.get("creation_date_utc"), "creation_date_utc")
            for one in booking.services]  # fmt: skip
    if first := min(filter(None, made), default=None):
        yield _Happened(tables.BOOKED, "booked", first, _of_booking(booking))


def _of_booking(booking: Booking) -> dict[str, Json]:
    told = booking.told(BOOKED)
    zone = booking.place.zone
    number = properties(tables.BOOKED, told or booking.invoice_row, _INVOICE, zone)
    return {
        "Appointment Group ID": group_id(booking.row),
        **booking.place.whole(),
        **_named(booking),
        "Appointments": [bookings.shown(one) for one in booking.listed],
        "Invoice ID": booking.invoice_id,
        **number,
        **properties(tables.BOOKED, told, _UTM, zone),
    }


def _named(booking: Booking) -> dict[str, Json]:
    return {
        "Appointment Names": booking.names(),
        "Categories": booking.categories(),
        "Therapist Names": booking.therapists(),
    }


def _status(booking: Booking) -> Iterator[_Happened]:
    if block := booking.block(STATUS):
        code = whole(booking.told(STATUS), "appointment_group_status")
        if code is not None and code in statuses.TOLD:
            yield _of_status(booking, code, raw.moment(block))
        else:
            yield _raw(block)
    arrived = _arrived(booking)
    if arrived is not None:
        yield _of_status(booking, statuses.CHECKED_IN, arrived)
    code = group_status(booking.services)
    if code is not None and code in statuses.TOLD:
        yield _of_status(booking, code, _about(booking))


def _of_status(booking: Booking, code: int, time: datetime) -> _Happened:
    metric, action = statuses.TOLD[code]
    told = booking.told(STATUS)
    own = told if whole(told, "appointment_group_status") == code else {}
    shown = {
        "Appointment Group ID": group_id(booking.row),
        "Appointment Group Status": code,
        "Appointment Group Status Name": statuses.GROUP[code],
        **_named(booking),
        **booking.place.whole(),
        **properties(metric, own, _FEES, booking.place.zone),
    }
    return _Happened(metric, action, time, shown)


def _arrived(booking: Booking) -> datetime | None:
    zone = booking.place.zone
    found = (times.on_wall(one.get("checkin_time"), "checkin_time", zone)
             for one in booking.services)  # fmt: skip
    return min(filter(None, found), default=None)


def _about(booking: Booking) -> datetime:
    """Return when a status came about, which the calendar does not tell: not after the visit."""
    starts = [times.in_utc(one.get("start_time_utc"), "start_time_utc")
              for one in booking.services]  # fmt: skip
    begins = min(filter(None, starts), default=booking.record.seen)
    return min(begins, booking.record.seen)


def group_status(services: list[Payload]) -> int | None:
    """Return how far a group has come: as far as the last of what remains of it."""
    codes = [code for one in services if (code := bookings.status(one)) is not None]
    remaining = [code for code in codes if code in statuses.STEPS]
    if remaining:
        return min(remaining, key=statuses.STEPS.__getitem__)
    gone = [code for code in codes if code in {statuses.CANCELLED, statuses.NO_SHOW}]
    return gone[0] if gone else next(iter(codes), None)


def _progress(booking: Booking) -> Iterator[_Happened]:
    if block := booking.block(PROGRESS):
        metric, action = _BY_KIND[Kind(block["kind"])]
        for one in objects(booking.told(PROGRESS), "appointments"):
            yield _of_progress(booking, metric, action, raw.moment(block), one)
    zone = booking.place.zone
    for one in booking.services:
        for metric, action, field in _PROGRESS:
            time = times.on_wall(one.get(field), field, zone)
            if time is not None:
                yield _of_progress(booking, metric, action, time, one)


def _of_progress(
    booking: Booking, metric: str, action: str, time: datetime, service: Payload
) -> _Happened:
    id = guid(service, "appointment_id") or guid(service, "id")
    if id is None:
        raise RecordError("id of appointments is missing")
    name = bookings.service_name(service)
    told = booking.told(PROGRESS) or booking.told(BOOKED) or booking.invoice_row
    shown = {
        "Appointment Group ID": group_id(booking.row),
        "Appointment Names": [name] if name else [],
        "Appointments": [bookings.shown(service)],
        **booking.place.short(),
        "Invoice ID": booking.invoice_id,
        **properties(metric, told, {"Invoice Number": "invoice_number"}, booking.place.zone),
    }
    return _Happened(metric, action, time, shown, id, service)


def _raw(block: Payload) -> _Happened:
    shown = raw.properties_of(block)
    return _Happened(tables.RAW, "raw", raw.moment(block), shown, str(block.get("mark")))


def group_id(row: Payload) -> str | None:
    """Return the id of the group; an appointment that stands alone has none."""
    return guid(row, "appointment_group_id")


def reservation(record: Record, context: Context, related: Related) -> Reservation | None:
    """Return the neutral shape; None where :func:`events` passes the record over."""
    row = record.payload
    if blocked_out(row):
        return None
    booking = Booking(record, context, related)
    if booking.guest is None:
        return None
    code = _latest(booking)
    start, end = _hours(booking)
    value, currency = booking.value(), booking.place.currency
    source = whole(booking.services[0], "source") if booking.services else None
    told = booking.told(BOOKED)
    number = text(told, "invoice_number")
    prefix = text(told, "invoice_number_prefix") or ""
    return Reservation(
        number=f"{prefix}{number}" if number else record.id,
        guest=booking.guest,
        status=_RESERVED.get(code, "requested"),
        site=booking.place.site,
        from_=start,
        to=end,
        checked_in=code in {statuses.CHECKED_IN, statuses.CLOSED},
        amount=value if currency else None,
        currency=currency if value is not None else None,
        channel=None if source is None else statuses.SOURCES.get(source),
        created=next((one.time for one in _booked(booking)), None),
        updated=record.version,
    )


def _latest(booking: Booking) -> int:
    """Return the status that counts: a delivery is news, until the calendar is read again."""
    told = whole(booking.told(STATUS), "appointment_group_status")
    if "delete" in str(booking.block(NEWS).get("type")).casefold():
        return statuses.CANCELLED
    code = group_status(booking.services) if told is None else told
    return 0 if code is None else code


def _hours(booking: Booking) -> tuple[datetime | None, datetime | None]:
    rows = booking.services or booking.booked
    suffix = "_utc" if booking.services else ""
    starts = [times.in_utc(one.get(f"start_time{suffix}"), "start_time") for one in rows]
    ends = [times.in_utc(one.get(f"end_time{suffix}"), "end_time") for one in rows]
    return min(filter(None, starts), default=None), max(filter(None, ends), default=None)
