"""The two that ``ingest.py`` compares, each in a process of its own.

``product``: a whole first sync into an empty store. ``floor``: the least a program can do
for the same result: the same requests, one after the other, their JSON decoded, and the
same rows written in as many transactions with the same durability, and nothing between.
``record`` runs the product once and writes down what it asked for and what it stored.
"""

from __future__ import annotations

import json
import marshal
import resource
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import anyio
import httpx
import msgspec
from hotel import unpaced
from sqlalchemy import create_engine, text

from frontdesk import Desk
from frontdesk.ingest.session import Session

#: Tables whose rows are told apart by when they were written, and by which column. Which
#: commit a row of another table belongs to is nowhere: the last commit writes those.
ORDERED = {
    "guests": "id",
    "records": "id",
    "payloads": "record_id",
    "record_guests": "record_id",
    "log": "seq",
    "log_bodies": "seq",
    "consents": "seq",
    "profiles": "record_id",
    "reservations": "record_id",
}
LATER = ("metric_days", "counters")
#: What others point at and is written first.
FIXED = ("brands", "connections", "streams", "metrics")
PLACES = {"record_id": "records", "id": "", "seq": "log"}


class Clocks:
    """Wall and CPU time and memory of this process, from now on."""

    def __init__(self) -> None:
        self.aside_wall = self.aside_cpu = 0.0
        self.wall, self.cpu = time.perf_counter(), cpu()

    def stop(self, **more: Any) -> None:
        """Print what was used, as one line of JSON."""
        wall = time.perf_counter() - self.wall - self.aside_wall
        used = cpu() - self.cpu - self.aside_cpu
        print(json.dumps({"wall": wall, "cpu": used, "peak": peak(), **more}))


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak() -> float:
    """Return the most memory this process had, in MiB; not its parent's, as rusage has it."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


async def product(store: str, settings: dict[str, Any]) -> None:
    """Sync a whole history."""
    async with Desk(store) as desk:
        connection = desk.connect(unpaced(), name="hotel", **settings)
        clocks = Clocks()
        report = await desk.sync(connection)
        clocks.stop(requests=report.requests, events=report.events)


# -- writing down what the product does -------------------------------------------------


class Recorder(httpx.AsyncHTTPTransport):
    """Notes every request."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[tuple[str, bytes]] = []
        self.bytes = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        self.requests.append((str(request.url), request.content))
        self.bytes += int(response.headers["content-length"])
        return response


async def record(store: str, settings: dict[str, Any], template: Path) -> None:
    """Sync once, and write down requests and rows, commit by commit."""
    recorder = Recorder()
    commits: list[dict[str, int]] = []
    write = Session.write

    async def noted(session: Session, batch: Any) -> Any:
        asked = len(recorder.requests)
        written = await write(session, batch)
        commits.append({"requests": asked, **await session.store.read(_places)})
        return written

    Session.write = noted  # type: ignore[method-assign]  # as a wrapper of the product would
    async with Desk(store) as desk:
        connection = desk.connect(unpaced(), name="hotel", transport=recorder, **settings)
        await desk.sync(connection)
    with template.open("wb") as file:
        rows = _write_down(store, recorder.requests, commits, file)
    told = {"requests": len(recorder.requests), "bytes": recorder.bytes, "commits": len(commits)}
    print(json.dumps({**told, **rows}))


def _places(db: Any) -> dict[str, int]:
    asked = {"guests": "id", "records": "id", "log": "seq"}
    return {
        table: db.execute(text(f"SELECT coalesce(max({column}), 0) FROM {table}")).scalar_one()
        for table, column in asked.items()
    }


def _write_down(
    store: str, requests: list[tuple[str, bytes]], commits: list[dict[str, int]], file: IO[bytes]
) -> dict[str, int]:
    where = store.replace("postgresql://", "postgresql+psycopg://")
    url = where if "://" in store else f"sqlite:///{store}"
    before = {"requests": 0, "guests": 0, "records": 0, "log": 0}
    rows = 0
    with create_engine(url).connect() as db:
        fixed = {name: _all(db, f"SELECT * FROM {name}") for name in FIXED}
        cursors = _all(db, "SELECT * FROM cursors")
        marshal.dump(fixed, file)
        for number, commit in enumerate(commits, 1):
            tables = {
                table: _all(db, _between(table, column), before, commit)
                for table, column in ORDERED.items()
            }
            if number == len(commits):
                tables |= {table: _all(db, f"SELECT * FROM {table}") for table in LATER}
            rows += sum(len(found[1]) for found in tables.values())
            asked = requests[before["requests"] : commit["requests"]]
            cursor = (cursors[0], [cursors[1][number % len(cursors[1])]])
            marshal.dump((asked, tables, cursor, commit["log"]), file)
            before = commit
        records = db.execute(text("SELECT count(*) FROM records")).scalar_one()
    return {"rows": rows, "records": records}


