"""When the turn of an e-mail comes, and how long it lasts.

What could not be sent while its turn lasted is not sent later: it would be old news.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import attrs
from sqlalchemy import ColumnElement, or_

from frontdesk.columns import to_micros
from frontdesk_guestlist.emails import Email
from frontdesk_guestlist.guests import Guest
from frontdesk_guestlist.rules import Kind, On, Phase
from frontdesk_guestlist.schema import guests

#: How long what just happened is news: a reservation that was made, or changed.
NEWS: Final = timedelta(hours=24)
#: How long a turn lasts at least, when the day ends sooner.
EVENING: Final = timedelta(hours=6)
#: How far back it is looked for turns that nobody took.
BEHIND: Final = timedelta(days=7)
_DAY: Final = timedelta(days=1)
#: The occasion of what goes out once in a stay.
ONCE: Final = "once"


@attrs.frozen
class Turn:
    """When an e-mail's turn comes for a guest, until when it lasts, and what it is sent on."""

    due: datetime
    until: datetime
    occasion: str = ONCE

    def is_on(self, now: datetime) -> bool:
        """Tell whether it is its turn."""
        return self.due <= now < self.until


def turn(email: Email, guest: Guest, zone: ZoneInfo, now: datetime) -> Turn | None:
    """Return when an e-mail's turn comes for a guest; None if it never does, or is over."""
    found = turn_ever(email, guest, zone, now)
    return found if found and now < found.until else None


def turn_ever(email: Email, guest: Guest, zone: ZoneInfo, now: datetime) -> Turn | None:
    """Return when an e-mail's turn comes for a guest, or came; None if it never does."""
    if email.phase is Phase.POST_STAY:
        found = _after(email, guest, zone)
    elif email.phase is Phase.DURING:
        found = _during(email, guest, zone)
    elif email.kind is Kind.CONFIRMATION:
        found = _confirming(email, guest, zone)
    else:
        found = _before(email, guest, zone, now)
    return found if found and found.due < found.until else None


def within(email: Email, zone: ZoneInfo, now: datetime) -> ColumnElement[bool]:
    """Return a condition that all rows meet whose turn it is, and few others, by the indexes."""
    rules, today = email.rules, now.astimezone(zone).date()
    arrival, row = guests.c.arrival, guests.c
    if email.phase is Phase.POST_STAY:
        return row.departure.in_(_days(email, zone, now, rules.days_after))
    if email.phase is Phase.DURING:
        return arrival.in_(_days(email, zone, now, rules.day_of_stay - 1))
    if email.kind is Kind.CONFIRMATION:
        upcoming = or_(arrival >= today, arrival.is_(None))
        if rules.on is On.MODIFIED:
            return (row.modified > now - NEWS) & upcoming
        return (row.created > now - 2 * NEWS) & upcoming
    begun = _at(today, rules.at, zone) <= now
    first, last = timedelta(rules.earliest), timedelta(rules.latest)
    window = arrival.between(today + last, today + (first if begun else first - _DAY))
    if not rules.instantly:
        return window
    return window | ((row.created > now - 2 * NEWS) & (arrival >= today + last))


def behind(email: Email, zone: ZoneInfo, since: datetime, now: datetime) -> ColumnElement[bool]:
    """Return a condition that all rows meet whose turn ended since then, and few others."""
    rules, today = email.rules, now.astimezone(zone).date()
    if email.kind is Kind.CONFIRMATION:
        happened = guests.c.modified if rules.on is On.MODIFIED else guests.c.created
        return happened.between(since - 2 * NEWS, now - NEWS)
    if email.phase is Phase.POST_STAY:
        day, away = guests.c.departure, -rules.days_after
    elif email.phase is Phase.DURING:
        day, away = guests.c.arrival, 1 - rules.day_of_stay
    else:
        day, away = guests.c.arrival, rules.latest
    # What ended in the night is the day before's.
    first = since.astimezone(zone).date() - _DAY
    return day.between(first + timedelta(away), today + timedelta(away) - _DAY)


def _before(email: Email, guest: Guest, zone: ZoneInfo, now: datetime) -> Turn | None:
    """Return the turn in a window before arrival; who books late has it within as well."""
    if guest.arrival is None:
        return None
    rules = email.rules
    first = guest.arrival - timedelta(rules.earliest)
    last = guest.arrival - timedelta(rules.latest)
    until = _at(last + _DAY, time(), zone)
    if rules.instantly and _is_news(guest) and now < guest.listed + NEWS:
        return Turn(guest.listed, until)
    day = max(first, guest.listed.astimezone(zone).date())
    due = _at(day, rules.at, zone)
    if due < guest.listed:
        due = _at(day + _DAY, rules.at, zone) if day < last else guest.listed
    return Turn(due, until)


def _confirming(email: Email, guest: Guest, zone: ZoneInfo) -> Turn | None:
    """Return the turn that a reservation's making, or its newest change, gives."""
    happened, occasion = guest.listed, ONCE
    if email.rules.on is On.MODIFIED:
        if guest.modified is None or (email.activated and guest.modified < email.activated):
            return None
        happened, occasion = guest.modified, f"modified:{to_micros(guest.modified)}"
    elif not _is_news(guest):
        return None
    until = happened + NEWS
    if guest.arrival is not None:
        until = min(until, _at(guest.arrival + _DAY, time(), zone))
    return Turn(happened, until, occasion)


def _during(email: Email, guest: Guest, zone: ZoneInfo) -> Turn | None:
    if guest.arrival is None:
        return None
    day = guest.arrival + timedelta(email.rules.day_of_stay - 1)
    if guest.departure is not None and day > guest.departure:
        return None
    return _on(day, email, guest, zone)


def _after(email: Email, guest: Guest, zone: ZoneInfo) -> Turn | None:
    if guest.departure is None:
        return None
    return _on(guest.departure + timedelta(email.rules.days_after), email, guest, zone)


def _on(day: date, email: Email, guest: Guest, zone: ZoneInfo) -> Turn:
    due, until = _turn_of(day, email.rules.at, zone)
    return Turn(max(due, guest.listed), until)


def _days(email: Email, zone: ZoneInfo, now: datetime, after: int) -> list[date]:
    """Return which days of arrival or departure have their turn now, *after* days later."""
    today = now.astimezone(zone).date()

    def found() -> Iterator[date]:
        for day in (today - _DAY, today):
            due, until = _turn_of(day, email.rules.at, zone)
            if due <= now < until:
                yield day - timedelta(after)

    return list(found())


def _turn_of(day: date, at: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    due = _at(day, at, zone)
    return due, max(_at(day + _DAY, time(), zone), due + EVENING)


def _is_news(guest: Guest) -> bool:
    """Tell whether a reservation had just been made when it came into the list.

    A file does not tell when; it may bring those of a whole year.
    """
    return guest.origin != "file" and guest.listed - guest.created < NEWS


def _at(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
