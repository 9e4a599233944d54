"""What goes into a client and what comes out."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from datetime import timedelta
from typing import Protocol

import attrs

from frontdesk.manifest import Verdict
from frontdesk.model import Json, Record


class Lookup(Protocol):
    """How core answers reference data: from the store, what is missing in batches."""

    def __call__(
        self, stream: str, ids: Sequence[str], *, max_age: timedelta | None
    ) -> Awaitable[Mapping[str, Record | None]]:
        """Return the record of each id; None where the platform has none."""
        ...


@attrs.frozen(kw_only=True)
class Limits:
    """What one client takes upon itself at most.

    Args:
        max_body: Bytes of an answer, packed or unpacked.
        redirects: How often a request may be sent on, within its own origin.
        connect: Seconds until a connection stands.
        read: Seconds between two pieces of an answer.
        body: Seconds for the whole body of an answer, however steadily it drips.
        attempts: How often a request is tried in all.
        max_wait: Seconds to wait for the platform or its quota; what asks for more is
            raised as :class:`~frontdesk.errors.RateLimitedError`, and the caller comes
            back later.
        in_flight: Requests under way at the same time.
    """

    max_body: int = 64 * 1024 * 1024
    redirects: int = 3
    connect: float = 10
    read: float = 60
    body: float = 300
    attempts: int = 6
    max_wait: float = 300
    in_flight: int = 4


@attrs.frozen
class Answer:
    """What the platform answered.

    Args:
        headers: Looked up whatever the case of their names.
        json: The body; None where the answer has none.
    """

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    json: Json = attrs.field(repr=False)


class Judge(Protocol):
    """Tells what an answer really is, where its status does not."""

    def __call__(self, answer: Answer, /) -> Verdict | None:
        """Return what it is; None: what its status says."""
        ...
