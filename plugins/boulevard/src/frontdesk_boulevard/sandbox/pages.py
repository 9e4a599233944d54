"""Pages of a list, with cursors that nobody may read anything into."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import attrs

from frontdesk_boulevard.sandbox.options import Options

R = TypeVar("R")
_MARK: Final = "arrayconnection"


class PageError(Exception):
    """A page that cannot be given."""


@attrs.frozen
class Edge(Generic[R]):
    """A row and where it stands."""

    cursor: str
    node: R


@attrs.frozen(kw_only=True)
class PageInfo:
    """Whether there is more."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@attrs.frozen
class Connection(Generic[R]):
    """A page."""

    edges: Sequence[Edge[R]]
    page_info: PageInfo


@attrs.frozen
class Pager:
    """Cuts lists of row numbers into pages.

    Args:
        name: The list's, so that a cursor of one list is none of another's.
    """

    name: str
    options: Options
    now: datetime

    def page(
        self,
        numbers: Sequence[int],
        row: Callable[[int], Any],
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Any]:
        """Cut one page.

        Raises:
            PageError: A cursor is no good, or too much is asked for.
        """
        low = 0 if after is None else self._place(after, numbers, behind=True)
        high = len(numbers) if before is None else self._place(before, numbers, behind=False)
        low = min(low, high)
        start, stop = low, high
        if last is not None and first is None:
            start = max(low, high - self._size(last))
        else:
            stop = min(high, low + self._size(first))
        edges = [
            Edge(self._cursor(place, numbers[place]), row(numbers[place]))
            for place in range(start, stop)
        ]
        return Connection(
            edges,
            PageInfo(
                has_next_page=stop < len(numbers),
                has_previous_page=start > 0,
                start_cursor=edges[0].cursor if edges else None,
                end_cursor=edges[-1].cursor if edges else None,
            ),
        )

    def _size(self, wanted: int | None) -> int:
        if wanted is None:
            return min(self.options.default_rows, self.options.most_rows)
        if wanted < 0:
            raise PageError("first and last must not be negative")
        if wanted > self.options.most_rows and self.options.too_many_rows == "refuse":
            raise PageError(f"at most {self.options.most_rows} rows can be asked for")
        return min(wanted, self.options.most_rows)

    def _cursor(self, place: int, number: int) -> str:
        stands = place if self.options.cursors == "offset" else number
        made = int(self.now.timestamp()) if self.options.cursor_lifetime else 0
        return base64.b64encode(f"{_MARK}:{self.name}:{stands}:{made}".encode()).decode()

    def _place(self, cursor: str, numbers: Sequence[int], *, behind: bool) -> int:
        stands, made = self._read(cursor)
        lifetime = self.options.cursor_lifetime
        if lifetime and self.now.timestamp() - made > lifetime:
            raise PageError("cursor has expired")
        if self.options.cursors == "offset":
            return min(stands + behind, len(numbers))
        # Rows are in the order of their numbers, one way or the other.
        downward = self.options.order == "newest"
        low, high = 0, len(numbers)
        while low < high:
            middle = (low + high) // 2
            passed = numbers[middle] > stands if downward else numbers[middle] < stands
            if passed or (behind and numbers[middle] == stands):
                low = middle + 1
            else:
                high = middle
        return low

    def _read(self, cursor: str) -> tuple[int, int]:
        try:
            mark, name, stands, made = base64.b64decode(cursor, validate=True).decode().split(":")
            found = int(stands), int(made)
        except (binascii.Error, ValueError):
            raise PageError("invalid cursor") from None
        if (mark, name) != (_MARK, self.name) or found[0] < 0:
            raise PageError("invalid cursor")
        return found
