"""Webhooks before they leave: put in order or out of it, doubled, lost, tried again."""

from __future__ import annotations

import threading
from collections import Counter
from random import Random

import attrs

from frontdesk_zenoti.sandbox.clock import Clock
from frontdesk_zenoti.sandbox.journal import Action, Event
from frontdesk_zenoti.sandbox.messages import Message, another, envelope, malformed, signed
from frontdesk_zenoti.sandbox.sending import Sending

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


class Outbox:
    """What is still to be sent; the background and a test may both take from it.

    Args:
        center: The one center whose events are told, or None: all are.
        place: How many subscriptions there are before; their deliveries have other ids.
    """

    def __init__(
        self, sending: Sending, clock: Clock, secret: str, center: str | None, place: int = 0
    ) -> None:
        self.sending = sending
        #: What became of messages: made, doubled, dropped, given up ...
        self.counts: Counter[str] = Counter()
        self._clock = clock
        self._secret = secret
        self._center = center
        self._place = place
        wanted = sending.webhook_events.lower().split(",")
        self._events = frozenset(one.strip() for one in wanted if one.strip())
        self._rng = Random(f"webhooks of {secret}")
        self._decks: dict[str, Deck] = {}
        self._waiting: list[Message] = []
        self._made = 0
        self._failed = 0
        self._lock = threading.Lock()
        #: False once too many deliveries in a row have failed, until a person switches it on.
        self.active = True

    def __len__(self) -> int:
        with self._lock:
            return len(self._waiting)

    def hear(self, action: Action, event: Event) -> None:
        """Take in what an action leads to."""
        if not self.active or self._center not in {None, action.center}:
            return
        if self._events and event.type.lower() not in self._events:
            return
        with self._lock:
            for subscription in range(self.sending.webhook_subscriptions):
                self._post(envelope(action, event, self.sending, self._place + subscription))

    def put(self, body: bytes, signature: str | None = None) -> None:
        """Let a message wait that no action led to."""
        with self._lock:
            self._queue(self._message(body, signature))

    def take(self, *, everything: bool = False) -> list[Message]:
        """Take out what is due by now, or all there is, in the order of leaving."""
        with self._lock:
            now = self._clock.now.timestamp()
            if everything:
                due, self._waiting = self._waiting, []
            else:
                due = [one for one in self._waiting if self._ready(one) <= now]
                taken = {id(one) for one in due}
                self._waiting = [one for one in self._waiting if id(one) not in taken]
        return sorted(due, key=lambda one: one.place)

    def succeeded(self) -> None:
        """Forget the failures before."""
        self._failed = 0

    def again(self, message: Message) -> None:
        """Let a message that was not accepted wait for another time, or give it up."""
        message.attempts += 1
        with self._lock:
            if not message.stray:
                self._fail()
            if (
                not self.active
                or message.stray
                or message.attempts >= self.sending.webhook_attempts
            ):
                self.counts["refused strays" if message.stray else "given up"] += 1
                return
            message.due = self._clock.now.timestamp() + self._pause(message.attempts)
            if not self.sending.webhook_stable_id:
                message.body = another(message.body, message.attempts)
                message.signature = signed(message.body, self._secret)
            self._waiting.append(message)

    def _fail(self) -> None:
        self._failed += 1
        if self.active and self._failed >= self.sending.webhook_failures:
            # Nothing that was missed is sent later.
            self.active = False
            self.counts["deactivated"] += 1
            self.counts["given up"] += len(self._waiting)
            self._waiting.clear()

    def reactivate(self) -> None:
        """Switch the webhook on again, as a person does."""
        self.active, self._failed = True, 0

    def _pause(self, attempts: int) -> float:
        """Wait longer each time, from the shortest pause to the longest at the last attempt."""
        sending = self.sending
        steps = max(1, sending.webhook_attempts - 2)
        if not sending.webhook_retry:
            return 0.0
        grown = sending.webhook_longest / sending.webhook_retry
        pause = sending.webhook_retry * float(grown ** ((attempts - 1) / steps))
        return min(sending.webhook_longest, pause)

    def next_due(self) -> float | None:
        """Tell the sandbox's time at which something will be due."""
        with self._lock:
            return min((self._ready(one) for one in self._waiting), default=None)

    def _ready(self, message: Message) -> float:
        """Hold back what is to leave behind later ones until these were made, or for a while."""
        return message.due if message.place <= self._made else message.due + _HELD

    def _post(self, body: bytes) -> None:
        """Send a message on its way, or lose it, with what comes along."""
        sending = self.sending
        if self._deals("dropped", sending.webhook_dropped):
            return
        message = self._message(body, None)
        if self._deals("disordered", sending.webhook_disordered):
            message.place += 1.5 + int(self._rng.random() * _BEHIND)
        self._queue(message)
        if self._deals("doubled", sending.webhook_doubled):
            self._queue(attrs.evolve(message, place=message.place + int(self._rng.random() * 5)))
        if self._deals("malformed", sending.webhook_malformed):
            broken = malformed(body)
            sign = signed(broken, self._secret)
            self._queue(attrs.evolve(message, body=broken, signature=sign, stray=True))
        if self._deals("missigned", sending.webhook_missigned):
            sign = signed(body, self._secret[::-1])
            self._queue(attrs.evolve(message, signature=sign, stray=True))

    def _message(self, body: bytes, signature: str | None) -> Message:
        self._made += 1
        late = self._rng.random() * self.sending.webhook_late
        due = self._clock.now.timestamp() + late
        sign = signed(body, self._secret) if signature is None else signature
        made = self._made
        return Message(body, sign, number=made, due=due, place=made)

    def _queue(self, message: Message) -> None:
        self.counts["made"] += 1
        self._waiting.append(message)

    def _deals(self, name: str, share: float) -> bool:
        if not share:
            return False
        deck = self._decks.setdefault(name, Deck(Random(f"{name} of {self._secret}")))
        yes = deck.deal(share)
        self.counts[name] += yes
        return yes
