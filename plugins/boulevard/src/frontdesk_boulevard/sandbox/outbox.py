"""Webhooks before they leave: put in order or out of it, doubled, lost, sent again."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import attrs

from frontdesk.sandbox import outbox
from frontdesk.sandbox.outbox import malformed
from frontdesk_boulevard.sandbox import bodies, ids, messages
from frontdesk_boulevard.sandbox.journal import Action
from frontdesk_boulevard.sandbox.listings import stamp
from frontdesk_boulevard.sandbox.messages import PING, Message
from frontdesk_boulevard.sandbox.registrar import Registrar, Webhook
from frontdesk_boulevard.sandbox.sending import Sending
from frontdesk_boulevard.sandbox.world import World


class Outbox(outbox.Outbox[Message, Sending]):
    """What is still to be sent; the background and a test may both take from it."""

    def __init__(self, world: World, registrar: Registrar, sending: Sending, seed: int) -> None:
        super().__init__(sending, world.clock, seed)
        self.rng = Random(f"messages of {seed}")
        self._world = world
        self._registrar = registrar

    def hear(self, action: Action) -> bool:
        """Write what an action leads to, for each webhook that is told; say whether any is."""
        if action.kind == "webhook.deleted":
            self.forget(action.id)
            return False
        made = list(self._messages(action))
        with self.lock:
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
        key = messages.key(self.rng, action.time)
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

    def again(self, message: Message, *, counted: bool = True) -> None:
        """Let a message that was not accepted wait for another time, or give it up."""
        message.attempts += counted
        with self.lock:
            if message.stray or message.attempts > message.retries:
                self.counts["refused strays" if message.stray else "given up"] += 1
                return
            wait = self.sending.webhook_retry * 2.0 ** max(0, message.attempts - 1)
            wait = min(wait, self.sending.webhook_longest)
            self.postpone(message, wait)

    def forget(self, webhook: str) -> None:
        """Throw away what a webhook was still to be told."""
        with self.lock:
            self.waiting = [one for one in self.waiting if one.webhook != webhook]

    def _post(self, message: Message) -> None:
        """Send a message on its way, or lose it, with what comes along."""
        sending = self.sending
        if self.deals("dropped", sending.webhook_dropped):
            return
        self.dispatch(self.numbered(message))
        if self.deals("malformed", sending.webhook_malformed):
            body = malformed(message.body)
            self.queue(attrs.evolve(message, body=body, stray=True))
        if self.deals("missigned", sending.webhook_missigned):
            self.queue(attrs.evolve(message, forged=True, stray=True))
