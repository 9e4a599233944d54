"""Webhooks before they leave: put in order or out of it, doubled, spoiled, lost."""

from __future__ import annotations

import base64
import threading
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

import attrs

from frontdesk_mindbody.sandbox.faults import Blank, Drift, Faults, UnknownEvent
from frontdesk_mindbody.sandbox.journal import Action, Told
from frontdesk_mindbody.sandbox.messages import Envelope, Message, malformed
from frontdesk_mindbody.sandbox.options import Options
from frontdesk_mindbody.sandbox.spoiling import put
from frontdesk_mindbody.sandbox.subscriptions import ACTIVE, Subscription, Subscriptions
from frontdesk_mindbody.sandbox.world import World

#: So far behind its place a message falls at most, in messages.
_BEHIND = 20
#: So many seconds at most, should there be no later ones.
_HELD = 3600.0
#: The site for tests that everybody has.
_TEST_SITE = -99
#: A site that is none of this developer's connection.
FOREIGN_SITE = 777_001


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
    """What is still to be sent; the background and a test may both take from it."""

    def __init__(self, world: World, subscriptions: Subscriptions, faults: Faults) -> None:
        self.sending: Options = world.options
        self.subscriptions = subscriptions
        #: What became of messages: made, doubled, dropped, given up ...
        self.counts: Counter[str] = Counter()
        self._world = world
        self._faults = faults
        self._rng = Random(f"webhooks of {world.options.seed}")
        self._decks: dict[str, Deck] = {}
        self._waiting: list[Message] = []
        self._made = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        with self._lock:
            return len(self._waiting)

    def hear(self, action: Action, told: Sequence[Told]) -> None:
        """Make the messages an action leads to, for each subscription to its events."""
        if not self._world.studio(action.site).activated:
            return
        if action.site == _TEST_SITE and not self.sending.webhook_own_site:
            return
        for event, data in told:
            for one in self.subscriptions:
                if one.status == ACTIVE and event in one.events:
                    with self._lock:
                        self._post(one, self._envelope(action, event, data))

    def take(self, *, everything: bool = False) -> list[Message]:
        """Take out what is due by now, or all there is, in the order of leaving."""
        with self._lock:
            now = self._world.clock.now.timestamp()
            due = [one for one in self._waiting if everything or self._ready(one) <= now]
            if len(due) == len(self._waiting):
                self._waiting = []
            else:
                taken = {id(one) for one in due}
                self._waiting = [one for one in self._waiting if id(one) not in taken]
        return sorted(due, key=lambda one: one.place)

    def again(self, message: Message) -> None:
        """Let a message that was not accepted wait for another time, or give it up."""
        message.attempts += 1
        with self._lock:
            if message.stray:
                self.counts["refused strays"] += 1
            elif message.attempts >= self.sending.webhook_attempts:
                self.counts["given up"] += 1
                self.subscriptions.give_up(message.subscription)
            else:
                message.due = self._world.clock.now.timestamp() + self.sending.webhook_retry
                self._waiting.append(message)

    def put_back(self, message: Message) -> None:
        """Let a message wait that nobody got to."""
        with self._lock:
            self._waiting.append(message)

    def next_due(self) -> float | None:
        """Tell the sandbox's time at which something will be due."""
        with self._lock:
            return min((self._ready(one) for one in self._waiting), default=None)

    def _ready(self, message: Message) -> float:
        """Hold back what is to leave behind later ones until these were made, or for a while."""
        return message.due if message.place <= self._made else message.due + _HELD

    def _envelope(self, action: Action, event: str, data: dict[str, Any]) -> Envelope:
        naive = self._deals("naive", self.sending.webhook_naive)
        return Envelope(
            id=base64.urlsafe_b64encode(self._rng.randbytes(16)).decode().rstrip("="),
            event=event,
            version=1,
            at=action.time,
            data=data,
            naive=self._world.studio(action.site).zone if naive else None,
            origination=self.sending.webhook_origination,
            extras={"transactionKey": f"T{action.number}"} if self.sending.webhook_extras else {},
        )

    def _spoiled(self, envelope: Envelope) -> Envelope:
        for fault in self._faults.take_webhook(envelope.event):
            if isinstance(fault, UnknownEvent):
                envelope = attrs.evolve(envelope, event=fault.event)
            elif isinstance(fault, Drift):
                data = {**envelope.data, "newField": {"since": fault.version}}
                envelope = attrs.evolve(envelope, version=fault.version, data=data)
            elif isinstance(fault, Blank):
                data = dict(envelope.data)
                put(data, fault.field, fault.value)
                envelope = attrs.evolve(envelope, data=data)
        return envelope

    def _post(self, to: Subscription, genuine: Envelope) -> None:
        """Send a message on its way, or lose it, with what comes along."""
        sending = self.sending
        if self._deals("dropped", sending.webhook_dropped):
            return
        message = self._message(to, self._spoiled(genuine).body())
        if self._deals("disordered", sending.webhook_disordered):
            message.place += 1.5 + int(self._rng.random() * _BEHIND)
        self._queue(message)
        if self._deals("doubled", sending.webhook_doubled):
            self._queue(attrs.evolve(message, place=message.place + int(self._rng.random() * 5)))
        self._accompany(message, genuine)

    def _accompany(self, message: Message, genuine: Envelope) -> None:
        sending, body = self.sending, message.body
        if self._deals("malformed", sending.webhook_malformed):
            self._queue(attrs.evolve(message, body=malformed(body), stray=True))
        if self._deals("missigned", sending.webhook_missigned):
            self._queue(attrs.evolve(message, key=message.key[::-1], stray=True))
        if self._deals("foreign", sending.webhook_foreign):
            data = {**genuine.data, "siteId": FOREIGN_SITE}
            other = attrs.evolve(genuine, id=f"F{genuine.id}", data=data).body()
            self._queue(attrs.evolve(message, body=other))
        if self._deals("unknown", sending.webhook_unknown):
            event = f"{genuine.event.partition('.')[0]}.reincarnated"
            other = attrs.evolve(genuine, id=f"U{genuine.id}", event=event).body()
            self._queue(attrs.evolve(message, body=other))

    def _message(self, to: Subscription, body: bytes) -> Message:
        self._made += 1
        late = self._rng.random() * self.sending.webhook_late
        due = self._world.clock.now.timestamp() + self.sending.webhook_lag + late
        return Message(body, to, to.key, due=due, place=self._made)

    def _queue(self, message: Message) -> None:
        self.counts["made"] += 1
        self._waiting.append(message)

    def _deals(self, name: str, share: float) -> bool:
        if not share:
            return False
        deck = self._decks.setdefault(name, Deck(Random(f"{name} of {self.sending.seed}")))
        yes = deck.deal(share)
        self.counts[name] += yes
        return yes
