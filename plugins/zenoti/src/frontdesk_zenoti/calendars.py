"""What is read by week: appointments centre by centre, and the sales report for many at once."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

import attrs

from frontdesk.client import Client
from frontdesk.errors import AuthenticationError, RecordError, RefusedError
from frontdesk.model import Json, Page, Progress, Purpose, Query, Record, Unreadable
from frontdesk.rows import Row, as_row
from frontdesk.walkers import read_rows
from frontdesk_zenoti import cursors, operations
from frontdesk_zenoti.asking import pages, rows_of, span
from frontdesk_zenoti.grants import Asker
from frontdesk_zenoti.operations import Operation
from frontdesk_zenoti.rows import build_record, group_key, guid

_log = logging.getLogger("frontdesk")

#: Zenoti refuses more.
WEEK: Final = timedelta(days=7)
_DAY: Final = timedelta(days=1)
#: How many centres one report is asked for: it is held in memory until it is whole, since the
#: lines of an invoice may stand on two pages.
BATCH: Final = 30
#: How many days ahead history looks at least; what is booked later, webhooks bring.
_ONCE_AHEAD: Final = 90
#: Zenoti did not exist before.
BEGINNING: Final = date(2010, 1, 1)

CALENDARS: Final[Mapping[str, Operation]] = {
    "appointment_groups": operations.APPOINTMENTS,
    "sales": operations.SALES,
}


@attrs.frozen
class Span:
    """Days of a walk: from *first* on, before *until*."""

    first: date
    until: date

    def weeks(self) -> list[tuple[date, date]]:
        """Cut it into weeks, the latest first: what matters most comes soonest."""
        cut: list[tuple[date, date]] = []
        end = self.until
        while end > self.first:
            start = max(end - WEEK, self.first)
            cut.append((start, end))
            end = start
        return cut


async def read(client: Client[Any], query: Query) -> AsyncIterator[Page]:
    """Read a calendar: a year of it as history, then the days around today again and again."""
    cursor = cursors.parse(query.cursor)
    days = _span(client, query, cursor)
    began = cursors.day_in(cursor, "began") or client.clock.now().date()
    async for page in _Walk(client, query.stream, days, began).run(cursor or {}):
        yield page


def _span(client: Client[Any], query: Query, cursor: Row | None) -> Span:
    first, until = cursors.day_in(cursor, "first"), cursors.day_in(cursor, "until")
    if first is not None and until is not None:
        return Span(first, until)
    settings, today = client.settings, client.clock.now().date()
    history = query.purpose is Purpose.HISTORY
    ahead = 0
    if query.stream == "appointment_groups":
        ahead = max(settings.days_ahead, _ONCE_AHEAD if history else 0)
    # Somewhere it is tomorrow already.
    until = today + timedelta(days=2 + ahead)
    since = query.since.date() if query.since else BEGINNING
    if history:
        return Span(since, until)
    recent = today - timedelta(days=settings.recent_days)
    done = cursors.day_in(cursor, "done")
    # Whoever was away for longer than that looks back further.
    return Span(max(since, min(recent, done or recent)), until)


@attrs.frozen
class _Walk:
    """One walk through the weeks, and in each through the centres."""

    client: Client[Any]
    stream: str
    days: Span
    began: date

    async def run(self, cursor: Row) -> AsyncIterator[Page]:
        """Go on behind *cursor*."""
        asker, parts, read = Asker(self.client), self._parts(), 0
        refused: RefusedError | None = None
        begin = self._place(parts, cursor)
        for number in range(begin, len(parts)):
            start, end, centers = parts[number]
            try:
                records = await self._read(start, end, centers)
            except AuthenticationError as error:
                await asker.forgo(CALENDARS[self.stream], error)
                break
            except RefusedError as error:
                refused = error
                _log.warning("zenoti refuses a week of %s of a centre: skipped", self.stream)
                continue
            read += 1
            following = parts[number + 1] if number + 1 < len(parts) else None
            yield Page(records, self._cursor(following), Progress(number + 1, len(parts)))
        if refused is not None and not read and not begin:
            raise refused
        yield Page((), {"v": cursors.VERSION, "done": self.began.isoformat()})

    def _parts(self) -> list[tuple[date, date, list[str]]]:
        ids = cursors.centers(self.client)
        size = BATCH if self.stream == "sales" else 1
        batches = [ids[n : n + size] for n in range(0, len(ids), size)]
        return [(start, end, batch) for start, end in self.days.weeks() for batch in batches]

    def _place(self, parts: list[tuple[date, date, list[str]]], cursor: Row) -> int:
        day, center = cursors.day_in(cursor, "day"), cursor.get("center")
        if day is None or not isinstance(center, str):
            return 0
        for number, (_, end, centers) in enumerate(parts):
            if end < day or (end == day and centers[-1] >= center):
                return number
        return len(parts)

    def _cursor(self, following: tuple[date, date, list[str]] | None) -> Row | None:
        if following is None:
            return None
        _, end, centers = following
        return {
            "v": cursors.VERSION,
            "first": self.days.first.isoformat(),
            "until": self.days.until.isoformat(),
            "began": self.began.isoformat(),
            "day": end.isoformat(),
            "center": centers[0],
        }

    async def _read(
        self, start: date, end: date, centers: list[str]
    ) -> Sequence[Record | Unreadable]:
        if self.stream == "sales":
            return invoices(await _sold(self.client, start, end, centers))
        asked = {
            "center_id": centers[0],
            "start_date": start.isoformat(),
            "end_date": end.isoformat(),
            "include_no_show_cancel": "true",
        }
        answer = await self.client.get(operations.APPOINTMENTS.path, params=asked)
        return groups(rows_of(answer, operations.APPOINTMENTS), centers[0])


async def _sold(client: Client[Any], start: date, end: date, centers: list[str]) -> list[Json]:
    # The report's last day is inside, the calendar's is not.
    body = span(centers, start, end - _DAY)
    found = pages(client, operations.SALES, body=body)
    return [row async for rows, _ in found for row in rows]


def groups(rows: Sequence[Json], center: str | None) -> list[Record | Unreadable]:
    """Put appointments together that were booked together; the others stand alone."""
    found: dict[str, list[Row]] = {}
    odd: list[Json] = []
    for row in rows:
        known = as_row(row)
        try:
            key = group_key(known or {})
        except RecordError:
            odd.append(row)
        else:
            found.setdefault(key, []).append(known or {})
    whole: list[Json] = [
        {
            "appointment_group_id": _group_id(services[0]),
            "center_id": center,
            "appointments": sorted(services, key=_order),
        }
        for services in found.values()
    ]
    build = partial(build_record, "appointment_groups")
    return [*read_rows("appointment_groups", whole, build), *_unread(odd, build)]


def _unread(rows: Sequence[Json], build: Any) -> Iterator[Record | Unreadable]:
    """Say what is wrong with rows that belong to no group."""
    yield from read_rows("appointment_groups", [_alone(row) for row in rows], build)


def _alone(row: Json) -> Json:
    return {"appointment_id": None, **row} if isinstance(row, dict) else row


def _group_id(row: Row) -> str | None:
    return guid(row, "appointment_group_id")


def _order(row: Row) -> tuple[str, str]:
    return str(row.get("start_time_utc") or ""), str(row.get("appointment_id") or "")


def invoices(rows: Sequence[Json]) -> list[Record | Unreadable]:
    """Put the lines of the sales report together by invoice."""
    found: dict[str, list[Row]] = {}
    odd: list[Json] = []
    for row in rows:
        known = as_row(row)
        id = known.get("invoice_id") if known else None
        if known is None or not isinstance(id, str):
            odd.append(row)
        else:
            found.setdefault(id.lower(), []).append(known)
    whole: list[Json] = [
        {
            "invoice_id": id,
            "center_id": lines[0].get("center_id"),
            "guest_id": lines[0].get("guest_id"),
            "sales": sorted(lines, key=_line),
        }
        for id, lines in found.items()
    ]
    return read_rows("sales", [*whole, *odd], partial(build_record, "sales"))


def _line(row: Row) -> str:
    return str(row.get("invoice_item_id") or "")
