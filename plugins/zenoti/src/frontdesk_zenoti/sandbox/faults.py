"""What can be made to go wrong, for one operation or all, a number of times or for ever."""

from __future__ import annotations

from http import HTTPStatus
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
    Truncate,
)
from frontdesk_zenoti.sandbox.refusal import Refusal, Shape

__all__ = [
    "ANY",
    "DENIED",
    "REMOVE",
    "AnyFault",
    "CircularPages",
    "Drop",
    "Duplicate",
    "Ending",
    "Fault",
    "Faults",
    "Forbidden",
    "Huge",
    "Malformed",
    "Mutate",
    "RevokedKey",
    "Shuffle",
    "Slow",
    "SoftError",
    "Status",
    "StuckPage",
    "Truncate",
]

DENIED: Final = "Authorization has been denied for this request."


class Status(faults.Status, frozen=True, kw_only=True, tag="status"):
    """Answer with an error, in one of Zenoti's forms."""

    shape: Shape = "wrapped"
    #: Zenoti's own number; left out, it is the status.
    code: int | None = None


class StuckPage(Fault, frozen=True, kw_only=True, tag="stuck_page"):
    """Answer every page with the first one."""


class CircularPages(Fault, frozen=True, kw_only=True, tag="circular_pages"):
    """Begin again after the last page, so that the pages never end."""


class SoftError(Ending, frozen=True, kw_only=True, tag="soft_error"):
    """Answer 200 with an error where null should be, and with no rows."""

    code: int = 500
    message: str = "Something went wrong."


class Forbidden(Fault, frozen=True, kw_only=True, tag="forbidden"):
    """Take the permission for an endpoint away from the key; the status is unconfirmed."""

    times: int | None = None
    status: int = HTTPStatus.FORBIDDEN
    code: int = HTTPStatus.FORBIDDEN
    message: str = "You are not permitted to access this resource."


class RevokedKey(Fault, frozen=True, kw_only=True, tag="revoked_key"):
    """Make an API key or a bearer token worthless; without *key*, any."""

    key: str | None = None
    times: int | None = None


AnyFault: TypeAlias = (
    Status
    | Drop
    | Truncate
    | Malformed
    | Huge
    | Slow
    | StuckPage
    | CircularPages
    | Duplicate
    | Shuffle
    | Mutate
    | SoftError
    | Forbidden
    | RevokedKey
)
_OF_ACCESS: Final = (Forbidden, RevokedKey)


class Faults(faults.Faults):
    """The faults that are still to happen, in the order in which they were added."""

    def authorize(self, operation: str, key: str) -> None:
        """Refuse a revoked key or an operation that is not permitted."""

        def refuses(fault: Fault) -> bool:
            return isinstance(fault, Forbidden) or (
                isinstance(fault, RevokedKey) and fault.key in {key, None}
            )

        fault = self.first(operation, refuses)
        if isinstance(fault, RevokedKey):
            raise Refusal(HTTPStatus.UNAUTHORIZED, DENIED, shape="pascal")
        if isinstance(fault, Forbidden):
            raise Refusal(fault.status, fault.message, code=fault.code)

    def take(self, operation: str) -> list[Fault]:
        """Draw what goes wrong with one request."""
        return self.draw(operation, lambda fault: not isinstance(fault, _OF_ACCESS))
