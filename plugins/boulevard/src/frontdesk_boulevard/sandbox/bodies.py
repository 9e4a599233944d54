"""What a webhook shows of a row: little, and not the same for every event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from frontdesk_boulevard.sandbox import links
from frontdesk_boulevard.sandbox.house_rows import Location
from frontdesk_boulevard.sandbox.listings import stamp
from frontdesk_boulevard.sandbox.order_rows import OrderRefund
from frontdesk_boulevard.sandbox.rows import Appointment, AppointmentService, Client, Membership
from frontdesk_boulevard.sandbox.world import World

Node = dict[str, Any]
#: Events whose node was seen whole; of others nobody knows more than the id.
_SEEN: Final = ("APPOINTMENT_", "CLIENT_CREATED", "CLIENT_UPDATED", "CLIENT_MERGED")


def node(world: World, event: str, kind: str, identity: str) -> Node:
    """Write the node of an event."""
    thin = {"__typename": kind, "id": identity}
    row = links.node(world, identity)
    if row is None or (world.options.webhook_nodes == "id" and not event.startswith(_SEEN)):
        return thin
    if isinstance(row, Appointment):
        return {**thin, **_appointment(world, row)}
    if isinstance(row, Client):
        return {**thin, **_client(world, row)}
    if isinstance(row, Membership):
        return {**thin, **_membership(row)}
    if isinstance(row, OrderRefund):
        return {**thin, "orderId": row.order_id, "number": row.number}
    # An order shows its id and nothing else, as was seen.
    return thin


def location_id(world: World, identity: str) -> str | None:
    """Tell at which location something happened, if at one."""
    row = links.node(world, identity)
    if isinstance(row, Location):
        return row.id
    if isinstance(row, OrderRefund):
        row = world.orders.find(row.order_id)
    return getattr(row, "location_id", None)


def _tags(world: World, row: Appointment | Client) -> list[Node]:
    return [{"id": tag.id, "name": tag.name} for tag in links.tags(world, row)]


def _client(world: World, row: Client) -> Node:
    return {
        "active": row.active,
        "appointmentCount": links.appointment_count(world, row),
        "createdAt": stamp(row.created_at),
        **_contact(row),
        "mergedIntoClientId": row.merged_into_client_id,
        "tags": _tags(world, row),
        "updatedAt": stamp(row.updated_at),
    }


def _contact(row: Client) -> Node:
    return {
        "name": row.name,
        "firstName": row.first_name,
        "lastName": row.last_name,
        "email": row.email,
        "mobilePhone": row.mobile_phone,
        "dob": row.dob,
        "externalId": row.external_id,
    }


def _appointment(world: World, row: Appointment) -> Node:
    """Write an appointment, without its state, as was seen."""
    place = world.locations.get(row.location_id)
    client = links.client(world, row)
    start, end = row.start_at, row.end_at
    if world.options.webhook_offsets:
        zone = world.house.zone(row.location_id)
        start, end = start.astimezone(zone), end.astimezone(zone)
    cancellation: Mapping[str, Any] | None = None
    if (off := row.cancellation) is not None:
        cancelled = stamp(off.cancelled_at)
        cancellation = {"cancelledAt": cancelled, "reason": off.reason, "notes": off.notes}
    return {
        "startAt": stamp(start),
        "endAt": stamp(end),
        "duration": row.duration,
        "notes": row.notes,
        "bookedByType": row.booked_by_type,
        "cancellation": cancellation,
        "orderId": row.order_id,
        "clientId": row.client_id,
        "client": client and {"id": client.id, **_contact(client)},
        "locationId": row.location_id,
        "location": {
            "id": place.id,
            "name": place.name,
            "tz": place.tz,
            "businessName": place.business_name,
            "externalId": place.external_id,
        },
        "appointmentServices": [_service(world, one) for one in row.appointment_services],
        "tags": _tags(world, row),
    }


def _service(world: World, row: AppointmentService) -> Node:
    staff, service = world.staff.get(row.staff_id), world.services.get(row.service_id)
    return {
        "id": row.id,
        "baseAppointmentServiceId": row.base_appointment_service_id,
        "startAt": stamp(row.start_at),
        "startTimeOffset": row.start_time_offset,
        "staffRequested": row.staff_requested,
        "staffId": row.staff_id,
        "staff": {
            "id": staff.id,
            "firstName": staff.first_name,
            "lastName": staff.last_name,
            "name": staff.name,
            "email": staff.email,
            "externalId": staff.external_id,
        },
        "serviceId": row.service_id,
        "service": {"id": service.id, "name": service.name, "externalId": service.external_id},
    }


def _membership(row: Membership) -> Node:
    return {
        "clientId": row.client_id,
        "locationId": row.location_id,
        "name": row.name,
        "status": row.status,
        "startOn": row.start_on,
        "endOn": row.end_on,
        "cancelOn": row.cancel_on,
        "unpauseOn": row.unpause_on,
    }
