"""Where walks stand, as JSON that is stored; and the filters that windows become."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Self, TypeVar

import attrs

from frontdesk.errors import ConfigurationError, RecordError
from frontdesk.model import Json, Progress
from frontdesk.rows import as_row
from frontdesk_boulevard.rows import instant, required_instant, text

#: Boulevard did not exist before; what was brought along from elsewhere may be older.
BEGINNING: Final = datetime(2016, 1, 1, tzinfo=UTC)
_T = TypeVar("_T")
_VERSION: Final = 1
_DAY: Final = timedelta(days=1)


def _read(cursor: Json) -> dict[str, Json]:
    known = as_row(cursor)
    if known is None or known.get("v") != _VERSION:
        raise ConfigurationError(
            "the stored cursor is not of this version of frontdesk-boulevard; "
            "update it, or start over with: frontdesk refetch"
        )
    return known


def _parsed(read: Callable[[dict[str, Json]], _T], cursor: Json) -> _T:
    known = _read(cursor)
    try:
        return read(known)
    except RecordError as error:
        raise ConfigurationError(
            f"the stored cursor cannot be read: {error}; start over with: frontdesk refetch"
        ) from None


@attrs.frozen
class Place:
    """Where a walk through history stands: a location, a window of it, a page of that.

    Args:
        site: The location; empty where a stream is not read by location.
        since: Where the window begins; None: with the first row there is.
        until: Where the window ends.
        end: Where the walk ends.
        begin: Where each location's walk begins.
    """

    site: str
    since: datetime | None
    until: datetime
    end: datetime
    begin: datetime | None
    after: str | None = None
    over: bool = False

    @classmethod
    def first(
        cls, sites: Sequence[str], begin: datetime | None, end: datetime, window: timedelta
    ) -> Self | None:
        """Return where a walk begins; None if there is nowhere to go."""
        begin, end = begin and _whole(begin), _whole(end)
        if not sites or (begin is not None and begin >= end):
            return None
        return cls._opened(sites[0], begin, end, window)

    @classmethod
    def _opened(cls, site: str, begin: datetime | None, end: datetime, window: timedelta) -> Self:
        until = min((begin or BEGINNING) + window, end)
        return cls(site, begin, until, end, begin)

    @classmethod
    def parse(cls, cursor: Json) -> Self:
        """Read a stored cursor."""

        return _parsed(cls._read, cursor)

    @classmethod
    def _read(cls, known: dict[str, Json]) -> Self:
        return cls(
            text(known, "site") or "",
            instant(known, "since"),
            required_instant(known, "until"),
            required_instant(known, "end"),
            instant(known, "begin"),
            text(known, "after"),
            known.get("over") is True,
        )

    def cursor(self) -> Json:
        """Write the cursor."""
        return {
            "v": _VERSION,
            "site": self.site,
            "since": self.since and self.since.isoformat(),
            "until": self.until.isoformat(),
            "end": self.end.isoformat(),
            "begin": self.begin and self.begin.isoformat(),
            "after": self.after,
            "over": self.over,
        }

    def next(self, sites: Sequence[str], window: timedelta) -> Self | None:
        """Return the window behind this one, or the first of the next location."""
        if self.until < self.end:
            end = self.end if self.end - self.until <= window else self.until + window
            return attrs.evolve(self, since=self.until, until=end, after=None)
        following = next((site for site in sites if site > self.site), None)
        if following is None:
            return None
        return self._opened(following, self.begin, self.end, window)

    def past(self) -> Self:
        """Return the place behind the last window."""
        return attrs.evolve(self, over=True, after=None)

    def going_on(self, sites: Sequence[str], window: timedelta) -> Self | None:
        """Return where to go on today: a location may be gone since the cursor was stored."""
        if self.over:
            return None
        if self.site in sites:
            return self
        return attrs.evolve(self, until=self.end).next(sites, window)

    def progress(self, sites: Sequence[str]) -> Progress:
        """Count the days of all locations."""
        begin = self.begin or BEGINNING
        days = max(-((begin - self.end) // _DAY), 1)
        total = days * len(sites)
        if self.over:
            return Progress(total, total)
        before = sum(site < self.site for site in sites)
        gone = (self.since - begin) // _DAY if self.since else 0
        return Progress(min(before * days + gone, total), total)


@attrs.frozen
class Followed:
    """Up to when changes are known, and when these days' appointments were last looked at."""

    next: datetime | None = None
    looked: datetime | None = None

    @classmethod
    def parse(cls, cursor: Json) -> Self:
        """Read a stored cursor; None is the beginning."""
        if cursor is None:
            return cls()
        return _parsed(lambda known: cls(instant(known, "next"), instant(known, "looked")), cursor)

    def cursor(self) -> Json:
        """Write the cursor."""
        return {
            "v": _VERSION,
            "next": self.next and self.next.isoformat(),
            "looked": self.looked and self.looked.isoformat(),
        }


@attrs.frozen
class Scan:
    """How far a full scan is; behind its last page it is at the beginning again."""

    after: str | None = None

    @classmethod
    def parse(cls, cursor: Json) -> Self:
        """Read a stored cursor; None is the beginning."""
        if cursor is None:
            return cls()
        return _parsed(lambda known: cls(text(known, "after")), cursor)

    def cursor(self) -> Json:
        """Write the cursor."""
        return {"v": _VERSION, "after": self.after}


def between(field: str, since: datetime | None, until: datetime) -> str:
    """Return the filter of a window; it holds its begin and not its end."""
    ends = f"{field} < '{_utc(until)}'"
    return ends if since is None else f"{field} >= '{_utc(since)}' AND {ends}"


def since(field: str, begin: datetime | None) -> str | None:
    """Return the filter of what came since; None filters nothing."""
    return None if begin is None else f"{field} >= '{_utc(begin)}'"


def _whole(moment: datetime) -> datetime:
    # Filters are written in whole seconds; cutting off both ends alike leaves no gap.
    return moment.astimezone(UTC).replace(microsecond=0)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
