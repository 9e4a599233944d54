"""How long does the guest list take over 200,000 guests, and in how much memory do files pass?

Asks for the list in every way its filters and orders allow, on the databases named, and shows
how each answers (``--plans``). Then it writes the whole list as a workbook, and takes in a
file of 100,000 rows with 1,000 bad ones among them, each in a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / part) for part in ("tests", "core/tests")]

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TODAY = NOW.date()
FIRST = ("Ada", "Björn", "Chloé", "Dana", "Émile", "Fatima", "Grace", "Håkon", "Ines", "Jürgen")
LAST = ("Lovelace", "Ångström", "van der Berg", "O'Neil", "Müller", "García", "Smith", "Novák")
AT_ONCE = 5_000
#: How many guests stand before the page far behind.
FAR = 50_000


@asynccontextmanager
async def opened(store: str) -> AsyncIterator[Any]:
    """Open a list on a store, and yield its annex."""
    from inn import FixedClock

    from frontdesk import Desk

    async with Desk(store, clock=FixedClock(NOW)) as desk:
        made = desk.connect(
            "guestlist", name="grand", property="grand", title="Grand", country="FR"
        )
        yield desk.annex(made)


def people(number: int) -> Iterator[dict[str, Any]]:
    """Yield guests of ten years, most of them past."""
    from frontdesk_guestlist import rowing

    chance = random.Random(1)
    for at in range(number):
        first, last = chance.choice(FIRST), f"{chance.choice(LAST)} {at % 2_000}"
        arrival = TODAY + timedelta(days=chance.randrange(-3_300, 350))
        created = NOW - timedelta(days=chance.randrange(3_650), seconds=at)
        row: dict[str, Any] = {
            "property": "grand",
            "uid": f"uid{at}",
            "change": at + 1,
            "profile": f"profile{at}",
            "origin": "source",
            "source": "mews:1",
            "source_record": f"{at}",
            "source_guest": f"{at}",
            "number": f"R{at:07}",
            "first_name": first,
            "last_name": last,
            "name_folded": rowing.folded(first, last),
            "email": f"guest{at}@b.example" if at % 5 else "",
            "phone": f"+3312345{at % 10_000:04}",
            "country": "FR",
            "language": "fr",
            "arrival": arrival if at % 100 else None,
            "departure": arrival + timedelta(days=3),
            "nights": 3,
            "status": "cancelled" if at % 9 == 0 else "confirmed",
            "checked_in": arrival < TODAY,
            "amount": Decimal(at % 900),
            "currency": "EUR",
            "channel": "Booking.com",
            "room_type": "Double",
            "company": "",
            "duplicate_of": "",
            "created": created,
            "updated": created + timedelta(hours=at % 99),
            "listed": created,
            "stopped": "",
            "hidden": None,
        }
        row["address"] = rowing.address(row["email"])
        row["emailable"] = rowing.emailable(row)
        yield row


async def fill(store: str, number: int) -> None:
    """Fill an empty store."""
    from itertools import islice

    from sqlalchemy import insert, text

    from frontdesk_guestlist.schema import guests

    rows = people(number)
    async with opened(store) as annex:
        while some := list(islice(rows, AT_ONCE)):
            await annex.write(lambda db, some=some: db.execute(insert(guests), some))
        # As the databases do by themselves, in time.
        await annex.write(lambda db: db.execute(text("ANALYZE")))


def questions() -> dict[str, tuple[Any, Any]]:
    """Return filters and an order, by what they ask."""
    from frontdesk_guestlist.listing import By, Filters, Sort, Span

    soon, all_ = Span(TODAY, TODAY + timedelta(days=30)), Filters(emailable=False)
    asked: dict[str, tuple[Any, Any]] = {
        "as it opens": (Filters(arrival=soon), Sort()),
        "arrivals today": (Filters(arrival=Span(TODAY, TODAY)), Sort()),
        "departures": (Filters(departure=soon, emailable=False), Sort()),
        "created": (Filters(created=Span(TODAY - timedelta(7), None), emailable=False), Sort()),
        "updated": (Filters(updated=Span(TODAY - timedelta(7), None), emailable=False), Sort()),
        "a last name": (Filters(name="Ångström 17", emailable=False), Sort()),
        "a first name": (Filters(name="ada", emailable=False), Sort(By.NAME)),
        "a number": (Filters(number="R01234", emailable=False), Sort()),
        "checked in": (Filters(checked_in=True), Sort(By.ARRIVAL, descending=True)),
        "nobody": (Filters(name="zzz", emailable=False), Sort()),
    }
    for by in By:
        asked[f"all by {by}"] = (all_, Sort(by))
        asked[f"all by {by}, backwards"] = (all_, Sort(by, descending=True))
    return asked


async def measure(store: str, runs: int, *, plans: bool) -> list[dict[str, Any]]:
    """Return how long pages take: the first, one far behind, and counting."""
    from frontdesk_guestlist import listing

    measured = []
    async with opened(store) as annex:
        for name, (filters, sort) in questions().items():

            def first(db: Any, filters: Any = filters, sort: Any = sort) -> Any:
                return listing.page(db, annex, filters, sort)

            def count(db: Any, filters: Any = filters) -> Any:
                return listing.count(db, annex, filters)

            place = await _far(annex, filters, sort)

            def far(db: Any, filters: Any = filters, sort: Any = sort, place: Any = place) -> Any:
                return listing.page(db, annex, filters, sort, place)

            found = {
                "asked": name,
                "first": await _timed(annex, first, runs),
                "far": await _timed(annex, far, runs) if place else None,
                "count": await _timed(annex, count, runs),
            }
            if plans:
                with _explained() as told:
                    await annex.read(far if place else first)
                found["plan"] = told
            measured.append(found)
    return measured


async def _far(annex: Any, filters: Any, sort: Any) -> str | None:
    """Return a place far behind in a list; None if it has no second page."""
    from frontdesk_guestlist import listing

    found = await annex.read(lambda db: listing.page(db, annex, filters, sort))
    if found.next is None:
        return None
    more = await annex.read(lambda db: listing.page(db, annex, filters, sort, limit=FAR))
    return more.next or found.next


async def _timed(annex: Any, question: Any, runs: int) -> float:
    took = []
    for _ in range(runs):
        start = time.perf_counter()
        await annex.read(question)
        took.append(time.perf_counter() - start)
    return round(statistics.median(took) * 1_000, 1)


@contextmanager
def _explained() -> Iterator[list[str]]:
    """Collect how the database answers what is asked meanwhile."""
    from sqlalchemy import Engine, event

    told: list[str] = []

    def explain(db: Any, cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if "guestlist_guests" not in statement or statement.startswith("EXPLAIN"):
            return
        way = "EXPLAIN QUERY PLAN" if db.dialect.name == "sqlite" else "EXPLAIN"
        cursor.execute(f"{way} {statement}", values)
        told.extend(str(row[-1]) for row in cursor.fetchall())

    event.listen(Engine, "before_cursor_execute", explain)
    try:
        yield told
    finally:
        event.remove(Engine, "before_cursor_execute", explain)


async def export(store: str, file: Path) -> dict[str, Any]:
    """Write the whole list as a workbook."""
    from frontdesk_guestlist import workbook
    from frontdesk_guestlist.listing import Filters, Sort

    async with opened(store) as annex:
        with file.open("wb") as target:
            number = await annex.read(
                lambda db: workbook.write(db, annex, Filters(emailable=False), Sort(), target)
            )
            size = target.tell()
    return {"guests": number, "file MiB": round(size / (1 << 20), 1)}


def write_file(file: Path, number: int, bad: int) -> None:
    """Write a file of guests in which every so many rows are bad."""
    with file.open("w", newline="", encoding="utf-8") as target:
        writer = csv.writer(target)
        writer.writerow(
            ["Number", "First name", "Last name", "E-mail", "Phone", "Arrival", "Departure"]
        )
        for at in range(number):
            day = TODAY + timedelta(days=at % 300)
            left = day - timedelta(days=1) if at % (number // bad) == 1 else day + timedelta(days=2)
            writer.writerow(
                [f"N{at}", "Ada", f"Lovelace {at}", f"a{at}@b.example", "+33123456789", day, left]
            )


async def take_in(store: str, file: Path) -> dict[str, Any]:
    """Take in a file."""
    from frontdesk_guestlist import files

    async with opened(store) as annex:
        taken = await files.take_in(annex, file, file.name, "benchmark")
    return {"added": taken.added, "unchanged": taken.unchanged, "rejected": taken.rejected}


async def part(args: argparse.Namespace) -> dict[str, Any]:
    """Do what a process of its own is for, and say what it cost."""
    start = time.perf_counter()
    work = {"fill": lambda: fill(args.store, args.guests)}
    work["export"] = lambda: export(args.store, args.file)
    work["import"] = lambda: take_in(args.store, args.file)
    found = await work[args.part]() or {}
    return {
        **found,
        "s": round(time.perf_counter() - start, 1),
        "peak MiB": peak(),
    }


def peak() -> int:
    """Return the most memory this process had; what it was forked from does not count."""
    told = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    return 0 if told is None else round(int(told[1]) / 1024)


def apart(name: str, store: str, guests: int, file: Path) -> dict[str, Any]:
    """Run a part in a process of its own."""
    told = [sys.executable, __file__, "--part", name, "--at", store, "--file", str(file)]
    ran = subprocess.run(
        [*told, "--guests", str(guests)], check=True, capture_output=True, text=True
    )
    done: dict[str, Any] = json.loads(ran.stdout)
    return done


def report(store: str, args: argparse.Namespace, folder: Path) -> None:
    """Print what one database takes."""
    print("fill", apart("fill", store, args.guests, folder))
    for found in asyncio.run(measure(store, args.runs, plans=args.plans)):
        plan = found.pop("plan", [])
        print(
            f"{found['asked']:28} first {found['first']:>8} ms   far {found['far'] or '':>8} ms   "
            f"count {found['count']:>8} ms"
        )
        for line in plan:
            print(f"      {line}")
    print("export", apart("export", store, args.guests, folder / "guests.xlsx"))
    file = folder / "guests.csv"
    write_file(file, args.rows, args.rows // 100)
    print("import", apart("import", store, args.guests, file))
    print("import again", apart("import", store, args.guests, file))


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--guests", type=int, default=200_000)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--plans", action="store_true", help="show how the database answers")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--at", dest="where", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.part:
        args.store = args.where
        print(json.dumps(asyncio.run(part(args))))
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        store = str(folder / "frontdesk.db")
        if args.store == "postgresql":
            from postgresql import server

            store = stack.enter_context(server()).create("guests")
        report(store, args, folder)


if __name__ == "__main__":
    main()
