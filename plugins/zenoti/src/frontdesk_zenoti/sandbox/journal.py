"""What happened in the world since it was made."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs
import msgspec

#: A demo may play for days; the journal remembers this much of it.
LONGEST = 100_000


@attrs.frozen
class Event:
    """What Zenoti tells its webhooks about an action."""

    type: str
    #: What *event_resource* says where it says anything.
    resource: str
    data: Mapping[str, Any] = attrs.field(repr=False)


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
    #: The type and the id of the event that webhooks are told.
    event_type: str | None = None
    event_id: str | None = None


class Journal:
    """Keeps the latest actions and tells whoever listens, such as a sender of webhooks."""

    def __init__(self, mark: str = "") -> None:
        self._mark = mark
        self._actions: deque[Action] = deque(maxlen=LONGEST)
        self._written = 0
        self.listeners: list[Callable[[Action, Event], None]] = []

    def __iter__(self) -> Iterator[Action]:
        return iter(tuple(self._actions))

    def __len__(self) -> int:
        return len(self._actions)

    def write(self, action: Action, event: Event | None) -> None:
        """Record an action, and give it its number and the id of its event."""
        self._written += 1
        action = msgspec.structs.replace(
            action,
            number=self._written,
            event_type=None if event is None else event.type,
            # Even, so that the id of a delivery can be the next number, as in all samples.
            event_id=None if event is None else f"{self._mark[:16]}{self._written * 16:08x}",
        )
        self._actions.append(action)
        if event is not None:
            for listener in self.listeners:
                listener(action, event)

    def since(self, number: int) -> list[Action]:
        """List the actions after a numbered one."""
        return [action for action in self._actions if action.number > number]
