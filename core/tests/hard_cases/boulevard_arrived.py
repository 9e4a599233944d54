"""Boulevard: an arrival, of which only the delivery knows that and when it happened."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from frontdesk import jsons
from frontdesk.errors import RecordError
from frontdesk.hooks import hookimpl
from frontdesk.model import Delivery, Event, Json, Payload, Record, Ref

ARRIVED: Final = "Arrived for Appointments"

#: The fact an event type adds to its appointment. Boulevard's appointments carry a state
#: but no time of it, so that these metrics are live only.
FACTS: Final = {"APPOINTMENT_ARRIVED": "arrivedAt"}

BOOKED_BY: Final = {"CLIENT": "Client", "STAFF": "Staff"}


@hookimpl
def read_webhook(delivery: Delivery) -> Iterable[Record | Ref]:
    """Ask for the appointment afresh, and lay the delivery's own fact over it.

    The node in the delivery is thin and differs from event to event.
    """
    news = jsons.decode(delivery.body)
    node = news["data"]["node"]
    yield Ref("appointments", node["id"], max_age=0)
    if fact := FACTS.get(news["eventType"]):
        happened = {fact: news["timestamp"]}
        yield Record("appointments", node["id"], happened, partial=True)


@hookimpl
def parse_event(record: Record) -> Iterable[Event]:
    """Tell the arrival a delivery spoke of."""
    appointment = record.payload
    if "arrivedAt" not in appointment:
        return
    if record.partial:
        message = f"appointment {record.id!r}: its guest arrived, but Boulevard does not know it"
        raise RecordError(message)
    if guest := appointment["clientId"]:
        yield Event(
            ARRIVED,
            guest,
            datetime.fromisoformat(appointment["arrivedAt"]),
            properties=_properties(appointment),
            # Who was moved to another day arrives another time.
            occurrence=_utc(appointment["startAt"]),
        )


def _properties(appointment: Payload) -> dict[str, Json]:
    """Return the properties that every appointment metric carries."""
    services = appointment["appointmentServices"]
    staff = (service["staff"] for service in services)
    return {
        "Staff Names": list(dict.fromkeys(who["displayName"] or who["name"] for who in staff)),
        "Service Names": [service["service"]["name"] for service in services],
        "Start At": _utc(appointment["startAt"]),
        "End At": _utc(appointment["endAt"]),
        "Order ID": appointment["orderId"],
        "Location Name": appointment["location"]["name"],
        "Location ID": appointment["locationId"],
        "Duration": appointment["duration"],
        "Booked By": BOOKED_BY.get(appointment["bookedByType"], appointment["bookedByType"]),
    }


def _utc(time: str) -> str:
    """Write a time in UTC: Boulevard's come with offsets too, and make ids here."""
    return datetime.fromisoformat(time).astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
