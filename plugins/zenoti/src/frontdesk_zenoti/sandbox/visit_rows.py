"""Appointments: one row for each service, block-outs among them, or grouped by guest."""

from __future__ import annotations

from typing import Any, Final

from frontdesk.sandbox.chance import cousin, noise
from frontdesk_zenoti.sandbox import names, statuses
from frontdesk_zenoti.sandbox.guest_rows import shown_phone
from frontdesk_zenoti.sandbox.invoice_rows import gross, price
from frontdesk_zenoti.sandbox.rows import Blockout, Center, Employee, Group, Guest, Service, Visit
from frontdesk_zenoti.sandbox.times import local, utc
from frontdesk_zenoti.sandbox.world import World

_UNTOUCHED: Final[dict[str, Any]] = {
    "email_link": None,
    "sms_link": None,
    "invoice_processed_in_integrations": 0,
    "available_therapists": None,
    "available_rooms": None,
    "available_times": None,
    "selected_therapist_id": None,
    "selected_room_id": None,
    "selected_time": names.NEVER,
    "requested_alternative": 0,
    "group_invoice_id": None,
    "group_name": None,
    "canUpdateTherapist": True,
    "package_id": names.NOBODY,
    "error": None,
}


def visit_row(world: World, group: Group, visit: Visit) -> dict[str, Any]:
    """Write one service of a group."""
    center = world.centers[group.center]
    chance = noise(visit.id)
    return {
        "appointment_id": visit.id,
        "appointment_segment_id": None,
        "appointment_group_id": _named(group, chance),
        "invoice_id": world.invoices.rows[group.invoice].id,
        "service": _service(world.catalog.services[visit.service], group, visit),
        **_span(center, visit.start, visit.end),
        "status": group.status,
        "source": group.source,
        "progress": visit.progress,
        "locked": False,
        "invoice_locked": world.invoices.rows[group.invoice].closed is not None,
        "has_active_membership_for_auto_pay": False,
        "guest": _guest(world.guests.rows[group.guest]),
        "therapist": _therapist(center.staff[visit.therapist]),
        "room": {"id": center.rooms[visit.room][0], "name": center.rooms[visit.room][1]},
        "equipment": None,
        "service_custom_data_indicator": "0#0#0#0#0#0#0",
        "notes": f"{names.CANARY}: sensitive skin" if chance % 5 == 0 else None,
        "price": None,
        "actual_start_time": _wall(world, center, visit.started),
        "actual_completed_time": _wall(world, center, visit.completed),
        "checkin_time": _wall(world, center, group.checkin),
        "therapist_preference_type": chance % 3,
        "form_id": None,
        "blockout": None,
        **_made(center, group.created),
        **_UNTOUCHED,
    }


def _named(group: Group, chance: int) -> str | None:
    """Name a row's group; a row without one says so in two ways."""
    if not group.ungrouped:
        return group.id
    return names.NOBODY if chance % 2 else None


def _span(center: Center, start: int, end: int) -> dict[str, Any]:
    return {
        "start_time": local(start, center.zone),
        "start_time_utc": utc(start),
        "end_time": local(end, center.zone),
        "end_time_utc": utc(end),
    }


def _made(center: Center, created: int) -> dict[str, Any]:
    return {
        "creation_date": local(created, center.zone),
        "creation_date_utc": utc(created),
        "created_by_id": center.staff[0].id,
        "closed_by_id": center.staff[0].id,
        "show_in_calender": 1,
    }


def _wall(world: World, center: Center, at: int | None) -> str | None:
    return local(at, center.zone) if world.options.times == "local" else utc(at)


def _service(service: Service, group: Group, visit: Visit) -> dict[str, Any]:
    category = {"id": service.category[0], "name": service.category[1]}
    return {
        "id": service.id,
        "name": service.name,
        "is_addon": visit.addon,
        "has_addons": any(other.addon for other in group.visits) and not visit.addon,
        "parent_appointment_id": group.visits[0].id if visit.addon else None,
        "business_unit": {"guid": cousin(service.id, "b"), "name": "Default", "id": 161},
        "category": category,
        "sub_category": category,
        "override_product_consumption": False,
        "override_default_product_consumption": False,
    }


