"""Events of memberships: days of the location, pauses told apart, cancellations to come."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest

from frontdesk.errors import RecordError, SkipRecord
from frontdesk.ids import event_id
from frontdesk.model import Account, Event, Origin, Record, Related
from frontdesk_boulevard.rows import zone_of

from . import made
from .made import SEEN, connector, membership, record, told, urn

STREAM = "memberships"
ACTIVATED, ENDED = "Activated Membership", "Cancelled Membership"
BACK, PAUSED, RESUMED = "Reactivated Membership", "Paused Membership", "Unpaused Membership"
TOLD = datetime(2026, 6, 1, 9, 58, tzinfo=UTC)


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
    return record(STREAM, membership(**fields))


def ended(**fields: Any) -> Record:
    return seen(status="CANCELLED", cancelOn="2026-05-20", **fields)


def test_a_membership_is_activated_at_midnight_of_its_location() -> None:
    """Seen to fail when midnight was taken in UTC."""
    (event,) = events(seen())
    assert (event.metric, event.time) == (ACTIVATED, utc("2026-03-01T00:00:00-08:00"))
    summer = events(seen(startOn="2026-06-01"))[0]
    assert summer.time == utc("2026-06-01T00:00:00-07:00")


def test_properties_are_those_of_the_page() -> None:
    (event,) = events(seen(cancelOn="2026-07-01"))
    assert event.properties == {
        "Start On": "2026-03-01T08:00:00Z",
        "End On": "2026-07-01T07:00:00Z",
        "Cancel On": "2026-07-01T07:00:00Z",
        "Status": "ACTIVE",
        "Location Name": "Old Mill",
        "Location ID": urn("Location"),
        "Price": Decimal("99.00"),
        "Membership Names": ["Glow Club"],
        "Membership ID": urn("Membership"),
        "Vouchers": [{"quantity": 2, "services": ["Facial"]}],
    }


@pytest.mark.parametrize(
    ("place", "location", "time"),
    [
        ({"tz": "Asia/Tokyo"}, 1, "2026-03-01T00:00:00+09:00"),
        # No zone of its own, or one nobody knows: the account tells of the location.
        ({"tz": None}, 2, "2026-03-01T00:00:00+00:00"),
        ({"tz": "Mars/Olympus"}, 2, "2026-03-01T00:00:00+00:00"),
        (None, 1, "2026-03-01T00:00:00-08:00"),
        # A location the account does not have: its first one's zone.
        ({"tz": ""}, 9, "2026-03-01T00:00:00-08:00"),
    ],
)
def test_a_location_without_a_zone_lives_by_the_business(
    place: dict[str, Any] | None, location: int, time: str
) -> None:
    row = seen(location=place, locationId=urn("Location", location))
    assert events(row)[0].time == utc(time)


def test_where_no_zone_is_known_it_is_utc() -> None:
    nowhere = attrs.evolve(connector().context, account=Account("a", "A"))
    assert zone_of({"location": None}, nowhere) is UTC


def test_a_cancelled_membership_ended_on_its_day() -> None:
    event = events(ended())[1]
    assert (event.metric, event.time) == (ENDED, utc("2026-05-20T00:00:00-07:00"))
    without = events(seen(status="CANCELLED", endOn="2026-05-25"))[1]
    assert without.time == utc("2026-05-25T00:00:00-07:00")
    with pytest.raises(RecordError, match="cancelOn and endOn are missing"):
        events(seen(status="CANCELLED", endOn=None))


def test_a_cancellation_that_is_scheduled_is_told_when_it_is_and_once() -> None:
    """Whether the delivery comes now or on the day, nobody knows: it has one id."""
    planned = seen(cancelOn="2026-07-01")
    now = told("MEMBERSHIP_CANCELLED", membership(), STREAM)
    (scheduled,) = events(now, related=made.answered(planned))
    assert (scheduled.metric, scheduled.time) == (ENDED, TOLD)
    assert scheduled.properties["Status"] == "ACTIVE"
    assert [e.metric for e in events(planned)] == [ACTIVATED]
    over = record(STREAM, membership(status="CANCELLED", cancelOn="2026-07-01"))
    assert ids([scheduled], now)[ENDED] == ids(events(over), over)[ENDED]


@pytest.mark.parametrize(
    ("was", "now", "metric"),
    [
        ("ACTIVE", "PAUSED", PAUSED),
        ("PAST_DUE", "PAUSED", PAUSED),
        ("PAUSED", "ACTIVE", RESUMED),
        ("CANCELLED", "ACTIVE", BACK),
        ("ACTIVE", "PAST_DUE", None),
        ("PAST_DUE", "ACTIVE", None),
        ("ACTIVE", "ACTIVE", None),
        ("PAUSED", "PAST_DUE", None),
    ],
)
def test_a_scan_sees_changes_of_status(was: str, now: str, metric: str | None) -> None:
    found = events(seen(status=now), seen(status=was))[1:]
    assert [event.metric for event in found] == ([metric] if metric else [])
    assert all(event.time == SEEN for event in found)
    assert all(event.properties["Time Estimated"] is True for event in found)
    again = record(STREAM, membership(status=now), origin=Origin.HISTORY)
    assert [e.metric for e in events(again, seen(status=was))] == [ACTIVATED]


@pytest.mark.parametrize(
    ("kind", "was", "fields", "metric"),
    [
        ("MEMBERSHIP_PAUSED", "ACTIVE", {"status": "PAUSED", "unpauseOn": "2026-06-15"}, PAUSED),
        ("MEMBERSHIP_UNPAUSED", "PAUSED", {}, RESUMED),
        ("MEMBERSHIP_REACTIVATED", "CANCELLED", {"termNumber": 4}, BACK),
    ],
)
def test_a_delivery_and_a_scan_tell_the_same_event(
    kind: str, was: str, fields: dict[str, Any], metric: str
) -> None:
    """Seen to fail when the end of a pause was read from the version before."""
    node, before = seen(**fields), seen(status=was, unpauseOn="2026-06-15")
    news = told(kind, membership(status=was), STREAM)
    (event,) = events(news, before, made.answered(node))
    assert (event.metric, event.time) == (metric, TOLD)
    assert event.properties["Time Estimated"] is False
    scanned = ids(events(node, before), node)
    assert ids([event], news)[metric] == scanned[metric]
    # Whoever comes second finds the new status stored.
    assert ids(events(news, node, made.answered(node)), news)[metric] == scanned[metric]


@pytest.mark.parametrize(
    ("kind", "fact", "shows", "metric"),
    [
        ("MEMBERSHIP_PAUSED", "unpauseOn", {"status": "PAUSED"}, PAUSED),
        ("MEMBERSHIP_CANCELLED", "cancelOn", {"status": "CANCELLED"}, ENDED),
    ],
)
def test_what_is_over_by_now_is_known_by_the_delivery_or_by_what_was_stored(
    kind: str, fact: str, shows: dict[str, Any], metric: str
) -> None:
    """Seen to fail when the node of today stood in for it, under another id."""
    day = "2026-05-31"
    then = seen(**shows, **{fact: day})
    expected = ids(events(then, seen()), then)[metric]
    now = made.answered(seen())
    by_delivery = told(kind, membership(), STREAM, **{fact: day})
    assert ids(events(by_delivery, related=now), by_delivery) == {metric: expected}
    by_store = told(kind, membership(**shows, **{fact: day}), STREAM)
    assert ids(events(by_store, related=now), by_store) == {metric: expected}
    with pytest.raises(SkipRecord, match="over"):
        events(told(kind, membership(), STREAM), related=now)


def test_pauses_and_returns_are_told_apart() -> None:
    pauses = [seen(status="PAUSED", unpauseOn=day) for day in ("2026-06-15", "2026-09-01")]
    first, second = (ids(events(p, seen()), p)[PAUSED] for p in pauses)
    assert first != second
    returns = [seen(endOn=day) for day in ("2026-07-01", "2026-10-01")]
    paused = seen(status="PAUSED")
    assert len({ids(events(r, paused), r)[RESUMED] for r in returns}) == 2


def test_a_pause_in_history_is_guessed_only_if_told_to() -> None:
    row = record(STREAM, membership(status="PAUSED", unpauseOn="2026-06-15"), origin=Origin.HISTORY)
    assert [e.metric for e in events(row)] == [ACTIVATED]
    guessed = events(row, estimate_history=True)[1]
    assert (guessed.metric, guessed.time) == (PAUSED, SEEN)
    assert guessed.properties["Time Estimated"] is True


def test_an_unknown_status_is_passed_on_and_proves_no_more_than_the_beginning() -> None:
    (event,) = events(seen(status="ON_PROBATION"), seen())
    assert (event.metric, event.properties["Status"]) == (ACTIVATED, "ON_PROBATION")


def test_what_is_deleted_tells_nothing() -> None:
    assert events(attrs.evolve(seen(), deleted=True)) == []


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("startOn", None, "startOn is missing"),
        ("startOn", "soon", "startOn is not a date"),
        ("startOn", "0001-01-01", "startOn is out of any calendar"),
        ("unitPrice", "9900", "unitPrice is not a whole number"),
        ("unitPrice", True, "unitPrice is not a whole number"),
        ("vouchers", {}, "vouchers is not a list of objects"),
        ("clientId", None, "clientId is missing"),
        ("clientId", "ines@example.com", "clientId is no id of Boulevard's"),
    ],
)
def test_a_field_that_is_wrong_is_named_and_not_quoted(field: str, value: Any, reason: str) -> None:
    row = attrs.evolve(seen(), payload=membership(**{field: value}))
    # East of Greenwich, the first day there is begins before it.
    if value == "0001-01-01":
        row = attrs.evolve(row, payload=membership(startOn=value, location={"tz": "Asia/Tokyo"}))
    with pytest.raises(RecordError) as caught:
        events(row)
    assert str(caught.value) == reason
