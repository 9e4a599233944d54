"""What happened in the world since it was made."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime

import msgspec

#: A demo may play for days; the journal remembers this much of it.
LONGEST = 100_000


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


class Journal:
    """Keeps the latest actions and tells whoever listens, such as a sender of webhooks."""

    def __init__(self) -> None:
        self._actions: deque[Action] = deque(maxlen=LONGEST)
        self._written = 0
        self.listeners: list[Callable[[Action], None]] = []

    def __iter__(self) -> Iterator[Action]:
        return iter(tuple(self._actions))

    def __len__(self) -> int:
        return len(self._actions)

    def write(
        self,
        time: datetime,
        kind: str,
        identity: str,
        mask: int,
        course: tuple[Facts | None, Facts | None] = (None, None),
    ) -> None:
        """Record an action, such as ``reservation.confirmed``."""
        self._written += 1
        before, after = course
        action = Action(self._written, time, kind, identity, mask, before, after)
        self._actions.append(action)
        for listener in self.listeners:
            listener(action)

    def since(self, number: int) -> list[Action]:
        """List the actions after a numbered one."""
        return [action for action in self._actions if action.number > number]
