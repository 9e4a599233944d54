"""What ``kills.py`` kills: the store's works, each in a process of its own that dies on time.

A process is forked from one that has everything imported already, so that most of its life
is work. It dies by SIGKILL: at a statement or commit of its database, given by number, or
whenever its parent says so.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import alembic.command
import alembic.script
import anyio
import attrs
from hotel import unpaced
from sqlalchemy import Engine, event

from frontdesk import Desk, Event, Profile, hookimpl
from frontdesk.client import SystemClock
from frontdesk.store import migrate, moving
from frontdesk.store.engine import open_engine

__all__ = ["WORKS", "Life", "alembic"]
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
#: What a process would spend its first second on.
_HEAVY = [
    "alembic.command",
    "frontdesk.desk",
    "frontdesk.store.moving",
    "frontdesk_mews",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
]
#: What SQLAlchemy tells of while a store is used.
_MOMENTS = ("before_cursor_execute", "after_cursor_execute", "commit", "rollback")


class Still(SystemClock):
    """A clock that shows one time, so that two stores may be compared."""

    def now(self) -> datetime:
        return NOW


class Changed:
    """Another mapping: every event has another id, every profile another name."""

    @hookimpl(wrapper=True)
    def parse_event(self) -> Any:
        events = yield
        return [
            attrs.evolve(e, occurrence=f"{e.occurrence} again") if isinstance(e, Event) else e
            for e in events
        ]

    @hookimpl(wrapper=True)
    def map_profile(self) -> Any:
        found = yield
        if not isinstance(found, Profile):
            return found
        return attrs.evolve(found, first_name=f"Dear {found.first_name}")


def sync(store: str, given: dict[str, Any]) -> None:
    """Sync the hotel."""

    async def work() -> None:
        async with Desk(store) as desk:
            await desk.sync(desk.connect(unpaced(), name="hotel", **given["settings"]))

    anyio.run(work)


def remap(store: str, given: dict[str, Any]) -> None:
    """Run all that is stored through another mapping."""

    async def work() -> None:
        async with Desk(store) as desk:
            settings = given["settings"]
            hotel = desk.connect(unpaced(), name="hotel", wrappers=[Changed()], **settings)
            await desk.remap(hotel)

    anyio.run(work)


def forget(store: str, given: dict[str, Any]) -> None:
    """Forget a guest."""

    async def work() -> None:
        async with Desk(store, clock=Still()) as desk:
            await desk.forget(given["who"])

    anyio.run(work)


def upgrade(store: str, given: dict[str, Any]) -> None:
    """Bring a store to the newest of the migrations in a folder."""
    migrate._FOLDER = Path(given["migrations"])  # noqa: SLF001  # as the next version comes with
    vars(migrate)["HEAD"] = given["head"]
    engine = open_engine(store)
    migrate.upgrade(engine)
    engine.dispose()


def restore(store: str, given: dict[str, Any]) -> None:
    """Put a backup in the place of what the store has."""
    moving.restore(Path(given["backup"]), store, NOW, replace=True)


def copy(store: str, given: dict[str, Any]) -> None:
    """Copy a store into an empty one; one that is not empty has it already."""
    moving.copy(given["source"], store, NOW)


WORKS: dict[str, Callable[[str, dict[str, Any]], None]] = {
    work.__name__: work for work in (sync, remap, forget, upgrade, restore, copy)
}


class Life:
    """A process that works on a store."""

    def __init__(self, work: str, store: str, given: dict[str, Any], at: int | None = None) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_HEAVY)
        self._mine, theirs = context.Pipe()
        text = json.dumps(given)
        self._process = context.Process(target=_live, args=(work, store, text, at, theirs))
        self._process.start()
        theirs.close()
        self._mine.recv()

    def end(self, within: float | None = None) -> bool:
        """Wait for the end, and bring it after so many seconds; tell whether all was done."""
        self._process.join(within)
        self._process.kill()
        self._process.join()
        return self._process.exitcode == 0

    def kill(self) -> None:
        """Kill it now."""
        self._process.kill()

    @property
    def moments(self) -> int:
        """How many moments there were in a life that ended well."""
        number: int = self._mine.recv()
        return number


def _live(work: str, store: str, given: str, at: int | None, told: Pipe) -> None:
    passed = 0

    def pass_by(*_: object) -> None:
        nonlocal passed
        passed += 1
        if passed == at:
            os.kill(os.getpid(), signal.SIGKILL)

    for moment in _MOMENTS:
        event.listen(Engine, moment, pass_by)
    told.send("begun")
    try:
        WORKS[work](store, json.loads(given))
    except Exception as error:  # noqa: BLE001  # whoever started it looks at the status
        sys.exit(f"{work}: {type(error).__name__}: {error}")
    told.send(passed)
