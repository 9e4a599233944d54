"""Reading streams: history and changes in windows of time, records by their ids."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import attrs

from frontdesk.client import Client
from frontdesk.errors import ConfigurationError, UnavailableError
from frontdesk.model import Json, Page, Payload, Progress, Purpose, Query, Record, Unreadable
from frontdesk.rows import as_row
from frontdesk.walkers import read_rows
from frontdesk_mews import operations
from frontdesk_mews.account import chains, clock, is_portfolio
from frontdesk_mews.asking import MOST, all_rows, by_ids, pages, rows_of
from frontdesk_mews.grants import Asker
from frontdesk_mews.joins import Joiner
from frontdesk_mews.moving import moved
from frontdesk_mews.rows import build_record, required_instant

#: Mews advises a week, with big hotels in mind: walks begin with it.
WINDOW: Final = timedelta(days=7)
#: Mews refuses more than three months, however it may count them; well below that, a small
#: hotel's two years are read in a dozen windows instead of a hundred.
WIDEST: Final = timedelta(days=84)
_DAY: Final = timedelta(days=1)
_SHORTEST: Final = timedelta(hours=1)
#: A webhook may come five minutes late, and a row may become visible after its time.
OVERLAP: Final = timedelta(minutes=10)
#: Mews did not exist before.
BEGINNING: Final = datetime(2012, 1, 1, tzinfo=UTC)
_ROWS: Final = 500
_FEWEST: Final = 50


@attrs.frozen
class Span:
    """What a walk has covered (all before *at*), and where it ends."""

    at: datetime
    until: datetime

    def cursor(self) -> Json:
        """Write the cursor: pages have none of their own, Mews' may not live long."""
        return {"v": 1, "until": self.until.isoformat(), "next": self.at.isoformat()}