def _guest(guest: Guest) -> dict[str, Any]:
    return {
        "id": guest.id,
        "first_name": guest.first,
        "last_name": guest.last,
        "gender": guest.gender,
        "mobile": {"country_id": 0, "number": None, "display_number": shown_phone(guest)},
        "email": guest.email,
        "indicator": "0@0@0@0@0@0@0@x@0@0@1@0@2@0",
        "lp_tier_info": "0@x",
        "GuestIndicatorValue": None,
        # Only who accompanies somebody else is said to be nobody.
        **({"is_virtual_user": True} if guest.virtual else {}),
    }


def _therapist(worker: Employee) -> dict[str, Any]:
    return {
        "id": worker.id,
        "first_name": worker.first,
        "last_name": worker.last,
        "nick_name": None,
        "display_name": None,
        "email": f"{names.CANARY.lower()}-{worker.code}@example.com",
        "gender": worker.gender,
        "vanity_image_url": "",
    }


def blockout_row(world: World, block: Blockout) -> dict[str, Any]:
    """Write time in which somebody cannot be booked, which has no guest and no service."""
    center = world.centers[block.center]
    nothing = dict.fromkeys(
        ("appointment_segment_id", "appointment_group_id", "invoice_id", "service", "guest")
    )
    return {
        "appointment_id": block.id,
        **nothing,
        **_span(center, block.start, block.end),
        "status": statuses.BREAK,
        "source": 0,
        "progress": 0,
        "locked": False,
        "invoice_locked": False,
        "has_active_membership_for_auto_pay": False,
        "therapist": _therapist(center.staff[block.therapist]),
        "room": None,
        "equipment": None,
        "service_custom_data_indicator": None,
        "notes": f"{names.CANARY}: dentist",
        "price": None,
        **dict.fromkeys(("actual_start_time", "actual_completed_time", "checkin_time")),
        "therapist_preference_type": 0,
        "form_id": None,
        "blockout": {"id": cousin(block.id, "b"), "name": block.name},
        **_made(center, block.start),
        **_UNTOUCHED,
    }


def group_row(world: World, group: Group) -> dict[str, Any]:
    """Write a whole group, as the list of one guest's appointments shows it."""
    invoice = world.invoices.rows[group.invoice]
    return {
        "appointment_group_id": group.id,
        "no_of_guests": 1,
        "invoice_id": invoice.id,
        "invoice_status": 99 if invoice.voided else 0 if invoice.closed is None else 4,
        "is_rebooking": group.rebooked_from is not None,
        "notes": names.CANARY if noise(group.id) % 4 == 0 else "",
        "center_id": world.centers[group.center].id,
        "group_invoice_id": None,
        "is_feedback_submitted": group.feedback,
        "price": price(world, invoice),
        "appointment_services": [_booked(world, group, visit) for visit in group.visits],
        "appointment_packages": [],
    }


def _booked(world: World, group: Group, visit: Visit) -> dict[str, Any]:
    center, service = world.centers[group.center], world.catalog.services[visit.service]
    invoice = world.invoices.rows[group.invoice]
    item = next((one for one in invoice.items if one.id == visit.item_id), None)
    return {
        "appointment_id": visit.id,
        "invoice_item_id": visit.item_id,
        "cart_item_id": cousin(visit.item_id, "c"),
        "service": {
            "id": service.id,
            "name": service.name,
            "category_id": service.category[0],
            "duration": service.minutes,
            "is_addon": visit.addon,
            "price": None if item is None else gross(center, item),
        },
        "start_time": local(visit.start, center.zone),
        "end_time": local(visit.end, center.zone),
        "appointment_status": group.status,
        "progress": visit.progress,
        "actual_start_time": _wall(world, center, visit.started),
        "completed_time": _wall(world, center, visit.completed),
        "requested_therapist_id": None,
    }
