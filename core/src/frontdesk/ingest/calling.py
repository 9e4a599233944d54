"""Calling a follower to ask for changes now, and not when their turn comes."""

from __future__ import annotations

import anyio


class Bell:
    """Rings for a connection: whoever waits for it goes on."""

    def __init__(self) -> None:
        self._rung: dict[str, anyio.Event] = {}

    def ring(self, name: str) -> bool:
        """Ring for a connection; return whether anybody waited."""
        event = self._rung.pop(name, None)
        if event is None:
            return False
        event.set()
        return True

    async def wait(self, name: str) -> None:
        """Return once it rings for a connection; all who wait do."""
        await self._rung.setdefault(name, anyio.Event()).wait()
