"""Events of appointments: by state, by change, by delivery, and the same whoever tells."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest

from frontdesk.errors import RecordError, SkipRecord
from frontdesk.ids import event_id
from frontdesk.model import Event, Origin, Record, Ref, Related, Reservation

from . import made
from .made import SEEN, appointment, cancelled, connector, record, told, urn

STREAM = "appointments"
NODE = Ref(STREAM, urn("Appointment"))
BOOKED, CANCELLED, COMPLETED = (
    "Booked Appointments",
    "Cancelled Appointments",
    "Completed Appointments",
)
ARRIVED, CONFIRMED, MOVED = (
    "Arrived for Appointments",
    "Confirmed Appointments",
    "Rescheduled Appointments",
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def events(
    now: Record, before: Record | None = None, related: Related | None = None, **settings: Any
) -> list[Event]:
    found = connector(**settings).parse_event(now, before, related or Related())
    return [event for event in found if isinstance(event, Event)]


def ids(found: list[Event], of: Record) -> dict[str, str]:
    return {e.metric: event_id("boulevard", made.ACCOUNT, of, e).hex() for e in found}


def seen(**fields: Any) -> Record:
    return record(STREAM, appointment(**fields))


def test_every_appointment_was_booked_when_it_was_created() -> None:
    (event,) = events(seen())
    assert (event.metric, event.time) == (BOOKED, utc("2026-05-01T09:00:00.5Z"))
    assert (event.guest, event.site) == (urn("Client"), urn("Location"))


def test_properties_are_those_of_the_page() -> None:
    (event,) = events(seen(orderId=urn("Order"), tags=[{"id": urn("Tag"), "name": "Late"}]))
    assert event.properties == {
        "Staff Names": ["Robin K."],
        "Service Names": ["Facial", "Mask"],
        "Start At": "2026-06-01T10:00:00Z",
        "End At": "2026-06-01T11:00:00Z",
        "Order ID": urn("Order"),
        "Location Name": "Old Mill",
        "Location ID": urn("Location"),
        "Duration": 45,
        "Booked By": "CLIENT",
        "Appointment ID": urn("Appointment"),
        "State": "BOOKED",
        "Cancellation Reason": None,
        "Appointment Tags": ["Late"],
    }


def test_staff_without_a_last_name_or_display_name_is_named_all_the_same() -> None:
    services = [
        {"staff": {"firstName": "Noor", "lastName": None}, "service": {"name": "Facial"}},
        {"staff": {"displayName": "Kim", "firstName": "Kimberly"}, "service": {"name": "Facial"}},
        {"staff": None, "service": None},
    ]
    (event,) = events(seen(appointmentServices=services))
    assert event.properties["Staff Names"] == ["Noor", "Kim"]
    assert event.properties["Service Names"] == ["Facial"]


def test_bare_ids_become_urns() -> None:
    bare = {"clientId": "00000001-0000-4000-8000-000000000000", "orderId": urn("Order").upper()}
    (event,) = events(seen(**bare))
    assert event.guest == urn("Client")
    assert event.properties["Order ID"] == urn("Order")


def test_a_cancellation_is_known_by_its_time_however_it_is_spelt() -> None:
    one = seen(**cancelled("2026-05-20T08:00:00Z"))
    other = seen(**cancelled("2026-05-20T01:00:00-07:00"))
    again = seen(**cancelled("2026-05-21T08:00:00Z"))
    assert events(one)[1].time == utc("2026-05-20T08:00:00Z")
    assert ids(events(one), one) == ids(events(other), other)
    assert ids(events(one), one)[CANCELLED] != ids(events(again), again)[CANCELLED]
    assert ids(events(one), one)[BOOKED] == ids(events(again), again)[BOOKED]


def test_a_cancellation_without_its_details_is_quarantined() -> None:
    with pytest.raises(RecordError, match="cancellation is missing"):
        events(seen(state="CANCELLED", cancelled=True))


def test_reasons_that_are_not_the_clients_act_can_be_passed_over() -> None:
    row = seen(**cancelled(reason="MERGED"))
    assert [e.metric for e in events(row)] == [BOOKED, CANCELLED]
    with pytest.raises(SkipRecord, match="cancellation"):
        events(row, skip_cancellations=["MERGED", "MISTAKE"])
    assert connector(skip_cancellations=["MERGED"]).map_reservation(row) is None
    kept = seen(**cancelled(reason="CLIENT_CANCEL"))
    assert len(events(kept, skip_cancellations=["MERGED"])) == 2


@pytest.mark.parametrize(
    ("closed", "time", "estimated"),
    [
        ("2026-06-01T11:05:00Z", "2026-06-01T11:05:00Z", False),
        (None, "2026-06-01T11:00:00Z", True),
    ],
)
def test_history_takes_the_orders_end_for_the_appointments(
    closed: str | None, time: str, estimated: bool
) -> None:
    paid = record("orders", made.order(closedAt=closed))
    row = seen(state="FINAL", orderId=urn("Order"))
    done = events(row, related=Related({Ref("orders", urn("Order")): paid}))[-1]
    assert (done.metric, done.time) == (COMPLETED, utc(time))
    assert done.properties["Time Estimated"] is estimated


def test_an_appointment_whose_order_is_gone_ended_as_planned_but_not_in_the_future() -> None:
    gone = Related({Ref("orders", urn("Order")): None})
    row = seen(state="FINAL", orderId=urn("Order"), endAt="2026-06-01T15:00:00Z")
    assert events(row, related=gone)[-1].time == SEEN


@pytest.mark.parametrize(
    ("kind", "metric"),
    [
        ("APPOINTMENT_ARRIVED", ARRIVED),
        ("APPOINTMENT_COMPLETED", COMPLETED),
        ("APPOINTMENT_CONFIRMED", CONFIRMED),
        ("APPOINTMENT_RESCHEDULED", MOVED),
    ],
)
def test_a_delivery_tells_its_own_event_at_its_own_time(kind: str, metric: str) -> None:
    node = seen(state="CONFIRMED", duration=99)
    news = told(kind, appointment(), STREAM)
    (event,) = events(news, related=made.answered(node))
    assert (event.metric, event.time) == (metric, utc("2026-06-01T09:58:00Z"))
    # Properties are those of the node as it is now, not of what was stored.
    assert event.properties["Duration"] == 99
    assert event.properties["Time Estimated"] is False


@pytest.mark.parametrize(
    ("kind", "fields", "metric"),
    [
        ("APPOINTMENT_ARRIVED", {"state": "ARRIVED"}, ARRIVED),
        ("APPOINTMENT_ARRIVED", {"state": "ACTIVE"}, ARRIVED),
        ("APPOINTMENT_CONFIRMED", {"state": "CONFIRMED"}, CONFIRMED),
        ("APPOINTMENT_RESCHEDULED", {"startAt": "2026-06-03T03:00:00-07:00"}, MOVED),
        ("APPOINTMENT_COMPLETED", {"state": "FINAL"}, COMPLETED),
        ("APPOINTMENT_CANCELLED", cancelled(), CANCELLED),
    ],
)
def test_a_delivery_and_a_poll_tell_the_same_event(
    kind: str, fields: dict[str, Any], metric: str
) -> None:
    """Seen to fail when the occurrence was the delivery's time."""
    node = seen(**fields)
    news = told(kind, appointment(), STREAM)
    delivered = ids(events(news, related=made.answered(node)), news)
    polled = ids(events(node, seen()), node)
    assert delivered == {metric: polled[metric]}


