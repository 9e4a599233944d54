"""What can be made to go wrong, for one operation or all, a number of times or for ever.

A platform adds faults of its own; what ends a request is an :class:`Ending`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final, cast

import attrs
import msgspec

from frontdesk.sandbox.wire import Reply

#: As the value of a *Mutate*: the field is taken away.
REMOVE: Final = msgspec.UNSET
ANY: Final = "*"
_CHUNK: Final = 65_536


class Fault(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """Something that goes wrong; for ever, if *times* is None.

    Args:
        after: So many matching requests go well first.
    """

    operation: str = ANY
    times: int | None = 1
    after: int = 0


class Ending(Fault, frozen=True, kw_only=True):
    """What only one of can happen to a request; the others wait for the next one."""


class Status(Ending, frozen=True, kw_only=True, tag="status"):
    """Answer with an error."""

    status: int
    message: str | None = None
    #: Sent as it is: seconds, an HTTP date or nonsense.
    retry_after: str | int | None = None
    #: Sent as an HTTP date that many seconds from now.
    retry_date: float | None = None

    def again(self, now: datetime) -> str | None:
        """Say when to come back, as the header does."""
        if self.retry_date is not None:
            return format_datetime(now + timedelta(seconds=self.retry_date), usegmt=True)
        return None if self.retry_after is None else str(self.retry_after)


class Drop(Ending, frozen=True, kw_only=True, tag="drop"):
    """Close the connection after the head of the answer."""


class Truncate(Ending, frozen=True, kw_only=True, tag="truncate"):
    """Promise a whole body and close the connection in the middle of it."""

    keep: float = 0.5


class Malformed(Ending, frozen=True, kw_only=True, tag="malformed"):
    """Answer with half a JSON document, as if it were all."""


class Huge(Ending, frozen=True, kw_only=True, tag="huge"):
    """Put that many bytes of white space before the answer, which stays valid JSON."""

    size: int


class Slow(Fault, frozen=True, kw_only=True, tag="slow"):
    """Answer late."""

    seconds: float


class Duplicate(Fault, frozen=True, kw_only=True, tag="duplicate"):
    """Send the first rows of a page twice."""

    rows: int = 1


class Shuffle(Fault, frozen=True, kw_only=True, tag="shuffle"):
    """Send the rows of a page in another order."""


class Mutate(Fault, frozen=True, kw_only=True, tag="mutate"):
    """Put another value into one row, or take the field away (no *value*)."""

    row: int = 0
    #: Names of nested objects are joined by dots: ``Amount.GrossValue``.
    field: str
    value: Any = REMOVE


@attrs.define
class _Planned:
    fault: Fault
    left: int | None
    waits: int


def _any(_fault: Fault) -> bool:
    return True


class Faults:
    """The faults that are still to happen, in the order in which they were added."""

    def __init__(self) -> None:
        self._planned: list[_Planned] = []

    def add(self, *faults: Fault) -> None:
        """Let something go wrong."""
        self._planned.extend(_Planned(fault, fault.times, fault.after) for fault in faults)

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self._planned.clear()

    def mutate(
        self, operation: str, row: int, field: str, value: Any = REMOVE, *, times: int | None = 1
    ) -> None:
        """Put another value into one row of an answer, or take the field away."""
        self.add(Mutate(operation=operation, row=row, field=field, value=value, times=times))

    @property
    def pending(self) -> list[Fault]:
        """List what is still to happen."""
        return [planned.fault for planned in self._planned]

    def first(self, operation: str, fits: Callable[[Fault], bool]) -> Fault | None:
        """Draw the first fault that fits."""
        for planned in self._matching(operation):
            if fits(planned.fault) and self._due(planned):
                return planned.fault
        return None

    def draw(self, operation: str, fits: Callable[[Fault], bool] = _any) -> list[Fault]:
        """Draw what goes wrong with one request, of what fits."""
        taken: list[Fault] = []
        ended = False
        for planned in self._matching(operation):
            ends = isinstance(planned.fault, Ending)
            if (ends and ended) or not fits(planned.fault) or not self._due(planned):
                continue
            ended = ended or ends
            taken.append(planned.fault)
        return taken

    def _matching(self, operation: str) -> list[_Planned]:
        return [one for one in self._planned if one.fault.operation in {operation, ANY}]

    def _due(self, planned: _Planned) -> bool:
        if planned.waits:
            planned.waits -= 1
            return False
        if planned.left is not None:
            planned.left -= 1
            if planned.left <= 0:
                self._planned.remove(planned)
        return True


def put(place: dict[str, Any], field: str, value: Any) -> None:
    """Set a field, or take it away; dots lead into objects, and no other object changes."""
    *path, name = field.split(".")
    for step in path:
        place[step] = dict(cast("dict[str, Any]", place[step]))
        place = place[step]
    if value is REMOVE:
        place.pop(name, None)
    else:
        place[name] = value


def mutated(row: Any, fault: Mutate) -> dict[str, Any]:
    """Give a row of any kind as JSON has it, with another value in a field."""
    spoiled: dict[str, Any] = msgspec.to_builtins(row)
    put(spoiled, fault.field, fault.value)
    return spoiled


def spoiled(good: Reply, faults: Iterable[Fault]) -> Reply:
    """Spoil the way an answer is sent."""
    body = good.body
    for fault in faults:
        if isinstance(fault, Drop):
            return Reply(good.status, headers=good.headers, promised=max(1, len(body)))
        if isinstance(fault, Truncate):
            kept = body[: int(len(body) * fault.keep)]
            return Reply(good.status, kept, headers=good.headers, promised=len(body) + 1)
        if isinstance(fault, Malformed):
            return Reply(good.status, body[: len(body) // 2], headers=good.headers)
        if isinstance(fault, Huge):
            chunks, size = _padded(body, fault.size), len(body) + fault.size
            return Reply(good.status, headers=good.headers, chunks=chunks, promised=size)
    return good


def _padded(body: bytes, size: int) -> Iterator[bytes]:
    blank = b" " * _CHUNK
    for _ in range(size // _CHUNK):
        yield blank
    yield blank[: size % _CHUNK]
    yield body
