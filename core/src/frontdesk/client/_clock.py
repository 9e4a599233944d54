"""The clock a client reads and waits by; injected, so that tests need not wait."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

import anyio


class Clock(Protocol):
    """Where time comes from."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        ...

    def now(self) -> datetime:
        """Return the time of day, aware."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait while other tasks run; :meth:`monotonic` has moved on by *seconds* then."""
        ...


class SystemClock:
    """The real clock."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    def now(self) -> datetime:
        """Return the time of day in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait while other tasks run."""
        await anyio.sleep(seconds)