def test_a_delivery_that_comes_late_tells_the_time_it_was_about() -> None:
    """Seen to fail when the start was read from the node."""
    there = seen(startAt="2026-06-09T10:00:00Z")
    first = told("APPOINTMENT_RESCHEDULED", appointment(), STREAM, startAt="2026-06-03T10:00:00Z")
    second = told("APPOINTMENT_RESCHEDULED", appointment(), STREAM, startAt="2026-06-09T10:00:00Z")
    related = made.answered(there)
    one, two = (
        ids(events(first, related=related), first),
        ids(events(second, related=related), second),
    )
    assert one != two
    assert two[MOVED] == ids(events(there, seen()), there)[MOVED]


def test_a_cancellation_that_was_restored_at_once_is_told_all_the_same() -> None:
    fact = {"cancelledAt": "2026-05-20T08:00:00Z", "reason": "CLIENT_CANCEL"}
    news = told("APPOINTMENT_CANCELLED", appointment(), STREAM, **fact)
    (event,) = events(news, related=made.answered(seen()))
    assert (event.metric, event.time) == (CANCELLED, utc("2026-05-20T08:00:00Z"))
    assert event.properties["Cancellation Reason"] == "CLIENT_CANCEL"
    stayed = seen(**cancelled())
    assert ids([event], news)[CANCELLED] == ids(events(stayed), stayed)[CANCELLED]


def test_a_delivery_about_what_is_gone_is_passed_over() -> None:
    thin = attrs.evolve(
        record(STREAM, {"id": urn("Appointment")}),
        payload=told("APPOINTMENT_ARRIVED", {"id": urn("Appointment")}, STREAM).payload,
        partial=True,
    )
    with pytest.raises(SkipRecord, match="gone"):
        events(thin, related=made.nothing(NODE))
    # What was known of it has to do.
    known = told("APPOINTMENT_ARRIVED", appointment(), STREAM)
    assert [e.metric for e in events(known, related=made.nothing(NODE))] == [ARRIVED]


