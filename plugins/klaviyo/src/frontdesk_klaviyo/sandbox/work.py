"""What was accepted and is done later, when the clock says so and somebody looks."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

Task = Callable[[datetime], None]
_AT_ONCE: Final = 0.0


class Work:
    """Tasks by the time they are due; nothing runs by itself."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._waiting: list[tuple[datetime, int, Task]] = []
        self._numbers = itertools.count()

    def __len__(self) -> int:
        return len(self._waiting)

    def later(self, seconds: float, task: Task) -> None:
        """Do something in so many seconds; at once, if there are none."""
        now = self._now()
        if seconds <= _AT_ONCE:
            self.settle()
            task(now)
            return
        entry = (now + timedelta(seconds=seconds), next(self._numbers), task)
        heapq.heappush(self._waiting, entry)

    def settle(self) -> None:
        """Do what is due by now."""
        now = self._now()
        while self._waiting and self._waiting[0][0] <= now:
            due, _, task = heapq.heappop(self._waiting)
            task(due)

    def drain(self) -> None:
        """Do everything, as if enough time had passed."""
        while self._waiting:
            due, _, task = heapq.heappop(self._waiting)
            task(due)
