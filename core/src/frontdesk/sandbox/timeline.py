"""Row numbers by a time, so that no request scans the world."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable


class Timeline:
    """Row numbers sorted by a time."""

    def __init__(self, moments: Iterable[tuple[float, int]] = ()) -> None:
        ordered = sorted(moments)
        self._keys = array("d", (moment for moment, _ in ordered))
        self._numbers = array("q", (number for _, number in ordered))

    def span(self, start: float, end: float) -> tuple[int, int]:
        """Find the slice of the half-open interval."""
        return bisect_left(self._keys, start), bisect_left(self._keys, end)

    def slice(self, low: int, high: int) -> list[int]:
        """Give the row numbers of a slice."""
        return self._numbers[low:high].tolist()

    def between(self, start: float, end: float) -> list[int]:
        """Give the row numbers in the half-open interval, the earliest first."""
        return self.slice(*self.span(start, end))

    def insert(self, moment: float, number: int) -> None:
        """Put a row at its time."""
        place = bisect_left(self._keys, moment)
        self._keys.insert(place, moment)
        self._numbers.insert(place, number)

    def remove(self, moment: float, number: int) -> None:
        """Take a row away from its time."""
        place = bisect_left(self._keys, moment)
        while self._numbers[place] != number:
            place += 1
        del self._keys[place], self._numbers[place]
