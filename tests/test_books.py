"""What pages are made of, as the store answers it: the same in both databases."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from inn import NOW, FixedClock, Inn, altered, connected, guest, stay
from sqlalchemy import event as listening
from stores import DATABASES, asked, sync
from test_upgrades import as_of_0001

from frontdesk import Account, Consent, Desk, Event, Site
from frontdesk.model import Channel, ConsentState
from frontdesk.store import charting, dossiers, parked, searching, timelines
from frontdesk.store.charting import Only
from frontdesk.store.sites import homes
from frontdesk.store.store import Store

pytestmark = pytest.mark.anyio

EAST, WEST = Site("e", "East", "Europe/Prague"), Site("w", "West", "America/Los_Angeles")
TODAY = (NOW.date() - date(1970, 1, 1)).days


async def _open_account(client):
    row = await client.get("account")
    return Account(row["id"], row["title"], (EAST, WEST))


def _parse_event(record):
    if record.stream == "stays":
        when = datetime.fromisoformat(record.payload["booked"])
        told = {"value": Decimal(record.payload["total"]), "currency": "EUR"}
        site = record.payload.get("site")
        yield Event("Booked Stay", record.payload["guest"], when, site=site, **told)
        if record.payload.get("cancelled"):
            yield Event("Cancelled Stay", record.payload["guest"], when, site=site)


group = altered(open_account=_open_account, parse_event=_parse_event)


def two_houses() -> Inn:
    """A group: four stays in the east, one in the west, one nobody knows where."""
    house = Inn()
    house.rows["guests"] = [guest("ada"), guest("bob")]
    house.rows["stays"] = [
        *(stay(f"e{n}", site="e", booked=f"2026-10-3{n % 2}T10:00:00Z") for n in range(4)),
        stay("w0", "bob", site="w", booked="2026-11-01T06:30:00Z", cancelled=True, total="10.25"),
        stay("x0", "bob", booked="2026-09-01T10:00:00Z"),
    ]
    return house


def answer(url: str, question: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """Ask a store; questions that want to know its sites are told."""
    store = Store(url)
    try:
        return store.read_now(lambda db: question(db, *given, **named))
    finally:
        store.close()


def listed(url: str, **only: Any) -> list[tuple[str, int, dict[str, Decimal]]]:
    rows = answer(url, lambda db: charting.metrics_in_use(db, homes(db), NOW, Only(**only)))
    return [(row.name, row.count, row.values) for row in rows]


async def test_metrics_are_counted_by_site_as_they_come(store_url: str) -> None:
    """Metrics that were never used do not appear. Seen to fail when sites are counted
    together.
    """
    await sync(store_url, two_houses(), group)
    ((own,),) = asked(store_url, "SELECT id FROM connections")

    assert listed(store_url) == [
        ("Booked Stay", 6, {"EUR": Decimal("612.75")}),
        ("Cancelled Stay", 1, {}),
    ]
    assert listed(store_url, connection=own, site="e") == [
        ("Booked Stay", 4, {"EUR": Decimal("482.00")})
    ]
    assert [name for name, *_ in listed(store_url, site="w")] == ["Booked Stay", "Cancelled Stay"]
    assert listed(store_url, text="cancel") == [("Cancelled Stay", 1, {})]
    assert listed(store_url, integration="mews") == []


async def test_a_list_of_metrics_is_paged_by_its_key(store_url: str) -> None:
    await sync(store_url, two_houses(), group)

    def page(db, after=None):
        return charting.metrics_in_use(db, homes(db), NOW, Only(), after=after, limit=1)

    (first,) = answer(store_url, page)
    (second,) = answer(store_url, page, (first.integration, first.name))

    assert (first.name, second.name) == ("Booked Stay", "Cancelled Stay")
    assert answer(store_url, page, (second.integration, second.name)) == []


async def test_a_trend_ends_today_in_the_propertys_zone(store_url: str) -> None:
    """In the west it is still the day before. Seen to fail when today is UTC's."""
    await sync(store_url, two_houses(), group)
    early = datetime(2026, 11, 1, 6, 45, tzinfo=UTC)

    def rows(db, site):
        return charting.metrics_in_use(db, homes(db), early, Only(site=site))

    west, east = answer(store_url, rows, "w")[0], answer(store_url, rows, "e")[0]

    assert (str(west.zone), west.trend[-1], sum(west.trend)) == ("America/Los_Angeles", 1, 1)
    assert west.last == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    assert (str(east.zone), east.trend[-3:], sum(east.trend)) == ("Europe/Prague", (2, 2, 0), 4)


