"""A storm of webhooks: exactly so many, exactly so many of them bad, while the world goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from random import Random

import attrs

from frontdesk.sandbox.outbox import malformed
from frontdesk_mews.sandbox.messages import Message

_BEHIND = 60


@attrs.frozen(kw_only=True)
class Storm:
    """How many webhooks, and what shares of them are not as they should be."""

    deliveries: int = 10_000
    repeated: float = 0.2
    disordered: float = 0.2
    malformed: float = 0.02
    mistoken: float = 0.01
    seed: int = 7


@attrs.define
class _Blow:
    """One storm under way."""

    storm: Storm
    change: Callable[[], list[bytes]]
    token: str = attrs.field(repr=False)
    rng: Random = attrs.field(init=False)
    #: Bodies still to be sent for the first time, and those that were.
    fresh: list[bytes] = attrs.field(factory=list[bytes], init=False)
    told: list[bytes] = attrs.field(factory=list[bytes], init=False)

    def __attrs_post_init__(self) -> None:
        self.rng = Random(f"storm of {self.storm.seed}")

    def original(self) -> Message:
        """Change the world until there is something to tell."""
        while not self.fresh:
            self.fresh = self.change()
        body = self.fresh.pop(0)
        self.told.append(body)
        return Message(body, self.token)

    def again(self, kind: str) -> Message:
        """Tell something that was told before, rightly or not."""
        body = self.told[int(self.rng.random() * len(self.told))]
        if kind == "malformed":
            return Message(malformed(body), self.token, stray=True)
        if kind == "mistoken":
            return Message(body, self.token[::-1], stray=True)
        return Message(body, self.token)


def blow(storm: Storm, change: Callable[[], list[bytes]], token: str) -> Iterator[Message]:
    """Yield the storm's messages in the order of sending; *change* makes changes, lazily.

    An original that is out of order leaves behind up to 60 later ones.
    """
    blowing = _Blow(storm, change, token)
    held: list[tuple[int, int, Message]] = []
    for slot, kind in enumerate(_kinds(storm, blowing.rng)):
        if kind == "disordered":
            behind = slot + 1 + int(blowing.rng.random() * _BEHIND)
            heappush(held, (behind, slot, blowing.original()))
        else:
            yield blowing.original() if kind == "original" else blowing.again(kind)
        while held and held[0][0] <= slot:
            yield heappop(held)[2]
    while held:
        yield heappop(held)[2]


def _kinds(storm: Storm, rng: Random) -> list[str]:
    shares = attrs.asdict(storm, filter=attrs.filters.exclude("deliveries", "seed"))
    kinds = [kind for kind, share in shares.items() for _ in range(round(share * storm.deliveries))]
    rest = storm.deliveries - len(kinds)
    if rest < 1:
        message = "the shares of a storm leave no webhook as it should be"
        raise ValueError(message)
    kinds += ["original"] * (rest - 1)
    rng.shuffle(kinds)
    # Before anything can be repeated, something must have been told.
    return ["original", *kinds]
