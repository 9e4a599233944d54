"""A full disk, a store that may only be read, one of a newer version: PostgreSQL's side of it.

What SQLite does there is in core's own tests.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from inn import FixedClock, busy, connected
from stores import asked, dump, sync, told

from frontdesk import Desk
from frontdesk.errors import StoreError

pytestmark = pytest.mark.anyio

#: What a server whose disk is full says when a table has to grow.
_FULL = """
    CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF (SELECT count(*) FROM {table}) >= {rows} THEN
            RAISE 'could not extend file' USING ERRCODE = 'disk_full';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER full_disk BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION full_disk();
"""


@pytest.mark.parametrize(("table", "rows"), [("records", 5), ("log_bodies", 30), ("cursors", 2)])
async def test_a_full_disk_leaves_nothing_half_written(
    new_store: Callable[..., str], table: str, rows: int
) -> None:
    """Wherever the room ends."""
    url, undisturbed = new_store("postgresql"), new_store("postgresql")
    await sync(undisturbed, busy(60), page_size=20)
    told(url, _FULL.format(table=table, rows=rows))

    with pytest.raises(StoreError, match="make room on the database's disk") as caught:
        await sync(url, busy(60), page_size=20)
    assert "example.com" not in str(caught.value)
    assert asked(url, "SELECT holder FROM connections WHERE holder IS NOT NULL") == []

    told(url, f"DROP TRIGGER full_disk ON {table}")
    await sync(url, busy(60), page_size=20)
    assert dump(url) == dump(undisturbed)


async def test_a_server_that_only_lets_itself_be_read_can_be_looked_into(
    new_store: Callable[..., str],
) -> None:
    url = new_store("postgresql")
    await sync(url, busy(3))
    before = dump(url)
    told(
        url,
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only"
        " = on', current_database()); END $$",
    )

    async with Desk(url, clock=FixedClock()) as desk:
        assert len(await desk.metrics()) == 2
        with pytest.raises(StoreError, match="only lets itself be read; name the one"):
            await desk.sync(connected(desk, busy(3)))
        with pytest.raises(StoreError, match="only lets itself be read"):
            await desk.forget("ada@example.com")
    assert dump(url) == before


async def test_a_store_of_a_newer_version_is_left_as_it_is(store_url: str) -> None:
    await sync(store_url, busy(1))
    told(store_url, "UPDATE alembic_version SET version_num = '9999'")
    before = dump(store_url)

    with pytest.raises(StoreError, match="is of version '9999', newer than this frontdesk knows"):
        await sync(store_url, busy(3))

    assert dump(store_url) == before
