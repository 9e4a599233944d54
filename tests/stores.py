"""Stores to test with, one in each database, and what they hold: the same whichever it is."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import inn
import pytest
from postgresql import Server, server
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.pool import NullPool

from frontdesk import Desk
from frontdesk.store.engine import open_engine
from frontdesk.store.migrate import upgrade

_numbers = itertools.count(1)
DATABASES = ["sqlite", "postgresql"]


@pytest.fixture(name="postgresql", scope="session")
def _postgresql() -> Iterator[Server]:
    """A server with a template of an empty store; that it cannot run is a failure."""
    with server(durable=False) as running:
        engine = open_engine(running.create("empty"))
        upgrade(engine)
        engine.dispose()
        yield running


@pytest.fixture(name="new_store")
def _new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """A function that makes a store in the database it is told, and returns its URL."""
    made: list[str] = []

    def make(database: str, like: str = "empty") -> str:
        name = f"store{next(_numbers)}"
        if database == "sqlite":
            return str(tmp_path / f"{name}.db")
        running: Server = request.getfixturevalue("postgresql")
        made.append(name)
        return running.create(name, like)

    yield make
    for name in made:
        request.getfixturevalue("postgresql").drop(name)


@pytest.fixture(name="store_url", params=DATABASES)
def _store_url(request: pytest.FixtureRequest, new_store: Callable[..., str]) -> Iterator[str]:
    """An empty store, in each of the databases; afterwards its counters must add up."""
    url = new_store(request.param)
    yield url
    if inspect(engine_of(url)).has_table("counters"):
        assert inn.unaccounted(url, lambda question: asked(url, question)) == []


def engine_of(url: str) -> Any:
    """Return an engine of its own: an auditor's, without anything of the product's."""
    if "://" in url:
        where = url.replace("postgresql://", "postgresql+psycopg://")
        return create_engine(where, poolclass=NullPool)
    return create_engine(f"sqlite:///{url}", poolclass=NullPool)


def asked(url: str, question: str, **values: Any) -> list[tuple[Any, ...]]:
    """Return what the store's database answers."""
    with engine_of(url).begin() as db:
        return _answer(db, question, values)


def told(url: str, statement: str, **values: Any) -> None:
    """Change the store behind the product's back."""
    with engine_of(url).begin() as db:
        db.execute(text(statement), values)


def _answer(db: Connection, question: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    # SQLite's truth is a number.
    rows = db.execute(text(question), values)
    return [tuple(int(v) if isinstance(v, bool) else v for v in row) for row in rows]


def dump(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return all a store says, less sequence numbers, row numbers and times of seeing."""
    with engine_of(url).begin() as db:
        columns = {column["name"] for column in inspect(db).get_columns("records")}
        # A store of an earlier version is looked at as well.
        partial = "r.partial" if "partial" in columns else "0"
        return {
            name: sorted(
                map(inn.same_for_all, _answer(db, sql.replace("r.partial", partial), {})), key=repr
            )
            for name, sql in inn._DUMPS.items()
        }


async def sync(url: str, house: inn.Inn, connector: Any = inn.acorn, **options: Any) -> Any:
    """Open a desk on a store, and sync the inn into it."""
    async with Desk(url, clock=options.pop("clock", None) or inn.FixedClock()) as desk:
        return await desk.sync(inn.connected(desk, house, connector, **options))
