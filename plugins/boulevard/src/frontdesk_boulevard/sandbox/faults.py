"""What can be made to go wrong, for one operation or all, a number of times or for ever."""

from __future__ import annotations

from typing import TypeAlias

from frontdesk.sandbox import faults
from frontdesk.sandbox.faults import (
    ANY,
    REMOVE,
    Drop,
    Duplicate,
    Ending,
    Fault,
    Huge,
    Malformed,
    Mutate,
    Shuffle,
    Slow,
    Status,
    Truncate,
)

__all__ = [
    "ANY",
    "REMOVE",
    "AnyFault",
    "Drop",
    "Duplicate",
    "EmptyPage",
    "Ending",
    "ErrorAlone",
    "ErrorBeside",
    "ExpiredCursor",
    "Fault",
    "Faults",
    "Huge",
    "Limited",
    "Malformed",
    "Mutate",
    "NullEdge",
    "NullEdges",
    "NullNode",
    "Shuffle",
    "Slow",
    "Status",
    "StuckCursor",
    "Truncate",
    "Ungranted",
]


class Limited(Fault, frozen=True, kw_only=True, tag="limited"):
    """Empty the bucket, as another worker would, so that there is nothing left for the query.

    Where the options have turned the bucket off, it is refused all the same.
    """


class ErrorBeside(Fault, frozen=True, kw_only=True, tag="error_beside"):
    """Put an error beside good data."""

    message: str = "Something went wrong"
    code: str | None = None
    path: tuple[str | int, ...] | None = None


class ErrorAlone(Ending, frozen=True, kw_only=True, tag="error_alone"):
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


class Faults(faults.Faults):
    """The faults that are still to happen, in the order in which they were added."""

    def take(self, operation: str, *, later_page: bool = False) -> list[Fault]:
        """Draw what goes wrong with one request."""
        return self.draw(
            operation, lambda fault: later_page or not isinstance(fault, ExpiredCursor)
        )
