"""The list: what it shows at first, its filters, its order, and its pages."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from guesthouse import NOW, TODAY, House, opened, stay
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event, text
from stores import _new_store, _postgresql, _store_url

from frontdesk.errors import ConfigurationError
from frontdesk_guestlist import guests, listing
from frontdesk_guestlist.listing import By, Filters, Sort, Span

__all__ = ["_new_store", "_postgresql", "_store_url"]

pytestmark = pytest.mark.anyio
ALL = Filters(emailable=False)
SOONEST = Sort()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(name="house")
async def _house(store_url: str) -> AsyncIterator[House]:
    async with opened(store_url) as house:
        yield house


async def shown(house: House, filters: Filters, sort: Sort = SOONEST) -> list[str]:
    """Return the last names that a list shows on its first page."""
    found = await house.read(listing.page, filters, sort)
    return [guest.last_name for guest in found.rows]


async def test_the_list_opens_with_who_arrives_from_today_on_for_30_days(house: House) -> None:
    """Days are the property's: in UTC it is still the day before.

    Seen to fail when today is taken in UTC.
    """
    for name, days in {"Early": -1, "Today": 0, "Last": 30, "Late": 31}.items():
        arrival = TODAY + timedelta(days=days)
        await house.add(last_name=name, email="a@b.example", **stay(1, arrival))

    assert listing.default(house.annex).arrival == Span(TODAY, TODAY + timedelta(days=30))
    assert await shown(house, listing.default(house.annex)) == ["Today", "Last"]


async def test_dates_bound_the_list_on_both_sides(house: House) -> None:
    """Arrival and departure by day, created and updated by the property's day.

    Seen to fail when times are compared with the day's midnight in UTC.
    """
    late = datetime(2026, 6, 2, 21, 59, 59, tzinfo=UTC)
    await house.put(
        {"last_name": "A", "created": late, "updated": late},
        {"last_name": "B", "created": late + timedelta(seconds=1), "departure": date(2026, 6, 9)},
        {"last_name": "C", "arrival": None, "departure": None, "updated": NOW - timedelta(hours=1)},
    )
    day = Span(TODAY, TODAY)

    assert await shown(house, Filters(emailable=False, arrival=Span(TODAY, None))) == ["A", "B"]
    assert await shown(house, Filters(emailable=False, departure=Span(None, date(2026, 6, 8)))) == [
        "A"
    ]
    assert await shown(house, Filters(emailable=False, created=day)) == ["A", "C"]
    assert await shown(house, Filters(emailable=False, updated=day)) == ["A", "B"]
    assert await shown(house, Filters(emailable=False, created=Span(date.min, date.max))) == [
        "A",
        "B",
        "C",
    ]


async def test_a_name_is_found_by_its_beginning_in_either_order(house: House) -> None:
    """Without regard to case and accents.

    Seen to fail when only one of the orders is looked at.
    """
    await house.put(
        {"first_name": "Éloïse", "last_name": "Müller"},
        {"first_name": "Muriel", "last_name": "Ångström"},
        {"first_name": "", "last_name": "Cher"},
    )

    async def found(name: str) -> list[str]:
        return await shown(house, Filters(emailable=False, name=name), Sort(By.NAME))

    assert await found("mu") == ["Ångström", "Müller"]
    assert await found("ELOISE M") == ["Müller"]
    assert await found("müller, é") == ["Müller"]
    assert await found("cher") == await found("ch") == ["Cher"]
    assert await found("oise") == await found("her") == await found("m%") == []
    assert len(await found("  ")) == 3


async def test_whatever_is_typed_into_a_filter_is_a_question(house: House) -> None:
    """Seen to fail when a zero byte reaches PostgreSQL."""
    await house.add(last_name="Ada")

    for typed in ("\0", "ad\0a", "\udc80ada", "%", "'", "\U0010ffff"):
        for wanted in (Filters(name=typed), Filters(number=typed)):
            await house.read(listing.page, wanted, Sort())
    assert await house.read(guests.get, "\0") is None
    assert await house.read(guests.get, "\udc80") is None


async def test_a_number_is_found_by_its_beginning(house: House) -> None:
    await house.put(
        {"last_name": "A", "number": "RES-100"},
        {"last_name": "B", "number": "res-1001"},
        {"last_name": "C", "number": "RES%"},
    )

    assert await shown(house, Filters(emailable=False, number="RES-100")) == ["A", "B"]
    assert await shown(house, Filters(emailable=False, number=" res-1001 ")) == ["B"]
    assert await shown(house, Filters(emailable=False, number="RES%")) == ["C"]
    assert await shown(house, Filters(emailable=False, number="100")) == []


async def test_only_who_can_be_written_to_is_shown_unless_all_are_asked_for(house: House) -> None:
    """A deleted guest is never shown.

    Seen to fail when hidden rows are not left out.
    """
    mail = {"email": "a@b.example"}
    await house.put(
        {"last_name": "Good", **mail},
        {"last_name": "Bad", "email": "not an address"},
        {"last_name": "Cancelled", "status": "cancelled", **mail},
        {"last_name": "Twice", "duplicate_of": "1", **mail},
        {"last_name": "Stopped", "stopped": "guest", **mail},
        {"last_name": "Deleted", "hidden": NOW, **mail},
    )

    assert await shown(house, Filters()) == ["Good"]
    assert await shown(house, ALL) == ["Good", "Bad", "Cancelled", "Twice", "Stopped"]
    assert await house.read(listing.count, ALL) == 5
    assert await house.read(listing.count, ALL, most=2) == 2


async def test_who_has_checked_in_is_told_from_who_has_not(house: House) -> None:
    await house.put({"last_name": "In", "checked_in": True}, {"last_name": "Out"})

    assert await shown(house, Filters(emailable=False, checked_in=True)) == ["In"]
    assert await shown(house, Filters(emailable=False, checked_in=False)) == ["Out"]
    assert await shown(house, ALL) == ["In", "Out"]


async def test_each_property_has_a_list_of_its_own(house: House) -> None:
    """Seen to fail when the property is not asked for."""
    await house.add(last_name="Ours")
    other = house.desk.connect("guestlist", name="spa", property="spa", title="Spa")
    annex = house.desk.annex(other)

    found = await annex.read(lambda db: listing.page(db, annex, ALL, Sort()))

    assert found.rows == []


FIRST = ["Ada", "Éva", "ada", "", "Zoë"]
LAST = ["Lovelace", "Ångström", "van der Berg", "", "lovelace"]
DAYS = [None, *(TODAY + timedelta(days=days) for days in (-2, 0, 0, 1, 9))]


@pytest.fixture(name="full")
async def _full(store_url: str) -> AsyncIterator[House]:
    """A house with guests of all kinds, many of them alike."""
    chance = random.Random(7)
    async with opened(store_url) as house:
        some = [
            {
                "first_name": chance.choice(FIRST),
                "last_name": chance.choice(LAST),
                "email": chance.choice(["", "ada@b.example", "nobody"]),
                "number": chance.choice(["7", "71", "8"]),
                "arrival": chance.choice(DAYS),
                "departure": chance.choice(DAYS),
                "created": NOW + timedelta(hours=chance.randrange(-40, 40)),
                "updated": NOW + timedelta(hours=chance.randrange(-2, 2)),
                "status": chance.choice(["confirmed", "cancelled"]),
                "checked_in": chance.random() < 0.5,
                "hidden": chance.choice([None, None, None, NOW]),
            }
            for _ in range(120)
        ]
        await house.put(*some)
        yield house


spans = st.none() | st.builds(
    Span, *[st.none() | st.integers(-3, 10).map(lambda days: TODAY + timedelta(days=days))] * 2
)
filters = st.builds(
    Filters,
    arrival=spans,
    departure=spans,
    created=spans,
    updated=spans,
    name=st.sampled_from(["", "", "ada", "l", "ber", "ang", "van"]),
    number=st.sampled_from(["", "", "7", "71"]),
    emailable=st.booleans(),
    checked_in=st.sampled_from([None, None, True, False]),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(
    wanted=filters,
    sort=st.builds(Sort, st.sampled_from(By), st.booleans()),
    limit=st.integers(1, 50),
)
async def test_pages_show_every_guest_once_whatever_is_asked(
    full: House, wanted: Filters, sort: Sort, limit: int
) -> None:
    """Compared with all rows, chosen and sorted here.

    Seen to fail when the next page begins at the last row's key alone, and when rows without
    a day are sorted by the database.
    """
    everybody = await full.annex.read(lambda db: guests.read(db.execute(guests.asked(full.annex))))
    expected = sorted(
        (guest for guest in everybody if meets(guest, wanted)),
        key=lambda guest: placed(guest, sort),
    )
    pages = await paged(full, wanted, sort, limit)

    assert [guest.id for page in pages for guest in page] == [guest.id for guest in expected]
    assert all(len(page) == limit for page in pages[:-1])
    walked = await full.annex.read(lambda db: list(listing.walk(db, full.annex, wanted, sort)))
    assert walked == expected
    assert await full.read(listing.count, wanted) == len(expected)


async def paged(house: House, wanted: Filters, sort: Sort, limit: int) -> list[list[Any]]:
    """Return the guests of all pages, one after the other."""
    pages: list[list[Any]] = []
    after = None
    while True:
        found = await house.read(listing.page, wanted, sort, after, limit=limit)
        pages.append(found.rows)
        after = found.next
        if after is None:
            return pages


def meets(guest: guests.Guest, wanted: Filters) -> bool:
    """Tell whether a list shows a guest, as the requirements say it."""
    zone = timedelta(hours=2)
    names = [
        plain(f"{a} {b}") for a, b in itertools.permutations((guest.first_name, guest.last_name))
    ]
    return all(
        (
            guest.hidden is None,
            within(guest.arrival, wanted.arrival),
            within(guest.departure, wanted.departure),
            within((guest.created + zone).date(), wanted.created),
            within((guest.updated + zone).date(), wanted.updated),
            any(name.startswith(wanted.name) for name in names),
            guest.number.startswith(wanted.number),
            not wanted.emailable or ("@" in guest.email and guest.status != "cancelled"),
            wanted.checked_in in {None, guest.checked_in},
        )
    )


def within(day: date | None, span: Span | None) -> bool:
    if span is None or span == Span():
        return True
    return day is not None and (span.from_ or date.min) <= day <= (span.to or date.max)


def plain(name: str) -> str:
    return name.lower().translate(str.maketrans("åöéë", "aoee")).strip()


def placed(guest: guests.Guest, sort: Sort) -> tuple[Any, ...]:
    """Return what sorts as the list does: who lacks the day comes last either way."""
    way = -1 if sort.descending else 1
    if sort.by is By.NAME:
        name = plain(f"{guest.last_name} {guest.first_name}")
        # Names count backwards letter by letter; the end of one counts less than any letter.
        return (*(way * ord(letter) for letter in name), -way, way * guest.id)
    value = getattr(guest, sort.by)
    if value is None:
        return (1, way * guest.id)
    number = value.toordinal() if sort.by in {By.ARRIVAL, By.DEPARTURE} else value.timestamp()
    return (0, way * number, way * guest.id)


async def test_a_page_names_nobody_and_belongs_to_its_order(full: House) -> None:
    for by in By:
        found = await full.read(listing.page, ALL, Sort(by), limit=5)
        assert found.next.replace(".", "").replace("-", "").removeprefix(by).isdigit()
        for wrong in ("", "x", "name..0", "name.1", f"-{found.next}", "arrival.99999999999.1"):
            with pytest.raises(ConfigurationError, match="first page"):
                await full.read(listing.page, ALL, Sort(by), wrong)


async def test_guests_who_come_while_pages_are_turned_disturb_nothing(house: House) -> None:
    """Seen to fail when pages are counted off by a number of rows."""
    for name in "BDF":
        await house.add(last_name=name)
    first = await house.read(listing.page, ALL, Sort(By.NAME), limit=2)
    await house.add(last_name="A")
    await house.add(last_name="E")
    second = await house.read(listing.page, ALL, Sort(By.NAME), first.next, limit=2)

    assert [guest.name for guest in (*first.rows, *second.rows)] == ["B", "D", "E", "F"]


QUESTIONS = {
    "arrival": (Filters(arrival=Span(TODAY, TODAY)), Sort()),
    "departure": (Filters(departure=Span(TODAY, TODAY)), Sort(By.DEPARTURE)),
    "created": (Filters(created=Span(TODAY, TODAY)), Sort(By.CREATED, descending=True)),
    "updated": (Filters(updated=Span(TODAY, TODAY)), Sort(By.UPDATED, descending=True)),
    "last_name": (ALL, Sort(By.NAME)),
    "name_folded": (Filters(name="ada"), Sort(By.CREATED)),
    "number": (Filters(number="7"), Sort(By.CREATED)),
}


@pytest.mark.parametrize("index", QUESTIONS)
async def test_an_index_answers_whatever_is_asked(full: House, index: str) -> None:
    """The second page too begins in it; what is sorted by it is not sorted again.

    Seen to fail when beginnings are looked for with LIKE.
    """
    filters, sort = QUESTIONS[index]
    first = await full.read(listing.page, Filters(emailable=False), sort, limit=1)

    def explain(db: Connection, annex: Any, after: str) -> str:
        if db.dialect.name == "postgresql":
            # Of so few rows it would read all.
            db.execute(text("SET LOCAL enable_seqscan = off"))
        told: list[str] = []

        def listen(_: Any, cursor: Any, statement: str, values: Any, *__: Any) -> None:
            way = "EXPLAIN" if db.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
            if "LIMIT" in statement:
                cursor.execute(f"{way} {statement}", values)
                told.extend(str(row[-1]) for row in cursor.fetchall())

        event.listen(db, "before_cursor_execute", listen)
        listing.page(db, annex, filters, sort, after)
        return "\n".join(told)

    plan = await full.read(explain, first.next)

    # Which of the indexes PostgreSQL takes for so few rows is chance.
    named = rf"{index}\w* \(property=\? AND" if "SEARCH" in plan else r"\w+"
    assert re.search(f"ix_guestlist_guests_property_{named}", plan)
    assert not re.search(r"Seq Scan on guestlist_guests|SCAN guestlist_guests(?! USING)", plan)


def test_an_order_is_written_as_it_is_read() -> None:
    for sort in (Sort(By.NAME), Sort(By.ARRIVAL, descending=True)):
        assert listing.sort_of(str(sort)) == sort
    with pytest.raises(ConfigurationError, match="arrival, departure, created, updated, name"):
        listing.sort_of("email")
