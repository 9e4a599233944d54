"""A request that was let in, and the page that answers it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import attrs

from frontdesk_mindbody.sandbox.options import Options
from frontdesk_mindbody.sandbox.parameters import Parameters
from frontdesk_mindbody.sandbox.refusal import invalid
from frontdesk_mindbody.sandbox.rows import Client
from frontdesk_mindbody.sandbox.studios import Studio
from frontdesk_mindbody.sandbox.world import World

R = TypeVar("R")


@attrs.define
class Page:
    """Rows and where they stand among all; faults may still spoil it."""

    key: str
    rows: list[Any]
    limit: int
    offset: int
    total: int
    #: Less than the rows there are, if an answer is to be short.
    size: int | None = None

    def body(self) -> dict[str, Any]:
        """Give the answer as it goes out."""
        return {
            "PaginationResponse": {
                "RequestedLimit": self.limit,
                "RequestedOffset": self.offset,
                "PageSize": len(self.rows) if self.size is None else self.size,
                "TotalResults": self.total,
            },
            self.key: self.rows,
        }


@attrs.frozen(kw_only=True)
class Call:
    """A request of somebody who may."""

    world: World
    studio: Studio
    ask: Parameters
    #: Whether the token has all rights.
    full: bool = True

    @property
    def options(self) -> Options:
        """Give what was chosen for this platform."""
        return self.world.options

    @property
    def now(self) -> datetime:
        """Tell the server's time."""
        return self.world.clock.now

    @property
    def today(self) -> date:
        """Tell the date at the site."""
        return self.studio.today(self.now)

    def page(self, key: str, found: Sequence[R], show: Callable[[R], dict[str, Any]]) -> Page:
        """Answer with the part that was asked for."""
        limit, offset = self.ask.page(self.options.beyond_cap)
        rows = [show(row) for row in found[offset : offset + limit]]
        return Page(key, rows, limit, offset, len(found))

    def days(self, start: str, end: str, *, back: bool = False) -> tuple[datetime, datetime]:
        """Give the span of days between two parameters; left out, it is today's.

        With *back* the start follows from the end, else the end from the start.
        """
        first, last = self.ask.day(start), self.ask.day(end)
        if back:
            last = last or self.today
            first = first or last
        else:
            first = first or self.today
            last = last or first
        if last < first:
            raise invalid(end)
        studio = self.studio
        return studio.midnight(first), studio.midnight(last + timedelta(days=1))

    def client(self) -> Client | None:
        """Find the client of ``ClientId`` or ``UniqueClientId``, of which the second wins."""
        unique = self.ask.number("UniqueClientId")
        if unique is None:
            unique = self.studio.numbers.get(self.ask.required("ClientId"))
        return self.studio.clients.find(unique)