def _between(table: str, column: str) -> str:
    place = PLACES[column] or table
    order = f"SELECT * FROM {table} WHERE {column} > :{place}_from AND {column} <= :{place}_to"
    return f"{order} ORDER BY {column}"


def _all(
    db: Any, question: str, before: dict[str, int] | None = None, to: dict[str, int] | None = None
) -> tuple[list[str], list[tuple[Any, ...]]]:
    values = {f"{k}_from": v for k, v in (before or {}).items()}
    values |= {f"{k}_to": v for k, v in (to or {}).items()}
    asked = {name: value for name, value in values.items() if f":{name}" in question}
    found = db.execute(text(question), asked)
    names = list(found.keys())
    # Whom a guest was merged into may have come later than the guest.
    later = names.index("merged_into") if "merged_into" in names else None
    return names, [tuple(None if n == later else v for n, v in enumerate(row)) for row in found]


# -- the floor ----------------------------------------------------------------------------


async def floor(store: str, template: Path) -> None:
    """Ask for the same, and write the same."""
    write = _into_postgresql(store) if "://" in store else _into_sqlite(store)
    next(write)
    read = msgspec.json.Decoder().decode
    with template.open("rb") as file:
        write.send(marshal.load(file))
        async with httpx.AsyncClient() as client:
            clocks = Clocks()
            while (commit := _next(file, clocks)) is not None:
                for url, body in commit[0]:
                    answer = await client.post(
                        url, content=body, headers={"content-type": "application/json"}
                    )
                    read(answer.content)
                write.send(commit[1:])
            clocks.stop()


def _next(file: IO[bytes], clocks: Clocks) -> Any:
    """Read the next commit; a real program would have made its rows, so it costs nothing."""
    wall, used = time.perf_counter(), cpu()
    try:
        return marshal.load(file)  # written by this program a moment ago
    except EOFError:
        return None
    finally:
        clocks.aside_wall += time.perf_counter() - wall
        clocks.aside_cpu += cpu() - used


_MARK = "UPDATE connections SET seq = {0}"


def _into_sqlite(store: str) -> Iterator[Any]:
    db = sqlite3.connect(store, isolation_level=None)
    for pragma in (
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "foreign_keys = ON",
        "secure_delete = ON",
        "cache_size = -16384",
        "wal_autocheckpoint = 4000",
    ):
        db.execute(f"PRAGMA {pragma}")

    def insert(table: str, columns: list[str], rows: list[Any], verb: str = "INSERT") -> None:
        if rows:
            marks = ", ".join("?" * len(columns))
            names = ", ".join(columns)
            db.executemany(f"{verb} INTO {table} ({names}) VALUES ({marks})", rows)

    for table, found in (yield).items():
        insert(table, *found)
    while True:
        tables, cursor, last = yield
        db.execute("BEGIN IMMEDIATE")
        for table in (*LATER, *ORDERED):
            if table in tables:
                insert(table, *tables[table])
        insert("cursors", *cursor, verb="INSERT OR REPLACE")
        db.execute(_MARK.format("?"), (last,))
        db.execute("COMMIT")


def _into_postgresql(store: str) -> Iterator[Any]:
    import psycopg  # only one of the two databases needs it

    db = psycopg.connect(store, autocommit=True)

    def insert(table: str, columns: list[str], rows: list[Any]) -> None:
        if rows:
            with db.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)

    for table, found in (yield).items():
        insert(table, *found)
    while True:
        tables, cursor, last = yield
        with db.transaction():
            for table in (*LATER, *ORDERED):
                if table in tables:
                    insert(table, *tables[table])
            columns, (row,) = cursor
            db.execute("DELETE FROM cursors WHERE stream_id = %s AND purpose = %s", row[:2])
            insert("cursors", columns, [row])
            db.execute(_MARK.format("%s"), (last,))


def main(what: str, store: str, *rest: str) -> None:
    """Run one of the contenders."""
    if what == "product":
        anyio.run(product, store, json.loads(rest[0]))
    elif what == "record":
        anyio.run(record, store, json.loads(rest[0]), Path(rest[1]))
    else:
        anyio.run(floor, store, Path(rest[0]))


if __name__ == "__main__":
    main(*sys.argv[1:])
