"""Zenoti: a status of an appointment group that names neither guest nor centre."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from frontdesk import jsons
from frontdesk.errors import RecordError
from frontdesk.hooks import hookimpl
from frontdesk.model import Delivery, Event, Json, Payload, Record, Ref, Related

STATUSES: Final = {
    -2: ("Missed Appointments", "NoShow"),
    -1: ("Cancelled Appointments", "Cancelled"),
    1: ("Closed Appointments", "Closed"),
    2: ("Checked In to Appointments", "Checkin"),
    4: ("Confirmed Appointments", "Confirm"),
}

A_DAY: Final = 24 * 60 * 60.0


def since(status: int) -> str:
    """Name the field of a group that says when it took this status."""
    return f"status {status} since"


@hookimpl
def read_webhook(delivery: Delivery) -> Iterable[Record]:
    """Turn a status delivery into what it knows of the group."""
    call = jsons.decode(delivery.body)
    if call["event_type"].lower() != "appointmentgroup.status":
        return
    group, when = call["data"], call["event_timestamp"]
    yield Record(
        "appointment_groups",
        group["appointment_group_id"].lower(),
        {**group, since(group["appointment_group_status"]): when},
        version=datetime.fromisoformat(when),
        partial=True,
    )


def group_of(rows: Sequence[Payload], center: str) -> Record:
    """Make one record of the rows of a group; Zenoti's history has a row per service."""
    first = rows[0]
    return Record(
        "appointment_groups",
        first["appointment_group_id"].lower(),
        {
            "appointment_group_id": first["appointment_group_id"],
            "appointment_group_status": first["status"],
            "invoice_id": first["invoice_id"],
            "center_id": center,
            "guest": {"id": first["guest"]["id"]},
            "start_time_utc": first["start_time_utc"],
            "appointments": [_appointment(row) for row in rows],
        },
        guests=(first["guest"]["id"],),
    )


@hookimpl
def parse_event(record: Record, previous: Record | None, related: Related) -> Iterable[Event]:
    """Tell the status of a group, once it is known whose and where it is."""
    group = record.payload
    if group["appointment_group_status"] not in STATUSES:
        return
    if "guest" in group:
        visit = group
    else:
        visit = _visit(record, related[Ref("invoices", group["invoice_id"])])
    center, _ = related.all(
        Ref("centers", visit["center_id"], max_age=A_DAY), Ref("guests", visit["guest"]["id"])
    )
    yield from _events(record, previous, visit, center)


def _visit(record: Record, invoice: Record | None) -> Payload:
    """Return the invoice, which knows guest and centre where the group does not."""
    if invoice is None:
        message = f"appointment group {record.id!r}: Zenoti has no invoice with its 'invoice_id'"
        raise RecordError(message)
    return invoice.payload


def _events(
    record: Record, previous: Record | None, visit: Payload, center: Record | None
) -> Iterable[Event]:
    """Tell the status as the group's first of its kind, and as a repeat if it is one."""
    group = record.payload
    metric, name = STATUSES[group["appointment_group_status"]]
    for occurrence in ("", *_repeats(group, previous)):
        yield Event(
            metric,
            visit["guest"]["id"],
            _time(record),
            properties={**_status(group, name), **_services(visit), **_center(visit, center)},
            occurrence=occurrence,
        )


def _repeats(group: Payload, previous: Record | None) -> Iterable[str]:
    """Name the earlier time of this status, if the group left it and has come back."""
    status = group["appointment_group_status"]
    if previous is None or previous.payload.get("appointment_group_status") == status:
        return
    if earlier := previous.payload.get(since(status)):
        yield f"again:{earlier}"


def _time(record: Record) -> datetime:
    """Return when the status came; history only knows that it was before it was seen."""
    group = record.payload
    if when := group.get(since(group["appointment_group_status"])):
        return datetime.fromisoformat(when)
    # Zenoti writes these in UTC, without saying so.
    start = datetime.fromisoformat(group["start_time_utc"]).replace(tzinfo=UTC)
    return min(start, record.seen)


def _status(group: Payload, name: str) -> dict[str, Json]:
    """Return what the group itself says; fees are only spoken of in deliveries."""
    fees = {
        "Cancellation Fee Required": "is_cancellationfeerequired",
        "No Show Fee Required": "is_noshowfeerequired",
    }
    return {
        "Appointment Group ID": group["appointment_group_id"],
        "Appointment Group Status": group["appointment_group_status"],
        "Appointment Group Status Name": name,
        **{label: group[field] for label, field in fees.items() if field in group},
    }


def _services(visit: Payload) -> dict[str, Json]:
    """Return what was booked and with whom; an invoice knows no categories."""
    appointments = visit["appointments"]
    distinct = {"Categories": "category_name", "Therapist Names": "therapist_name"}
    return {
        "Appointment Names": [row["service_name"] for row in appointments],
        **{
            label: list(dict.fromkeys(row[field] for row in appointments if row.get(field)))
            for label, field in distinct.items()
            if any(field in row for row in appointments)
        },
    }


def _center(visit: Payload, center: Record | None) -> dict[str, Json]:
    """Return the centre's properties; of an unknown centre only its id."""
    known: dict[str, Json] = {"Center ID": visit["center_id"]}
    if center is None:
        return known
    address, contact = center.payload["address_info"], center.payload["contact_info"]
    lines = (address["address_1"], address["address_2"])
    return known | {
        "Center Name": center.payload["name"],
        "Center Address": ", ".join(filter(None, lines)),
        "Center City": address["city"],
        "Center State": center.payload["state"]["name"],
        "Center Zip": address["zip_code"],
        "Center Email": contact["email"],
        "Center Phone": contact["phone_1"]["display_number"] or contact["phone_1"]["number"],
    }


def _appointment(row: Payload) -> dict[str, Json]:
    """Return a row of history in the words of a delivery."""
    therapist = row["therapist"]
    return {
        "service_name": row["service"]["name"],
        "category_name": row["service"]["category"]["name"],
        "therapist_name": f"{therapist['first_name']} {therapist['last_name']}",
    }
