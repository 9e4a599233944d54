"""What a source's news make of guests' rows: nothing here asks a database or a clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

import attrs

from frontdesk.annex import Known, News
from frontdesk.columns import to_millionths
from frontdesk.model import Profile, Reservation
from frontdesk_guestlist import rowing
from frontdesk_guestlist.changes import made_of
from frontdesk_guestlist.settings import Settings

Row: TypeAlias = dict[str, Any]

GONE: Final = "gone"
"""Stands for a rule where the source no longer has the guest."""

ROOM_TYPE: Final = "Room Type"
"""The property by which a profile tells the kind of room of its one reservation."""

#: A guest is written to again when one of these changes; a check-in is no such change.
_MATTERS: Final = ("arrival", "departure", "amount", "currency", "room_type")
_PRESENT: Final = frozenset({"arrived", "departed"})
_BLANK: Final[Mapping[str, Any]] = {
    "first_name": "",
    "last_name": "",
    "name_folded": "",
    "email": "",
    "address": "",
    "phone": "",
    "country": "",
    "language": "",
    "room_type": "",
    "company": "",
    "stopped": "",
    "excluded": "",
    "emailable": False,
    "modified": None,
    "hidden": None,
    "rating": None,
}


def place(news: News) -> str:
    """Return how a row names the record of its source."""
    return f"{news.stream}:{news.site}:{news.record}"


def excluded(known: Known) -> str:
    """Return the rule by which the source keeps a guest back, if one does."""
    return known.excluded or (GONE if known.gone else "")


def uid(property: str, account: str, record: str) -> str:
    """Return how a guest that was read is named, in every store the same."""
    return made_of("guest", property, account, record)


@attrs.define(kw_only=True)
class Reflection:
    """A page of news on its way into rows.

    Args:
        account: The source's connector and account.
        own: Whether the source is the guest list's own connection.
        known: The guests that the page speaks of, by the key they have in it.
        rows: The rows it may change, by the source's record; changed in place, added to.
    """

    settings: Settings
    account: str
    own: bool
    known: Mapping[str, Known]
    rows: dict[str, Row]
    _before: dict[str, Row] = attrs.field(init=False)
    _zone: ZoneInfo = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._before = {record: dict(row) for record, row in self.rows.items()}
        self._zone = ZoneInfo(self.settings.time_zone)

    def take(self, news: News) -> None:
        """Take in what is said of a reservation."""
        said = news.reservation
        if said is None:
            return
        record = place(news)
        row = self.rows.get(record)
        if not self._is_of_property(said, news):
            # It was moved to another property.
            if row is not None:
                row["status"] = "cancelled"
            return
        facts = self._facts(said, news)
        if row is None:
            self.rows[record] = self._fresh(record, facts, said, news)
        else:
            _update(row, facts, said.updated or news.logged)

    def know(self) -> None:
        """Lay what is known of guests over their rows."""
        for row in self.rows.values():
            known = self.known.get(row["source_guest"])
            if known is not None:
                self._know(row, known)

    def profile(self, guest: str) -> str:
        """Return how the guest list names a guest of the source."""
        return guest if self.own else made_of("profile", self.account, guest)

    def fresh(self) -> list[Row]:
        """Return the rows that are new."""
        return [row for record, row in self.rows.items() if record not in self._before]

    def changed(self) -> list[Row]:
        """Return the rows that were there, and say something else now."""
        return [
            self.rows[record] for record, old in self._before.items() if old != self.rows[record]
        ]

    def moved(self) -> Iterator[Row]:
        """Yield the rows with another address than before."""
        for record, row in self.rows.items():
            if row["address"] != self._before.get(record, _BLANK)["address"]:
                yield row

    def renamed(self) -> Iterator[tuple[Row, str, str]]:
        """Yield rows whose guest was made a part of another, and how both are named."""
        for record, old in self._before.items():
            known = self.known.get(old["source_guest"])
            if known is not None and known.key != old["source_guest"]:
                yield self.rows[record], old["profile"], self.profile(known.key)

    def _is_of_property(self, said: Reservation, news: News) -> bool:
        wanted = self.settings.source_site
        return self.own or wanted is None or (said.site or news.site) == wanted

    def _facts(self, said: Reservation, news: News) -> Row:
        arrival, departure = self._day(said.from_), self._day(said.to)
        facts: Row = {
            "source_guest": news.guest,
            "profile": self.profile(news.guest),
            "number": said.number,
            "arrival": arrival,
            "departure": departure,
            "nights": _nights(arrival, departure),
            "status": said.status,
            "checked_in": said.checked_in,
            "amount": _exact(said.amount),
            "currency": said.currency,
            "channel": said.channel or "",
            "duplicate_of": said.duplicate_of or "",
            "updated": said.updated or news.logged,
        }
        known = self.known.get(news.guest)
        told = known.profile if known else None
        # What the reservation alone tells; the guest's profile is laid over it.
        more: Row = {
            "country": said.country,
            "language": said.language,
            "room_type": _room_type(told),
            "created": said.created,
        }
        return facts | {name: value for name, value in more.items() if value}

    def _fresh(self, record: str, facts: Row, said: Reservation, news: News) -> Row:
        created = said.created or min(news.logged, facts["updated"])
        return {
            **_BLANK,
            "property": self.settings.property,
            "uid": uid(self.settings.property, self.account, record),
            "origin": "source",
            "source": self.account,
            "source_record": record,
            "created": created,
            # What is older than the list is no news for it.
            "listed": min(created, news.logged),
            **facts,
        }

    def _know(self, row: Row, known: Known) -> None:
        row["source_guest"], row["profile"] = known.key, self.profile(known.key)
        row["excluded"] = excluded(known)
        if known.profile is not None:
            row |= _person(known.profile, row)

    def _day(self, moment: datetime | None) -> date | None:
        return None if moment is None else moment.astimezone(self._zone).date()


def _update(row: Row, facts: Row, at: datetime) -> None:
    before = dict(row)
    row.update(facts)
    if any(before[name] != row[name] for name in _MATTERS) or _turned(before, row):
        row["modified"] = at


def _turned(before: Row, row: Row) -> bool:
    """Tell whether the reservation became another, and not merely that the guest is there."""
    return before["status"] != row["status"] and row["status"] not in _PRESENT


def _person(profile: Profile, row: Row) -> Row:
    first, last = profile.first_name or "", profile.last_name or ""
    email = profile.email or ""
    country = profile.location.get("country") or ""
    return {
        "first_name": first,
        "last_name": last,
        "name_folded": rowing.folded(first, last),
        "email": email,
        "address": rowing.address(email),
        "phone": profile.phone_number or "",
        # A country's name is no code.
        "country": country.upper() if len(country) == len("FR") else row["country"],
        "language": profile.locale or row["language"],
        "company": profile.organization or "",
    }


def _room_type(profile: Profile | None) -> str:
    found = profile.properties.get(ROOM_TYPE) if profile else None
    return found if isinstance(found, str) else ""


def _nights(arrival: date | None, departure: date | None) -> int | None:
    if arrival is None or departure is None:
        return None
    return max((departure - arrival) // timedelta(days=1), 0)


def _exact(amount: Decimal | None) -> Decimal | None:
    """Return an amount as the database gives it back."""
    millionths = to_millionths(amount)
    return None if millionths is None else Decimal(millionths) / 1_000_000
