"""What happened in the world since it was made."""

from __future__ import annotations

from datetime import datetime

import msgspec

from frontdesk.sandbox import journal


class Facts(msgspec.Struct, frozen=True, rename="pascal"):
    """What a reservation shows of its course: its state, and the times that go with it."""

    state: str
    created: datetime
    updated: datetime
    started: datetime | None = None
    ended: datetime | None = None
    cancelled: datetime | None = None


class Action(msgspec.Struct, frozen=True, rename="pascal"):
    """One thing that happened to one row."""

    number: int
    time: datetime
    kind: str
    id: str
    #: The properties that learn of it, a bit for each.
    mask: int
    #: What a reservation showed before and shows now; None before it was made, and for others.
    before: Facts | None = None
    after: Facts | None = None


class Journal(journal.Journal[Action]):
    """Keeps the latest actions and tells whoever listens, such as a sender of webhooks."""

    def write(
        self,
        time: datetime,
        kind: str,
        identity: str,
        mask: int,
        course: tuple[Facts | None, Facts | None] = (None, None),
    ) -> None:
        """Record an action, such as ``reservation.confirmed``."""
        before, after = course
        action = Action(self.number(), time, kind, identity, mask, before, after)
        self.keep(action)
        self.tell(action)
