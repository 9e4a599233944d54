"""Walks end, say where to go on, and rows that are no good do not stop them."""

from __future__ import annotations

import itertools
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from frontdesk.errors import RecordError, UnexpectedResponseError
from frontdesk.model import Progress, Record, Unreadable
from frontdesk.walkers import Step, by_cursor, by_offset, by_page, read_rows, windows

pytestmark = pytest.mark.anyio

ROWS = [{"Id": str(number)} for number in range(7)]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def walk(steps: AsyncIterator[Step[Any]]) -> list[Step[Any]]:
    return [step async for step in steps]


def cursored(size: int = 3) -> Callable[[int | None], Awaitable[tuple[list[Any], int | None]]]:
    async def fetch(cursor: int | None) -> tuple[list[Any], int | None]:
        start = cursor or 0
        return ROWS[start : start + size], start + size if start + size < len(ROWS) else None

    return fetch


def offset_of(
    total: int | None, rows: list[Any] = ROWS
) -> Callable[[int, int], Awaitable[tuple[list[Any], int | None]]]:
    async def fetch(offset: int, size: int) -> tuple[list[Any], int | None]:
        return rows[offset : offset + size], total

    return fetch


async def test_walks_by_cursor_and_goes_on_from_any_step() -> None:
    steps = await walk(by_cursor(cursored()))
    resumed = await walk(by_cursor(cursored(), start=steps[0].cursor))

    assert [row for step in steps for row in step.rows] == ROWS
    assert [step.cursor for step in steps] == [3, 6, None]
    assert steps[1].rows == resumed[0].rows
    assert Progress(3, None) == steps[-1].progress


@pytest.mark.parametrize("total", [7, None], ids=["total", "no total"])
async def test_walks_by_offset(total: int | None) -> None:
    steps = await walk(by_offset(offset_of(total), size=3))
    resumed = await walk(by_offset(offset_of(total), size=3, start=6))

    assert [row for step in steps for row in step.rows] == ROWS
    assert [step.cursor for step in steps] == [3, 6, None]
    assert Progress(7, total) == steps[-1].progress
    assert steps[2].rows == resumed[0].rows


@pytest.mark.parametrize("id", [["x"], {"x": 1}, None])
async def test_a_key_of_another_kind_stops_no_walk(id: Any) -> None:
    """Seen to fail when such a key is put into a set as it is."""
    rows = [{"Id": id, "n": n} for n in range(4)]

    steps = await walk(by_offset(offset_of(4, rows), size=2, key=lambda row: row["Id"]))

    assert [row for step in steps for row in step.rows] == rows


async def test_an_offset_counts_the_rows_that_came() -> None:
    async def two_at_most(offset: int, size: int) -> tuple[list[Any], int | None]:
        return ROWS[offset : offset + min(size, 2)], 7

    steps = await walk(by_offset(two_at_most, size=5))

    assert [row for step in steps for row in step.rows] == ROWS


async def test_says_when_rows_were_promised_and_did_not_come(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING, "frontdesk"):
        steps = await walk(by_offset(offset_of(9), size=7))

    assert [step.cursor for step in steps][-1:] == [None]
    assert "ends at row 7 although there should be 9" in caplog.text


@pytest.mark.parametrize("total", [3, None], ids=["total", "no total"])
@pytest.mark.parametrize("first", [0, 1])
async def test_walks_by_page(total: int | None, first: int) -> None:
    async def fetch(number: int, size: int) -> tuple[list[Any], int | None]:
        start = (number - first) * size
        return ROWS[start : start + size], total

    steps = await walk(by_page(fetch, size=3, first=first))
    resumed = await walk(by_page(fetch, size=3, start=steps[1].cursor, first=first))

    assert [row for step in steps for row in step.rows] == ROWS
    assert [first + 1, first + 2, None] == [step.cursor for step in steps]
    assert Progress(3, total) == steps[-1].progress
    assert steps[2:] == resumed


@pytest.mark.parametrize("walker", [by_offset, by_page])
async def test_refuses_a_size_of_nothing(walker: Any) -> None:
    with pytest.raises(ValueError, match="above zero"):
        await walk(walker(offset_of(7), size=0))


@pytest.mark.parametrize("period", [1, 2, 3, 7, 50])
async def test_notices_a_cursor_that_comes_back(period: int) -> None:
    async def fetch(cursor: int | None) -> tuple[list[Any], int | None]:
        fetched.append(cursor)
        return [{"Id": len(fetched)}], ((cursor or 0) + 1) % period + 1

    fetched: list[int | None] = []
    with pytest.raises(UnexpectedResponseError, match="does not end"):
        await walk(by_cursor(fetch))

    assert len(fetched) <= 4 * period + 4


@pytest.mark.parametrize("period", [1, 2, 5, 20])
@pytest.mark.parametrize("walker", [by_offset, by_page])
async def test_notices_pages_that_come_back(walker: Any, period: int) -> None:
    async def fetch(_: int, size: int) -> tuple[list[Any], int | None]:
        fetched.append(size)
        return [{"Id": len(fetched) % period, "Row": row} for row in range(size)], None

    fetched: list[int] = []
    with pytest.raises(UnexpectedResponseError, match="nothing new"):
        await walk(walker(fetch, size=2))

    assert len(fetched) <= 8 * period + 8


