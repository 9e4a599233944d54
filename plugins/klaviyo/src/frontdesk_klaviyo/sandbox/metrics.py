"""The metrics of an account, by name and by who sends them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import attrs

from frontdesk_klaviyo.sandbox.ids import short

#: What the events of every private key are filed under, whoever holds it.
API: Final = "API"


@attrs.define(eq=False)
class Metric:
    """One metric of one integration."""

    number: int
    id: str
    name: str
    integration: str
    category: str
    created: datetime
    updated: datetime
    #: Once an event had a value, those without are worth nothing.
    valued: bool = False
    events: int = 0

    def source(self) -> dict[str, Any]:
        """Describe the integration."""
        return {
            "object": "integration",
            "id": short(self.integration, "integration", 0),
            "name": self.integration,
            "category": self.category,
        }


class Metrics:
    """The metrics of one account; a new name makes a new one."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._rows: list[Metric] = []
        self._by_name: dict[tuple[str, str], Metric] = {}

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, number: int) -> Metric:
        return self._rows[number]

    def get(self, name: str, integration: str = API) -> Metric | None:
        """Find a metric by its name."""
        return self._by_name.get((name, integration))

    def add(self, name: str, integration: str, now: datetime, category: str = API) -> Metric:
        """Find a metric or make it."""
        found = self._by_name.get((name, integration))
        if found is None:
            number = len(self._rows)
            identity = short(self._seed, "metric", number)
            found = Metric(number, identity, name, integration, category, now, now)
            self._rows.append(found)
            self._by_name[name, integration] = found
        return found
