"""What was asked of the emulated platform, and how it answered."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime

import attrs


@attrs.frozen(kw_only=True)
class Asked:
    """One request and what became of it."""

    number: int
    time: datetime
    #: The clock that never goes back, for measuring pauses.
    moment: float
    method: str
    path: str
    query: str
    #: The operation's name, such as ``bulk_create_events``; None for a path there is none at.
    endpoint: str | None
    account: str | None
    #: The key's name; keys themselves are in no journal.
    key: str | None
    #: 0 if the connection was cut instead of an answer.
    status: int
    #: How many events, profiles or addresses it carried, as far as it was read.
    items: int
    size: int
    headers: dict[str, str] = attrs.field(repr=False)
    body: bytes | None = attrs.field(repr=False, default=None)


class Journal:
    """Keeps the latest requests, oldest first."""

    def __init__(self, longest: int) -> None:
        self._asked: deque[Asked] = deque(maxlen=longest)
        #: How many there ever were.
        self.written = 0

    def __iter__(self) -> Iterator[Asked]:
        return iter(tuple(self._asked))

    def __len__(self) -> int:
        return len(self._asked)

    def write(self, asked: Asked) -> None:
        """Remember a request."""
        self.written += 1
        self._asked.append(asked)

    def of(self, endpoint: str, account: str | None = None) -> list[Asked]:
        """List the requests to an endpoint, of one account or all."""
        return [
            asked
            for asked in self
            if asked.endpoint == endpoint and account in {None, asked.account}
        ]

    def clear(self) -> None:
        """Forget all requests."""
        self._asked.clear()