async def test_tells_rows_apart_by_a_key() -> None:
    async def fetch(offset: int, size: int) -> tuple[list[Any], int | None]:
        return [{"Id": "1", "ServerTime": offset}] * size, None

    with pytest.raises(UnexpectedResponseError, match="nothing new"):
        await walk(by_offset(fetch, size=2, key=lambda row: row["Id"]))


async def test_bears_with_a_page_that_shifts_and_some_empty_ones() -> None:
    async def fetch(cursor: int | None) -> tuple[list[Any], int | None]:
        at = cursor or 0
        rows = [ROWS[0]] if at in {0, 1} else [{"Id": f"later {at}"}] if at == 60 else []
        return rows, at + 1 if at < 60 else None

    assert len(await walk(by_cursor(fetch))) == 61


async def test_ends_a_walk_of_nothing_but_empty_pages() -> None:
    async def fetch(cursor: int | None) -> tuple[list[Any], int | None]:
        return [], (cursor or 0) + 1

    with pytest.raises(UnexpectedResponseError, match="nothing new"):
        await walk(by_cursor(fetch))


async def test_ends_a_walk_with_too_many_pages() -> None:
    async def fetch(cursor: int | None) -> tuple[list[Any], int | None]:
        return [{"Id": cursor}], (cursor or 0) + 1

    with pytest.raises(UnexpectedResponseError, match="more than 10 pages"):
        await walk(by_cursor(fetch, pages=10))


@pytest.mark.parametrize("cursor", [{"page": 1}, ["a"], "x"], ids=["object", "array", "string"])
async def test_any_json_is_a_cursor(cursor: Any) -> None:
    async def fetch(_: Any) -> tuple[list[Any], Any]:
        return [], cursor

    with pytest.raises(UnexpectedResponseError, match="leads back"):
        await walk(by_cursor(fetch, start=cursor))


def test_windows_meet_and_end_exactly() -> None:
    since = datetime(2026, 1, 1, 12, tzinfo=UTC)
    until = since + timedelta(days=16, seconds=1)

    cut = list(windows(since, until, timedelta(days=7)))

    assert since == cut[0][0]
    assert until == cut[-1][1]
    assert len(cut) == 3
    assert all(end == start for (_, end), (start, _) in itertools.pairwise(cut))
    assert all(end - start <= timedelta(days=7) for start, end in cut)


def test_windows_are_as_long_across_a_change_of_clocks() -> None:
    prague = ZoneInfo("Europe/Prague")
    since = datetime(2026, 10, 20, tzinfo=prague)
    until = datetime(2026, 10, 30, tzinfo=prague)

    cut = list(windows(since, until, timedelta(days=1)))

    assert len(cut) == 11
    assert {timedelta(days=1), timedelta(hours=1)} == {end - start for start, end in cut}
    assert all(start.tzinfo is UTC for start, _ in cut)


def test_windows_reach_the_end_of_time() -> None:
    last = datetime.max.replace(tzinfo=UTC)

    assert [(last - timedelta(days=1), last)] == list(
        windows(last - timedelta(days=1), last, timedelta(days=7))
    )
    assert list(windows(last, last, timedelta(days=7))) == []


@pytest.mark.parametrize(
    ("since", "until", "step"),
    [
        (datetime(2026, 1, 1), datetime(2026, 1, 2, tzinfo=UTC), timedelta(1)),  # noqa: DTZ001
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2), timedelta(1)),  # noqa: DTZ001
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC), timedelta(0)),
    ],
    ids=["since is naive", "until is naive", "no step"],
)
def test_windows_refuse_at_once_what_makes_no_sense(
    since: datetime, until: datetime, step: timedelta
) -> None:
    with pytest.raises(ValueError, match="windows need"):
        windows(since, until, step)


def build(row: dict[str, Any]) -> Record:
    if row.get("Amount") == "free":
        raise RecordError("field 'Amount' is no number")
    if "Amount" in row:
        Decimal(row["Amount"])
    if "Name" in row:
        row["Name"].strip()
    if "Status" in row:
        return {"ok": Record("stays", "9", row)}[row["Status"].lower()]
    return Record("stays", row["Id"], row)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("Ada", "the row is no JSON object but a string"),
        (None, "the row is no JSON object but null"),
        ([], "the row is no JSON object but an array"),
        (True, "the row is no JSON object but a boolean"),
        (Decimal(1), "the row is no JSON object but a number"),
        (("Ada",), "the row is no JSON object but something else"),
        ({"Number": "7"}, "missing field 'Id'"),
        ({"Status": "Ada", "Guests": [{"Names": ["Ada", 1]}]}, "KeyError"),
        ({"Status": "ada@example.com"}, "KeyError"),
        ({"Amount": "free"}, "field 'Amount' is no number"),
        ({"Amount": "Ada"}, "InvalidOperation"),
        ({"Amount": []}, "ValueError"),
        ({"Name": None}, "AttributeError"),
    ],
)
def test_says_why_a_row_is_no_record_without_a_guests_data(row: Any, reason: str) -> None:
    assert [Unreadable("stays", row, reason)] == read_rows("stays", [row], build)


def test_reads_what_can_be_read() -> None:
    good = {"Id": "1"}

    read = read_rows("stays", [good, {}, good], build)

    assert [Record, Unreadable, Record] == [type(each) for each in read]
    assert Record("stays", "1", good) == read[0]


def test_an_error_that_is_no_fault_of_the_row_is_raised() -> None:
    def broken(_: dict[str, Any]) -> Record:
        raise RuntimeError("out of order")

    with pytest.raises(RuntimeError):
        read_rows("stays", [{"Id": "1"}], broken)
