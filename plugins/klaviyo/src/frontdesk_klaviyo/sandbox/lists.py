"""The lists of an account and who is on them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

import attrs

from frontdesk_klaviyo.sandbox.ids import short

OptIn = Literal["double_opt_in", "single_opt_in"]


@attrs.define(eq=False)
class List:
    """One list."""

    id: str
    name: str
    opt_in_process: OptIn
    created: datetime
    updated: datetime
    #: Numbers of profiles, with when they joined.
    members: dict[int, datetime] = attrs.field(factory=dict[int, datetime], repr=False)


class Lists:
    """The lists of one account."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._rows: dict[str, List] = {}

    def __iter__(self) -> Iterator[List]:
        return iter(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, which: str) -> List | None:
        """Find a list by its id, else by its name."""
        found = self._rows.get(which)
        return found or next((row for row in self._rows.values() if row.name == which), None)

    def by_id(self, identity: str) -> List | None:
        """Find a list by its id."""
        return self._rows.get(identity)

    def add(self, name: str, now: datetime, opt_in_process: OptIn = "single_opt_in") -> List:
        """Make a list."""
        made = List(short(self._seed, "list", len(self._rows)), name, opt_in_process, now, now)
        self._rows[made.id] = made
        return made

    def forget(self, number: int) -> None:
        """Take somebody off all lists."""
        for row in self._rows.values():
            row.members.pop(number, None)
