"""What can be made to go wrong, for one operation or all, a number of times or for ever."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import attrs
import msgspec

from frontdesk_mews.sandbox.refusal import Refusal

#: As the value of a *Mutate*: the field is taken away.
REMOVE: Final = msgspec.UNSET
ANY: Final = "*"


class Fault(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """Something that goes wrong; for ever, if *times* is None."""

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


class Endless(Fault, frozen=True, kw_only=True, tag="endless"):
    """Never stop sending rows; needs a real connection that can be closed."""


class Slow(Fault, frozen=True, kw_only=True, tag="slow"):
    """Answer late."""

    seconds: float


class StuckCursor(Fault, frozen=True, kw_only=True, tag="stuck_cursor"):
    """Answer every page with the first one and its cursor."""


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
    #: Names of nested objects are joined by dots: ``Amount.GrossValue``.
    field: str
    value: Any = REMOVE


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
#: Of these only one can happen to a request; the others wait for the next one.
_FINAL: Final = (Status, Drop, Truncate, Malformed, Huge, Endless)


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
        """Put another value into one row of an answer, or take the field away."""
        self.add(Mutate(operation=operation, row=row, field=field, value=value, times=times))

    @property
    def pending(self) -> list[AnyFault]:
        """List what is still to happen."""
        return [planned.fault for planned in self._planned]

    def authorize(self, operation: str, token: str) -> None:
        """Refuse a revoked token or an operation that is not granted."""
        for planned in self._matching(operation):
            fault = planned.fault
            if isinstance(fault, RevokedToken) and fault.token == token:
                self._count(planned)
                raise Refusal(401, "Invalid AccessToken.")
            if isinstance(fault, Ungranted):
                self._count(planned)
                raise Refusal(401, "The operation is not granted to this integration.")

    def take(self, operation: str) -> list[AnyFault]:
        """Draw what goes wrong with one request."""
        taken: list[AnyFault] = []
        finished = False
        for planned in self._matching(operation):
            fault = planned.fault
            final = isinstance(fault, _FINAL)
            if isinstance(fault, Ungranted | RevokedToken) or (final and finished):
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