async def test_volume_is_by_day_integration_and_currency(store_url: str) -> None:
    await sync(store_url, two_houses(), group)

    only = Only(metric="Booked Stay", site="e")
    days = answer(store_url, charting.days_of, only, TODAY - 5, TODAY)

    assert [(d.integration, d.day - TODAY, d.currency, d.count, d.value) for d in days] == [
        ("acorn", -2, "EUR", 2, Decimal(241)),
        ("acorn", -1, "EUR", 2, Decimal(241)),
    ]


@pytest.mark.parametrize("database", DATABASES)
async def test_an_upgrade_counts_by_site_what_was_there(
    new_store: Callable[..., str], database: str
) -> None:
    """Also of a guest who was forgotten, whose events name no site any more: the sums stay.
    Seen to fail when the rest is thrown away, and when days are counted in UTC.
    """
    now = new_store("sqlite")
    await sync(now, two_houses(), group)
    old = new_store(database, "template1")
    as_of_0001(now, old)
    async with Desk(old):
        pass
    days = "SELECT m.name, d.day, d.site, d.currency, d.total, d.value FROM metric_days d"
    days += " JOIN metrics m ON m.id = d.metric_id ORDER BY 1, 2, 3"
    sites = "SELECT m.name, s.site, s.currency, s.total, s.value, s.first, s.last"
    sites += " FROM metric_sites s JOIN metrics m ON m.id = s.metric_id ORDER BY 1, 2"

    assert asked(old, days) == asked(now, days)
    assert asked(old, sites) == asked(now, sites)
    assert len(asked(now, sites)) == 4

    older = new_store(database, "template1")
    async with Desk(now) as desk:
        await desk.forget("ada@example.com")
    as_of_0001(now, older)
    async with Desk(older):
        pass

    assert asked(older, "SELECT site, sum(total) FROM metric_days GROUP BY 1 ORDER BY 1") == [
        ("", 5), ("w", 2),
    ]  # fmt: skip
    assert [(name, count) for name, count, _ in listed(older)] == [
        ("Booked Stay", 6), ("Cancelled Stay", 1),
    ]  # fmt: skip


# -- guests -------------------------------------------------------------------------------


def _named(record):
    import attrs
    from acorn import map_profile

    profile = map_profile(record)
    if profile is None or record.stream != "guests":
        return profile
    told = {name: record.payload.get(name) for name in ("last_name", "phone_number")}
    return attrs.evolve(profile, **told)


def people() -> Inn:
    house = Inn()
    house.rows["guests"] = [
        guest("g1", name="Zoë", last_name="van der Berg", phone_number="+420601111222"),
        guest("g2", name="ZOE", last_name="Ångström"),
        guest("g3", name="Łukasz", last_name="O'Neil", email="Zo.Luk@example.com"),
        guest("g4", name="100%", last_name="_"),
    ]
    return house


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("zoe", ["g1", "g2"]),
        ("ZOË", ["g1", "g2"]),
        ("zo", ["g1", "g2", "g3"]),
        ("van d", ["g1"]),
        ("zoe van", ["g1"]),
        ("van der berg zoë", ["g1"]),
        ("angstrom zoe", ["g2"]),
        ("angstrom luk", []),
        ("zo.luk@EX", ["g3"]),
        ("+420 601", ["g1"]),
        ("420601111222", ["g1"]),
        ("g2", ["g2"]),
        ("o'n", ["g3"]),
        ("%", []),
        ("_", ["g4"]),
        ("100%", ["g4"]),
        ("  ", []),
        ("g", ["g1", "g2", "g4"]),
    ],
)
async def test_a_guest_is_found_by_the_beginning_of_what_is_known(
    new_store: Callable[..., str], text: str, expected: list[str]
) -> None:
    """By address, number, names in either order and without accents, or a whole id."""
    for database in DATABASES:
        url = new_store(database)
        await sync(url, people(), altered(map_profile=_named))

        found = answer(url, lambda db: dossiers.listed(db, searching.search(db, text)))

        assert [one.key for one in found] == expected, database


