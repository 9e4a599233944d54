"""What happened in the world since it was made."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

#: A demo may play for days; the journal remembers this much of it.
LONGEST = 100_000


class Action(msgspec.Struct, frozen=True):
    """One thing that happened to one row, such as ``group.checked_in``."""

    number: int
    time: datetime
    kind: str
    id: str
    center: str
    #: The guest it is about, if anyone.
    guest: str | None
    #: What a test may want to hold against what a connector made of it.
    facts: Mapping[str, Any]


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
        *,
        center: str,
        guest: str | None,
        facts: Mapping[str, Any],
    ) -> None:
        """Record an action."""
        self._written += 1
        action = Action(self._written, time, kind, identity, center, guest, facts)
        self._actions.append(action)
        for listener in self.listeners:
            listener(action)

    def since(self, number: int) -> list[Action]:
        """List the actions after a numbered one."""
        return [action for action in self._actions if action.number > number]
