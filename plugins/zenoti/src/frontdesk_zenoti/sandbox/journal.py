"""What happened in the world since it was made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs
import msgspec

from frontdesk.sandbox import journal


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


class Journal(journal.Journal[Action]):
    """Keeps the latest actions and tells whoever listens, such as a sender of webhooks."""

    def __init__(self, mark: str = "") -> None:
        super().__init__()
        self._mark = mark

    def write(self, action: Action, event: Event | None) -> None:
        """Record an action, and give it its number and the id of its event."""
        number = self.number()
        action = msgspec.structs.replace(
            action,
            number=number,
            event_type=None if event is None else event.type,
            # Even, so that the id of a delivery can be the next number, as in all samples.
            event_id=None if event is None else f"{self._mark[:16]}{number * 16:08x}",
        )
        self.keep(action)
        if event is not None:
            self.tell(action, event)
