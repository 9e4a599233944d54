"""Webhooks before they leave: collected, put in order or out of it, doubled, lost."""

from __future__ import annotations

import threading
from collections import Counter
from random import Random

import attrs

from frontdesk.sandbox.chance import uuid
from frontdesk_mews.sandbox.journal import Action
from frontdesk_mews.sandbox.messages import MOST, Event, Message, events, general, malformed
from frontdesk_mews.sandbox.sending import Sending
from frontdesk_mews.sandbox.tokens import Tokens
from frontdesk_mews.sandbox.world import World

#: So far behind its place a message falls at most, in messages.
_BEHIND = 20
#: So many seconds at most, should there be no later ones.
_HELD = 3600.0


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


@attrs.define
class _Collected:
    since: float
    told: dict[Event, None] = attrs.field(factory=dict[Event, None])


class Outbox:
    """What is still to be sent; the background and a test may both take from it."""

    def __init__(self, world: World, tokens: Tokens, sending: Sending) -> None:
        self.sending = sending
        #: What became of messages: made, doubled, dropped, given up ...
        self.counts: Counter[str] = Counter()
        self._world = world
        self._tokens = tokens
        self._rng = Random(f"webhooks of {tokens.webhook}")
        self._decks: dict[str, Deck] = {}
        self._collected: dict[str, _Collected] = {}
        self._waiting: list[Message] = []
        self._made = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        with self._lock:
            return len(self._waiting) + len(self._collected)

    def hear(self, action: Action) -> None:
        """Collect what an action leads to, for each property that learns of it."""
        told = dict.fromkeys(events(action))
        if not told:
            return
        now = action.time.timestamp()
        with self._lock:
            # Changes played in one go are minutes apart on the sandbox's clock.
            for body in self._ripe(now):
                self._post(body)
            for house in self._world.houses:
                if action.mask & house.mask:
                    new = _Collected(now)
                    self._collected.setdefault(house.enterprise.id, new).told.update(told)

    def put(self, body: bytes) -> None:
        """Let a message wait that is none of collected events."""
        with self._lock:
            self._queue(self._message(body))

    def take(self, *, everything: bool = False) -> list[Message]:
        """Take out what is due by now, or all there is, in the order of leaving."""
        with self._lock:
            now = self._world.clock.now.timestamp()
            for body in self._ripe(None if everything else now):
                self._post(body)
            if everything:
                due, self._waiting = self._waiting, []
            else:
                due = [one for one in self._waiting if self._ready(one) <= now]
                if len(due) < self.sending.webhook_burst:
                    return []
                taken = {id(one) for one in due}
                self._waiting = [one for one in self._waiting if id(one) not in taken]
        return sorted(due, key=lambda one: one.place)

    def bodies(self) -> list[bytes]:
        """Take out what was collected, as bodies that nothing was done to."""
        with self._lock:
            return self._ripe(None)

    def again(self, message: Message) -> None:
        """Let a message that was not accepted wait for another time, or give it up."""
        message.attempts += 1
        with self._lock:
            if message.stray or message.attempts >= self.sending.webhook_attempts:
                self.counts["refused strays" if message.stray else "given up"] += 1
                return
            message.due = self._world.clock.now.timestamp() + self.sending.webhook_retry
            self._waiting.append(message)

    def next_due(self) -> float | None:
        """Tell the sandbox's time at which something will be due."""
        with self._lock:
            lag = self.sending.webhook_lag
            times = [one.since + lag for one in self._collected.values()]
            times += [self._ready(one) for one in self._waiting]
        return min(times, default=None)

    def _ripe(self, now: float | None) -> list[bytes]:
        found: list[bytes] = []
        for enterprise, collected in tuple(self._collected.items()):
            if now is None or collected.since + self.sending.webhook_lag <= now:
                del self._collected[enterprise]
                told = list(collected.told)
                for start in range(0, len(told), MOST):
                    some = told[start : start + MOST]
                    found.append(general(enterprise, self._tokens.integration, some))
        return found

    def _ready(self, message: Message) -> float:
        """Hold back what is to leave behind later ones until these were made, or for a while."""
        return message.due if message.place <= self._made else message.due + _HELD

    def _post(self, body: bytes) -> None:
        """Send a message on its way, or lose it, with what comes along."""
        sending = self.sending
        if self._deals("dropped", sending.webhook_dropped):
            return
        message = self._message(body)
        if self._deals("disordered", sending.webhook_disordered):
            message.place += 1.5 + int(self._rng.random() * _BEHIND)
        self._queue(message)
        if self._deals("doubled", sending.webhook_doubled):
            self._queue(attrs.evolve(message, place=message.place + int(self._rng.random() * 5)))
        if self._deals("malformed", sending.webhook_malformed):
            self._queue(attrs.evolve(message, body=malformed(body), stray=True))
        if self._deals("mistoken", sending.webhook_mistoken):
            self._queue(attrs.evolve(message, token=message.token[::-1], stray=True))
        if self._deals("foreign", sending.webhook_foreign):
            told = [("ServiceOrderUpdated", uuid(self._rng))]
            other = general(uuid(self._rng), self._tokens.integration, told)
            self._queue(attrs.evolve(message, body=other))

    def _message(self, body: bytes) -> Message:
        self._made += 1
        late = self._rng.random() * self.sending.webhook_late
        due = self._world.clock.now.timestamp() + late
        made = self._made
        return Message(body, self._tokens.webhook, number=made, due=due, place=made)

    def _queue(self, message: Message) -> None:
        self.counts["made"] += 1
        self._waiting.append(message)

    def _deals(self, name: str, share: float) -> bool:
        if not share:
            return False
        deck = self._decks.setdefault(name, Deck(Random(f"{name} of {self._tokens.webhook}")))
        yes = deck.deal(share)
        self.counts[name] += yes
        return yes
