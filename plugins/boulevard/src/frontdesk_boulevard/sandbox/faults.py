"""What can be made to go wrong, for one operation or all, a number of times or for ever."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import attrs
import msgspec

#: As the value of a *Mutate*: the field is taken away.
REMOVE: Final = msgspec.UNSET
ANY: Final = "*"


class Fault(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """Something that goes wrong; for ever, if *times* is None.

    An operation is called as the field of the root it asks for: ``appointments``, ``client``.
    """

    operation: str = ANY
    times: int | None = 1


class Status(Fault, frozen=True, kw_only=True, tag="status"):
    """Answer with an error."""

    status: int
    message: str | None = None
    #: Sent as it is: seconds, an HTTP date or nonsense.
    retry_after: str | int | None = None
    #: Sent as an HTTP date that many seconds from now.
    retry_date: float | None = None


class Drop(Fault, frozen=True, kw_only=True, tag="drop"):
    """Close the connection after the head of the answer."""


class Truncate(Fault, frozen=True, kw_only=True, tag="truncate"):
    """Promise a whole body and close the connection in the middle of it."""

    keep: float = 0.5


class Malformed(Fault, frozen=True, kw_only=True, tag="malformed"):
    """Answer with half a JSON document, as if it were all."""


class Huge(Fault, frozen=True, kw_only=True, tag="huge"):
    """Put that many bytes of white space before the answer, which stays valid JSON."""

    size: int


class Slow(Fault, frozen=True, kw_only=True, tag="slow"):
    """Answer late."""

    seconds: float


class Limited(Fault, frozen=True, kw_only=True, tag="limited"):
    """Empty the bucket, as another worker would, so that there is nothing left for the query.

    Where the options have turned the bucket off, it is refused all the same.
    """


class ErrorBeside(Fault, frozen=True, kw_only=True, tag="error_beside"):
    """Put an error beside good data."""

    message: str = "Something went wrong"
    code: str | None = None
    path: tuple[str | int, ...] | None = None


class ErrorAlone(Fault, frozen=True, kw_only=True, tag="error_alone"):
    """Answer with an error and no data, as if all were well: status 200."""

    message: str = "Internal server error"
    code: str | None = None


class Ungranted(Fault, frozen=True, kw_only=True, tag="ungranted"):
    """Take the permission for a field away: it is null, and an error says why.

    Where the field may not be null, whatever holds it is, as GraphQL has it.
    """

    times: int | None = None
    #: Such as ``Client``.
    type: str
    #: Such as ``email``.
    field: str
    message: str = "You do not have permission to access this field"


class NullEdge(Fault, frozen=True, kw_only=True, tag="null_edge"):
    """Put null in the place of an edge."""

    row: int = 0


class NullNode(Fault, frozen=True, kw_only=True, tag="null_node"):
    """Put null in the place of an edge's node, or of a node that was asked for by its id.

    Where several were, under names of the caller's own, *row* tells which.
    """

    row: int = 0


class NullEdges(Fault, frozen=True, kw_only=True, tag="null_edges"):
    """Put null in the place of all edges."""


class StuckCursor(Fault, frozen=True, kw_only=True, tag="stuck_cursor"):
    """Say that there is more after the same cursor, however often it is asked for."""


class EmptyPage(Fault, frozen=True, kw_only=True, tag="empty_page"):
    """Say that there is more, and give nothing: no edges, no cursor."""


class ExpiredCursor(Fault, frozen=True, kw_only=True, tag="expired_cursor"):
    """Refuse the cursor of a page that is not the first."""


class Duplicate(Fault, frozen=True, kw_only=True, tag="duplicate"):
    """Send the first rows of a page twice."""

    rows: int = 1


class Shuffle(Fault, frozen=True, kw_only=True, tag="shuffle"):
    """Send the rows of a page in another order."""


class Mutate(Fault, frozen=True, kw_only=True, tag="mutate"):
    """Put another value into one node of an answer, or take the field away (no *value*).

    An enumeration that has grown, a location without a zone: all are made of this.
    """

    row: int = 0
    #: Names of nested objects and places in lists are joined by dots: ``location.tz``.
    field: str
    value: Any = REMOVE


AnyFault: TypeAlias = (
    Status
    | Drop
    | Truncate
    | Malformed
    | Huge
    | Slow
    | Limited
    | ErrorBeside
    | ErrorAlone
    | Ungranted
    | NullEdge
    | NullNode
    | NullEdges
    | StuckCursor
    | EmptyPage
    | ExpiredCursor
    | Duplicate
    | Shuffle
    | Mutate
)
#: Of these only one can happen to a request; the others wait for the next one.
_FINAL: Final = (Status, Drop, Truncate, Malformed, Huge, ErrorAlone)


@attrs.define
class _Planned:
    fault: AnyFault
    left: int | None


class Faults:
    """The faults that are still to happen, in the order in which they were added."""

    def __init__(self) -> None:
        self._planned: list[_Planned] = []

    def add(self, *faults: AnyFault) -> None:
        """Let something go wrong."""
        self._planned.extend(_Planned(fault, fault.times) for fault in faults)

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self._planned.clear()

    def mutate(
        self, operation: str, row: int, field: str, value: Any = REMOVE, *, times: int | None = 1
    ) -> None:
        """Put another value into one node of an answer, or take the field away."""
        self.add(Mutate(operation=operation, row=row, field=field, value=value, times=times))

    @property
    def pending(self) -> list[AnyFault]:
        """List what is still to happen."""
        return [planned.fault for planned in self._planned]

    def take(self, operation: str, *, later_page: bool = False) -> list[AnyFault]:
        """Draw what goes wrong with one request."""
        taken: list[AnyFault] = []
        finished = False
        for planned in self._matching(operation):
            fault = planned.fault
            final = isinstance(fault, _FINAL)
            if (final and finished) or (isinstance(fault, ExpiredCursor) and not later_page):
                continue
            finished = finished or final
            taken.append(fault)
            self._count(planned)
        return taken

    def _matching(self, operation: str) -> list[_Planned]:
        return [one for one in self._planned if one.fault.operation in {operation, ANY}]

    def _count(self, planned: _Planned) -> None:
        if planned.left is None:
            return
        planned.left -= 1
        if planned.left <= 0:
            self._planned.remove(planned)
