"""What happened in the world since it was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from frontdesk.sandbox import journal

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


class Journal(journal.Journal[Action]):
    """Keeps the latest actions and tells whoever listens, such as a sender of webhooks."""

    def write(
        self,
        time: datetime,
        kind: str,
        where: tuple[int, int],
        facts: Mapping[str, Any],
        told: Sequence[Told] = (),
    ) -> Action:
        """Record an action, such as ``appointment.booked``; *where* is its site and row."""
        names = tuple(event for event, _ in told)
        action = Action(self.number(), time, kind, *where, facts, names)
        self.keep(action)
        self.tell(action, told)
        return action
