"""What hangs on a row: the client of an appointment, the services of a voucher."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from frontdesk_boulevard.sandbox import ids
from frontdesk_boulevard.sandbox.house_rows import Location, Staff
from frontdesk_boulevard.sandbox.order_rows import Order, OrderRefund, Voucher
from frontdesk_boulevard.sandbox.rows import Appointment, Client, MembershipVoucher
from frontdesk_boulevard.sandbox.tables import Table
from frontdesk_boulevard.sandbox.world import World

Link = Callable[[World, Any], Any]
#: Tables whose rows a bare id or a URN may name.
NODES: Final = {
    "Location": "locations",
    "Staff": "staff",
    "Service": "services",
    "ServiceCategory": "categories",
    "Product": "products",
    "Tag": "tags",
    "Client": "clients",
    "Appointment": "appointments",
    "Membership": "memberships",
    "Order": "orders",
    "OrderRefund": "refunds",
}
#: How many of the last appointments tell where somebody is at home.
_LATEST: Final = 3


def find(world: World, kind: str, identity: str) -> Any:
    """Find a node of a type; a URN of another type is none of it."""
    if ids.kind(identity) not in {kind, None}:
        return None
    table: Table[Any] = getattr(world, NODES[kind])
    if kind == "Location" and world.options.closed_shown:
        # Even one that was deleted, for the sake of its history.
        number = table.numbers.get(ids.bare(identity))
        return None if number is None else table.rows[number]
    return table.find(identity)


def node(world: World, identity: str) -> Any:
    """Find a node of whatever type its URN names."""
    kind = ids.kind(identity)
    if kind == "Business":
        return world.business if ids.bare(identity) == ids.bare(world.business.id) else None
    return find(world, kind, identity) if kind in NODES else None


def location(world: World, row: Any) -> Location:
    """Give the location of a row."""
    return world.locations.get(row.location_id)


def client(world: World, row: Any) -> Client | None:
    """Give the client of a row, unless there is none or they were erased."""
    return None if row.client_id is None else world.clients.find(row.client_id)


def tags(world: World, row: Any) -> list[Any]:
    """Give the tags that are stuck to a row."""
    return [world.tags.get(one) for one in row.tag_ids]


def services(world: World, row: Voucher | MembershipVoucher) -> list[Any]:
    """Give the services a voucher is for."""
    return [world.services.get(one) for one in row.service_ids]


def closed_by(world: World, row: Order | OrderRefund) -> Staff | None:
    """Give whoever closed a bill."""
    return world.staff.find(row.closed_by_id)


def appointment_count(world: World, row: Client) -> int:
    """Count the appointments of a client, without cancelled ones."""
    return sum(not one.cancelled for one in world.visits(row.id))


def primary_location(world: World, row: Client) -> Location | None:
    """Give the location where a client mostly was of late."""
    kept = [one for one in world.visits(row.id) if not one.cancelled]
    latest = sorted(kept, key=lambda one: one.start_at)[-_LATEST:]
    if not latest:
        return None
    counted = Counter(one.location_id for one in reversed(latest))
    return world.locations.get(counted.most_common(1)[0][0])


def _id(world: World, row: Any) -> str:
    identity: str = row.id
    return ids.bare(identity) if world.options.bare_ids else identity


#: By type and field, what is not simply read from the row.
LINKS: Final[Mapping[str, Link]] = {
    "Staff.locations": lambda world, row: [world.locations.get(one) for one in row.location_ids],
    "Client.appointmentCount": appointment_count,
    "Client.primaryLocation": primary_location,
    "Client.tags": tags,
    "Appointment.client": client,
    "Appointment.location": location,
    "Appointment.tags": tags,
    "AppointmentService.service": lambda world, row: world.services.get(row.service_id),
    "AppointmentService.staff": lambda world, row: world.staff.get(row.staff_id),
    "Membership.id": _id,
    "Membership.client": client,
    "Membership.location": location,
    "MembershipVoucher.services": services,
    "Tag.id": _id,
    "Voucher.id": _id,
    "Voucher.services": services,
    "Voucher.product": lambda world, row: world.products.find(row.product_id),
    "Voucher.originatingOrder": lambda world, row: world.orders.find(row.originating_order_id),
    "Order.client": client,
    "Order.location": location,
    "Order.closedBy": closed_by,
    "OrderRefund.closedBy": closed_by,
    "OrderProductLine.seller": lambda world, row: world.staff.find(row.seller_id),
    "Webhook.location": lambda world, row: world.locations.find(row.location_id),
}


def own(appointment: Appointment) -> tuple[str, ...]:
    """Name the people an appointment is with."""
    return tuple(ids.bare(one.staff_id) for one in appointment.appointment_services)
