"""Webhooks before they leave: put in order or out of it, doubled, lost, sent again."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Final

import attrs

from frontdesk_boulevard.sandbox import bodies, ids, messages
from frontdesk_boulevard.sandbox.journal import Action
from frontdesk_boulevard.sandbox.listings import stamp
from frontdesk_boulevard.sandbox.messages import PING, Message
from frontdesk_boulevard.sandbox.registrar import Registrar, Webhook
from frontdesk_boulevard.sandbox.sending import Sending
from frontdesk_boulevard.sandbox.world import World

#: So far behind its place a message falls at most, in messages.
_BEHIND: Final = 20
#: So many seconds at most, should there be no later ones.
_HELD: Final = 3600.0


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

    def __init__(self, world: World, registrar: Registrar, sending: Sending, seed: int) -> None:
        self.sending = sending
        #: What became of messages: made, doubled, dropped, given up ...
        self.counts: Counter[str] = Counter()
        self._world = world
        self._registrar = registrar
        self._seed = seed
        self._rng = Random(f"messages of {seed}")
        self._decks: dict[str, Deck] = {}
        self._waiting: list[Message] = []
        self._made = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        with self._lock:
            return len(self._waiting)

    def hear(self, action: Action) -> bool:
        """Write what an action leads to, for each webhook that is told; say whether any is."""
        if action.kind == "webhook.deleted":
            self.forget(action.id)
            return False
        made = list(self._messages(action))
        with self._lock:
            for message in made:
                self._post(message)
        return bool(made)

    def _messages(self, action: Action) -> Iterator[Message]:
        if action.kind in {"webhook.created", "webhook.pinged"}:
            yield self._message(action, PING, self._registrar.find(action.id))
            return
        for event in messages.events(action, self.sending):
            place = bodies.location_id(self._world, action.id)
            for webhook in self._registrar.everybody:
                concerned = webhook.location_id in {None, place}
                if concerned and webhook.subscription(event) is not None:
                    yield self._message(action, event, webhook)

    def _message(self, action: Action, event: str, webhook: Webhook) -> Message:
        world, kind = self._world, messages.resource(action)
        key = messages.key(self._rng, action.time)
        shown = action.id
        if event == "CLIENT_MERGED" and self.sending.webhook_merged == "target":
            shown = action.after["mergedIntoClientId"]
        about = {
            "businessId": world.business.id,
            "apiApplicationId": ids.urn("ApiApplication", world.application_id),
            "webhookId": webhook.id,
        }
        if not self.sending.webhook_bare:
            about["idempotencyKey"] = key
        if self.sending.webhook_odd and (order := world.orders.find(shown)) is not None:
            about["resource"] = f"Order{order.number}"
        node = bodies.node(world, event, kind, shown)
        if event == PING and self.sending.webhook_nodes == "full":
            node["url"] = webhook.url
        subscription = webhook.subscription(event)
        return Message(
            messages.envelope(event, node, stamp(action.time), about),
            event,
            webhook.id,
            key=key,
            retries=subscription.max_retries if subscription else self.sending.webhook_retries,
        )

    def take(self, *, everything: bool = False) -> list[Message]:
        """Take out what is due by now, or all there is, in the order of leaving."""
        with self._lock:
            now = self._world.now.timestamp()
            due = [one for one in self._waiting if everything or self._ready(one) <= now]
            taken = {id(one) for one in due}
            self._waiting = [one for one in self._waiting if id(one) not in taken]
        return sorted(due, key=lambda one: one.place)

    def again(self, message: Message, *, counted: bool = True) -> None:
        """Let a message that was not accepted wait for another time, or give it up."""
        message.attempts += counted
        with self._lock:
            if message.stray or message.attempts > message.retries:
                self.counts["refused strays" if message.stray else "given up"] += 1
                return
            wait = self.sending.webhook_retry * 2.0 ** max(0, message.attempts - 1)
            wait = min(wait, self.sending.webhook_longest)
            message.due = self._world.now.timestamp() + wait
            self._waiting.append(message)

    def forget(self, webhook: str) -> None:
        """Throw away what a webhook was still to be told."""
        with self._lock:
            self._waiting = [one for one in self._waiting if one.webhook != webhook]

    def next_due(self) -> float | None:
        """Tell the sandbox's time at which something will be due."""
        with self._lock:
            return min((self._ready(one) for one in self._waiting), default=None)

    def _ready(self, message: Message) -> float:
        """Hold back what is to leave behind later ones until these were made, or for a while."""
        return message.due if message.place <= self._made else message.due + _HELD

    def _post(self, message: Message) -> None:
        """Send a message on its way, or lose it, with what comes along."""
        sending = self.sending
        if self._deals("dropped", sending.webhook_dropped):
            return
        self._made += 1
        message.number = self._made
        message.place = float(self._made)
        late = self._rng.random() * sending.webhook_late
        message.due = self._world.now.timestamp() + late
        if self._deals("disordered", sending.webhook_disordered):
            message.place += 1.5 + int(self._rng.random() * _BEHIND)
        self._queue(message)
        if self._deals("doubled", sending.webhook_doubled):
            self._queue(attrs.evolve(message, place=message.place + int(self._rng.random() * 5)))
        if self._deals("malformed", sending.webhook_malformed):
            body = messages.malformed(message.body)
            self._queue(attrs.evolve(message, body=body, stray=True))
        if self._deals("missigned", sending.webhook_missigned):
            self._queue(attrs.evolve(message, forged=True, stray=True))

    def _queue(self, message: Message) -> None:
        self.counts["made"] += 1
        self._waiting.append(message)

    def _deals(self, name: str, share: float) -> bool:
        if not share:
            return False
        deck = self._decks.setdefault(name, Deck(Random(f"{name} of {self._seed}")))
        yes = deck.deal(share)
        self.counts[name] += yes
        return yes
