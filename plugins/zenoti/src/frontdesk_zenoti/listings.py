"""Lists that are read centre by centre, page by page: services, guests, memberships."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

import attrs

from frontdesk.client import Client
from frontdesk.errors import AuthenticationError, RefusedError, UnexpectedResponseError
from frontdesk.model import Page, Progress, Purpose, Query, Record, Unreadable
from frontdesk.rows import Row, as_row
from frontdesk.walkers import read_rows
from frontdesk_zenoti import cursors, operations
from frontdesk_zenoti.asking import all_rows, pages
from frontdesk_zenoti.grants import Asker
from frontdesk_zenoti.merging import merge, merged
from frontdesk_zenoti.operations import Operation
from frontdesk_zenoti.rows import build_record

_log = logging.getLogger("frontdesk")

#: By stream: the operation, and the parameter that asks for what changed since a day.
LISTINGS: Final[Mapping[str, tuple[Operation, str]]] = {
    "services": (operations.SERVICES, ""),
    "guests": (operations.GUESTS, "last_updated"),
    "memberships": (operations.MEMBERS, "last_updated_date"),
}
#: Zenoti knows the day of a change, and may mean any zone's.
OVERLAP: Final = timedelta(days=1)


async def read(client: Client[Any], query: Query) -> AsyncIterator[Page]:
    """Read a list: all of it as history, then what changed.

    History takes all guests, whenever they were changed last: who comes tomorrow may not have
    been touched for years, and asking for each alone would take a request a guest.
    """
    cursor = cursors.parse(query.cursor)
    today = client.clock.now().date()
    began = cursors.day_in(cursor, "began") or today
    since = cursors.day_in(cursor, "since")
    if query.purpose is Purpose.CHANGES and since is None:
        done = cursors.day_in(cursor, "done")
        start = done or (query.since.date() if query.since else today)
        since = start - max(OVERLAP, query.overlap)
    walk = _Walk(client, query.stream, since, began)
    async for page in walk.run(cursor or {}):
        yield page


@attrs.frozen
class _Walk:
    """One walk through all centres."""

    client: Client[Any]
    stream: str
    since: date | None
    began: date

    async def run(self, cursor: Row) -> AsyncIterator[Page]:
        """Go on behind *cursor*."""
        operation, _ = LISTINGS[self.stream]
        asker, ids = Asker(self.client), cursors.centers(self.client)
        refused: RefusedError | None = None
        known = cursor.get("center")
        # The list may have grown or shrunk: centres are known by their ids, not their places.
        places = [n for n, id in enumerate(ids) if not isinstance(known, str) or id >= known]
        read = len(ids) - len(places)
        for place in places:
            page = cursor.get("page") if ids[place] == known else None
            try:
                async for found in self._center(ids, place, page if isinstance(page, int) else 1):
                    yield found
                read += 1
            except AuthenticationError as error:
                await asker.forgo(operation, error)
                break
            except RefusedError as error:
                refused = error
                _log.warning("zenoti refuses to list %s of a centre: skipped", self.stream)
        if refused is not None and not read:
            raise refused
        merged = await self._merged(asker, ids)
        yield Page(merged, {"v": cursors.VERSION, "done": self.began.isoformat()})

    async def _merged(self, asker: Asker, ids: list[str]) -> list[Record | Unreadable]:
        """Read who became part of whom, of which a webhook may have been lost."""
        found: list[Record | Unreadable] = []
        if self.stream != "guests" or self.since is None:
            return found
        days = {"start_date": self.since.isoformat(), "end_date": self.began.isoformat()}
        for center in ids:
            asked = {"center_id": center, **days}
            job = partial(all_rows, self.client, operations.MERGES, asked)
            try:
                rows = await asker.permitted(operations.MERGES, job)
            except (RefusedError, UnexpectedResponseError):
                # Nobody shows what it looks like; webhooks tell of most merges anyway.
                _log.warning("zenoti does not tell which guests were merged")
                break
            pairs = [merged(row) for row in map(as_row, rows or ()) if row is not None]
            found += [merge(*pair) for pair in pairs if pair is not None]
        return found

    async def _center(self, ids: list[str], place: int, start: int) -> AsyncIterator[Page]:
        operation, field = LISTINGS[self.stream]
        center = ids[place]
        asked = {"center_id": center, "expand": None if field else "additional_info"}
        if field and self.since:
            asked[field] = self.since.isoformat()
        listed = pages(self.client, operation, asked, start=start, center=center)
        async for rows, following in listed:
            at = place if following else place + 1
            yield Page(
                read_rows(self.stream, rows, partial(self._record, center)),
                self._cursor(ids, at, following or 1),
                Progress(at, len(ids)),
            )

    def _record(self, center: str, row: Row) -> Any:
        # A member's row does not say whose list it is on.
        if self.stream == "memberships" and as_row(row) is not None and "center_id" not in row:
            row = {**row, "center_id": center}
        return build_record(self.stream, row)

    def _cursor(self, ids: list[str], place: int, page: int) -> Row | None:
        if place >= len(ids):
            return None
        return {
            "v": cursors.VERSION,
            "center": ids[place],
            "page": page,
            "began": self.began.isoformat(),
            "since": self.since.isoformat() if self.since else None,
        }
