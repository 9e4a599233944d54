"""Asking for what a record can do without: Mews grants each operation on its own."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias, TypeVar

import attrs

from frontdesk.client import Client
from frontdesk.errors import AuthenticationError
from frontdesk.model import Json, Payload
from frontdesk.rows import Row, as_row
from frontdesk_mews.account import clock
from frontdesk_mews.asking import MAX_AGE, all_rows, by_ids
from frontdesk_mews.operations import Operation

_T = TypeVar("_T")
_log = logging.getLogger("frontdesk")

Found: TypeAlias = Mapping[str, Json] | None
"""By id; None where the operation is not granted."""


@attrs.define
class Asker:
    """Asks during one walk, and does not ask twice for what is not granted."""

    client: Client[Any]
    _refused: set[str] = attrs.field(factory=set[str], init=False)

    async def _granted(self, what: str, job: Callable[[], Awaitable[_T]]) -> _T | None:
        """Do *job*, or do without it where just this is not granted."""
        if what in self._refused:
            return None
        try:
            return await job()
        except AuthenticationError:
            # A revoked token looks the same, but then this fails as well.
            await clock(self.client)
        if what not in self._refused:
            self._refused.add(what)
            _log.warning("mews does not grant %s: what it tells is left out", what)
        return None

    async def reference(self, stream: str, ids: Sequence[str]) -> Found:
        """Look up reference data."""
        if not ids:
            return {}
        job = partial(self.client.lookup, stream, ids, max_age=MAX_AGE)
        found = await self._granted(stream, job)
        if found is None:
            return None
        return {key: record.payload for key, record in found.items() if record is not None}

    async def walk(self, operation: Operation, asked: Payload) -> list[Row] | None:
        """Ask an operation for all rows of a question."""
        job = partial(all_rows, self.client, operation, asked)
        rows = await self._granted(operation.path, job)
        return None if rows is None else readable(rows)

    async def rows(
        self, operation: Operation, ids: Sequence[str], asked: Payload | None = None
    ) -> list[Row] | None:
        """Ask an operation for the rows of *ids*."""
        if not ids:
            return []
        job = partial(by_ids, self.client, operation, ids, asked or {})
        rows = await self._granted(operation.path, job)
        # A row may come twice where rows move from page to page; money must not be.
        return None if rows is None else list({row["Id"]: row for row in readable(rows)}.values())


def readable(rows: Iterable[Json]) -> list[Row]:
    """Return the rows that are objects and have an id."""
    found = [as_row(row) for row in rows]
    return [row for row in found if row is not None and isinstance(row.get("Id"), str)]
