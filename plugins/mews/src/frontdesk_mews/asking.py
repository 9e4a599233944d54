"""How Mews is asked: pages to their end, ids in batches, a few requests at a time."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, Final, TypeVar, cast

import anyio

from frontdesk.client import Client
from frontdesk.errors import PlatformError, RefusedError, UnavailableError, UnexpectedResponseError
from frontdesk.model import Json, Payload
from frontdesk.rows import as_list, as_row
from frontdesk.walkers import by_cursor
from frontdesk_mews.operations import Operation

_T = TypeVar("_T")
_log = logging.getLogger("frontdesk")

#: Rows of one answer; Mews gives no more.
MOST: Final = 1000
#: Reference data changes rarely, and an old name does no harm.
MAX_AGE: Final = timedelta(days=1)
#: So many ids refused one by one, and none accepted: then it is not the ids.
_HOPELESS: Final = 8


async def pages(
    client: Client[Any], operation: Operation, asked: Payload, *, count: int = MOST
) -> AsyncIterator[Sequence[Json]]:
    """Walk an operation to its end, which is a page with fewer rows than asked for."""
    fixed = {**operation.asked, **asked}

    async def fetch(cursor: str | None) -> tuple[Sequence[Json], str | None]:
        limitation = {"Count": count, "Cursor": cursor}
        question = {**fixed, "Limitation": limitation}
        answer = await client.post(operation.path, json=question, wanted=operation.wanted)
        rows, following = rows_of(answer, operation)
        return rows, following if len(rows) >= count else None

    async for step in by_cursor(fetch, key=_id):
        yield step.rows


def _id(row: Json) -> Json:
    # A row without an id cannot show that a walk goes in circles.
    return (as_row(row) or {}).get("Id") or id(row)


def rows_of(answer: Json, operation: Operation) -> tuple[list[Json], str | None]:
    """Take an answer apart: its rows, and the cursor that goes on behind them."""
    if answer is None:  # 204: nothing to say
        return [], None
    whole = as_row(answer) or {}
    rows = as_list(whole.get(operation.rows))
    following = whole.get("Cursor")
    if rows is None or not isinstance(following, str | None):
        raise UnexpectedResponseError(
            f"{operation.path} answers without a list of {operation.rows}"
        )
    return rows, following


async def all_rows(client: Client[Any], operation: Operation, asked: Payload) -> list[Json]:
    """Walk an operation whose rows are known to be few."""
    return [row async for rows in pages(client, operation, asked) for row in rows]


async def by_ids(
    client: Client[Any], operation: Operation, ids: Sequence[str], asked: Payload
) -> list[Json]:
    """Return the rows of *ids*, asked for in batches; an unknown id has none."""
    size = operation.batch
    jobs = [
        partial(_batch, client, operation, ids[start : start + size], asked)
        for start in range(0, len(ids), size)
    ]
    return [row for rows in await together(*jobs) for row in rows]


async def _batch(
    client: Client[Any], operation: Operation, ids: Sequence[str], asked: Payload
) -> list[Json]:
    """Ask for *ids*; a batch that is refused or too slow is halved, a single id skipped."""
    rows: list[Json] = []
    accepted, culprits = False, 0
    waiting = [ids]
    while waiting:
        some = waiting.pop()
        try:
            rows += await all_rows(client, operation, {operation.ids: list(some), **asked})
            accepted = True
        except (RefusedError, UnavailableError) as error:
            if not _halves(error, some):
                raise
            if len(some) > 1:
                middle = len(some) // 2
                waiting += [some[middle:], some[:middle]]
                continue
            culprits += 1
            if culprits >= _HOPELESS and not accepted:
                raise
            _log.warning("mews refuses the id %s in %s: skipped", some[0], operation.path)
    return rows


def _halves(error: PlatformError, ids: Sequence[str]) -> bool:
    if error.status == HTTPStatus.REQUEST_TIMEOUT:
        return len(ids) > 1
    return error.status == HTTPStatus.BAD_REQUEST


async def together(*jobs: Callable[[], Awaitable[_T]]) -> list[_T]:
    """Run *jobs* at the same time; the client sees to how many requests are under way."""
    done: dict[int, _T] = {}

    async def run(number: int, job: Callable[[], Awaitable[_T]]) -> None:
        done[number] = await job()

    try:
        async with anyio.create_task_group() as group:
            for number, job in enumerate(jobs):
                group.start_soon(run, number, job)
    except ExceptionGroup as several:
        # Callers know single errors only; the first to fail has cancelled the others.
        raise _first(several) from several
    return [done[number] for number in range(len(jobs))]


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return error
