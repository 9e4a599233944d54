"""A status of a Zenoti appointment group finds its guest and centre, and keeps its id."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from frontdesk.errors import RecordError
from frontdesk.model import (
    Account,
    Context,
    Delivery,
    Event,
    Json,
    Record,
    Ref,
)

from . import zenoti_group_status as zenoti
from .driving import (
    RECEIVED,
    Log,
    asked,
    check_purity,
    delivered,
    event_id,
    follow,
    parse,
    receive,
)

ACCOUNT = "9b1f5c0e-0000-4000-8000-000000000001"
GROUP = "0c7a2f11-0000-4000-8000-000000000002"
INVOICE = Ref("invoices", "1d8b3a22-0000-4000-8000-000000000003")
CENTER = Ref("centers", "2e9c4b33-0000-4000-8000-000000000004")
GUEST = Ref("guests", "3fad5c44-0000-4000-8000-000000000005")
CONTEXT = Context(settings=None, account=Account(ACCOUNT, "Calm Spas"))

PLATFORM: Mapping[Ref, Record | None] = {
    INVOICE: Record(
        "invoices",
        INVOICE.id,
        {
            "id": INVOICE.id,
            "center_id": CENTER.id,
            "guest": {"id": GUEST.id, "first_name": "Iris", "last_name": "Sample"},
            "appointments": [
                {"service_name": "Hot stones", "therapist_name": "Robin Vale"},
                {"service_name": "Hot stones", "therapist_name": "Robin Vale"},
            ],
        },
    ),
    CENTER: Record(
        "centers",
        CENTER.id,
        {
            "id": CENTER.id,
            "name": "Lakeside",
            "address_info": {
                "address_1": "4 Quay",
                "address_2": "",
                "city": "Geneva",
                "zip_code": "1201",
            },
            "contact_info": {
                "phone_1": {"number": "220000000", "display_number": "+41 22 000 00 00"},
                "email": "lakeside@example.com",
            },
            "state": {"name": "Geneva", "short_name": "GE"},
        },
    ),
    GUEST: Record("guests", GUEST.id, {"id": GUEST.id, "is_virtual_guest": False}),
}


def status(code: int, hour: int = 9) -> Delivery:
    """Return a status as Zenoti delivers it."""
    return delivered(
        {
            "id": f"call-{hour}",
            "event_id": f"event-{hour}",
            "event_schema": "v1",
            "event_resource": "AppointmentGroup",
            "event_type": "AppointmentGroup.Status",
            "event_timestamp": f"2026-05-04T{hour:02}:30:15.1234567Z",
            "data": {
                "invoice_id": INVOICE.id,
                "invoice_number": "880",
                "receipt_number": "0",
                "appointment_group_id": GROUP.upper(),
                "appointment_group_status": code,
                "is_noshowfeerequired": "No",
                "is_cancellationfeerequired": "Yes",
            },
        }
    )


def row(service: str, code: int) -> dict[str, Json]:
    """Return a row of the list of appointments."""
    return {
        "appointment_group_id": GROUP,
        "invoice_id": INVOICE.id,
        "service": {"name": service, "category": {"name": "Massage"}},
        "start_time_utc": "2026-05-03T07:00:00",
        "status": code,
        "guest": {"id": GUEST.id},
        "therapist": {"first_name": "Robin", "last_name": "Vale"},
    }


def history(code: int) -> Record:
    """Return the group as a page of history shows it."""
    record = zenoti.group_of([row("Hot stones", code), row("Scrub", code)], CENTER.id)
    return attrs.evolve(record, seen=RECEIVED)


def read(*deliveries: Delivery) -> list[Record]:
    """Return the records of deliveries."""
    return list(receive(zenoti, deliveries, context=CONTEXT))


def told(*records: Record) -> Log:
    """Return what the records tell in this order."""
    return follow(zenoti, records, context=CONTEXT, platform=PLATFORM)


def without(*refs: Ref) -> dict[Ref, Any]:
    """Return the platform as if it had none of these records."""
    return {ref: None if ref in refs else record for ref, record in PLATFORM.items()}


def test_a_check_in_is_told_with_the_group_the_invoice_and_the_centre() -> None:
    (record,) = read(status(2))

    (event,) = parse(zenoti, record, context=CONTEXT, platform=PLATFORM)

    assert event == Event(
        "Checked In to Appointments",
        GUEST.id,
        datetime(2026, 5, 4, 9, 30, 15, 123456, tzinfo=UTC),
        properties={
            "Appointment Group ID": GROUP.upper(),
            "Appointment Group Status": 2,
            "Appointment Group Status Name": "Checkin",
            "Appointment Names": ["Hot stones", "Hot stones"],
            "Therapist Names": ["Robin Vale"],
            "Center ID": CENTER.id,
            "Center Name": "Lakeside",
            "Center Address": "4 Quay",
            "Center City": "Geneva",
            "Center State": "Geneva",
            "Center Zip": "1201",
            "Center Email": "lakeside@example.com",
            "Center Phone": "+41 22 000 00 00",
            "Cancellation Fee Required": "Yes",
            "No Show Fee Required": "No",
        },
    )


def test_the_invoice_is_asked_for_first_and_what_it_names_together() -> None:
    (record,) = read(status(2))

    rounds, _ = asked(zenoti, record, context=CONTEXT, platform=PLATFORM)

    assert rounds == [[INVOICE], [CENTER, GUEST]]


def test_a_group_known_from_history_needs_no_invoice() -> None:
    rounds, _ = asked(zenoti, history(2), context=CONTEXT, platform=PLATFORM)

    assert rounds == [[CENTER, GUEST]]


def test_an_unknown_invoice_puts_the_status_into_quarantine() -> None:
    (record,) = read(status(2))

    with pytest.raises(RecordError, match="no invoice"):
        parse(zenoti, record, context=CONTEXT, platform=without(INVOICE))


def test_an_unknown_centre_leaves_its_id() -> None:
    (record,) = read(status(-1))

    (event,) = parse(zenoti, record, context=CONTEXT, platform=without(CENTER))

    assert event.metric == "Cancelled Appointments"
    assert {name for name in event.properties if name.startswith("Center")} == {"Center ID"}


def test_an_unknown_guest_still_has_an_event() -> None:
    (record,) = read(status(-2))

    (event,) = parse(zenoti, record, context=CONTEXT, platform=without(GUEST))

    assert (event.metric, event.guest) == ("Missed Appointments", GUEST.id)


def test_history_and_webhook_agree_on_the_id() -> None:
    past, live = told(history(1)), told(*read(status(1)))

    assert past.keys() == live.keys()
    (event,) = past.values()
    assert event.metric == "Closed Appointments"
    assert event.properties["Categories"] == ["Massage"]
    assert event.time == datetime(2026, 5, 3, 7, tzinfo=UTC)


def test_history_never_tells_the_future() -> None:
    early = attrs.evolve(history(-1), seen=datetime(2026, 5, 2, tzinfo=UTC))

    (event,) = told(early).values()

    assert event.time == early.seen


def test_a_status_delivered_twice_is_one_event() -> None:
    assert len(told(*read(status(2), status(2)))) == 1


def test_a_check_in_that_was_undone_can_happen_again() -> None:
    log = told(*read(status(2, 9), status(0, 10), status(2, 11)))

    assert [event.occurrence for event in log.values()] == [
        "",
        "again:2026-05-04T09:30:15.1234567Z",
    ]


def test_check_ins_in_the_wrong_order_are_one_event() -> None:
    first, undone, again = read(status(2, 9), status(0, 10), status(2, 11))

    assert len(told(again, undone, first)) == 1


@pytest.mark.parametrize("codes", [(4,), (4, 2), (4, 2, 1), (2, 0, 2), (-1, 4, -1)], ids=str)
def test_the_last_status_alone_tells_nothing_the_path_misses(codes: tuple[int, ...]) -> None:
    records = read(*(status(code, hour) for hour, code in enumerate(codes, start=9)))

    alone = parse(zenoti, records[-1], context=CONTEXT, platform=PLATFORM)

    assert {event_id(ACCOUNT, records[-1], event) for event in alone} <= told(*records).keys()


def test_a_status_without_a_metric_tells_nothing_and_asks_nothing() -> None:
    (record,) = read(status(0))

    assert asked(zenoti, record, context=CONTEXT, platform=PLATFORM) == ([], ())


def test_mapping_is_pure() -> None:
    (record,) = read(status(2))

    check_purity(zenoti, record, previous=history(0), context=CONTEXT, platform=dict(PLATFORM))
