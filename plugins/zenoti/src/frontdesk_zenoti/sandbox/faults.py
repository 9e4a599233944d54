"""What can be made to go wrong, for one operation or all, a number of times or for ever."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final, TypeAlias

import attrs
import msgspec

from frontdesk_zenoti.sandbox.refusal import Refusal, Shape

#: As the value of a *Mutate*: the field is taken away.
REMOVE: Final = msgspec.UNSET
ANY: Final = "*"
DENIED: Final = "Authorization has been denied for this request."


class Fault(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """Something that goes wrong; for ever, if *times* is None.

    Args:
        after: So many matching requests go well first.
    """

    operation: str = ANY
    times: int | None = 1
    after: int = 0


class Status(Fault, frozen=True, kw_only=True, tag="status"):
    """Answer with an error."""

    status: int
    message: str | None = None
    #: Sent as it is: seconds, an HTTP date or nonsense.
    retry_after: str | int | None = None
    #: Sent as an HTTP date that many seconds from now.
    retry_date: float | None = None
    shape: Shape = "wrapped"
    #: Zenoti's own number; left out, it is the status.
    code: int | None = None


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


class StuckPage(Fault, frozen=True, kw_only=True, tag="stuck_page"):
    """Answer every page with the first one."""


class CircularPages(Fault, frozen=True, kw_only=True, tag="circular_pages"):
    """Begin again after the last page, so that the pages never end."""


class Duplicate(Fault, frozen=True, kw_only=True, tag="duplicate"):
    """Send the first rows of a page twice."""

    rows: int = 1


class Shuffle(Fault, frozen=True, kw_only=True, tag="shuffle"):
    """Send the rows of a page in another order."""


class Mutate(Fault, frozen=True, kw_only=True, tag="mutate"):
    """Put another value into one row, or take the field away (no *value*)."""

    row: int = 0
    #: Names of nested objects are joined by dots: ``personal_info.email``.
    field: str
    value: Any = REMOVE


class SoftError(Fault, frozen=True, kw_only=True, tag="soft_error"):
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
#: Of these only one can happen to a request; the others wait for the next one.
_FINAL: Final = (Status, Drop, Truncate, Malformed, Huge, SoftError)


@attrs.define
class _Planned:
    fault: AnyFault
    left: int | None
    waits: int


class Faults:
    """The faults that are still to happen, in the order in which they were added."""

    def __init__(self) -> None:
        self._planned: list[_Planned] = []

    def add(self, *faults: AnyFault) -> None:
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
    def pending(self) -> list[AnyFault]:
        """List what is still to happen."""
        return [planned.fault for planned in self._planned]

    def authorize(self, operation: str, key: str) -> None:
        """Refuse a revoked key or an operation that is not permitted."""
        for planned in self._matching(operation):
            fault = planned.fault
            if isinstance(fault, RevokedKey) and fault.key in {key, None} and self._due(planned):
                raise Refusal(HTTPStatus.UNAUTHORIZED, DENIED, shape="pascal")
            if isinstance(fault, Forbidden) and self._due(planned):
                raise Refusal(fault.status, fault.message, code=fault.code)

    def take(self, operation: str) -> list[AnyFault]:
        """Draw what goes wrong with one request."""
        taken: list[AnyFault] = []
        finished = False
        for planned in self._matching(operation):
            fault = planned.fault
            final = isinstance(fault, _FINAL)
            if isinstance(fault, Forbidden | RevokedKey) or (final and finished):
                continue
            if self._due(planned):
                finished = finished or final
                taken.append(fault)
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
