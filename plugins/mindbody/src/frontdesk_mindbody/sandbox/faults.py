"""What can be made to go wrong, for one operation or all, a number of times or for ever.

An operation is a path behind the prefix, such as ``client/clients`` or ``push/subscriptions``;
of what befalls webhooks, the id of an event.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

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

__all__ = [
    "ANY",
    "REMOVE",
    "AnyFault",
    "Blank",
    "Drift",
    "Drop",
    "Duplicate",
    "Ending",
    "ExpiredToken",
    "Fault",
    "Faults",
    "Html",
    "Huge",
    "Maintenance",
    "Malformed",
    "Mutate",
    "ShortRead",
    "Shuffle",
    "Slow",
    "Status",
    "Truncate",
    "UnderPrivileged",
    "UnknownEvent",
    "UnknownZone",
]


class Status(Ending, frozen=True, kw_only=True, tag="status"):
    """Answer with an error."""

    status: int
    code: str | None = None
    message: str | None = None
    #: Sent as it is: seconds, an HTTP date or nonsense.
    retry_after: str | int | None = None
    #: Write it as some server faults are: a message and no code.
    flat: bool = False


class Maintenance(Ending, frozen=True, kw_only=True, tag="maintenance"):
    """Answer that the site's database is being maintained."""

    status: int = 503


class Html(Ending, frozen=True, kw_only=True, tag="html"):
    """Answer with a page for people."""

    status: int = 502


class ShortRead(Fault, frozen=True, kw_only=True, tag="short_read"):
    """Leave rows of a page out; what it says of its size is still that of the whole page."""

    keep: int = 0
    #: Say how many rows there really are.
    honest: bool = False


class UnknownZone(Fault, frozen=True, kw_only=True, tag="unknown_zone"):
    """Name a time zone of a site that no list of zones has."""

    operation: str = "site/sites"
    times: int | None = None
    zone: str = "Mars/Olympus_Mons"


class ExpiredToken(Ending, frozen=True, kw_only=True, tag="expired_token"):
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
_OF_WEBHOOKS: Final = (UnknownEvent, Drift, Blank)


class Faults(faults.Faults):
    """The faults that are still to happen, in the order in which they were added."""

    def take(self, operation: str, *, token: bool = True) -> list[Fault]:
        """Draw what goes wrong with one request; no token expires that is not there."""
        left_out = _OF_WEBHOOKS if token else (*_OF_WEBHOOKS, ExpiredToken)
        return self.draw(operation, lambda fault: not isinstance(fault, left_out))

    def take_webhook(self, event: str) -> list[Fault]:
        """Draw what goes wrong with one webhook."""
        return self.draw(event, lambda fault: isinstance(fault, _OF_WEBHOOKS))
