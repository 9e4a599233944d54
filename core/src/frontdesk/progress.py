"""How a sync is getting on: what an application subscribes to and a terminal shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TypeAlias

import attrs

from frontdesk.model import Purpose


@attrs.frozen
class Update:
    """Where one stream of one connection stands, after a commit.

    Args:
        done: Parts of the walk that are done (windows, sites or pages).
        total: Parts there are in all, where that is known.
        records: Records taken in by this sync so far, in this stream.
        rate: Records per second, since this sync began the stream.
        remaining: Seconds to go at this pace, where *total* is known.
    """

    connection: str
    connector: str
    stream: str
    purpose: Purpose
    done: int
    total: int | None
    records: int
    rate: float
    remaining: float | None
    finished: bool


Listener: TypeAlias = Callable[[Update], None]


@attrs.define
class Report:
    """What one sync of one connection did.

    Attributes:
        outcomes: How many record versions ended how, by (stream, outcome).
        before_history: Events not logged: they happened before history begins.
        forgotten: Opt-ins left out: given before their guest was forgotten, or undated.
        requests: Requests sent to the platform.
    """

    connection: str
    connector: str
    events: int = 0
    profiles: int = 0
    consents: int = 0
    reservations: int = 0
    quarantined: int = 0
    before_history: int = 0
    forgotten: int = 0
    requests: int = 0
    seconds: float = 0.0
    outcomes: Counter[tuple[str, str]] = attrs.field(factory=Counter[tuple[str, str]])

    def add(self, written: Mapping[str, int], outcomes: Counter[tuple[str, str]]) -> None:
        """Add what one commit changed."""
        for name, number in written.items():
            setattr(self, name, getattr(self, name) + number)
        self.outcomes.update(outcomes)

    @property
    def records(self) -> int:
        """Record versions taken in, whatever became of them."""
        return self.outcomes.total()
