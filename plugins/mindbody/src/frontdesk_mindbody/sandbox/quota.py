"""How many calls were made on a day, and how many may be."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta

from frontdesk.sandbox.clock import ServerClock
from frontdesk_mindbody.sandbox.options import Options
from frontdesk_mindbody.sandbox.refusal import Refusal

#: The site of calls that name none.
NO_SITE = 0


class Quota:
    """Counts every call by its day (in UTC) and site, refused ones included."""

    def __init__(self, options: Options, clock: ServerClock) -> None:
        self._options = options
        self._clock = clock
        #: Calls by day and site.
        self.calls: Counter[tuple[date, int]] = Counter()
        #: Of these, the ones that were one too many.
        self.refused: Counter[tuple[date, int]] = Counter()
        self._times: defaultdict[int, array[float]] = defaultdict(lambda: array("d"))

    def admit(self, site: int) -> None:
        """Count a call, or refuse it where the cap is hard."""
        options, now = self._options, self._clock.now
        counted = NO_SITE if options.quota_of == "key" else site
        if options.hard_cap and self._made(now.date(), counted) >= options.calls_a_day:
            self.refused[now.date(), site] += 1
            raise Refusal(
                429, "API call limit reached.", code="TooManyRequests", retry_after=self._after(now)
            )
        self.calls[now.date(), site] += 1
        self._times[site].append(now.timestamp())

    def _made(self, day: date, counted: int) -> int:
        if self._options.quota_of == "site":
            return self.calls[day, counted]
        return sum(count for (on, _), count in self.calls.items() if on == day)

    def _after(self, now: datetime) -> str | None:
        if not self._options.retry_after:
            return None
        midnight = datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)
        return str(int((midnight - now).total_seconds()))

    def busiest(self, site: int | None = None, within: timedelta = timedelta(hours=24)) -> int:
        """Tell the most calls in any span of such a length, of one site or of all together."""
        chosen = self._times.values() if site is None else [self._times[site]]
        times = sorted(moment for one in chosen for moment in one)
        span = within.total_seconds()
        return max(
            (number + 1 - bisect_left(times, at - span + 1e-6) for number, at in enumerate(times)),
            default=0,
        )
