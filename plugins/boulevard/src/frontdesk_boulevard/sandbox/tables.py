"""A table in memory: rows by age, by id, by time and by field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from frontdesk.sandbox.timeline import Timeline
from frontdesk_boulevard.sandbox.ids import bare


class _Identified(Protocol):
    id: str


R = TypeVar("R", bound=_Identified)


class Table(Generic[R]):
    """Rows numbered from the oldest to the newest; indexes are built when first used."""

    def __init__(self, rows: Iterable[R] = ()) -> None:
        self.rows: list[R] = []
        self.numbers: dict[str, int] = {}
        #: Rows that nobody is shown any more.
        self.gone: set[int] = set()
        self._timelines: dict[str, Timeline] = {}
        self._fields: dict[str, dict[Any, list[int]]] = {}
        self.fill(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[R]:
        return (row for number, row in enumerate(self.rows) if number not in self.gone)

    def fill(self, rows: Iterable[R]) -> None:
        """Take in all first rows, oldest first."""
        self.rows = list(rows)
        self.numbers = {bare(row.id): number for number, row in enumerate(self.rows)}

    def add(self, row: R) -> int:
        """Append a row made now, which is later than any before."""
        number = len(self.rows)
        self.rows.append(row)
        self.numbers[bare(row.id)] = number
        for name, timeline in self._timelines.items():
            if (when := self._moment(name, number)) is not None:
                timeline.insert(when, number)
        for name, values in self._fields.items():
            values.setdefault(getattr(row, name), []).append(number)
        return number

    def change(self, number: int, **fields: Any) -> None:
        """Set fields of a row and keep the indexes true."""
        for name, value in fields.items():
            if timeline := self._timelines.get(name):
                self._retime(timeline, name, number, value)
            elif values := self._fields.get(name):
                values[getattr(self.rows[number], name)].remove(number)
                values.setdefault(value, []).append(number)
            setattr(self.rows[number], name, value)

    def _retime(self, timeline: Timeline, name: str, number: int, value: datetime | None) -> None:
        if (before := self._moment(name, number)) is not None:
            timeline.remove(before, number)
        if value is not None:
            timeline.insert(value.timestamp(), number)

    def _moment(self, name: str, number: int) -> float | None:
        value: datetime | None = getattr(self.rows[number], name)
        return None if value is None else value.timestamp()

    def timeline(self, name: str) -> Timeline:
        """Sort the rows by a time, those that have it."""
        if name not in self._timelines:
            moments = ((self._moment(name, number), number) for number in range(len(self.rows)))
            self._timelines[name] = Timeline((at, n) for at, n in moments if at is not None)
        return self._timelines[name]

    def having(self, name: str, value: Any) -> list[int]:
        """Give the numbers of the rows with this value in a field."""
        if name == "id":
            number = self.number(value)
            return [] if number is None else [number]
        if name not in self._fields:
            values = self._fields[name] = {}
            for number, row in enumerate(self.rows):
                values.setdefault(getattr(row, name), []).append(number)
        return self._fields[name].get(value, [])

    def number(self, identity: str | None) -> int | None:
        """Give the number of the row with an id, a URN or a bare UUID."""
        number = self.numbers.get(bare(identity or ""))
        return None if number in self.gone else number

    def find(self, identity: str | None) -> R | None:
        """Give the row with an id, a URN or a bare UUID."""
        number = self.number(identity)
        return None if number is None else self.rows[number]

    def get(self, identity: str) -> R:
        """Give a row that is known to be there."""
        return self.rows[self.numbers[bare(identity)]]
