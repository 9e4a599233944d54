"""A store of the first version, with content, becomes one of this version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from alembic import command
from inn import busy, guest
from sqlalchemy import MetaData, Table, func, insert, select
from stores import DATABASES, asked, dump, engine_of, sync, told

from frontdesk import Desk
from frontdesk.store.engine import open_engine, writing
from frontdesk.store.migrate import HEAD, _config

pytestmark = pytest.mark.anyio
VERSION = "SELECT version_num FROM alembic_version"


def as_of_0001(source: str, target: str) -> None:
    """Make a store as the first version made it, with all that *source* has and it could."""
    engine = open_engine(target)
    with writing(engine) as db:
        command.upgrade(_config(db), "0001")
    engine.dispose()
    old = MetaData()
    with engine_of(source).connect() as here, engine_of(target).begin() as there:
        old.reflect(there)
        for table in old.sorted_tables:
            if table.name == "alembic_version":
                continue
            asked_for = _days_without_sites(table) if table.name == "metric_days" else select(table)
            rows = [dict(row) for row in here.execute(asked_for).mappings()]
            if rows:
                there.execute(insert(table), rows)


def _days_without_sites(days: Table) -> Any:
    """Ask for the counts of days as they were before sites had their own."""
    keys = (days.c.metric_id, days.c.day, days.c.currency)
    sums = (func.sum(days.c[name]).label(name) for name in ("total", "value"))
    return select(*keys, *sums).group_by(*keys)


@pytest.fixture(name="old", params=DATABASES)
async def _old(
    request: pytest.FixtureRequest, new_store: Callable[..., str]
) -> tuple[str, dict[str, Any]]:
    """A store of 0001, and what it says."""
    now, house = new_store("sqlite"), busy(20)
    house.rows["guests"].append(guest("bad", email=5))
    await sync(now, house)
    old = new_store(request.param, "template1")
    as_of_0001(now, old)
    return old, dump(now)


async def test_a_store_of_the_first_version_is_upgraded(old: tuple[str, dict[str, Any]]) -> None:
    """Seen to fail when the migration's column may be empty and has no default."""
    store, content = old
    assert asked(store, VERSION) == [("0001",)]

    async with Desk(store) as desk:
        (row,) = await desk.status()

    assert asked(store, VERSION) == [(HEAD,)]
    assert row.expiring == {}
    assert dump(store) == content
    assert asked(store, "SELECT count(*) FROM records WHERE partial") == [(0,)]
    assert asked(store, "SELECT count(*) FROM records WHERE NOT partial")[0][0] > 20
    told(
        store,
        "INSERT INTO runtime_secrets (connection_id, connector, name, sealed, updated)"
        " SELECT id, connector, 'x', body, 0 FROM connections, log_bodies b WHERE b.seq = 1",
    )


@pytest.mark.parametrize("old", ["sqlite"], indirect=True)
async def test_it_is_backed_up_before(old: tuple[str, dict[str, Any]]) -> None:
    """As it was: the earlier version can go on with it."""
    store, _ = old
    before = {
        name: asked(store, f"SELECT * FROM {name}") for name in ("records", "log", "profiles")
    }
    async with Desk(store):
        pass

    kept = f"{store}.before-{HEAD}.bak"
    assert asked(kept, VERSION) == [("0001",)]
    assert before == {name: asked(kept, f"SELECT * FROM {name}") for name in before}
