"""The sites of the developer account: where they are, who works there, what they sell.

Nothing here is drawn by chance. Ids begin anew at each site, as Mindbody's do, so that those of
two sites are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs

from frontdesk_mindbody.sandbox import names
from frontdesk_mindbody.sandbox.rows import (
    Appointment,
    Client,
    Contract,
    Course,
    Employee,
    Location,
    Membership,
    Offer,
    Pass,
    Plan,
    Sale,
    Session,
    Visit,
    Waiting,
)
from frontdesk_mindbody.sandbox.tables import Table

#: What belongs to a client and goes along when two become one.
_OWNED: Final = ("appointments", "visits", "waitings", "passes", "sales", "held", "agreed")
FIRST_CLIENT: Final = 100_000_001
#: Of each day's classes, when they begin.
HOURS: Final = (time(7), time(9), time(12), time(17), time(18, 30), time(20))
#: So far ahead classes are planned.
AHEAD: Final = timedelta(days=14)


@attrs.frozen
class Place:
    """What is fixed about a site."""

    id: int
    name: str
    zone: str
    #: How Windows calls the zone.
    windows_zone: str
    currency: str
    country: str
    city: str
    state: str | None
    postal_code: str
    #: How its clients write a telephone number, which begins at no country code.
    phone: str
    tax: float
    latitude: float
    longitude: float


PLACES: Final = (
    Place(
        -99, "Harbor Yoga", "America/Los_Angeles", "Pacific Standard Time", "USD", "US",
        "San Luis Obispo", "CA", "93401", "(805) 555-0{:03d}", 0.08, 35.279, -120.664,
    ),
    Place(
        5721, "Studio Wisła", "Europe/Warsaw", "Central European Standard Time", "PLN", "PL",
        "Kraków", None, "31-001", "512 000 {:03d}", 0.23, 50.061, 19.937,
    ),
    Place(
        31840, "Southern Cross Pilates", "Australia/Sydney", "AUS Eastern Standard Time", "AUD",
        "AU", "Sydney", "NSW", "2000", "0491 570 {:03d}", 0.1, -33.868, 151.209,
    ),
    Place(
        40417, "Canal Street Spa", "Europe/London", "GMT Standard Time", "GBP", "GB", "London",
        None, "E1 6AN", "07700 900{:03d}", 0.2, 51.507, -0.127,
    ),
    Place(
        88, "Desert Spin", "America/Phoenix", "US Mountain Standard Time", "USD", "US", "Phoenix",
        "AZ", "85001", "(602) 555-0{:03d}", 0.056, 33.448, -112.074,
    ),
    Place(
        6120, "Signal Hill Barre", "America/St_Johns", "Newfoundland Standard Time", "CAD", "CA",
        "St. John's", "NL", "A1C 1A1", "(709) 555-0{:03d}", 0.15, 47.561, -52.712,
    ),
)  # fmt: skip


@attrs.define(eq=False)
class Studio:
    """A site with everything that is there."""

    place: Place
    zone: ZoneInfo
    locations: Sequence[Location]
    staff: Sequence[Employee]
    offers: Sequence[Offer]
    sessions: Sequence[Session]
    treatments: Sequence[Session]
    memberships: Sequence[Plan]
    contracts: Sequence[Plan]
    clients: Table[Client]
    appointments: Table[Appointment] = attrs.field(factory=Table)
    courses: Table[Course] = attrs.field(factory=lambda: Table[Course](201))
    visits: Table[Visit] = attrs.field(factory=lambda: Table[Visit](11_001))
    waitings: Table[Waiting] = attrs.field(factory=Table)
    passes: Table[Pass] = attrs.field(factory=Table)
    sales: Table[Sale] = attrs.field(factory=Table)
    held: Table[Membership] = attrs.field(factory=Table)
    agreed: Table[Contract] = attrs.field(factory=Table)
    #: Clients by what the site calls them.
    numbers: dict[str, int] = attrs.field(factory=dict[str, int])
    #: Who was merged into whom.
    merged: dict[int, int] = attrs.field(factory=dict[int, int])
    #: Whether its owner has let the developer in.
    activated: bool = True
    classes_a_day: int = 6
    _planned: date | None = None

    @property
    def id(self) -> int:
        """Give the site's id, which may be negative."""
        return self.place.id

    @property
    def teachers(self) -> list[Employee]:
        """List who gives classes."""
        return [one for one in self.staff if one.teaches]

    @property
    def therapists(self) -> list[Employee]:
        """List who takes appointments."""
        return [one for one in self.staff if one.treats]

    def local(self, instant: datetime) -> datetime:
        """Read the clock on the site's wall: without any zone."""
        return instant.astimezone(self.zone).replace(tzinfo=None)

    def instant(self, wall: datetime) -> datetime:
        """Tell when the site's wall clock shows a time: the first time, should there be two."""
        return wall.replace(tzinfo=self.zone).astimezone(UTC)

    def today(self, now: datetime) -> date:
        """Tell the site's date."""
        return self.local(now).date()

    def midnight(self, day: date) -> datetime:
        """Tell when a day begins at the site."""
        return self.instant(datetime.combine(day, time()))

    def plan(self, now: datetime, back: timedelta = timedelta()) -> None:
        """Put classes into the calendar up to two weeks ahead; *back* is how far it begins ago."""
        last = self.today(now + AHEAD)
        day = self._planned or self.today(now - back)
        while day < last:
            for number in range(self.classes_a_day):
                self._open(day, number, now)
            day += timedelta(days=1)
        self._planned = max(day, last)

    def _open(self, day: date, number: int, now: datetime) -> None:
        teachers, session = self.teachers, self.sessions[number % len(self.sessions)]
        starts = self.instant(datetime.combine(day, HOURS[number % len(HOURS)]))
        self.courses.add(
            Course(
                id=self.courses.draw(),
                schedule=2_001 + number,
                session=session,
                staff=teachers[(number + day.toordinal()) % len(teachers)],
                location=self.locations[number % len(self.locations)],
                room=(1 + number % 4, names.ROOMS[number % 4]),
                starts=starts,
                ends=starts + timedelta(minutes=session.minutes),
                modified=min(now, starts - timedelta(days=20)),
                # Some classes have no waiting list, some one without an end.
                waitlist=(5, 8, None, 0)[number % 4],
                capacity=14 + number % 3 * 8,
            )
        )

    def absorb(self, kept: Client, gone: Client) -> None:
        """Make two clients one: what the second has is the first's, and the second is gone."""
        for name in _OWNED:
            table = self.table(name)
            for owned in table.having("client", gone.id):
                table.change(owned, client=kept.id)
        self.clients.remove(gone)
        self.numbers.pop(gone.number, None)
        for one, into in [*self.merged.items(), (gone.id, kept.id)]:
            self.merged[one] = kept.id if into in {gone.id, kept.id} else into

    def table(self, name: str) -> Table[Any]:
        """Give a table by its name."""
        table: Table[Any] = getattr(self, name)
        return table


