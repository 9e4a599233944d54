"""A cancelled Mindbody class is told with what is known, in whatever order it came."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from frontdesk.model import Account, Context, Delivery, Event, Json, Record, Site

from . import mindbody_class_cancelled as mindbody
from .driving import Log, check_purity, delivered, follow, observe, parse, receive

CLIENT = "100200302"
CONTEXT = Context(
    settings=None, account=Account("pilates-group", "Pilates Group", sites=(Site("-99", "Loft"),))
)


def message(kind: str, hour: int, **fields: Json) -> Delivery:
    """Return a message about the booking."""
    booking = {
        "siteId": -99,
        "locationId": 2,
        "classId": 88,
        "classRosterBookingId": 6001,
        "clientId": CLIENT,
        "clientUniqueId": 5550001,
    }
    return delivered(
        {
            "messageId": f"{kind}-{hour}",
            "eventId": kind,
            "eventSchemaVersion": 1,
            "eventInstanceOriginationDateTime": f"2026-05-04T{hour:02}:00:00Z",
            "eventData": booking | fields,
        }
    )


BOOKED = message(
    "classRosterBooking.created",
    8,
    signedInStatus="Absent",
    staffId=31,
    staffName="Robin Vale",
    itemId=777,
    itemName="Ten classes",
)
LATE = message(
    "classRosterBookingStatus.updated",
    9,
    signedInStatus="LateCancelled",
    staffId=31,
    itemId=777,
    itemName="Ten classes",
)
CANCELLED = message("classRosterBooking.cancelled", 10)


def read(*deliveries: Delivery) -> list[Record]:
    """Return the records of deliveries."""
    return list(receive(mindbody, deliveries, context=CONTEXT))


def told(*deliveries: Delivery) -> Log:
    """Return what deliveries tell in this order."""
    return follow(mindbody, read(*deliveries), context=CONTEXT)


def test_a_cancellation_takes_staff_and_pass_from_the_stored_booking() -> None:
    booked, cancelled = told(BOOKED, CANCELLED).values()

    assert booked.metric == "Booked Class"
    assert cancelled == Event(
        "Cancelled Class",
        CLIENT,
        datetime(2026, 5, 4, 10, tzinfo=UTC),
        properties={
            "Staff ID": 31,
            "Item ID": 777,
            "Item Name": "Ten classes",
            "Cancel Type": "Cancelled",
        },
    )


def test_a_booking_tells_its_class() -> None:
    (booked,) = told(BOOKED).values()

    assert booked == Event(
        "Booked Class",
        CLIENT,
        datetime(2026, 5, 4, 8, tzinfo=UTC),
        properties={
            "Location ID": 2,
            "Staff ID": 31,
            "Staff Name": "Robin Vale",
            "Item ID": 777,
            "Item Name": "Ten classes",
        },
    )


def test_only_what_the_message_says_is_laid_over_the_booking() -> None:
    booked, cancelled = read(BOOKED, CANCELLED)

    sighting = observe(booked, cancelled)

    assert cancelled.partial
    assert not sighting.record.partial
    assert sighting.previous == booked
    assert sighting.record.payload == {
        **booked.payload,
        "cancelledAt": "2026-05-04T10:00:00Z",
    }


def test_a_cancellation_of_an_unknown_booking_tells_what_it_knows() -> None:
    (event,) = told(CANCELLED).values()

    assert (event.metric, event.guest) == ("Cancelled Class", CLIENT)
    assert event.properties == {"Cancel Type": "Cancelled"}


def test_a_booking_that_arrives_after_its_cancellation_completes_it_and_revives_nothing() -> None:
    cancelled, booked = read(CANCELLED, BOOKED)

    sighting = observe(cancelled, booked)

    assert "cancelledAt" in sighting.kept.payload
    assert sighting.kept.payload["staffId"] == 31
    assert sighting.kept.version == cancelled.version
    assert told(CANCELLED, BOOKED).keys() == told(BOOKED, CANCELLED).keys()


def test_a_late_cancellation_told_twice_is_one_event() -> None:
    _, cancelled = told(BOOKED, LATE, CANCELLED).values()

    assert cancelled.properties["Cancel Type"] == "Late Cancelled"
    assert cancelled.time == datetime(2026, 5, 4, 9, tzinfo=UTC)


def test_a_status_nobody_has_seen_before_tells_nothing() -> None:
    odd = message("classRosterBookingStatus.updated", 9, signedInStatus="Teleported")

    assert told(BOOKED, odd) == told(BOOKED)


@given(st.permutations([BOOKED, LATE, CANCELLED]), st.lists(st.sampled_from([BOOKED, LATE])))
def test_every_order_of_messages_tells_the_same(
    order: list[Delivery], repeated: list[Delivery]
) -> None:
    assert told(*order, *repeated).keys() == told(BOOKED, LATE, CANCELLED).keys()


def test_mapping_is_pure() -> None:
    booked, cancelled = read(BOOKED, CANCELLED)
    sighting = observe(booked, cancelled)

    check_purity(mindbody, sighting.record, previous=booked, context=CONTEXT)
    assert parse(mindbody, booked, context=CONTEXT)