async def test_a_search_is_paged_by_the_guests_row(store_url: str) -> None:
    await sync(store_url, people(), altered(map_profile=_named))

    one = answer(store_url, searching.search, "zo", limit=2)
    rest = answer(store_url, searching.search, "zo", after=one[-1], limit=2)

    assert (len(one), len(rest)) == (2, 1)
    assert one == sorted(one)
    assert rest[0] > one[-1]


async def test_a_timeline_is_read_through_merges_and_moments(store_url: str) -> None:
    """Events of one moment are parted by pages and none is lost. Seen to fail when a page begins
    before the moment of the last entry.
    """
    house = two_houses()
    await sync(store_url, house, group)
    house.rows["guests"][1] = guest("bob", merged="ada", changed="2026-10-30T10:00:00Z")
    await sync(store_url, house, group, clock=FixedClock(NOW + timedelta(hours=1)))
    rows = [id for (id,) in asked(store_url, "SELECT id FROM guests ORDER BY key")]

    def page(db, before):
        dossier = dossiers.read(db, rows[0])
        return timelines.of_guests(db, homes(db), dossier.rows, before=before, limit=1)

    seen, before = [], None
    for _ in range(7):
        part = answer(store_url, page, before)
        seen += part.entries
        before = part.older

    assert [entry.guest_key for entry in seen] == ["bob", "bob", "ada", "ada", "ada", "ada", "bob"]
    assert len({entry.place for entry in seen}) == 7
    assert before is None
    assert [entry.at for entry in seen] == sorted((entry.at for entry in seen), reverse=True)
    assert str(seen[0].zone) == "America/Los_Angeles"


