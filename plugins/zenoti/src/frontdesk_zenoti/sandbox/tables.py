"""A table in memory: rows by number and id, and row numbers by time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class _Identified(Protocol):
    id: str


R = TypeVar("R", bound=_Identified)


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