def build(count: int) -> list[Studio]:
    """Open so many sites."""
    return [_open(place) for place in PLACES[:count]]


def _open(place: Place) -> Studio:
    minutes = (60, 55, 45, 50, 40, 30)
    return Studio(
        place=place,
        zone=ZoneInfo(place.zone),
        locations=[_location(place, number) for number in (1, 2)],
        staff=[_employee(number) for number in range(len(names.STAFF))],
        offers=_offers(),
        sessions=[Session(11 + n, name, minutes[n], 3) for n, name in enumerate(names.CLASSES)],
        treatments=[
            Session(257 + n, name, length, 16) for n, (name, length) in enumerate(names.TREATMENTS)
        ],
        memberships=[Plan(12, "Gold Level Member"), Plan(13, "Silver Level Member")],
        contracts=[Plan(3, "Gold Membership Contract", 9_900), Plan(4, "Half-year Promise", 4_500)],
        clients=Table(FIRST_CLIENT),
    )


def _location(place: Place, number: int) -> Location:
    return Location(
        id=number,
        name=f"{place.name} ({('Downtown', 'Riverside')[number - 1]})",
        address=names.STREETS[number],
        city=place.city,
        postal_code=place.postal_code,
        state=place.state,
        phone=place.phone.format(100 + number),
        latitude=place.latitude,
        longitude=place.longitude,
    )


def _employee(number: int) -> Employee:
    first, last = names.STAFF[number]
    return Employee(
        id=(12, 10, 100_000_279, 100_000_022, 31, 32, 33)[number],
        first_name=first,
        last_name=last,
        teaches=number != 1,
        treats=number not in {1, 6},
        providers=(f"68813548{number}",) if number in {0, 2, 3} else (),
    )


def _offers() -> list[Offer]:
    return [
        Offer(10_101, "10-Class Pass", 15_000, service=True, sessions=10),
        Offer(10_102, "Single Class", 2_000, service=True, sessions=1),
        Offer(10_103, "Unlimited Month", 11_900, service=True, sessions=0),
        Offer(10_104, "Intro Week (free)", 0, service=True, sessions=0),
        Offer(79, "Yoga mat", 4_995),
        Offer(80, "Water bottle", 1_250),
        Offer(81, "Grip socks", 999),
        Offer(90, "Gift card 50", 5_000, gift=True),
    ]
