"""What happened in the world since it was made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from frontdesk.sandbox import journal

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


class Journal(journal.Journal[Action]):
    """Keeps the latest actions and tells whoever listens, such as a sender of webhooks."""

    def write(
        self, time: datetime, kind: str, identity: str, course: tuple[Facts, Facts] = ({}, {})
    ) -> None:
        """Record an action, such as ``appointment.confirmed``."""
        before, after = course
        action = Action(self.number(), time, kind, identity, before, after)
        self.keep(action)
        self.tell(action)
