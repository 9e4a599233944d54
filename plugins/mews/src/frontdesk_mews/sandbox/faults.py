"""What can be made to go wrong, for one operation or all, a number of times or for ever."""

from __future__ import annotations

from typing import Final, TypeAlias

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
from frontdesk_mews.sandbox.refusal import Refusal

__all__ = [
    "ANY",
    "REMOVE",
    "AnyFault",
    "CircularPages",
    "Drop",
    "Duplicate",
    "Ending",
    "Endless",
    "Fault",
    "Faults",
    "Huge",
    "Malformed",
    "Mutate",
    "RevokedToken",
    "Shuffle",
    "Slow",
    "Status",
    "StuckCursor",
    "Truncate",
    "Ungranted",
]


class Endless(Ending, frozen=True, kw_only=True, tag="endless"):
    """Never stop sending rows; needs a real connection that can be closed."""


class StuckCursor(Fault, frozen=True, kw_only=True, tag="stuck_cursor"):
    """Answer every page with the first one and its cursor."""


class CircularPages(Fault, frozen=True, kw_only=True, tag="circular_pages"):
    """Begin again after the last page, so that the pages never end."""


class Ungranted(Fault, frozen=True, kw_only=True, tag="ungranted"):
    """Take the permission for an operation away."""

    times: int | None = None


class RevokedToken(Fault, frozen=True, kw_only=True, tag="revoked_token"):
    """Make an access token worthless."""

    token: str
    times: int | None = None


AnyFault: TypeAlias = (
    Status
    | Drop
    | Truncate
    | Malformed
    | Huge
    | Endless
    | Slow
    | StuckCursor
    | CircularPages
    | Duplicate
    | Shuffle
    | Mutate
    | Ungranted
    | RevokedToken
)
_OF_ACCESS: Final = (Ungranted, RevokedToken)


class Faults(faults.Faults):
    """The faults that are still to happen, in the order in which they were added."""

    def authorize(self, operation: str, token: str) -> None:
        """Refuse a revoked token or an operation that is not granted."""

        def refuses(fault: Fault) -> bool:
            return isinstance(fault, Ungranted) or (
                isinstance(fault, RevokedToken) and fault.token == token
            )

        fault = self.first(operation, refuses)
        if isinstance(fault, RevokedToken):
            raise Refusal(401, "Invalid AccessToken.")
        if fault is not None:
            raise Refusal(401, "The operation is not granted to this integration.")

    def take(self, operation: str) -> list[Fault]:
        """Draw what goes wrong with one request."""
        return self.draw(operation, lambda fault: not isinstance(fault, _OF_ACCESS))
