"""How Zenoti is asked: lists page by page, single things by id."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from frontdesk.client import Client
from frontdesk.errors import RefusedError, UnexpectedResponseError
from frontdesk.model import Json
from frontdesk.rows import as_list, as_row
from frontdesk.walkers import by_page
from frontdesk_zenoti.operations import Operation

#: Rows of one page; Zenoti refuses to give more.
SIZE: Final = 100
_DAY: Final = timedelta(days=1)


async def pages(
    client: Client[Any],
    operation: Operation,
    asked: Mapping[str, Any] | None = None,
    *,
    body: Json = None,
    start: int = 1,
    **ids: str,
) -> AsyncIterator[tuple[list[Json], int | None]]:
    """Walk a list to its end: its rows, and the number of the next page or None.

    The last page is one that is not full: totals are not to be relied on.
    """
    path = operation.path.format(**ids)

    async def fetch(number: int, size: int) -> tuple[Sequence[Json], int | None]:
        params = {**(asked or {}), "page": number, "size": size}
        if operation.report:
            answer = await client.post(path, json=body, params=params)
        else:
            answer = await client.get(path, params=params)
        return rows_of(answer, operation), None

    async for step in by_page(fetch, size=SIZE, start=start, key=_key):
        yield list(step.rows), step.cursor


def _key(row: Json) -> Json:
    """Tell rows apart by their ids; what has none cannot show that a walk goes in circles."""
    known = as_row(row) or {}
    found = [known.get(name) for name in ("id", "invoice_item_id", "user_package_id")]
    return tuple(map(str, found)) if any(found) else id(row)


def rows_of(answer: Json, operation: Operation) -> list[Json]:
    """Take the rows out of an answer.

    Raises:
        UnexpectedResponseError: There are none where they should be.
    """
    bare = as_list(answer)
    if bare is not None:
        return bare
    whole = as_row(answer) or {}
    for name in operation.rows:
        rows = whole.get(name)
        found = as_list(rows)
        if found is not None:
            return found
        if name in whole and rows is None:
            return []
    raise UnexpectedResponseError(f"{operation.path} answers without a list of {operation.rows[0]}")


async def all_rows(
    client: Client[Any], operation: Operation, asked: Mapping[str, Any] | None = None, **ids: str
) -> list[Json]:
    """Walk a list that is known to be short."""
    found = pages(client, operation, asked, body=None, start=1, **ids)
    return [row async for rows, _ in found for row in rows]


async def one(
    client: Client[Any], operation: Operation, asked: Mapping[str, Any] | None = None, **ids: str
) -> Json:
    """Ask for a single thing; None where Zenoti has none, or does not show it."""
    path = operation.path.format(**ids)
    try:
        return await client.get(path, params=asked)
    except RefusedError:
        return None


async def probe(client: Client[Any], operation: Operation, center: str) -> None:
    """Ask for as little as can be, to see whether it is permitted."""
    today = client.clock.now().date()
    path = operation.path.format(center=center)
    params: dict[str, Any] = {"page": 1, "size": 1}
    if operation.report:
        await client.post(path, json=span([center], today, today), params=params)
        return
    if operation.rows == ("appointments",):
        params = {"start_date": today.isoformat(), "end_date": (today + _DAY).isoformat()}
    await client.get(path, params={"center_id": center or None, **params})


def span(centers: Sequence[str], first: date, last: date) -> Json:
    """Return what a report is asked with: all of these days, the last one included."""
    return {
        "center_ids": list(centers),
        "start_date": f"{first.isoformat()} 00:00:00",
        "end_date": f"{last.isoformat()} 23:59:59",
    }
