"""How often somebody may try to log in."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from pyrate_limiter import InMemoryBucket, Rate, RateItem

from frontdesk.client import Clock

#: Seconds that wrong passwords are remembered.
WINDOW: Final = 300
#: Wrong passwords in that time: for one name from one address, for a name, from an address.
TRIES: Final = {"pair": 5, "name": 30, "source": 30}
#: Names and addresses that are watched at a time.
_WATCHED: Final = 10_000


class Throttle:
    """Counts tries that failed, in this process.

    A name is locked for one address long before it is for all: whoever guesses passwords
    must not keep the user out.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._watched: OrderedDict[tuple[str, ...], InMemoryBucket] = OrderedDict()

    def is_open(self, name: str, source: str) -> bool:
        """Tell whether another try is allowed."""
        now = self._now()
        for key, most in _keys(name, source):
            bucket = self._watched.get(key)
            if bucket is not None:
                bucket.leak(now)
                if bucket.count() >= most:
                    return False
        return True

    def note(self, name: str, source: str) -> None:
        """Note that a try failed."""
        now = self._now()
        for key, most in _keys(name, source):
            bucket = self._watched.pop(key, None)
            bucket = bucket or InMemoryBucket([Rate(most, WINDOW * 1000)])
            bucket.put(RateItem("login", now))
            self._watched[key] = bucket
        while len(self._watched) > _WATCHED:
            self._watched.popitem(last=False)

    def forgive(self, name: str, source: str) -> None:
        """Forget the tries of whoever now got it right."""
        self._watched.pop(("pair", name, source), None)

    def _now(self) -> int:
        return int(self._clock.monotonic() * 1000)


def _keys(name: str, source: str) -> tuple[tuple[tuple[str, ...], int], ...]:
    return (
        (("pair", name, source), TRIES["pair"]),
        (("name", name), TRIES["name"]),
        (("source", source), TRIES["source"]),
    )
