"""What a delivery did, or would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import attrs

from frontdesk.outgoing import Load, Outcome


@attrs.define
class DeliveryReport:
    """What one delivery to one destination did; of a preview, what it would do.

    Attributes:
        sent: Items by connection and what they were: ``profiles``, ``opt-outs: email``,
            ``opt-ins: sms``, and events by metric. They were accepted, which does not say that
            they show yet.
        left: Items that were not sent, by load and reason: refused, dropped, skipped, held.
        opt_outs: Opt-outs learnt from the destination.
        unchanged: Profiles that were left alone: the destination has them so already.
        notes: Of a preview: what a person should know before going live.
        requests: Requests sent to the destination.
    """

    destination: str
    plugin: str
    dry_run: bool = False
    sent: Counter[tuple[str, str]] = attrs.field(factory=Counter[tuple[str, str]])
    left: Counter[tuple[str, str]] = attrs.field(factory=Counter[tuple[str, str]])
    opt_outs: int = 0
    unchanged: int = 0
    notes: list[str] = attrs.field(factory=list[str])
    requests: int = 0
    seconds: float = 0.0

    @property
    def refused(self) -> int:
        """Items the destination would not take."""
        return sum(n for (_, reason), n in self.left.items() if reason.startswith("refused"))

    def leave(self, load: Load, outcome: Outcome | str, reason: str, number: int = 1) -> None:
        """Count items that are not sent."""
        self.left[load.value, f"{outcome}: {reason}" if reason else str(outcome)] += number

    def add(self, names: Iterable[tuple[str, str]]) -> None:
        """Count items that were sent, each by its connection and what it was."""
        self.sent.update(names)
