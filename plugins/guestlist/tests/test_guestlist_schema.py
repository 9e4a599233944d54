"""The guest list's migrations make the tables that its code knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from guesthouse import opened
from sqlalchemy import Connection, inspect, text
from stores import DATABASES, _new_store, _postgresql, engine_of

from frontdesk_guestlist.schema import metadata

__all__ = ["_new_store", "_postgresql"]

_INDEXES = """
    SELECT sql FROM sqlite_master
    WHERE type = 'index' AND tbl_name LIKE 'guestlist_%' AND sql IS NOT NULL ORDER BY name
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def shape(db: Connection) -> dict[str, Any]:
    """Return all that the database says of the guest list's tables."""
    asked = inspect(db)
    written: list[Any] = []
    if db.dialect.name == "sqlite":
        written = [*db.execute(text(_INDEXES)).scalars()]
    return {
        "": written,
        **_tables(asked),
    }


def _tables(asked: Any) -> dict[str, Any]:
    return {
        name: (
            [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in told],
            asked.get_pk_constraint(name),
            by_name(asked.get_indexes(name)),
            by_name(asked.get_unique_constraints(name)),
            by_name(asked.get_foreign_keys(name)),
        )
        for name in sorted(metadata.tables)
        for told in [asked.get_columns(name)]
    }


def by_name(found: Any) -> list[Any]:
    return sorted(found, key=lambda one: one["name"] or "")


@pytest.mark.anyio
@pytest.mark.parametrize("database", DATABASES)
# What cannot be read back there is compared as it was written.
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")
async def test_the_migrations_make_the_schema(database: str, new_store: Callable[..., str]) -> None:
    """Seen to fail without an index in the migration, and with another default."""
    migrated, bare = new_store(database), new_store(database)
    async with opened(migrated) as house:
        made = await house.read(lambda db, _: shape(db))
    with engine_of(bare).begin() as db:
        metadata.create_all(db)
        known = shape(db)

    assert made == known
