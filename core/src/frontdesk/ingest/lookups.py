"""Reference data for ``client.lookup``: services, categories, companies.

Answers come from memory, the store, or the platform in batches; what the platform does not
have is remembered too. What was fetched waits here to be committed with the next page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import anyio

from frontdesk.client import Client, Clock
from frontdesk.errors import ConfigurationError
from frontdesk.ingest.reader import Reader
from frontdesk.model import Record, Unreadable

#: How many records are kept in memory before it is emptied; the store has them anyway.
REMEMBERED: Final = 20_000


class Lookups:
    """Answers lookups of one connection."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._attached: tuple[Client[Any], Reader] | None = None
        self._memory: dict[tuple[str, str], Record | None] = {}
        self._fetched: list[Record | Unreadable] = []
        self._one_at_a_time = anyio.Lock()

    def attach(self, client: Client[Any], reader: Reader) -> None:
        """Say where to ask; before that, every lookup is refused."""
        self._attached = (client, reader)

    async def find(
        self, stream: str, ids: Sequence[str], *, max_age: timedelta | None
    ) -> Mapping[str, Record | None]:
        """Return the record of each id, None where the platform has none."""
        wanted = list(dict.fromkeys(ids))
        async with self._one_at_a_time:
            missing = [id for id in wanted if not self._fresh((stream, id), max_age)]
            if missing:
                await self._learn(stream, missing, max_age)
        return {id: self._memory.get((stream, id)) for id in wanted}

    def drain(self) -> list[Record | Unreadable]:
        """Return what was fetched since the last time, to be stored."""
        fetched, self._fetched = self._fetched, []
        return fetched

    def _fresh(self, key: tuple[str, str], max_age: timedelta | None) -> bool:
        if key not in self._memory:
            return False
        record = self._memory[key]
        return record is None or max_age is None or record.seen >= self._clock.now() - max_age

    async def _learn(self, stream: str, ids: list[str], max_age: timedelta | None) -> None:
        if self._attached is None:
            raise ConfigurationError(f"{stream!r} cannot be looked up before the account is open")
        client, reader = self._attached
        if len(self._memory) > REMEMBERED:
            self._memory.clear()
        stored = await reader.known(stream, ids)
        self._memory.update({(stream, id): record for (_, id), record in stored.items()})
        missing = [id for id in ids if not self._fresh((stream, id), max_age)]
        if not missing:
            return
        fetched = await reader.fetch(client, stream, [(None, id) for id in missing])
        self._memory.update(dict.fromkeys(((stream, id) for id in missing), None))
        for record in fetched:
            if isinstance(record, Record):
                self._memory[stream, record.id] = reader.taken(record, self._clock.now())
        self._fetched += fetched
