"""A Boulevard arrival is told once, by the delivery that saw it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from frontdesk.errors import RecordError
from frontdesk.model import Account, Context, Delivery, Event, Json, Record, Ref

from . import boulevard_arrived as boulevard
from .driving import Log, check_purity, delivered, follow, observe, parse, receive

BUSINESS = "urn:blvd:Business:11d00000-0000-4000-8000-000000000001"
APPOINTMENT = Ref("appointments", "urn:blvd:Appointment:22e00000-0000-4000-8000-000000000002")
CLIENT = "urn:blvd:Client:33f00000-0000-4000-8000-000000000003"
LOCATION = "urn:blvd:Location:44000000-0000-4000-8000-000000000004"
CONTEXT = Context(settings=None, account=Account(BUSINESS, "Glow"))


def service(name: str, display: str | None) -> dict[str, Json]:
    """Return one service of the appointment."""
    return {"service": {"name": name}, "staff": {"name": "Robin Vale", "displayName": display}}


def appointment(**fields: Any) -> Record:
    """Return the appointment as Boulevard answers for it."""
    node = {
        "id": APPOINTMENT.id,
        "state": "ARRIVED",
        "startAt": "2026-05-04T12:00:00Z",
        "endAt": "2026-05-04T13:15:00Z",
        "duration": 60,
        "bookedByType": "CLIENT",
        "orderId": None,
        "clientId": CLIENT,
        "locationId": LOCATION,
        "location": {"id": LOCATION, "name": "Harbour", "tz": "Europe/Lisbon"},
        "appointmentServices": [service("Facial", "Robin"), service("Peel", None)],
    }
    return Record("appointments", APPOINTMENT.id, node | fields, guests=(CLIENT,))


def news(kind: str = "APPOINTMENT_ARRIVED", minute: int = 58) -> Delivery:
    """Return a delivery about the appointment; its node is thin."""
    return delivered(
        {
            "data": {"node": {"__typename": "Appointment", "id": APPOINTMENT.id}},
            "timestamp": f"2026-05-04T11:{minute}:30.250000Z",
            "resource": "Appointment",
            "event": kind.lower().replace("_", "."),
            "eventType": kind,
            "businessId": BUSINESS,
            "idempotencyKey": f"key-{minute}",
        }
    )


def read(*deliveries: Delivery, **fields: Any) -> list[Record]:
    """Return the records deliveries lead to, the appointment fetched as it is now."""
    platform = {APPOINTMENT: appointment(**fields)}
    return list(receive(boulevard, deliveries, context=CONTEXT, platform=platform))


def told(*records: Record) -> Log:
    """Return what the records tell in this order."""
    return follow(boulevard, records, context=CONTEXT)


def test_an_arrival_has_the_time_of_the_delivery_and_the_facts_of_the_appointment() -> None:
    (event,) = told(*read(news())).values()

    assert event == Event(
        "Arrived for Appointments",
        CLIENT,
        datetime(2026, 5, 4, 11, 58, 30, 250000, tzinfo=UTC),
        properties={
            "Staff Names": ["Robin", "Robin Vale"],
            "Service Names": ["Facial", "Peel"],
            "Start At": "2026-05-04T12:00Z",
            "End At": "2026-05-04T13:15Z",
            "Order ID": None,
            "Location Name": "Harbour",
            "Location ID": LOCATION,
            "Duration": 60,
            "Booked By": "Client",
        },
        occurrence="2026-05-04T12:00Z",
    )


def test_the_delivery_asks_for_the_appointment_before_it_adds_its_fact() -> None:
    fetched, fact = read(news())

    assert fetched.payload == appointment().payload
    assert fact.payload == {"arrivedAt": "2026-05-04T11:58:30.250000Z"}
    assert fact.partial


def test_an_appointment_that_has_arrived_tells_nothing_by_itself() -> None:
    assert told(appointment()) == {}


def test_an_arrival_delivered_twice_is_one_event() -> None:
    assert len(told(*read(news(minute=58), news(minute=59)))) == 1


def test_the_same_start_written_with_an_offset_is_the_same_arrival() -> None:
    elsewhere = read(news(), startAt="2026-05-04T05:00:00-07:00")

    assert told(*elsewhere).keys() == told(*read(news())).keys()


def test_who_was_moved_to_another_day_can_arrive_again() -> None:
    moved = read(news(minute=59), startAt="2026-05-06T12:00:00Z")

    assert len(told(*read(news()), *moved)) == 2


def test_a_fetch_after_the_arrival_takes_the_fact_away_and_tells_nothing() -> None:
    arrival = read(news())
    later = read(news("APPOINTMENT_RESCHEDULED", 59), startAt="2026-05-06T12:00:00Z")

    assert told(*arrival, *later) == told(*arrival)


def test_the_appointment_alone_tells_nothing_that_the_path_misses() -> None:
    assert told(appointment()).keys() <= told(*read(news()), appointment()).keys()


def test_an_arrival_for_an_unknown_appointment_goes_into_quarantine() -> None:
    (fact,) = receive(boulevard, [news()], context=CONTEXT)

    with pytest.raises(RecordError, match="does not know"):
        parse(boulevard, fact, context=CONTEXT)


def test_an_appointment_of_nobody_tells_nothing() -> None:
    assert told(*read(news(), clientId=None)) == {}


def test_mapping_is_pure() -> None:
    fetched, fact = read(news())

    check_purity(boulevard, observe(fetched, fact).record, previous=fetched, context=CONTEXT)
