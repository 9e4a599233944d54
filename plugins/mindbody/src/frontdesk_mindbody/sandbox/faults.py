"""What can be made to go wrong, for one operation or all, a number of times or for ever.

An operation is a path behind the prefix, such as ``client/clients`` or ``push/subscriptions``;
of what befalls webhooks, the id of an event.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import attrs
import msgspec

#: As the value of a *Mutate* or *Blank*: the field is taken away.
REMOVE: Final = msgspec.UNSET
ANY: Final = "*"


class Fault(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """Something that goes wrong; for ever, if *times* is None."""

    operation: str = ANY
    times: int | None = 1


class Status(Fault, frozen=True, kw_only=True, tag="status"):
    """Answer with an error."""

    status: int
    code: str | None = None
    message: str | None = None
    #: Sent as it is: seconds, an HTTP date or nonsense.
    retry_after: str | int | None = None
    #: Write it as some server faults are: a message and no code.
    flat: bool = False


class Maintenance(Fault, frozen=True, kw_only=True, tag="maintenance"):
    """Answer that the site's database is being maintained."""

    status: int = 503


class Html(Fault, frozen=True, kw_only=True, tag="html"):
    """Answer with a page for people."""

    status: int = 502


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


class ShortRead(Fault, frozen=True, kw_only=True, tag="short_read"):
    """Leave rows of a page out; what it says of its size is still that of the whole page."""

    keep: int = 0
    #: Say how many rows there really are.
    honest: bool = False


class Duplicate(Fault, frozen=True, kw_only=True, tag="duplicate"):
    """Send the first rows of a page twice."""

    rows: int = 1


class Shuffle(Fault, frozen=True, kw_only=True, tag="shuffle"):
    """Send the rows of a page in another order."""


class Mutate(Fault, frozen=True, kw_only=True, tag="mutate"):
    """Put another value into one row, or take the field away (no *value*)."""

    row: int = 0
    #: Names of nested objects are joined by dots: ``HomeLocation.Name``.
    field: str
    value: Any = REMOVE


class UnknownZone(Fault, frozen=True, kw_only=True, tag="unknown_zone"):
    """Name a time zone of a site that no list of zones has."""

    operation: str = "site/sites"
    times: int | None = None
    zone: str = "Mars/Olympus_Mons"


class ExpiredToken(Fault, frozen=True, kw_only=True, tag="expired_token"):
    """Refuse the token of a call, and every later call with it."""


class UnderPrivileged(Fault, frozen=True, kw_only=True, tag="under_privileged"):
    """Take everybody's rights away: staff is told in part, the rest is denied."""

    times: int | None = None


class UnknownEvent(Fault, frozen=True, kw_only=True, tag="unknown_event"):
    """Send a webhook under an event id that nobody knows."""

    event: str = "client.reincarnated"


class Drift(Fault, frozen=True, kw_only=True, tag="drift"):
    """Send a webhook of another schema version, with a field more."""

    version: int = 2


class Blank(Fault, frozen=True, kw_only=True, tag="blank"):
    """Send a webhook with another value in a field, null at first, or without it."""

    field: str
    value: Any = None


AnyFault: TypeAlias = (
    Status
    | Maintenance
    | Html
    | Drop
    | Truncate
    | Malformed
    | Huge
    | Slow
    | ShortRead
    | Duplicate
    | Shuffle
    | Mutate
    | UnknownZone
    | ExpiredToken
    | UnderPrivileged
    | UnknownEvent
    | Drift
    | Blank
)
#: Of these only one can happen to a request; the others wait for the next one.
_FINAL: Final = (Status, Maintenance, Html, Drop, Truncate, Malformed, Huge, ExpiredToken)
_OF_WEBHOOKS: Final = (UnknownEvent, Drift, Blank)


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

    def take(self, operation: str, *, token: bool = True) -> list[AnyFault]:
        """Draw what goes wrong with one request; no token expires that is not there."""
        left_out = _OF_WEBHOOKS if token else (*_OF_WEBHOOKS, ExpiredToken)
        return self._take(operation, lambda fault: not isinstance(fault, left_out))

    def take_webhook(self, event: str) -> list[AnyFault]:
        """Draw what goes wrong with one webhook."""
        return self._take(event, lambda fault: isinstance(fault, _OF_WEBHOOKS))

    def _take(self, operation: str, fits: Callable[[AnyFault], bool]) -> list[AnyFault]:
        taken: list[AnyFault] = []
        finished = False
        for planned in [one for one in self._planned if one.fault.operation in {operation, ANY}]:
            fault = planned.fault
            final = isinstance(fault, _FINAL)
            if not fits(fault) or (final and finished):
                continue
            finished = finished or final
            taken.append(fault)
            self._count(planned)
        return taken

    def _count(self, planned: _Planned) -> None:
        if planned.left is None:
            return
        planned.left -= 1
        if planned.left <= 0:
            self._planned.remove(planned)
