"""Whose webhooks had bad signatures lately: their noise must not fill logs or time."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from frontdesk.client import Clock

#: Seconds a source is watched after its first bad signature.
WINDOW: Final = 60.0
#: Bad signatures of a source in that time that are answered as such.
ANSWERED: Final = 20
#: Sources that are watched at a time.
_SOURCES: Final = 10_000


class Strangers:
    """Counts bad signatures by source.

    A delivery with a good signature is always taken in, whatever its source did before: behind
    a proxy, all the world may seem to come from one address.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def note(self, source: str) -> bool | None:
        """Note a bad signature; True if it is the first, None if there were too many."""
        now = self._clock.monotonic()
        since, count = self._seen.pop(source, (now, 0))
        if now - since >= WINDOW:
            since, count = now, 0
        self._seen[source] = (since, count + 1)
        while len(self._seen) > _SOURCES:
            self._seen.popitem(last=False)
        return None if count >= ANSWERED else count == 0
