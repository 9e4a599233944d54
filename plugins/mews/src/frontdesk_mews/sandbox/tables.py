"""A table in memory: rows by age, by id, by time and by field."""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from frontdesk.sandbox.timeline import Timeline

if TYPE_CHECKING:
    from datetime import datetime


class _Identified(Protocol):
    id: str


R = TypeVar("R", bound=_Identified)
#: The two times every row has, be they among its fields or not.
CREATED, UPDATED = "created_utc", "updated_utc"


class Table(Generic[R]):
    """Rows numbered from the oldest to the newest; indexes are built when first used."""

    def __init__(self) -> None:
        self.rows: list[R] = []
        self.created = array("d")
        self.updated = array("d")
        #: Which properties may see the row, a bit for each.
        self.masks = array("Q")
        self.numbers: dict[str, int] = {}
        self._timelines: dict[str, Timeline] = {}
        self._fields: dict[str, dict[Any, list[int]]] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[R]:
        return iter(self.rows)

    def fill(self, entries: Iterable[tuple[float, float, int, R]]) -> None:
        """Take in all first rows: when created, when updated, who may see it, the row."""
        ordered = sorted(entries, key=lambda entry: (entry[0] // 1, entry[3].id))
        for created, updated, mask, row in ordered:
            # Rows show whole seconds; an index of fractions would miss what they show.
            self.created.append(created // 1)
            self.updated.append(updated // 1)
            self.masks.append(mask)
            self.rows.append(row)
        self.numbers = {row.id: number for number, row in enumerate(self.rows)}

    def add(self, row: R, at: datetime, mask: int) -> int:
        """Append a row made now, which is later than any before."""
        number = len(self.rows)
        moment = at.timestamp()
        self.rows.append(row)
        self.created.append(moment)
        self.updated.append(moment)
        self.masks.append(mask)
        self.numbers[row.id] = number
        for name, timeline in self._timelines.items():
            if (when := self.moment(name, number)) is not None:
                timeline.insert(when, number)
        for name, values in self._fields.items():
            values.setdefault(getattr(row, name), []).append(number)
        return number

    def change(self, number: int, at: datetime, **fields: Any) -> None:
        """Set fields of a row and keep the indexes true."""
        if hasattr(self.rows[number], UPDATED):
            fields[UPDATED] = at
        elif timeline := self._timelines.get(UPDATED):
            timeline.remove(self.updated[number], number)
            timeline.insert(at.timestamp(), number)
        for name, value in fields.items():
            self._set(number, name, value)
        self.updated[number] = at.timestamp()

    def _set(self, number: int, name: str, value: Any) -> None:
        row = self.rows[number]
        if values := self._fields.get(name):
            numbers = values[getattr(row, name)]
            del numbers[bisect_left(numbers, number)]
            insort(values.setdefault(value, []), number)
        timeline = self._timelines.get(name)
        if timeline and (before := self.moment(name, number)) is not None:
            timeline.remove(before, number)
        setattr(row, name, value)
        if timeline and value is not None:
            timeline.insert(value.timestamp(), number)

    def moment(self, name: str, number: int) -> float | None:
        """Read a time of a row in seconds."""
        if name == CREATED:
            return self.created[number]
        if name == UPDATED:
            return self.updated[number]
        when: datetime | None = getattr(self.rows[number], name)
        return None if when is None else when.timestamp()

    def timeline(self, name: str) -> Timeline:
        """Give the row numbers by a time, sorting them at the first call."""
        if name not in self._timelines:
            moments = ((self.moment(name, number), number) for number in range(len(self.rows)))
            self._timelines[name] = Timeline((at, n) for at, n in moments if at is not None)
        return self._timelines[name]

    def having(self, name: str, value: Any) -> list[int]:
        """Give the numbers of the rows with this value in a field, in order."""
        if name == "id":
            return [self.numbers[value]] if value in self.numbers else []
        if name not in self._fields:
            values = self._fields[name] = {}
            for number, row in enumerate(self.rows):
                values.setdefault(getattr(row, name), []).append(number)
        return self._fields[name].get(value, [])

    def find(self, identity: str | None) -> R | None:
        """Give the row with an id."""
        number = self.numbers.get(identity or "")
        return None if number is None else self.rows[number]
