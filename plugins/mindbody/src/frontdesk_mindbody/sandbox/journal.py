"""What happened in the world since it was made."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

#: A demo may play for days; the journal remembers this much of it.
LONGEST = 100_000

Told: TypeAlias = tuple[str, dict[str, Any]]
"""An event's id and its data, whose times are still times."""


class Action(msgspec.Struct, frozen=True):
    """One thing that happened to one row of a site."""

    number: int
    time: datetime
    kind: str
    site: int
    id: int
    #: What a test holds against what a connector made of it.
    facts: Mapping[str, Any]
    #: The ids of the events that tell of it.
    told: tuple[str, ...] = ()


class Journal:
    """Keeps the latest actions and tells whoever listens, such as a sender of webhooks."""

    def __init__(self) -> None:
        self._actions: deque[Action] = deque(maxlen=LONGEST)
        self._written = 0
        self.listeners: list[Callable[[Action, Sequence[Told]], None]] = []

    def __iter__(self) -> Iterator[Action]:
        return iter(tuple(self._actions))

    def __len__(self) -> int:
        return len(self._actions)

    def write(
        self,
        time: datetime,
        kind: str,
        where: tuple[int, int],
        facts: Mapping[str, Any],
        told: Sequence[Told] = (),
    ) -> Action:
        """Record an action, such as ``appointment.booked``; *where* is its site and row."""
        self._written += 1
        names = tuple(event for event, _ in told)
        action = Action(self._written, time, kind, *where, facts, names)
        self._actions.append(action)
        for listener in self.listeners:
            listener(action, told)
        return action

    def since(self, number: int) -> list[Action]:
        """List the actions after a numbered one."""
        return [action for action in self._actions if action.number > number]
