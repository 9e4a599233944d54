"""A table in memory: rows by number and id, and row numbers by time."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Generic, Protocol, TypeVar


class _Identified(Protocol):
    id: str


R = TypeVar("R", bound=_Identified)


class Timeline:
    """Row numbers sorted by a time."""

    def __init__(self, moments: Iterable[tuple[float, int]] = ()) -> None:
        ordered = sorted(moments)
        self._keys = array("d", (moment for moment, _ in ordered))
        self._numbers = array("q", (number for _, number in ordered))

    def between(self, start: float, end: float) -> list[int]:
        """Give the numbers in the half-open interval, the earliest first."""
        low, high = bisect_left(self._keys, start), bisect_left(self._keys, end)
        return self._numbers[low:high].tolist()

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


class Table(Generic[R]):
    """Rows numbered in the order in which they were made."""

    def __init__(self) -> None:
        self.rows: list[R] = []
        self.numbers: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[R]:
        return iter(self.rows)

    def add(self, row: R) -> int:
        """Append a row."""
        number = len(self.rows)
        self.rows.append(row)
        self.numbers[row.id] = number
        return number

    def find(self, identity: str | None) -> R | None:
        """Give the row with an id, however its letters are written."""
        number = self.numbers.get((identity or "").lower())
        return None if number is None else self.rows[number]
