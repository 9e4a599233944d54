"""The store as the rest of frontdesk holds it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread
from sqlalchemy import Connection, Engine

from frontdesk.annex import Tables
from frontdesk.errors import StoreError
from frontdesk.store import owned
from frontdesk.store.engine import open_engine, reading, writing
from frontdesk.store.forgetting import settle
from frontdesk.store.keyring import Keyring
from frontdesk.store.migrate import plugins_with_tables, refuse_unprefixed, upgrade, upgrade_own

_T = TypeVar("_T")


class Store:
    """A store that is open: reads and writes in worker threads, one write at a time."""

    def __init__(self, where: str | Path, keyring: Keyring | None = None) -> None:
        self.where = str(where)
        #: What secrets obtained at run time are encrypted with.
        self.keyring = Keyring() if keyring is None else keyring
        self._engine: Engine | None = None
        #: Tables of plugins, and those of them that are up to date.
        self._own: dict[str, Tables] = {}
        self._own_ready: set[str] = set()
        self._writing = anyio.Lock()

    @property
    def exists(self) -> bool:
        """Whether there is a store already; of a server it is supposed."""
        return "://" in self.where or Path(self.where).exists()

    @property
    def engine(self) -> Engine:
        """The engine; the store must be open."""
        if self._engine is None:
            engine = open_engine(self.where)
            try:
                upgrade(engine)
                # A process may have been killed right after it had erased somebody.
                settle(engine)
            except BaseException:
                engine.dispose()
                raise
            engine.update_execution_options(**{owned.KNOWN: self._own})
            self._engine = engine
        for plugin in self._own.keys() - self._own_ready:
            upgrade_own(self._engine, plugin, self._own[plugin])
            self._own_ready.add(plugin)
        return self._engine

    def add_tables(self, plugin: str, own: Tables) -> None:
        """Have tables of a plugin; they are there as soon as the store is open.

        Raises:
            InvalidConnectorError: A table of its bears another's name.
        """
        refuse_unprefixed(plugin, own)
        self._own[plugin] = own

    async def own_tables(self) -> None:
        """Have the tables of all plugins that have some in the store, connected or not.

        Raises:
            StoreError: A plugin is not installed.
        """

        def load() -> None:
            for plugin in self.read_now(plugins_with_tables):
                if plugin not in self._own:
                    self.add_tables(plugin, owned.load(plugin))
            # Opening it brings them up to date.
            _ = self.engine

        await anyio.to_thread.run_sync(load)

    async def open(self) -> None:
        """Open the store, creating it or bringing it up to date."""
        await anyio.to_thread.run_sync(lambda: self.engine)

    def close(self) -> None:
        """Close all connections; the store can be opened again."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None
            self._own_ready.clear()

    async def read(self, question: Callable[[Connection], _T]) -> _T:
        """Return what *question* answers in a reading transaction."""
        return await anyio.to_thread.run_sync(self.read_now, question)

    async def write(self, change: Callable[[Connection], _T], *, durable: bool = False) -> _T:
        """Run *change* in a writing transaction; it is not interrupted half-way.

        Args:
            durable: Once it has returned, what was written outlasts even a power cut.
        """
        async with self._writing:
            return await anyio.to_thread.run_sync(self._write_now, change, durable)

    async def is_writable(self) -> bool:
        """Tell whether a writing transaction can be opened."""
        try:
            await self.write(lambda _: None)
        except StoreError:
            return False
        return True

    async def settle(self) -> bool:
        """Make what was erased leave the files; return whether it has."""
        async with self._writing:
            return await anyio.to_thread.run_sync(settle, self.engine)

    def read_now(self, question: Callable[[Connection], _T]) -> _T:
        """Like :meth:`read`, in this thread."""
        with reading(self.engine) as db:
            return question(db)

    def _write_now(self, change: Callable[[Connection], _T], durable: bool) -> _T:
        with writing(self.engine, durable=durable) as db:
            return change(db)
