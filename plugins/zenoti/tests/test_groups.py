"""Groups of appointments: what rows and deliveries prove, with which id, time and properties."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import frontdesk_zenoti as zenoti
from frontdesk import jsons
from frontdesk.errors import RecordError, SkipRecord
from frontdesk.ingest.mapping import laid_over
from frontdesk.model import (
    Account,
    Context,
    Delivery,
    Event,
    Origin,
    Record,
    Ref,
    Related,
    Reservation,
    Site,
    Wanted,
)
from frontdesk_zenoti.calendars import groups
from frontdesk_zenoti.groups import group_status

SEEN = datetime(2026, 5, 20, 12, tzinfo=UTC)
CENTER = "c0000000-0000-0000-0000-000000000001"
GROUP = "90000000-0000-0000-0000-000000000001"
GUEST = "60000000-0000-0000-0000-000000000001"
INVOICE = "10000000-0000-0000-0000-000000000001"
SERVICE = "50000000-0000-0000-0000-000000000001"
SITE = Site(CENTER, "Lakeside", time_zone="America/Los_Angeles", currency="USD", country="US")
CONTEXT = Context(zenoti.Settings(api_key="k"), Account("org", "Org", (SITE,)))
CENTER_ROW = {
    "id": CENTER,
    "name": "Lakeside",
    "address_info": {
        "address1": "1 Pier",
        "address_2": "Floor 2",
        "city": "Bellevue",
        "zip_code": "98004",
    },
    "state": {"name": "Washington", "code": "WA"},
    "contact_info": {"email": "lake@example.com", "phone_1": {"display_number": "+1 206 555 0100"}},
}
INVOICE_ROW = {
    "id": INVOICE,
    "center_id": CENTER,
    "guest": {"id": GUEST},
    "invoice_number_prefix": "BEL1",
    "total_price": {"sum_total": Decimal("88.50")},
    "invoice_items": [
        {"invoice_item_id": "item-1", "price": {"final": Decimal("60.50")}},
        {"invoice_item_id": "item-2", "price": {"final": 28}},
    ],
    "appointments": [
        {"id": "a1", "service_name": "Massage", "service_id": SERVICE, "therapist_name": "Ty K"}
    ],
}


def row(**changes: Any) -> dict[str, Any]:
    return {
        "appointment_id": "a1",
        "appointment_group_id": GROUP,
        "invoice_id": INVOICE,
        "service": {"id": SERVICE, "name": "Massage", "category": {"name": "Body"}},
        "start_time": "2026-05-10T08:00:00",
        "start_time_utc": "2026-05-10T15:00:00",
        "end_time": "2026-05-10T09:00:00",
        "end_time_utc": "2026-05-10T16:00:00",
        "creation_date_utc": "2026-05-01T22:01:00",
        "status": 0,
        "source": 1,
        "progress": 0,
        "guest": {"id": GUEST.upper(), "first_name": "Ana"},
        "therapist": {"first_name": "Ty", "last_name": "K"},
        "price": None,
        "actual_start_time": None,
        "actual_completed_time": None,
        "checkin_time": None,
        "blockout": None,
        **changes,
    }


def sale(**changes: Any) -> dict[str, Any]:
    return {
        "invoice_id": INVOICE,
        "invoice_item_id": "i1",
        "invoice_no": "BEL18086",
        "item_name": "Massage",
        "item_type": "Service",
        "sale_type": "Sale",
        "status": "Closed",
        "sales_exc_tax": Decimal("80.00"),
        "tax": 8,
        "center_id": CENTER,
        "guest_id": GUEST,
        "sale_date": "2026-05-10T09:05:00",
        **changes,
    }


def listed(*rows: dict[str, Any]) -> Record:
    (record,) = groups(rows or (row(),), CENTER)
    assert isinstance(record, Record)
    return attrs.evolve(record, seen=SEEN)


def delivered(
    event_type: str, data: Mapping[str, Any], at: str = "2026-05-10T15:00:00.5Z"
) -> Record:
    body = jsons.encode(
        {"event_id": "e", "event_type": event_type, "event_timestamp": at, "data": data}
    )
    delivery = Delivery(body, received=SEEN)
    (record,) = zenoti.read_webhook(delivery, CONTEXT)
    assert isinstance(record, Record)
    return attrs.evolve(record, seen=SEEN, origin=Origin.LIVE)


def answers(**more: Any) -> Related:
    rows: dict[str, dict[str, Any]] = {
        "centers": CENTER_ROW,
        "invoices": {"invoice": INVOICE_ROW},
        "services": {"id": SERVICE, "additional_info": {"category": {"name": "Body"}}},
        "sales": {"invoice_id": INVOICE, "sales": [sale()]},
        **more,
    }
    ids = {"centers": CENTER, "invoices": INVOICE, "services": SERVICE, "sales": INVOICE}
    return Related(
        {
            Ref(stream, ids[stream]): None if given is None else Record(stream, ids[stream], given)
            for stream, given in rows.items()
        }
    )


def events(record: Record, related: Related | None = None) -> dict[str, Event]:
    found = zenoti.parse_event(record, answers() if related is None else related, CONTEXT)
    kept = [event for event in found if isinstance(event, Event)]
    assert len({(e.action, e.occurrence) for e in kept}) == len(kept)
    return {event.metric: event for event in kept}


CREATED = {
    "appointment_group_id": GROUP,
    "invoice_id": INVOICE,
    "invoice_number": "8086",
    "invoice_number_prefix": "BEL1",
    "utm_source": "booknow",
    "utm_medium": "facebook",
    "center_id": CENTER,
    "center_Name": "Lakeside Spa",
    "guest": {"id": GUEST},
    "appointments": [
        {
            "id": "a1",
            "invoice_item_id": "item-1",
            "service_name": "Massage",
            "service_id": SERVICE,
            "start_time": "2026-05-10T15:00:00",
            "end_time": "2026-05-10T16:00:00",
            "therapist_name": "Ty K",
            "therapist_id": "t",
        }
    ],
}
STATUS = {
    "appointment_group_id": GROUP,
    "invoice_id": INVOICE,
    "invoice_number": "8086",
    "appointment_group_status": 2,
    "is_noshowfeerequired": "No",
    "is_cancellationfeerequired": "Yes",
}


# -- what the calendar proves -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, {"Booked Appointments"}),
        ({"status": 4}, {"Booked Appointments", "Confirmed Appointments"}),
        ({"status": 2}, {"Booked Appointments", "Checked In to Appointments"}),
        ({"status": 1}, {"Booked Appointments", "Closed Appointments"}),
        ({"status": -1}, {"Booked Appointments", "Cancelled Appointments"}),
        ({"status": -2}, {"Booked Appointments", "Missed Appointments"}),
        ({"status": 20}, {"Booked Appointments"}),
        ({"status": 21}, {"Booked Appointments"}),
        ({"status": 99}, {"Booked Appointments"}),
        ({"status": None}, {"Booked Appointments"}),
        ({"creation_date_utc": "0001-01-01T00:00:00"}, set()),
        (
            {"status": 1, "checkin_time": "2026-05-10T07:55:00"},
            {"Booked Appointments", "Checked In to Appointments", "Closed Appointments"},
        ),
        (
            {
                "actual_start_time": "2026-05-10T08:01:00",
                "actual_completed_time": "2026-05-10T09:01:00",
            },
            {"Booked Appointments", "Started Appointment", "Completed Appointment"},
        ),
    ],
)
def test_a_row_proves_its_booking_and_where_it_stands(changes: Any, told: set[str]) -> None:
    assert events(listed(row(**changes))).keys() == told


def test_times_of_the_wall_are_converted_with_the_centres_zone() -> None:
    """Seen to fail when times of the wall are taken for UTC."""
    found = events(listed(row(status=1, checkin_time="2026-05-10T07:55:00")))
    assert found["Booked Appointments"].time == datetime(2026, 5, 1, 22, 1, tzinfo=UTC)
    assert found["Checked In to Appointments"].time == datetime(2026, 5, 10, 14, 55, tzinfo=UTC)
    # When it was closed, the calendar does not tell: not after it began.
    assert found["Closed Appointments"].time == datetime(2026, 5, 10, 15, tzinfo=UTC)


def test_what_is_cancelled_ahead_was_cancelled_by_now() -> None:
    ahead = row(status=-1, start_time_utc="2026-06-10T15:00:00")
    assert events(listed(ahead))["Cancelled Appointments"].time == SEEN


def test_a_booking_has_all_its_properties() -> None:
    event = events(listed(row(status=1)))["Booked Appointments"]
    assert (event.guest, event.site, event.action, event.occurrence) == (
        GUEST,
        CENTER,
        "booked",
        "",
    )
    assert (event.value, event.currency) == (Decimal("88.00"), "USD")
    shown = dict(event.properties)
    (appointment,) = shown.pop("Appointments")
    assert appointment["service_name"] == "Massage"
    assert appointment["start_time_in_center"] == "2026-05-10T08:00:00"
    assert shown == {
        "Appointment Group ID": GROUP,
        "Appointment Names": ["Massage"],
        "Categories": ["Body"],
        "Therapist Names": ["Ty K"],
        "Center ID": CENTER,
        "Center Name": "Lakeside",
        "Center Address": "1 Pier, Floor 2",
        "Center City": "Bellevue",
        "Center State": "Washington",
        "Center Zip": "98004",
        "Center Email": "lake@example.com",
        "Center Phone": "+1 206 555 0100",
        "Invoice ID": INVOICE,
        "Invoice Number": "BEL18086",
    }


def test_history_takes_values_from_the_sales_report_and_asks_for_no_invoice() -> None:
    """Seen to fail when a booking of the calendar asks for its invoice."""
    related = answers()
    del related[Ref("invoices", INVOICE)]
    assert events(listed(row(status=1)), related)["Booked Appointments"].value == Decimal("88.00")
    # What is not paid for is worth what its row says, if it says so.
    assert events(listed(), related)["Booked Appointments"].value is None
    priced = listed(row(price=Decimal("75.00")))
    assert events(priced, related)["Booked Appointments"].value == Decimal("75.00")


def test_products_on_the_invoice_are_no_part_of_the_booking() -> None:
    lines = [sale(), sale(item_type="Product", item_name="Oil"), sale(sale_type="Refund")]
    related = answers(sales={"invoice_id": INVOICE, "sales": lines})
    found = events(listed(row(status=1)), related)
    assert found["Booked Appointments"].value == Decimal("88.00")


def test_each_appointment_of_a_group_is_started_once_under_its_own_id() -> None:
    started = {"actual_start_time": "2026-05-10T08:01:00"}
    found = zenoti.parse_event(
        listed(row(**started), row(appointment_id="A2", **started)), answers(), CONTEXT
    )
    started_ = [e for e in found if isinstance(e, Event) and e.action == "started"]
    assert sorted(event.occurrence for event in started_) == ["a1", "a2"]


def test_a_group_is_as_far_as_the_last_of_what_remains_of_it() -> None:
    """Seen to fail when one cancelled appointment cancels its group."""

    def of(*codes: int | None) -> int | None:
        return group_status([row(status=code) for code in codes])

    assert of(1, -1) == 1
    assert of(1, 2) == 2
    assert of(4, 0) == 0
    assert of(-1, -1) == -1
    assert of(-2) == -2
    assert of(21, 1) == 1
    assert of(None) is None
    assert group_status([]) is None


def test_rows_without_a_group_stand_alone() -> None:
    """Seen to fail when all rows without a group are put together."""
    alone = [row(appointment_group_id=None), row(appointment_group_id=None, appointment_id="A2")]
    found = [record for record in groups(alone, CENTER) if isinstance(record, Record)]
    assert [record.id for record in found] == ["appointment a1", "appointment a2"]
    assert events(attrs.evolve(found[0], seen=SEEN)).keys() == {"Booked Appointments"}


@pytest.mark.parametrize(
    "changes",
    [
        {"status": 10, "service": None, "guest": None},
        {"status": 0, "blockout": {"id": "b"}, "service": None, "guest": None},
    ],
)
def test_time_nobody_can_book_is_passed_over_by_name(changes: Any) -> None:
    with pytest.raises(SkipRecord) as skip:
        events(listed(row(**changes)))
    assert skip.value.rule == "block_out"
    assert zenoti.map_reservation(listed(row(**changes)), answers(), CONTEXT) is None


def test_a_row_without_a_guest_is_its_invoices_payers() -> None:
    nobody = row(guest={"id": "00000000-0000-0000-0000-000000000000"})
    assert events(listed(nobody))["Booked Appointments"].guest == GUEST
    with pytest.raises(SkipRecord) as skip:
        events(listed(nobody), answers(invoices=None))
    assert skip.value.rule == "no_person"


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "soon"},
        {"guest": "Ana"},
        {"creation_date_utc": "yesterday"},
        {"checkin_time": 7},
    ],
)
def test_what_cannot_be_read_is_an_error_that_quotes_nothing(changes: Any) -> None:
    with pytest.raises(RecordError) as error:
        events(listed(row(**changes)))
    assert not {"soon", "Ana", "yesterday"} & set(str(error.value).split())


# -- what deliveries tell -----------------------------------------------------------------------


def test_a_delivered_booking_is_worth_what_its_invoice_says() -> None:
    event = events(delivered("AppointmentGroup.Created", CREATED))["Booked Appointments"]
    assert event.time == datetime(2026, 5, 10, 15, 0, 0, 500000, UTC)
    assert (event.value, event.currency) == (Decimal("88.50"), "USD")
    assert event.properties["Center Name"] == "Lakeside Spa"
    assert event.properties["Invoice Number Prefix"] == "BEL1"
    assert event.properties["UTM Medium"] == "facebook"
    assert event.properties["Categories"] == ["Body"]
    assert "therapist_id" not in event.properties["Appointments"][0]


def test_without_the_invoice_there_is_no_value_rather_than_none_to_pay() -> None:
    found = events(delivered("AppointmentGroup.Created", CREATED), answers(invoices=None))
    assert found["Booked Appointments"].value is None
    assert found["Booked Appointments"].currency is None


@pytest.mark.parametrize(
    ("code", "metric", "action", "name"),
    [
        (2, "Checked In to Appointments", "checked in", "Checkin"),
        (1, "Closed Appointments", "closed", "Closed"),
        (4, "Confirmed Appointments", "confirmed", "Confirm"),
        (-1, "Cancelled Appointments", "cancelled", "Cancelled"),
        (-2, "Missed Appointments", "missed", "NoShow"),
    ],
)
def test_a_status_alone_is_joined_from_the_invoice(
    code: int, metric: str, action: str, name: str
) -> None:
    data = {**STATUS, "appointment_group_status": code}
    event = events(delivered("AppointmentGroup.Status", data))[metric]
    assert (event.guest, event.action, event.occurrence) == (GUEST, action, "")
    shown = event.properties
    assert shown["Appointment Group Status"] == code
    assert shown["Appointment Group Status Name"] == name
    assert shown["Appointment Names"] == ["Massage"]
    assert shown["Therapist Names"] == ["Ty K"]
    assert shown["Center City"] == "Bellevue"
    assert (shown["Cancellation Fee Required"], shown["No Show Fee Required"]) == ("Yes", "No")


def test_a_status_of_a_group_that_is_stored_asks_for_nothing_but_the_centre() -> None:
    """Seen to fail when the invoice is read whatever is stored."""
    record = laid_over(listed(), delivered("AppointmentGroup.Status", STATUS))
    found = events(record, Related({Ref("centers", CENTER): None, Ref("sales", INVOICE): None}))
    assert found["Checked In to Appointments"].guest == GUEST
    assert found["Checked In to Appointments"].properties["Categories"] == ["Body"]


def test_a_status_that_nothing_is_known_of_asks_for_the_invoice_first() -> None:
    with pytest.raises(Wanted) as wanted:
        list(zenoti.parse_event(delivered("AppointmentGroup.Status", STATUS), Related(), CONTEXT))
    assert wanted.value.refs == (Ref("invoices", INVOICE),)


@pytest.mark.parametrize("code", [0, 10, 11, 20, 21, -3, 7, 8, 42, None])
def test_a_status_without_a_metric_is_raw_data(code: int | None) -> None:
    data = {**STATUS, "appointment_group_status": code}
    event = events(delivered("AppointmentGroup.Status", data))["Raw data"]
    assert event.properties["Event Type"] == "AppointmentGroup.Status"
    assert event.properties["Data"] == data


def test_progress_is_worth_its_own_line_of_the_invoice() -> None:
    """Seen to fail when the whole invoice is the value of one of its appointments."""
    data = {
        "appointment_group_id": GROUP,
        "invoice_id": INVOICE,
        "invoice_number": "4901",
        "center_id": CENTER,
        "appointments": [{"id": "A1", "invoice_item_id": "item-1", "service_name": "Massage"}],
    }
    event = events(delivered("Appointment.Started", data))["Started Appointment"]
    assert (event.value, event.occurrence) == (Decimal("60.50"), "a1")
    assert event.properties["Invoice Number"] == "4901"
    assert event.properties["Center Name"] == "Lakeside"


def test_other_news_of_a_group_is_raw_data_and_a_deletion_ends_the_reservation() -> None:
    data = {"appointment_group_id": GROUP, "appointment_id": "a1"}
    record = laid_over(listed(), delivered("AppointmentGroup.Delete", data))
    assert "Raw data" in events(record)
    reservation = zenoti.map_reservation(record, answers(), CONTEXT)
    assert isinstance(reservation, Reservation)
    assert reservation.status == "cancelled"


# -- one action, one id -------------------------------------------------------------------------

STEPS = {
    "confirm": (
        "AppointmentGroup.Status",
        {**STATUS, "appointment_group_status": 4},
        {"status": 4},
    ),
    "check in": (
        "AppointmentGroup.Status",
        STATUS,
        {"status": 2, "checkin_time": "2026-05-10T07:58:00"},
    ),
    "start": (
        "Appointment.Started",
        {**CREATED, "appointments": [{**CREATED["appointments"][0], "appointment_progress": 1}]},
        {"progress": 1, "actual_start_time": "2026-05-10T08:00:00"},
    ),
    "close": ("AppointmentGroup.Status", {**STATUS, "appointment_group_status": 1}, {"status": 1}),
}


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=4, max_size=4))
def test_whoever_shows_it_the_ids_are_the_same(course: list[tuple[bool, bool]]) -> None:
    """The calendar alone proves no more than a path of deliveries and readings to it.

    Seen to fail when the occurrence of a status is the time of the delivery.
    """

    def ids(record: Record) -> set[tuple[str, str]]:
        found = zenoti.parse_event(record, answers(), CONTEXT)
        return {(e.action, e.occurrence) for e in found if isinstance(e, Event)}

    whole = row()
    known = attrs.evolve(delivered("AppointmentGroup.Created", CREATED))
    told = ids(known)
    for (name, step), (webhook, look) in zip(STEPS.items(), course, strict=True):
        event_type, data, changes = step
        whole = {**whole, **changes}
        if webhook or not look:
            known = laid_over(known, delivered(event_type, data))
            told |= ids(known)
        if look:
            known = listed(whole)
            told |= ids(known)
        assert name
    assert ids(listed(whole)) <= told


# -- reservations -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "status", "arrived"),
    [
        (0, "requested", False),
        (4, "confirmed", False),
        (2, "arrived", True),
        (1, "departed", True),
        (-1, "cancelled", False),
        (-2, "no_show", False),
        (21, "cancelled", False),
        (77, "requested", False),
    ],
)
def test_a_group_is_a_reservation(code: int, status: str, arrived: bool) -> None:
    found = zenoti.map_reservation(listed(row(status=code)), answers(), CONTEXT)
    assert isinstance(found, Reservation)
    assert (found.guest, found.status, found.checked_in) == (GUEST, status, arrived)
    assert found.from_ == datetime(2026, 5, 10, 15, tzinfo=UTC)
    assert found.to == datetime(2026, 5, 10, 16, tzinfo=UTC)
    assert (found.site, found.channel) == (CENTER, "CustomerApp")
    assert found.created == datetime(2026, 5, 1, 22, 1, tzinfo=UTC)


def test_a_delivered_group_is_known_by_its_invoices_number() -> None:
    found = zenoti.map_reservation(
        delivered("AppointmentGroup.Created", CREATED), answers(), CONTEXT
    )
    assert isinstance(found, Reservation)
    assert (found.number, found.amount, found.currency) == ("BEL18086", Decimal("88.50"), "USD")
    assert found.to is not None
    assert found.from_ is not None
    assert found.to - found.from_ == timedelta(hours=1)
