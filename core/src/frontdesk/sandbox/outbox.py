"""Webhooks before they leave: put in order or out of it, doubled, lost, sent again."""

from __future__ import annotations

import threading
from collections import Counter
from random import Random
from typing import Final, Generic, TypeVar

import attrs

from frontdesk.sandbox.clock import ServerClock
from frontdesk.sandbox.options import Options

#: So far behind its place a message falls at most, in messages.
_BEHIND: Final = 20
#: So many seconds at most, should there be no later ones.
_HELD: Final = 3600.0


@attrs.define(eq=False)
class Message:
    """One webhook on its way; a platform adds what it needs to send it.

    Args:
        number: Which of all messages made it is.
        due: The sandbox's time in seconds at which it may leave.
        place: Its place in the order of leaving.
        stray: It is one that the platform would not have sent, and so is sent once only.
    """

    body: bytes = attrs.field(repr=False)
    number: int = attrs.field(default=0, kw_only=True)
    due: float = attrs.field(default=0.0, kw_only=True)
    place: float = attrs.field(default=0.0, kw_only=True)
    stray: bool = attrs.field(default=False, kw_only=True)
    attempts: int = attrs.field(default=0, kw_only=True)


M = TypeVar("M", bound=Message)
S = TypeVar("S", bound=Options)


def malformed(body: bytes) -> bytes:
    """Break a body off in the middle."""
    return body[: len(body) * 2 // 3]


class Deck:
    """Deals yes and no, so that of each hundred exactly a share is yes."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._share = 0.0
        self._cards: list[bool] = []

    def deal(self, share: float) -> bool:
        """Draw the next card."""
        if share != self._share or not self._cards:
            self._share = share
            yes = round(100 * share)
            self._cards = self._rng.sample([True] * yes + [False] * (100 - yes), 100)
        return self._cards.pop()


class Outbox(Generic[M, S]):
    """What is still to be sent; the background and a test may both take from it.

    A platform's adds how messages are made, what comes along with them, and when one that was not
    accepted is sent again. Whatever it does with what waits, it does with the lock held.

    Args:
        seed: What the outbox's chance follows from.
    """

    def __init__(self, sending: S, clock: ServerClock, seed: object) -> None:
        self.sending = sending
        #: What became of messages: made, doubled, dropped, given up ...
        self.counts: Counter[str] = Counter()
        self.clock = clock
        self.rng = Random(f"webhooks of {seed}")
        self.waiting: list[M] = []
        self.lock = threading.Lock()
        self._seed = seed
        self._decks: dict[str, Deck] = {}
        self._made = 0

    def __len__(self) -> int:
        with self.lock:
            return len(self.waiting)

    def take(self, *, everything: bool = False) -> list[M]:
        """Take out what is due by now, or all there is, in the order of leaving."""
        with self.lock:
            return self.taken(self.due(everything=everything))

    def put_back(self, message: M) -> None:
        """Let a message wait that nobody got to."""
        with self.lock:
            self.waiting.append(message)

    def again(self, message: M) -> None:
        """Let a message that was not accepted wait for another time, or give it up."""
        raise NotImplementedError

    def next_due(self) -> float | None:
        """Tell the sandbox's time at which something will be due."""
        with self.lock:
            return min((self._ready(one) for one in self.waiting), default=None)

    def due(self, *, everything: bool = False) -> list[M]:
        """List what may leave by now, or all there is."""
        now = self.clock.now.timestamp()
        return [one for one in self.waiting if everything or self._ready(one) <= now]

    def taken(self, due: list[M]) -> list[M]:
        """Take messages out, and put them in the order of leaving."""
        taken = {id(one) for one in due}
        self.waiting = [one for one in self.waiting if id(one) not in taken]
        return sorted(due, key=lambda one: one.place)

    def numbered(self, message: M, lag: float = 0.0) -> M:
        """Say when a message may leave: in its turn, and as late as was chosen."""
        self._made += 1
        message.number, message.place = self._made, float(self._made)
        late = self.rng.random() * self.sending.webhook_late
        message.due = self.clock.now.timestamp() + lag + late
        return message

    def dispatch(self, message: M) -> None:
        """Send a numbered message on its way, behind later ones and twice if that was chosen."""
        if self.deals("disordered", self.sending.webhook_disordered):
            message.place += 1.5 + int(self.rng.random() * _BEHIND)
        self.queue(message)
        if self.deals("doubled", self.sending.webhook_doubled):
            place = message.place + int(self.rng.random() * 5)
            self.queue(attrs.evolve(message, place=place))

    def queue(self, message: M) -> None:
        """Let a message wait as it is."""
        self.counts["made"] += 1
        self.waiting.append(message)

    def postpone(self, message: M, seconds: float) -> None:
        """Let a message wait for so long."""
        message.due = self.clock.now.timestamp() + seconds
        self.waiting.append(message)

    def deals(self, name: str, share: float) -> bool:
        """Say whether what happens to a share of all messages happens now, and count it."""
        if not share:
            return False
        deck = self._decks.setdefault(name, Deck(Random(f"{name} of {self._seed}")))
        yes = deck.deal(share)
        self.counts[name] += yes
        return yes

    def _ready(self, message: M) -> float:
        """Hold back what is to leave behind later ones until these were made, or for a while."""
        return message.due if message.place <= self._made else message.due + _HELD
