"""How long does a page take over so many events, and how does the database answer?

::

    python benchmarks/pages.py --events 5000000 --store sqlite

A store is filled straight through SQL: four connections with ten sites and eight metrics each, two
years of events, guests with names, and one guest (a paymaster's kind) who has a fiftieth of all
events. The counts are what :mod:`frontdesk.store.counting` would have kept. Then the pages are
served over HTTP in this process, and asked for one after the other. ``--plans`` prints how the
database answers the questions behind them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import create_engine, event, text

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / part) for part in ("tests", "core/tests")]

CONNECTORS = ("mews", "boulevard", "zenoti", "mindbody")
SITES, METRICS, DAYS = 10, 8, 730
DAY = 86_400_000_000
#: Events of each guest, but for the one who has a fiftieth of all.
EACH = 25
FIRST = ("Ada", "Björn", "Chloé", "Dana", "Émile", "Fatima", "Grace", "Håkon", "Ines", "Jürgen")
LAST = ("Lovelace", "Ångström", "van der Berg", "O'Neil", "Müller", "García", "Smith", "Novák")
SERIES = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT {0} UNION ALL SELECT i + 1 FROM n WHERE i < {1}) ",
    "postgresql": "",
}
FROM = {"sqlite": "n", "postgresql": "generate_series(CAST({0} AS bigint), {1}) AS n(i)"}
RANDOM = {"sqlite": "randomblob(16)", "postgresql": "decode(md5(random()::text || i), 'hex')"}
BYTES = {"sqlite": "CAST({0} AS BLOB)", "postgresql": "convert_to({0}, 'UTF8')"}
FAST = ("journal_mode = OFF", "synchronous = OFF", "cache_size = -2000000")


def fill(store: str, events: int, now: int) -> None:
    """Fill an empty store."""
    where = store.replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(where if "://" in store else f"sqlite:///{store}")
    kind = engine.dialect.name
    with engine.connect() as db:
        for pragma in FAST if kind == "sqlite" else ():
            db.exec_driver_sql(f"PRAGMA {pragma}")
        _ends(db, events)
        guests = max(events // EACH, 100)
        _guests(db, kind, guests)
        step = 1_000_000
        for start in range(1, events + 1, step):
            _events(db, kind, (start, min(start + step - 1, events)), guests, (events, now))
            db.commit()
        _counts(db, kind)
        db.commit()
        if kind == "sqlite":
            db.exec_driver_sql("PRAGMA journal_mode = WAL")
        else:
            db.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
    engine.dispose()


def _ends(db: Any, events: int) -> None:
    db.execute(text("INSERT INTO brands (id, name) VALUES (1, 'default')"))
    for place, connector in enumerate(CONNECTORS, 1):
        sites = [
            {"id": f"s{n}", "name": f"House {n} of {connector}", "time_zone": "UTC",
             "currency": "EUR", "country": "DE", "language": None}
            for n in range(SITES)
        ]  # fmt: skip
        told = {"id": connector, "title": connector, "sites": sites, "granted": [], "missing": []}
        db.execute(
            text(
                "INSERT INTO connections (id, brand_id, connector, account, name, title, details,"
                " state, since, live_start, seq)"
                " VALUES (:id, 1, :connector, 'a', :name, 'A', :details, 'running', 0, 0, :seq)"
            ),
            {"id": place, "connector": connector, "name": f"the-{connector}", "seq": events,
             "details": json.dumps(told).encode()},
        )  # fmt: skip
        row = {"id": place, "connection": place}
        db.execute(text("INSERT INTO streams VALUES (:id, :connection, 'records', 0)"), row)
        for number in range(METRICS):
            metric = {"id": (place - 1) * METRICS + number + 1, "connection": place}
            name = "Booked Appointment" if number == 0 else f"Metric {number}"
            db.execute(
                text("INSERT INTO metrics VALUES (:id, :connection, :name, 0, 0, 0)"),
                {**metric, "name": name},
            )
    db.commit()


def _guests(db: Any, kind: str, guests: int) -> None:
    part = (1, guests)
    _rows(db, kind, "guests (id, connection_id, key)", "i, 1 + i % 4, 'g' || i", part)
    record = "records (id, stream_id, key, digest, seen, origin)"
    _rows(
        db, kind, record, f"i, 1 + i % 4, 'r' || i, {BYTES[kind].format(chr(39) * 2)}, 0, 0", part
    )
    first, last = (_case(names, "i", by) for names, by in ((FIRST, 7), (LAST, 11)))
    body = (
        "'{\"email\":\"guest' || i || '@example.com\",\"first_name\":\"' || " + first
        + " || '\",\"last_name\":\"' || " + last + " || '\",\"properties\":{},\"location\":{}}'"
    )  # fmt: skip
    folded = [
        _case([_plain(name) for name in names], "i", by) for names, by in ((FIRST, 7), (LAST, 11))
    ]
    columns = "profiles (guest_id, record_id, email, phone_number, first_name, last_name, digest,"
    columns += " body, updated, first_folded, last_folded)"
    values = f"i, i, 'guest' || i || '@example.com', '+49' || (1700000000 + i), {first}, {last}"
    values += f", {BYTES[kind].format(chr(39) * 2)}, {BYTES[kind].format(body)}, 0, {folded[0]}, {folded[1]}"
    _rows(db, kind, columns, values, part)
    db.commit()


def _plain(name: str) -> str:
    from frontdesk.store.searching import folded

    return folded(name) or ""


def _case(names: Any, number: str, by: int) -> str:
    quoted = [name.replace("'", "''") for name in names]
    whens = " ".join(f"WHEN {place} THEN '{name}'" for place, name in enumerate(quoted))
    return f"CASE ({number} / {by}) % {len(names)} {whens} END"


def _events(db: Any, kind: str, part: tuple[int, int], guests: int, span: tuple[int, int]) -> None:
    events, now = span
    guest = f"CASE WHEN i % 50 = 0 THEN 4 ELSE 1 + (i / 3) % {guests} END"
    metric = f"1 + (i % 4) * {METRICS} + (i / 4) % {METRICS}"
    at = f"{now} - CAST({events} - i AS BIGINT) * {DAYS * DAY // events}"
    columns = "log (connection_id, seq, kind, origin, guest_id, metric_id, at, logged, event_id,"
    columns += " value, currency)"
    values = f"1 + i % 4, i, 1, 0, {guest}, {metric}, {at}, {now}, {RANDOM[kind]}, 100000000, 'EUR'"
    _rows(db, kind, columns, values, part)
    body = (
        "'{\"id\":\"0\",\"metric\":\"' || CASE WHEN (i / 4) % 8 = 0 THEN 'Booked Appointment' ELSE"
        " 'Metric ' || ((i / 4) % 8) END || '\",\"value\":100.00,\"currency\":\"EUR\",\"guest\":\"g\","
        "\"site\":\"s' || ((i / 32) % 10) || '\",\"properties\":{\"Number\":\"' || i || '\",\"Pad\":\""
        + "x" * 300 + "\"}}'"
    )  # fmt: skip
    bodies = f"1 + i % 4, i, {BYTES[kind].format(body)}"
    _rows(db, kind, "log_bodies (connection_id, seq, body)", bodies, part)


def _counts(db: Any, kind: str) -> None:
    whole = "CAST(sum({}) AS BIGINT)" if kind == "postgresql" else "sum({})"
    site = "'s' || ((seq / 32) % 10)"
    counted = f"count(*), {whole.format('value')}"
    db.execute(
        text(
            f"INSERT INTO metric_days (metric_id, day, site, currency, total, value)"
            f" SELECT metric_id, at / {DAY}, {site}, currency, {counted} FROM log"
            f" GROUP BY 1, 2, 3, 4"
        )
    )
    db.execute(
        text(
            "INSERT INTO metric_sites (metric_id, site, currency, total, value, first, last)"
            f" SELECT metric_id, {site}, currency, {counted}, min(at), max(at) FROM log"
            " GROUP BY 1, 2, 3"
        )
    )
    for column, how in (
        ("total", whole.format("total")),
        ("first", "min(first)"),
        ("last", "max(last)"),
    ):
        db.execute(
            text(
                f"UPDATE metrics SET {column} = (SELECT {how} FROM metric_sites s"
                " WHERE s.metric_id = metrics.id)"
            )
        )


def _rows(db: Any, kind: str, into: str, values: str, part: tuple[int, int]) -> None:
    series, source = SERIES[kind].format(*part), FROM[kind].format(*part)
    # Written by hand: a colon in JSON is no parameter's.
    said = f"INSERT INTO {into} {series}SELECT {values} FROM {source}"
    db.exec_driver_sql(said.replace("%", "%%") if kind == "postgresql" else said)


#: Pages, and searches as they are sent.
PATHS = {
    "metrics": "metrics",
    "metrics of an integration": "metrics?integration=mews",
    "metrics of a location": "metrics?location=1:s3",
    "metrics by name": "metrics?q=appointment",
    "metrics, the next page": "metrics?after=mews&metric=Metric+2",
    "a metric by day": "metrics/Booked%20Appointment?per=day",
    "a metric by week": "metrics/Booked%20Appointment?per=week",
    "a metric by month": "metrics/Booked%20Appointment?per=month",
    "a metric of a location": "metrics/Booked%20Appointment?per=month&location=1:s0",
    "profiles": "profiles",
    "a guest": "profiles/77",
    "the guest with a fiftieth of all": "profiles/4",
    "connections": "connections",
    "quarantine": "quarantine",
    "data reference": "reference",
}
SEARCHES = ("ada lovelace", "angstrom", "a", "guest123", "+49170000", "g4711", "nobody at all")


async def measure(address: str, link: str, times: int) -> dict[str, list[float]]:
    """Ask for every page; return the milliseconds of each."""
    found: dict[str, list[float]] = {}
    async with httpx.AsyncClient(base_url=address, timeout=120) as http:
        token = await _token(http, link)
        answer = await http.post(link, data={"form_token": token}, headers={"referer": address})
        assert answer.is_redirect, answer.text
        for name, path in PATHS.items():
            found[name] = [await _timed(http.get(path)) for _ in range(times)]
        token = await _token(http, "profiles")
        for words in SEARCHES:
            form = {"form_token": token, "q": words}
            sent = [await _timed(http.post("profiles/search", data=form)) for _ in range(times)]
            found[f"search: {words}"] = sent
    return found


async def _token(http: httpx.AsyncClient, path: str) -> str:
    shown = (await http.get(path)).text
    return re.findall(r'name="form_token" value="([^"]*)"', shown)[0]


async def _timed(asked: Any) -> float:
    began = time.perf_counter()
    answer = await asked
    took = (time.perf_counter() - began) * 1000
    assert answer.is_success, (answer.status_code, answer.text[:500])
    return took


@contextmanager
def a_store(kind: str) -> Iterator[str]:
    """Give an empty store of this version."""
    from postgresql import server

    from frontdesk.store.engine import open_engine
    from frontdesk.store.migrate import upgrade

    with ExitStack() as made:
        if kind == "sqlite":
            folder = made.enter_context(tempfile.TemporaryDirectory())
            url = str(Path(folder) / "pages.db")
        else:
            url = made.enter_context(server(durable=False)).create("pages")
        engine = open_engine(url)
        upgrade(engine)
        engine.dispose()
        yield url


def explained(url: str) -> list[str]:
    """Ask the questions behind the pages; return how the database answers each."""
    from frontdesk.columns import from_micros
    from frontdesk.store import charting, dossiers, parked, searching, timelines
    from frontdesk.store.charting import Only
    from frontdesk.store.sites import homes
    from frontdesk.store.status import list_connections
    from frontdesk.store.store import Store

    store, told = Store(url), []

    def explain(connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.startswith("SELECT") and "connections.details" not in statement:
            how = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
            with_plan = connection.connection.cursor()
            with_plan.execute(how + statement, values)
            told.append("\n".join(["", *asking, *(f"  {row[-1]}" for row in with_plan.fetchall())]))

    event.listen(store.engine, "before_cursor_execute", explain)
    asking: list[str] = []
    now = from_micros(int(time.time() * 1_000_000))
    today = int(time.time()) // 86_400
    with store.engine.connect() as db:
        known = homes(db)
        ids = charting.metric_rows(db, Only(metric="Booked Appointment"))
        told.clear()
        for label, question in {
            "metrics": lambda: charting.metrics_in_use(db, known, now, Only()),
            "metrics of a location": lambda: charting.metrics_in_use(
                db, known, now, Only(connection=1, site="s3")
            ),
            "volume of a metric": lambda: charting.days_of(
                db, Only(metric="Booked Appointment"), today - 730, today
            ),
            "latest events of a metric": lambda: timelines.of_metrics(
                db, known, ids[:1], before=(now, 1, 1)
            ),
            "timeline of a guest": lambda: timelines.of_guests(db, known, [4], before=(now, 1, 1)),
            "search": lambda: searching.search(db, "ada lovelace"),
            "newest profiles": lambda: dossiers.newest(db, before=1000),
            "reservations of a guest": lambda: dossiers.bookings(db, [4], before=(now, 1)),
            "quarantine": lambda: parked.entries(db, before=7),
            "connections": lambda: list_connections(db, now),
        }.items():
            asking[:] = [label]
            question()
    store.close()
    return told


def main() -> None:
    """Fill, serve, ask, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--times", type=int, default=7)
    parser.add_argument("--plans", action="store_true")
    chosen = parser.parse_args()
    from frontdesk import Desk, Role, blocking
    from frontdesk.serving import served

    with a_store(chosen.store) as url:
        began = time.monotonic()
        fill(url, chosen.events, int(time.time() * 1_000_000))
        print(
            f"{chosen.events:,} events in {chosen.store}, filled in {time.monotonic() - began:.0f} s"
        )
        if chosen.plans:
            print("\n".join(explained(url)))
        with blocking.Desk(url) as desk:
            desk.add_user("ada", Role.ADMIN)
            link = desk.login_link("ada")
        with served(Desk(url).asgi({"pages"})) as address:
            found = asyncio.run(measure(address, link, chosen.times))
    print("\n| page | first ms | median ms | most ms |\n|---|---:|---:|---:|")
    for name, took in found.items():
        rest = took[1:] or took
        print(f"| {name} | {took[0]:.0f} | {statistics.median(rest):.0f} | {max(rest):.0f} |")


if __name__ == "__main__":
    main()
