"""A table in memory: rows by id, by time and by field."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from frontdesk.sandbox.timeline import Timeline


class _Identified(Protocol):
    id: int


R = TypeVar("R", bound=_Identified)


class Table(Generic[R]):
    """Rows in the order in which they were made; indexes are built when first used.

    A row that is taken away keeps its number, and is in no index any more.
    """

    def __init__(self, first: int = 1) -> None:
        self.rows: list[R] = []
        self.numbers: dict[int, int] = {}
        #: Counts changes, so that whoever remembers an answer knows that it is stale.
        self.version = 0
        self._next = first
        self._timelines: dict[str, Timeline] = {}
        self._fields: dict[str, dict[Any, list[int]]] = {}

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[R]:
        return (self.rows[number] for number in self.numbers.values())

    def draw(self) -> int:
        """Give the next id."""
        self._next += 1
        return self._next - 1

    def add(self, row: R) -> R:
        """Add a row."""
        self.version += 1
        number = len(self.rows)
        self.rows.append(row)
        self.numbers[row.id] = number
        for name, timeline in self._timelines.items():
            if (when := self._moment(name, number)) is not None:
                timeline.insert(when, number)
        for name, values in self._fields.items():
            values.setdefault(getattr(row, name), []).append(number)
        return row

    def change(self, row: R, **fields: Any) -> R:
        """Set fields of a row and keep the indexes true."""
        self.version += 1
        number = self.numbers[row.id]
        for name, value in fields.items():
            self._set(row, number, name, value)
        return row

    def _set(self, row: R, number: int, name: str, value: Any) -> None:
        if values := self._fields.get(name):
            _drop(values[getattr(row, name)], number)
            insort(values.setdefault(value, []), number)
        timeline = self._timelines.get(name)
        if timeline is not None and (before := self._moment(name, number)) is not None:
            timeline.remove(before, number)
        setattr(row, name, value)
        if timeline is not None and value is not None:
            timeline.insert(value.timestamp(), number)

    def remove(self, row: R) -> None:
        """Take a row away: nothing finds it any more."""
        self.version += 1
        number = self.numbers.pop(row.id)
        for name, timeline in self._timelines.items():
            if (when := self._moment(name, number)) is not None:
                timeline.remove(when, number)
        for name, values in self._fields.items():
            _drop(values[getattr(row, name)], number)

    def _moment(self, name: str, number: int) -> float | None:
        when: datetime | None = getattr(self.rows[number], name)
        return None if when is None else when.timestamp()

    def timeline(self, name: str) -> Timeline:
        """Give the rows by a time, sorting them at the first call."""
        if name not in self._timelines:
            moments = ((self._moment(name, number), number) for number in self.numbers.values())
            self._timelines[name] = Timeline((at, n) for at, n in moments if at is not None)
        return self._timelines[name]

    def between(self, name: str, start: datetime, end: datetime) -> list[R]:
        """Give the rows with a time in the half-open interval, oldest first."""
        found = self.timeline(name).between(start.timestamp(), end.timestamp())
        return [self.rows[number] for number in found]

    def having(self, name: str, value: Any) -> list[R]:
        """Give the rows with this value in a field, in their order."""
        if name not in self._fields:
            values = self._fields[name] = {}
            for number in self.numbers.values():
                values.setdefault(getattr(self.rows[number], name), []).append(number)
        return [self.rows[number] for number in self._fields[name].get(value, ())]

    def find(self, identity: int | None) -> R | None:
        """Give the row with an id."""
        number = None if identity is None else self.numbers.get(identity)
        return None if number is None else self.rows[number]

    def sample(self, chance: Callable[[], float], fits: Callable[[R], object]) -> R | None:
        """Draw a row that fits, giving up after some tries."""
        for _ in range(40):
            if not self.rows:
                return None
            row = self.rows[int(chance() * len(self.rows))]
            if row.id in self.numbers and fits(row):
                return row
        return None


def _drop(numbers: list[int], number: int) -> None:
    del numbers[bisect_left(numbers, number)]
