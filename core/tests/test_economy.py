"""What a sync must not do twice, and what it must not read from end to end."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import acorn
import pytest
from inn import Inn, altered, asked, busy, connected, guest, prepare, stay, sync
from sqlalchemy import event

from frontdesk import Desk, hookimpl
from frontdesk.model import Record

pytestmark = pytest.mark.anyio

#: Tables that grow with the account.
LARGE = ("guests", "records", "payloads", "record_guests", "log", "log_bodies", "profiles")


async def test_no_question_of_a_sync_reads_a_large_table_from_end_to_end(store: Path) -> None:
    """Seen to fail when records are looked for without their site, and without the index of
    ``record_guests`` by record.
    """
    house = busy()
    house.rows["clubs"] = []
    await sync(store, house)
    house.rows["stays"] = [row | {"changed": "2026-10-20T10:00:00Z"} for row in house.rows["stays"]]
    house.rows["guests"][0] |= {"news": False, "changed": "2026-10-20T10:00:00Z"}
    plans: set[str] = set()

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        del connection, rest
        # The end of a full scan goes through its stream: it looks for what was not met.
        if "records.scan <" in statement or not isinstance(parameters, tuple):
            return
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            plan = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.update(row[3] for row in plan)

    async with Desk(store) as desk:
        event.listen(desk.store.engine, "before_cursor_execute", explain)
        await desk.sync(connected(desk, house))

    tables = "|".join(LARGE)
    whole = [p for p in plans if re.match(rf"SCAN ({tables})\b", p)]
    # That much is a whole stream, unless its index alone is asked for the first site.
    whole += [p for p in plans if re.search(r"records USING INDEX .*\(stream_id=\?\)$", p)]
    assert len(plans) > 10
    assert whole == []


async def test_no_page_is_mapped_twice_because_of_an_erasure_of_its_own(store: Path) -> None:
    """Seen to fail when the session does not count the guests it erased."""
    house = Inn()
    house.rows["guests"] = [
        {"id": f"x{n}", "erased": True, "changed": "2026-10-05T10:00:00Z"} for n in range(6)
    ]
    mapped: list[str] = []

    def map_profile(record: Record) -> Any:
        mapped.append(record.id)
        return acorn.map_profile(record)

    await sync(store, house, altered(map_profile=map_profile), page_size=2)

    assert sorted(mapped) == [f"x{n}" for n in range(6)]


async def test_a_wrapper_sees_every_call_and_its_exceptions(store: Path) -> None:
    """Seen to fail when hooks are called straight although the application wraps them."""
    house = busy(3)
    house.rows["stays"].append(stay("odd", booked="no time"))
    seen: list[str] = []

    class Wrapper:
        @hookimpl(wrapper=True)
        def parse_event(self, record: Record) -> Any:
            try:
                return (yield)
            except ValueError:
                seen.append(f"{record.id} failed")
                raise
            finally:
                seen.append(record.id)

    prepare(store)
    async with Desk(store) as desk:
        await desk.sync(connected(desk, house, wrappers=[Wrapper()]))

    assert {"s0", "s1", "s2", "ada", "bob", "odd", "odd failed"} <= set(seen)


async def test_ids_of_rows_go_on_where_they_were(store: Path) -> None:
    house = busy(2)
    await sync(store, house)
    house.rows["stays"].append(stay("s9", guest="new", changed="2026-10-21T10:00:00Z"))
    house.rows["guests"].append(guest("new", changed="2026-10-21T10:00:00Z"))

    await sync(store, house)

    for table in ("guests", "records"):
        ids = [id for (id,) in asked(store, f"SELECT id FROM {table} ORDER BY id")]
        assert ids == list(range(1, len(ids) + 1))