async def test_events_of_one_site_are_found_among_many(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen to fail when only the first part is looked at."""
    monkeypatch.setattr(timelines, "_PART", 2)
    await sync(store_url, two_houses(), group)

    def page(db, site, looked_at, **named):
        monkeypatch.setattr(timelines, "LOOKED_AT", looked_at)
        ids = charting.metric_rows(db, Only(metric="Booked Stay"))
        return timelines.of_metrics(db, homes(db), ids, site=site, **named)

    east = answer(store_url, page, "e", 10, limit=3)
    rest = answer(store_url, page, "e", 10, before=east.older, limit=3)
    nowhere = answer(store_url, page, "", 10)

    assert [entry.site for entry in (*east.entries, *rest.entries)] == ["e"] * 4
    assert rest.older is None
    assert [entry.site for entry in nowhere.entries] == [""]
    # There may be more, and the reader is told from where on.
    assert answer(store_url, page, "w", 2).older is not None


async def test_a_dossier_shows_what_was_agreed_and_why(store_url: str) -> None:
    """Every statement with its evidence, latest first, and what counts of them."""

    def sync_consent(record):
        if record.stream == "guests":
            for at, state in record.payload["said"]:
                when = at and datetime.fromisoformat(at)
                yield Consent(
                    record.id, "ada@example.com", Channel.EMAIL, ConsentState(state), when,
                    f"box {state}",
                )  # fmt: skip

    house = Inn()
    house.rows["guests"] = [guest("ada", said=[("2026-01-01T00:00:00Z", "subscribed")])]
    connector = altered(sync_consent=sync_consent)
    await sync(store_url, house, connector)
    house.rows["guests"][0] = guest(
        "ada", said=[("2026-02-01T00:00:00Z", "unsubscribed")], changed="2026-10-30T10:00:00Z"
    )
    await sync(store_url, house, connector, clock=FixedClock(NOW + timedelta(hours=1)))
    ((row,),) = asked(store_url, "SELECT id FROM guests WHERE key = 'ada'")

    dossier = answer(store_url, dossiers.read, row)

    (agreed,) = dossier.agreed
    assert (agreed.channel, agreed.address, agreed.state) == (
        "email", "ada@example.com", "unsubscribed",
    )  # fmt: skip
    assert [said.evidence for said in agreed.history] == ["box unsubscribed", "box subscribed"]
    (source,) = dossier.sources
    assert (source.stream, source.record, source.key) == ("guests", "ada", "ada")
    assert dossier.addresses == ["ada@example.com"]
    assert answer(store_url, dossiers.read, row + 99) is None


async def test_what_is_chosen_by_hand_is_forgotten_and_nobody_else(store_url: str) -> None:
    """Two accounts have a guest of one id. Seen to fail when a row is looked up by its key."""
    oak, elm = Inn("oak-1"), Inn("elm-1")
    oak.rows["guests"], elm.rows["guests"] = [guest("ada")], [guest("ada", email="a@elm.example")]
    async with Desk(store_url, clock=FixedClock()) as desk:
        await desk.sync(connected(desk, oak, name="oak"))
        await desk.sync(connected(desk, elm, name="elm"))
        rows = dict(asked(store_url, "SELECT c.name, g.id FROM guests g JOIN connections c"
            " ON c.id = g.connection_id"))  # fmt: skip

        shown = await desk.export_guest([rows["elm"]])
        (receipt,) = await desk.forget([rows["elm"]])

    ((brand,),) = [shown["brands"]]
    assert [one["connection"] for one in brand["guests"]] == ["elm"]
    assert set(receipt.erased) == {"elm"}
    assert asked(store_url, "SELECT email FROM profiles") == [("ada@example.com",)]


async def test_quarantine_is_listed_by_reason(store_url: str) -> None:
    house = Inn()
    house.rows["guests"] = [guest(f"bad{n}", email=5) for n in range(3)] + [guest("ada")]
    house.rows["stays"] = [stay("odd", booked="never")]
    await sync(store_url, house)

    many, one = answer(store_url, parked.groups)
    first = answer(store_url, parked.entries, like=many.example, limit=2)
    rest = answer(store_url, parked.entries, like=many.example, before=first[-1].id)

    assert (many.count, many.stream, one.count, one.stream) == (3, "guests", 1, "stays")
    assert [row.key for row in (*first, *rest)] == ["bad2", "bad1", "bad0"]
    assert len(answer(store_url, parked.alike, many.example, limit=2)) == 2
    assert answer(store_url, parked.entries, closed=True) == []


# -- how the database answers -------------------------------------------------------------

WHOLE = re.compile(r"SCAN (log|log_bodies|profiles|guests|records|quarantine|consents)\b")


async def test_no_list_reads_a_whole_table(new_store: Callable[..., str]) -> None:
    """Seen to fail when names are compared with LIKE, and without the index of guests."""
    url = new_store("sqlite")
    await sync(url, two_houses(), group)
    store = Store(url)
    plans: list[str] = []

    def explain(connection, cursor, statement, parameters, context, many) -> None:  # noqa: PLR0917
        if statement.startswith("SELECT"):
            rows = connection.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(f"{row[3]}: {statement[:200]}" for row in rows)

    listening.listen(store.engine, "before_cursor_execute", explain)
    before = (NOW, 1, 1)

    def ask(db):
        known = homes(db)
        charting.metrics_in_use(db, known, NOW, Only(site="e"))
        charting.days_of(db, Only(metric="Booked Stay"), TODAY - 5, TODAY)
        searching.search(db, "ada lovelace")
        ids = charting.metric_rows(db, Only(metric="Booked Stay"))
        timelines.of_metrics(db, known, ids, site="e", before=before)
        timelines.of_guests(db, known, [1, 2], before=before)
        dossiers.read(db, 1)
        dossiers.bookings(db, [1, 2], before=(NOW, 1))
        parked.entries(db, before=7)

    store.read_now(ask)
    store.close()

    assert len(plans) > 20
    assert [plan for plan in plans if WHOLE.search(plan)] == []
