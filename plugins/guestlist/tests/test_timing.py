"""When an e-mail's turn comes, and how long it lasts."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
from posthouse import letter

from frontdesk_guestlist import timing
from frontdesk_guestlist.guests import Guest
from frontdesk_guestlist.rules import Kind, On, Phase
from frontdesk_guestlist.timing import Turn

PARIS = ZoneInfo("Europe/Paris")
ARRIVAL, DEPARTURE = date(2026, 6, 20), date(2026, 6, 23)


def local(day: int, hour: int, minute: int = 0, month: int = 6) -> datetime:
    """Return a time of June in Paris."""
    return datetime(2026, month, day, hour, minute, tzinfo=PARIS)


LONG_AGO = local(1, 12, month=1)


def guest(**more: Any) -> Guest:
    """A guest of three nights, who booked long ago."""
    blank: dict[str, Any] = dict.fromkeys(f.name for f in attrs.fields(Guest))
    told = {
        "arrival": ARRIVAL,
        "departure": DEPARTURE,
        "created": LONG_AGO,
        "listed": LONG_AGO,
        "updated": LONG_AGO,
    }
    return Guest(**blank | told | more)


def turn(now: datetime, who: Guest, **email: Any) -> Turn | None:
    return timing.turn(letter(**email), who, PARIS, now)


def booked(when: datetime) -> Guest:
    return guest(created=when, listed=when)


WINDOW = {"rules": {"earliest": 7, "latest": 2, "at": time(9)}}


@pytest.mark.parametrize(
    ("when", "due"),
    [
        (LONG_AGO, local(13, 9)),
        (local(13, 8), local(13, 9)),
        (local(13, 10), local(14, 9)),
        # Late bookings still get it, at its time of day ...
        (local(16, 23), local(17, 9)),
        (local(17, 10), local(18, 9)),
        # ... and at once when there is no other day.
        (local(18, 15), local(18, 15)),
    ],
)
def test_before_a_stay_there_is_a_window_of_days(when: datetime, due: datetime) -> None:
    assert turn(when, booked(when), **WINDOW) == Turn(due, local(19, 0))


def test_who_books_after_the_window_does_not_get_it() -> None:
    assert turn(local(19, 1), booked(local(19, 0)), **WINDOW) is None
    assert turn(local(19, 0), guest(), **WINDOW) is None


def test_a_window_can_be_one_day() -> None:
    one = {"rules": {"earliest": 0, "latest": 0, "at": time(18)}}

    assert turn(local(1, 9), guest(), **one) == Turn(local(20, 18), local(21, 0))


def test_instantly_is_when_the_reservation_is_made() -> None:
    instantly = {"rules": {**WINDOW["rules"], "instantly": True}}
    when = local(1, 23, 30)

    found = turn(when, booked(when), **instantly)
    assert found is not None
    assert found.due == when
    # A day later that is old news, and the window counts.
    assert turn(when + timedelta(hours=25), booked(when), **instantly) == Turn(
        local(13, 9), local(19, 0)
    )


def test_what_a_source_tells_late_was_not_just_made() -> None:
    """Seen to fail when only the time counts at which the list learnt of it."""
    old = guest(created=LONG_AGO, listed=local(1, 12))

    assert turn(local(1, 12), old, rules={"instantly": True, "earliest": 7}) == Turn(
        local(13, 9), local(21, 0)
    )
    assert turn(local(1, 12), old, kind=Kind.CONFIRMATION) is None


def test_what_comes_by_a_file_was_not_just_made() -> None:
    """Seen to fail when a file is taken like a form."""
    when = local(1, 12)
    filed = guest(created=when, listed=when, origin="file")

    assert turn(when, filed, kind=Kind.CONFIRMATION) is None
    assert turn(when, filed, rules={"instantly": True, "earliest": 7}) == Turn(
        local(13, 9), local(21, 0)
    )


def test_a_confirmation_is_sent_when_it_is_made_and_is_news_for_a_day() -> None:
    when = local(1, 23)

    assert turn(when, booked(when), kind=Kind.CONFIRMATION) == Turn(when, local(2, 23))
    assert turn(local(2, 23), booked(when), kind=Kind.CONFIRMATION) is None
    # Nobody is told of a reservation who is here.
    late = local(20, 20)
    assert turn(late, booked(late), kind=Kind.CONFIRMATION) == Turn(late, local(21, 0))


def test_each_change_is_an_occasion_of_its_own() -> None:
    rules = {"kind": Kind.CONFIRMATION, "rules": {"on": On.MODIFIED}}
    first, second = (
        turn(local(3, 12), guest(modified=local(3, hour)), **rules) for hour in (9, 10)
    )

    assert first is not None
    assert second is not None
    assert (first.due, first.until) == (local(3, 9), local(4, 9))
    assert first.occasion != second.occasion
    assert turn(local(3, 12), guest(), **rules) is None
    # What changed before the e-mail was switched on is not told.
    on = rules | {"activated": local(3, 10)}
    assert turn(local(3, 12), guest(modified=local(3, 9)), **on) is None


@pytest.mark.parametrize(("day", "due"), [(1, 20), (2, 21), (4, 23)])
def test_during_a_stay_the_first_day_is_that_of_arrival(day: int, due: int) -> None:
    during = {"phase": Phase.DURING, "rules": {"day_of_stay": day, "at": time(10)}}

    assert turn(local(1, 9), guest(), **during) == Turn(local(due, 10), local(due + 1, 0))


def test_nobody_gets_what_is_for_a_day_after_departure() -> None:
    during = {"phase": Phase.DURING, "rules": {"day_of_stay": 5}}

    assert turn(local(1, 9), guest(), **during) is None


@pytest.mark.parametrize(("days", "due"), [(0, 23), (1, 24), (7, 30)])
def test_after_a_stay_days_count_from_departure(days: int, due: int) -> None:
    after = {"phase": Phase.POST_STAY, "kind": Kind.FEEDBACK}
    rules = {"days_after": days, "at": time(10)}

    assert turn(local(1, 9), guest(), **after, rules=rules) == Turn(
        local(due, 10), local(1, 0, month=7) if due == 30 else local(due + 1, 0)
    )


def test_what_is_due_late_in_the_evening_has_some_hours_still() -> None:
    after = {"phase": Phase.POST_STAY, "kind": Kind.FEEDBACK}
    rules = {"days_after": 0, "at": time(23)}

    assert turn(local(1, 9), guest(), **after, rules=rules) == Turn(local(23, 23), local(24, 5))


def test_who_comes_in_at_the_desk_gets_that_days_email() -> None:
    during = {"phase": Phase.DURING, "rules": {"day_of_stay": 1, "at": time(10)}}
    now = local(20, 15)

    assert turn(now, booked(now), **during) == Turn(now, local(21, 0))


@pytest.mark.parametrize("email", [{}, {"phase": Phase.DURING}, {"phase": Phase.POST_STAY}])
def test_without_days_there_is_no_turn(email: Any) -> None:
    assert turn(local(1, 9), guest(arrival=None, departure=None), **email) is None


def test_the_time_of_day_is_the_propertys_when_clocks_change() -> None:
    """On 25 October 2026, the clocks of Paris go back at three."""
    who = guest(arrival=date(2026, 10, 26))
    rules = {"earliest": 2, "latest": 0, "at": time(9)}

    first = turn(LONG_AGO, who, rules=rules)
    second = turn(LONG_AGO, guest(arrival=date(2026, 10, 27)), rules=rules)

    assert first is not None
    assert second is not None
    assert first.due == datetime(2026, 10, 24, 7, tzinfo=UTC)
    assert second.due == datetime(2026, 10, 25, 8, tzinfo=UTC)