@pytest.mark.parametrize(
    ("was", "now", "metrics"),
    [
        ("BOOKED", "CONFIRMED", [CONFIRMED]),
        ("BOOKED", "ARRIVED", [ARRIVED]),
        ("CONFIRMED", "ACTIVE", [ARRIVED]),
        ("ARRIVED", "ACTIVE", []),
        ("ARRIVED", "CONFIRMED", []),
        ("CANCELLED", "CONFIRMED", []),
        ("BOOKED", "BOOKED", []),
    ],
)
def test_a_poll_sees_changes_of_state(was: str, now: str, metrics: list[str]) -> None:
    before = seen(**(cancelled() if was == "CANCELLED" else {"state": was}))
    found = events(seen(state=now), before)[1:]
    assert [event.metric for event in found] == metrics
    assert all(event.properties["Time Estimated"] is True for event in found)
    # The planned start, since it is over: nobody arrives after having been seen.
    assert all(event.time == utc("2026-06-01T10:00:00Z") for event in found)


def test_what_was_confirmed_and_moved_between_two_looks_is_told_as_moved_only() -> None:
    """Seen to fail, as a second confirmation, when the new start was taken for the confirmed."""
    after = seen(state="CONFIRMED", startAt="2026-06-05T10:00:00Z")
    assert [e.metric for e in events(after, seen())[1:]] == [MOVED]


def test_history_read_again_sees_no_change() -> None:
    """A page of history may be older than what a delivery has stored meanwhile."""
    again = record(STREAM, appointment(state="CONFIRMED"), origin=Origin.HISTORY)
    assert [e.metric for e in events(again, seen())] == [BOOKED]
    moved = seen(startAt="2026-06-05T10:00:00Z")
    old = record(STREAM, appointment(), origin=Origin.HISTORY)
    assert [e.metric for e in events(old, moved)] == [BOOKED]


@pytest.mark.parametrize(("state", "metric"), [("ARRIVED", ARRIVED), ("CONFIRMED", CONFIRMED)])
def test_history_guesses_only_if_it_is_told_to(state: str, metric: str) -> None:
    row = record(STREAM, appointment(state=state), origin=Origin.HISTORY)
    assert [e.metric for e in events(row)] == [BOOKED]
    guessed = events(row, estimate_history=True)[1]
    assert (guessed.metric, guessed.properties["Time Estimated"]) == (metric, True)
    # A delivery that is late changes nothing: it has the same id.
    kind = {"ARRIVED": "APPOINTMENT_ARRIVED", "CONFIRMED": "APPOINTMENT_CONFIRMED"}[state]
    news = told(kind, appointment(), STREAM)
    assert ids(events(news, related=made.answered(row)), news) == {
        metric: ids([guessed], row)[metric]
    }


def test_an_unknown_state_is_quarantined_and_the_booking_told() -> None:
    row = seen(state="WAITLISTED")
    assert [e.metric for e in events(row)] == [BOOKED]
    with pytest.raises(RecordError, match="state is none frontdesk-boulevard knows"):
        connector().map_reservation(row)


@pytest.mark.parametrize(
    "fields",
    [{"bookedByType": "ROBOT"}, cancelled(reason="EATEN_BY_WOLVES")],
)
def test_other_unknown_words_are_passed_on(fields: dict[str, Any]) -> None:
    found = events(seen(**fields))
    words = {found[-1].properties["Booked By"], found[-1].properties["Cancellation Reason"]}
    assert words & {"ROBOT", "EATEN_BY_WOLVES"}


@pytest.mark.parametrize(
    ("fields", "status", "there"),
    [
        ({}, "confirmed", False),
        ({"state": "CONFIRMED"}, "confirmed", False),
        ({"state": "ARRIVED"}, "arrived", True),
        ({"state": "ACTIVE"}, "arrived", True),
        ({"state": "FINAL"}, "departed", True),
        (cancelled(), "cancelled", False),
        (cancelled(reason="NO_SHOW"), "no_show", False),
    ],
)
def test_an_appointment_is_a_reservation(fields: dict[str, Any], status: str, there: bool) -> None:
    found = connector().map_reservation(seen(**fields))
    assert isinstance(found, Reservation)
    assert (found.status, found.checked_in) == (status, there)
    assert (found.number, found.guest) == (urn("Appointment"), urn("Client"))
    assert (found.amount, found.currency) == (Decimal("109.50"), "USD")
    assert (found.from_, found.channel) == (utc("2026-06-01T10:00:00Z"), "CLIENT")


def test_a_delivery_alone_is_no_reservation() -> None:
    assert connector().map_reservation(told("APPOINTMENT_ARRIVED", appointment(), STREAM)) is None


@pytest.mark.parametrize("field", ["clientId", "createdAt", "startAt", "state"])
def test_what_must_be_there_and_is_not_is_quarantined_by_its_name(field: str) -> None:
    row = seen()
    without = {name: value for name, value in row.payload.items() if name != field}
    with pytest.raises(RecordError, match=f"{field} is missing"):
        events(attrs.evolve(row, payload=without))
