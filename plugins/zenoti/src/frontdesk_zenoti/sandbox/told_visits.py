"""What webhooks say of appointments, invoices and feedback."""

from __future__ import annotations

from typing import Any

from frontdesk.sandbox.chance import noise
from frontdesk_zenoti.sandbox.invoice_rows import (
    booked_row,
    booked_rows,
    item_row,
    nobody,
    payer,
    prefix_of,
    total_price,
    transaction_rows,
)
from frontdesk_zenoti.sandbox.rows import Group, Invoice, Visit
from frontdesk_zenoti.sandbox.times import local, utc
from frontdesk_zenoti.sandbox.world import World


def group_created(world: World, group: Group) -> dict[str, Any]:
    """Tell a new group: who, where and when, but no price."""
    center, invoice = world.centers[group.center], world.invoices.rows[group.invoice]
    guest = world.guests.rows[group.guest]
    source = (
        {} if group.rebooked_from is None else {"rebooked_source_group_id": group.rebooked_from}
    )
    return {
        "invoice_id": invoice.id,
        "invoice_number": invoice.number,
        "invoice_number_prefix": prefix_of(world, invoice),
        "utm_source": group.utm[0],
        "utm_medium": group.utm[1],
        "appointment_group_id": group.id,
        "organization_id": world.organization,
        "center_id": center.id,
        "center_Name": center.name,
        "guest": {
            "id": guest.id,
            "first_name": guest.first,
            "last_name": guest.last,
            "email": guest.email,
        },
        "appointments": [_created(world, group, visit) for visit in group.visits],
        **source,
    }


def _created(world: World, group: Group, visit: Visit) -> dict[str, Any]:
    center, service = world.centers[group.center], world.catalog.services[visit.service]
    worker, room = center.staff[visit.therapist], center.rooms[visit.room]
    return {
        "id": visit.id,
        "invoice_item_id": visit.item_id,
        "service_name": service.name,
        "service_id": service.id,
        "start_time": utc(visit.start),
        "end_time": utc(visit.end),
        "start_time_in_center": local(visit.start, center.zone),
        "end_time_in_center": local(visit.end, center.zone),
        "creation_date": utc(group.created),
        "last_updated_on": utc(group.updated),
        "service_duration_in_minutes": (visit.end - visit.start) // 60,
        "has_add_ons": any(other.addon for other in group.visits) and not visit.addon,
        "is_add_on": visit.addon,
        "therapist_name": worker.name,
        "therapist_id": worker.id,
        "is_recurring": False,
        "show_in_calendar": True,
        "appointment_type": 2,
        "therapist_request_type": 0,
        "room_id": room[0],
        "room_name": room[1],
        "equipment_name": "",
    }


def group_status(world: World, group: Group) -> dict[str, Any]:
    """Tell a group's status: neither who nor where nor when."""
    invoice = world.invoices.rows[group.invoice]
    moved = {}
    if group.first_start is not None:
        moved = {
            "is_appointment_rescheduled": True,
            "initial_appointment_start_time": utc(group.first_start),
        }
    return {
        "invoice_id": invoice.id,
        "invoice_number": invoice.number,
        "receipt_number": invoice.receipt,
        "appointment_group_id": group.id,
        "appointment_group_status": group.status,
        "is_noshowfeerequired": "Yes" if group.noshow_fee else "No",
        "is_cancellationfeerequired": "Yes" if group.cancel_fee else "No",
        **moved,
    }


def group_deleted(_world: World, group: Group) -> dict[str, Any]:
    """Tell that a group is gone."""
    return {"appointment_group_id": group.id, "appointment_id": group.visits[0].id}


def progressed(world: World, group: Group, visit: Visit) -> dict[str, Any]:
    """Tell that one appointment was started or completed: neither who nor for how much."""
    invoice = world.invoices.rows[group.invoice]
    named = bool(noise(visit.id) % 2)
    room = world.centers[group.center].rooms[visit.room]
    return {
        "invoice_id": invoice.id,
        "invoice_number": invoice.number,
        "appointment_group_id": group.id,
        "center_id": world.centers[group.center].id,
        "appointments": [
            {
                **booked_row(world, group, visit, wall=False),
                "room_name": room[1] if named else "",
                "room_id": room[0] if named else "",
                "equipment_id": "",
                "appointment_progress": visit.progress,
            }
        ],
    }


def invoice_closed(world: World, invoice: Invoice) -> dict[str, Any]:
    """Tell a closed invoice, which is the richest of all deliveries."""
    center = world.centers[invoice.center]
    group = None if invoice.group is None else world.groups.rows[invoice.group]
    return {
        "invoice": {
            "id": invoice.id,
            "invoice_number": invoice.number,
            "receipt_number": invoice.receipt,
            "appointment_group_id": nobody(invoice) if group is None else group.id,
            "lock": True,
            "is_closed": world.options.webhook_closed,
            "is_refund": invoice.refund,
            "invoice_date": local(invoice.date, center.zone),
            "center_id": center.id,
            "total_price": total_price(world, invoice),
            "guest": _payer(world, invoice),
            "invoice_items": [item_row(world, invoice, item) for item in invoice.items],
            "appointments": booked_rows(world, invoice, wall=False),
            "transactions": transaction_rows(world, invoice),
        }
    }


def _payer(world: World, invoice: Invoice) -> dict[str, Any]:
    guest, key = world.guests.rows[invoice.guest], world.options.webhook_email
    keys = ("guest_email", "email") if key == "both" else (key,)
    return {**payer(guest), **dict.fromkeys(keys, guest.email)}


def feedback(world: World, group: Group, version: int, rating: int, words: str) -> dict[str, Any]:
    """Tell a guest's opinion; ids are in capitals here, and the two forms differ."""
    ids = {
        "organization_id": world.organization,
        "center_id": world.centers[group.center].id,
        "user_id": world.guests.rows[group.guest].id,
        "appointment_group_id": group.id,
    }
    if world.options.webhook_feedback == "upper":
        ids = {name: value.upper() for name, value in ids.items()}
    parts = ("service", "therapist", "ambience", "cleanliness")
    graded = {part: max(1, rating - place % 2) for place, part in enumerate(parts)}
    return {
        **ids,
        "version": version,
        "rating_value": graded if version == 1 else rating,
        "comments": words,
        "source": group.source,
        "recommendation": rating > 3,  # noqa: PLR2004  # more than the middle
        "share_feedback": True,
    }
