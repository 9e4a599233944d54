"""What happened in the world since it was made."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

#: A demo may play for days; the journal remembers this much of it.
LONGEST = 100_000
Facts: TypeAlias = Mapping[str, Any]
"""What a row shows of its course, in the API's words: its state, and the times that go with it."""


class Action(msgspec.Struct, frozen=True, rename="camel"):
    """One thing that happened to one row."""

    number: int
    time: datetime
    #: Such as ``appointment.confirmed``.
    kind: str
    id: str
    #: What the row showed before and shows now; empty before it was made, and for some kinds.
    before: Facts = {}
    after: Facts = {}


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
        self, time: datetime, kind: str, identity: str, course: tuple[Facts, Facts] = ({}, {})
    ) -> None:
        """Record an action, such as ``appointment.confirmed``."""
        self._written += 1
        before, after = course
        action = Action(self._written, time, kind, identity, before, after)
        self._actions.append(action)
        for listener in self.listeners:
            listener(action)

    def since(self, number: int) -> list[Action]:
        """List the actions after a numbered one."""
        return [action for action in self._actions if action.number > number]
