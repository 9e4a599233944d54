"""A group of appointments, whoever showed it: rows of the calendar, deliveries, its invoice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Final

import attrs

from frontdesk.model import Context, Json, Payload, Record, Ref, Related
from frontdesk.rows import as_row, objects
from frontdesk_zenoti import statuses
from frontdesk_zenoti.places import Place
from frontdesk_zenoti.properties import amount, total
from frontdesk_zenoti.rows import at, guid, number, part, text, whole

#: Keys under which deliveries stand beside what the calendar shows.
BOOKED: Final = "Booked"
STATUS: Final = "Status"
PROGRESS: Final = "Progress"
NEWS: Final = "News"
#: What of an appointment in a delivery goes into an event.
_SHOWN: Final = (
    "id",
    "service_name",
    "start_time",
    "end_time",
    "start_time_in_center",
    "end_time_in_center",
    "creation_date",
    "service_duration_in_minutes",
    "serviceduration_in_miutes",
    "therapist_name",
    "room_name",
    "appointment_progress",
)


@attrs.frozen(slots=False)
class Booking:
    """What is known of a group; what it lacks, it asks for."""

    record: Record
    context: Context
    related: Related

    @property
    def row(self) -> Payload:
        """All that is stored of it."""
        return self.record.payload

    def block(self, key: str) -> Payload:
        """Return what a delivery said, and when; empty where there was none."""
        return part(self.row, key)

    def told(self, key: str) -> Payload:
        """Return the inner part of a delivery."""
        return part(self.block(key), "data")

    @cached_property
    def services(self) -> list[Payload]:
        """Its appointments as the calendar shows them."""
        return objects(self.row, "appointments")

    @cached_property
    def booked(self) -> list[Payload]:
        """Its appointments as a delivery shows them."""
        return objects(self.told(BOOKED), "appointments")

    @cached_property
    def invoice_id(self) -> str | None:
        """Id of its invoice."""
        for key in (BOOKED, STATUS, PROGRESS, NEWS):
            if found := guid(self.told(key), "invoice_id"):
                return found
        ids = (guid(service, "invoice_id") for service in self.services)
        return guid(self.row, "invoice_id") or next((id for id in ids if id), None)

    @cached_property
    def invoice(self) -> Payload:
        """Its invoice; asked for, so only where nothing nearer tells."""
        if self.invoice_id is None:
            return {}
        record = self.related[Ref("invoices", self.invoice_id)]
        return {} if record is None else part(record.payload, "invoice")

    @property
    def invoice_row(self) -> Payload:
        """Its number, from where it takes no request: a delivery, or the sales report."""
        for line in self.sales:
            return {"invoice_number": line.get("invoice_no")}
        return {}

    @cached_property
    def sales(self) -> list[Payload]:
        """Its lines of the sales report, which never take a request of their own."""
        if self.invoice_id is None:
            return []
        record = self.related[Ref("sales", self.invoice_id)]
        return [] if record is None else objects(record.payload, "sales")

    @cached_property
    def guest(self) -> str | None:
        """Whose it is."""
        holders = (*self.services, self.told(BOOKED), self.row)
        found = (guid(part(holder, "guest"), "id") for holder in holders)
        return next((id for id in found if id), None) or self._payer

    @property
    def _payer(self) -> str | None:
        return guid(part(self.invoice, "guest"), "id")

    @cached_property
    def place(self) -> Place:
        """Where it takes place."""
        told = self.told(BOOKED)
        name = text(told, "center_Name") or text(told, "center_name")
        id = guid(self.row, "center_id") or guid(self.told(PROGRESS), "center_id")
        if id is None and not self.services:
            id = guid(self.invoice, "center_id")
        return Place(id, name, self.context, self.related)

    @property
    def listed(self) -> Sequence[Payload]:
        """Its appointments by whoever tells most: calendar, delivery, invoice."""
        if self.services or self.booked:
            return self.services or self.booked
        return objects(self.told(PROGRESS), "appointments") or objects(self.invoice, "appointments")

    def names(self) -> list[str]:
        """Return the names of its services."""
        return [name for one in self.listed if (name := service_name(one))]

    def therapists(self) -> list[str]:
        """Return who carries it out, each once."""
        return _once(therapist_name(one) for one in self.listed)

    def categories(self) -> list[str]:
        """Return the categories of its services, each once; deliveries do not tell them."""
        if self.services:
            return _once(_word(at(one, "service.category.name")) for one in self.services)
        refs = [Ref("services", id) for one in self.listed if (id := guid(one, "service_id"))]
        records = self.related.all(*dict.fromkeys(refs))
        return _once(_category(record.payload) for record in records if record is not None)

    def value(self) -> Decimal | None:
        """Return what it costs: by the sales report where it is paid for, else its invoice."""
        if self.block(BOOKED):
            return amount(at(self.invoice, "total_price.sum_total"))
        if any(status(one) == statuses.CLOSED for one in self.services):
            lines = [line for line in self.sales if is_service(line)]
            return total(lines, "sales_exc_tax", "tax")
        prices = [row_price(one) for one in self.services]
        known = [price for price in prices if price is not None]
        return sum(known, Decimal()) if known and len(known) == len(prices) else None

    def price(self, service: Payload) -> Decimal | None:
        """Return what one of its appointments costs."""
        if "appointment_id" not in service:
            items = objects(self.invoice, "invoice_items")
            wanted = guid(service, "invoice_item_id")
            own = [item for item in items if guid(item, "invoice_item_id") == wanted]
            # Without its own line, the whole invoice is the nearest there is.
            found = total(own, "price.final") if wanted else None
            whole_price = amount(at(self.invoice, "total_price.sum_total"))
            return whole_price if found is None else found
        if status(service) != statuses.CLOSED:
            return row_price(service)
        lines = [line for line in self.sales if is_service(line)]
        if len(self.services) > 1:
            name = service_name(service)
            lines = [line for line in lines if text(line, "item_name") == name]
        return total(lines, "sales_exc_tax", "tax")


def is_service(line: Payload) -> bool:
    """Tell whether a line of the sales report is an appointment, and no refund of one."""
    sold = (text(line, "sale_type") or "Sale").casefold() != "refund"
    return sold and (text(line, "item_type") or "").casefold() == "service"


def status(service: Payload) -> int | None:
    """Return the status of an appointment of the calendar."""
    return whole(service, "status")


def row_price(service: Payload) -> Decimal | None:
    """Return the price a row of the calendar shows, which it often does not."""
    value = service.get("price")
    known = as_row(value)
    return number(service, "price") if known is None else amount(known.get("final"))


def service_name(service: Payload) -> str | None:
    """Return what is done, in a row of the calendar or of a delivery."""
    return _word(service.get("service_name")) or _word(at(service, "service.name"))


def therapist_name(service: Payload) -> str | None:
    """Return who does it."""
    told = _word(service.get("therapist_name"))
    if told:
        return told
    worker = as_row(service.get("therapist")) or {}
    names = [name for name in (worker.get("first_name"), worker.get("last_name")) if _word(name)]
    return " ".join(map(str, names)) or _word(worker.get("display_name"))


def shown(service: Payload) -> Payload:
    """Return an appointment as events show it: the same fields, whoever told it."""
    if "appointment_id" not in service:
        return {name: service[name] for name in _SHOWN if name in service}
    return {
        "id": service.get("appointment_id"),
        "service_name": service_name(service),
        "start_time": service.get("start_time_utc"),
        "end_time": service.get("end_time_utc"),
        "start_time_in_center": service.get("start_time"),
        "end_time_in_center": service.get("end_time"),
        "creation_date": service.get("creation_date_utc"),
        "therapist_name": therapist_name(service),
        "room_name": at(service, "room.name"),
        "appointment_progress": service.get("progress"),
    }


def _category(row: Payload) -> str | None:
    ways = ("additional_info.category.name", "category.name")
    return next((name for way in ways if (name := _word(at(row, way)))), None)


def _word(value: Json) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _once(names: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(name for name in names if name))
