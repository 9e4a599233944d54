"""Writing deliveries durably: those that come together are committed together."""

from __future__ import annotations

from collections import defaultdict

import anyio
import attrs
from sqlalchemy import Connection as Db

from frontdesk.store import Store, inbox
from frontdesk.store.inbox import Bounds, Incoming, Outcome


@attrs.define(eq=False)
class _Item:
    incoming: Incoming
    outcome: Outcome | None = None
    failure: Exception | None = None


class Writer:
    """Writes deliveries for whoever waits; the first in line writes for all behind it.

    A commit that the disk has confirmed takes a while, however many deliveries are in it.
    """

    def __init__(self, store: Store, bounds: Bounds) -> None:
        self._store, self._bounds = store, bounds
        self._waiting: list[_Item] = []
        self._one_at_a_time = anyio.Lock()
        self._arrived: defaultdict[str, anyio.Event] = defaultdict(anyio.Event)

    async def write(self, incoming: Incoming) -> Outcome:
        """Write a delivery; return once the disk has it.

        Raises:
            StoreError: It could not be written.
        """
        item = _Item(incoming)
        self._waiting.append(item)
        async with self._one_at_a_time:
            if item.outcome is None and item.failure is None:
                group, self._waiting = self._waiting, []
                # Whoever stops waiting must not take the others' answers along.
                with anyio.CancelScope(shield=True):
                    await self._write(group)
        if item.failure is not None:
            raise item.failure
        assert item.outcome is not None  # noqa: S101  # one of the two was just set
        return item.outcome

    async def _write(self, group: list[_Item]) -> None:
        def put(db: Db) -> list[Outcome]:
            return inbox.put(db, [item.incoming for item in group], self._bounds)

        try:
            outcomes = await self._store.write(put, durable=True)
        except Exception as error:  # noqa: BLE001  # each of those who wait is told
            for item in group:
                item.failure = error
            return
        for item, outcome in zip(group, outcomes, strict=True):
            item.outcome = outcome

    def tell(self, name: str) -> None:
        """Wake whoever waits for deliveries to the connection called *name*."""
        self._arrived[name].set()

    async def wait(self, name: str) -> None:
        """Return once something was written for a connection since the last call."""
        await self._arrived[name].wait()
        self._arrived[name] = anyio.Event()