@attrs.frozen
class Pace:
    """How much is asked for at once: more where little comes, less once Mews was too slow."""

    window: timedelta = WINDOW
    rows: int = _ROWS
    slowed: bool = False

    def after(self, found: int) -> Pace:
        """Fit the next window to how many rows the last one held."""
        if not self.slowed and found < self.rows // 2:
            factor = 4 if found < self.rows // 8 else 2
            return Pace(min(self.window * factor, WIDEST), self.rows)
        if found > self.rows * 2 and self.window > WINDOW:
            return attrs.evolve(self, window=max(self.window / 2, WINDOW))
        return self

    def slower(self) -> Pace | None:
        """Halve the window, then the page; None where that is no use any more."""
        if self.window > _SHORTEST:
            return Pace(max(self.window / 2, _SHORTEST), self.rows, slowed=True)
        if self.rows > _FEWEST:
            return Pace(self.window, self.rows // 2, slowed=True)
        return None


async def read(client: Client[Any], query: Query) -> AsyncIterator[Page]:
    """Read a stream, for whatever purpose."""
    if query.stream == "countries":
        yield await _countries(client, query)
    elif query.purpose is Purpose.IDS:
        yield await _named(client, query)
    else:
        async for page in _changed(client, query):
            yield page


async def _countries(client: Client[Any], query: Query) -> Page:
    answer = await client.post(operations.COUNTRIES.path, json={})
    rows, _ = rows_of(answer, operations.COUNTRIES)
    named = [row for row in rows if (as_row(row) or {}).get("Code") in query.ids]
    return Page(_records(query.stream, named))


async def _named(client: Client[Any], query: Query) -> Page:
    operation = operations.STREAMS[query.stream]
    rows: list[Json] = []
    for extra in await _extras(client, query.stream):
        rows += await by_ids(client, operation, query.ids, extra)
    await _join(Joiner(Asker(client)), query.stream, rows)
    return Page(_records(query.stream, rows))


async def _changed(client: Client[Any], query: Query) -> AsyncIterator[Page]:
    span = await _span(client, query)
    if span.at >= span.until:
        return
    (extra,) = await _extras(client, query.stream)
    history = query.purpose is Purpose.HISTORY
    origin = (query.since or BEGINNING) if history else span.at
    # History reads each guest with the address of today.
    addresses = query.stream == "customers" and not history
    walk = _Walk(client, query.stream, origin, extra, Joiner(Asker(client)), addresses)
    pace = Pace()
    while span.at < span.until:
        end = min(span.at + pace.window, span.until)
        found = 0
        try:
            async for page in walk.window(span, end, pace.rows):
                found += len(page.records)
                yield page
        except UnavailableError as error:
            slower = pace.slower()
            if error.status != HTTPStatus.REQUEST_TIMEOUT or slower is None:
                raise
            pace = slower
        else:
            span, pace = Span(end, span.until), pace.after(found)


@attrs.frozen
class _Walk:
    """One walk through a stream, a window at a time."""

    client: Client[Any]
    stream: str
    origin: datetime
    extra: Payload
    joiner: Joiner
    #: Whether guests are read whose address changed, and perhaps nothing else.
    addresses: bool

    async def window(self, span: Span, end: datetime, count: int) -> AsyncIterator[Page]:
        """Read one window; only its last page says that it was read."""
        interval = {"StartUtc": _utc(span.at), "EndUtc": _utc(end)}
        asked = {"UpdatedUtc": interval, **self.extra}
        if self.addresses:
            # Before the window's last page, which says that it was read.
            async for rows in moved(self.joiner.asker, {"UpdatedUtc": interval}, self.extra):
                await _join(self.joiner, self.stream, rows)
                yield Page(_records(self.stream, rows), span.cursor(), self._progress(span))
        held: list[Record | Unreadable] | None = None
        async for rows in pages(self.client, operations.STREAMS[self.stream], asked, count=count):
            if held is not None:
                yield Page(held, span.cursor(), self._progress(span))
            await _join(self.joiner, self.stream, rows)
            held = _records(self.stream, rows)
        reached = Span(end, span.until)
        yield Page(held or (), reached.cursor(), self._progress(reached))

    def _progress(self, span: Span) -> Progress:
        """Count days: windows differ in length."""
        total = -((self.origin - span.until) // _DAY)
        done = total if span.at >= span.until else (span.at - self.origin) // _DAY
        return Progress(done, total)


async def _span(client: Client[Any], query: Query) -> Span:
    """Decide where to begin and where to end.

    History ends at the clock the account was opened with, and keeps that end when it is
    resumed. Changes end at the clock as it is now: asking costs one request a poll, and
    our own clock may be wrong by more than the overlap.
    """
    done = None if query.cursor is None else _parse(query.cursor)
    if query.purpose is Purpose.CHANGES:
        start = (done.at if done else query.since or BEGINNING) - query.overlap
        return Span(_whole(start), _whole(await clock(client)))
    if done is not None:
        return done
    known = client.account.clock if client.account else None
    return Span(_whole(query.since or BEGINNING), _whole(known or await clock(client)))


def _parse(cursor: Json) -> Span:
    known = as_row(cursor)
    if known is None or known.get("v") != 1:
        raise ConfigurationError(
            "the stored cursor is not of this version of frontdesk-mews; "
            "update it, or start over with: frontdesk refetch"
        )
    return Span(required_instant(known, "next"), required_instant(known, "until"))


def _whole(moment: datetime) -> datetime:
    # Mews takes whole seconds; cutting off both ends alike leaves no gap.
    return moment.astimezone(UTC).replace(microsecond=0)


def _utc(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


async def _extras(client: Client[Any], stream: str) -> list[Payload]:
    """Return what this account must be asked besides; each is a request of its own."""
    account = client.account
    if stream == "customers" and account is not None and is_portfolio(account):
        return [{"ChainIds": await chains(client, account)}]
    if stream == "vouchers":
        # They can only be asked for by service, and an Additional service is refused.
        rows = await all_rows(client, operations.SERVICES, {"ServiceType": "Bookable"})
        ids = [row["Id"] for row in rows]
        return [{"ServiceIds": ids[start : start + MOST]} for start in range(0, len(ids), MOST)]
    return [{}]


async def _join(joiner: Joiner, stream: str, rows: Sequence[Json]) -> None:
    if stream == "customers":
        await joiner.customers(rows)
    elif stream == "reservations":
        await joiner.reservations(rows)


def _records(stream: str, rows: Sequence[Json]) -> list[Record | Unreadable]:
    return read_rows(stream, rows, partial(build_record, stream))
