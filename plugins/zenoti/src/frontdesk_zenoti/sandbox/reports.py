"""The flat-file reports, which are asked for by POST and show many centers at once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final, cast

import msgspec

from frontdesk_zenoti.sandbox import statuses
from frontdesk_zenoti.sandbox.invoice_rows import sale_row
from frontdesk_zenoti.sandbox.member_rows import member_row
from frontdesk_zenoti.sandbox.queries import Call, Page, paged, span
from frontdesk_zenoti.sandbox.refusal import bad
from frontdesk_zenoti.sandbox.rows import Center, Group, Invoice, Visit
from frontdesk_zenoti.sandbox.times import local, money

_REMEMBERED: Final = 32
_STATUS: Final = {
    -2: "No Show",
    -1: "Cancelled",
    0: "Open",
    1: "Closed",
    2: "Checked In",
    4: "Confirmed",
}


class Reports:
    """Answers reports; a search is remembered, because somebody comes back for every page."""

    def __init__(self) -> None:
        self._found: OrderedDict[bytes, list[Any]] = OrderedDict()

    def _search(self, call: Call, name: str, search: Callable[[], list[Any]]) -> list[Any]:
        key = msgspec.json.encode((name, call.world.version, call.json))
        if key not in self._found:
            self._found[key] = search()
            if len(self._found) > _REMEMBERED:
                self._found.popitem(last=False)
        return self._found[key]

    def sales(self, call: Call) -> Page:
        """Report what was sold, a row for each line of an invoice."""
        world = call.world
        wanted = _centers(call, "center_ids")

        def search() -> list[Any]:
            return [
                (number, place)
                for center in wanted
                for number in world.index.sales[center.number].between(*span(call, center))
                if _is_sale(call, world.invoices.rows[number])
                for place in range(len(world.invoices.rows[number].items))
            ]

        def row(found: tuple[int, int]) -> dict[str, Any]:
            invoice = world.invoices.rows[found[0]]
            return sale_row(world, invoice, invoice.items[found[1]])

        return paged(call, "sales", self._search(call, "sales", search), row)

    def appointments(self, call: Call) -> Page:
        """Report appointments in simpler rows, which say when they were changed."""
        world = call.world
        wanted = _centers(call, "center_ids")

        def search() -> list[Any]:
            return [
                found
                for center in wanted
                for found in world.visits_between(center.number, *span(call, center))
                if not found[0].deleted
            ]

        def row(found: tuple[Group, Visit]) -> dict[str, Any]:
            return _appointment(call, *found)

        return paged(call, "appointments", self._search(call, "visits", search), row)

    def memberships(self, call: Call) -> Page:
        """Report memberships that were sold in an interval."""
        world = call.world
        wanted = _centers(call, "centers")

        def search() -> list[Any]:
            spans = {center.number: span(call, center) for center in wanted}
            return [
                held
                for center in wanted
                for held in (world.memberships.rows[n] for n in world.index.members[center.number])
                if spans[center.number][0] <= held.sold < spans[center.number][1]
            ]

        found = self._search(call, "memberships", search)
        return paged(call, "memberships", found, lambda held: member_row(world, held))


def _is_sale(call: Call, invoice: Invoice) -> bool:
    """Leave out what was never sold, because nobody came."""
    if invoice.group is None:
        return True
    group = call.world.groups.rows[invoice.group]
    return group.status not in statuses.HIDDEN and not group.deleted


def _centers(call: Call, key: str) -> list[Center]:
    asked = call.json.get(key)
    if not isinstance(asked, list) or not asked:
        raise bad(f"{key} is required.")
    return [call.center(str(one)) for one in cast("list[object]", asked)]


def _appointment(call: Call, group: Group, visit: Visit) -> dict[str, Any]:
    world = call.world
    center, service = world.centers[group.center], world.catalog.services[visit.service]
    guest = world.guests.rows[group.guest]
    return {
        "appointment_id": visit.id,
        "appointment_group_id": group.id,
        "invoice_id": world.invoices.rows[group.invoice].id,
        "center_id": center.id,
        "guest_id": guest.id,
        "guest_name": guest.name,
        "service_name": service.name,
        "service_category": service.category[1],
        "therapist_name": center.staff[visit.therapist].name,
        "start_time": local(visit.start, center.zone),
        "end_time": local(visit.end, center.zone),
        "status": _STATUS.get(group.status, statuses.MEMBERSHIP[statuses.DEFAULT]),
        "price": money(service.price),
        "booked_date": local(group.created, center.zone),
        "modified_on": local(group.updated, center.zone),
    }
