"""Webhooks before they leave: put in order or out of it, doubled, spoiled, lost."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import attrs

from frontdesk.sandbox import outbox
from frontdesk.sandbox.faults import put
from frontdesk.sandbox.outbox import malformed
from frontdesk_mindbody.sandbox.faults import Blank, Drift, Faults, UnknownEvent
from frontdesk_mindbody.sandbox.journal import Action, Told
from frontdesk_mindbody.sandbox.messages import Envelope, Message
from frontdesk_mindbody.sandbox.options import Options
from frontdesk_mindbody.sandbox.subscriptions import ACTIVE, Subscription, Subscriptions
from frontdesk_mindbody.sandbox.world import World

#: The site for tests that everybody has.
_TEST_SITE = -99
#: A site that is none of this developer's connection.
FOREIGN_SITE = 777_001


class Outbox(outbox.Outbox[Message, Options]):
    """What is still to be sent; the background and a test may both take from it."""

    def __init__(self, world: World, subscriptions: Subscriptions, faults: Faults) -> None:
        super().__init__(world.options, world.clock, world.options.seed)
        self.subscriptions = subscriptions
        self._world = world
        self._faults = faults

    def hear(self, action: Action, told: Sequence[Told]) -> None:
        """Make the messages an action leads to, for each subscription to its events."""
        if not self._world.studio(action.site).activated:
            return
        if action.site == _TEST_SITE and not self.sending.webhook_own_site:
            return
        for event, data in told:
            for one in self.subscriptions:
                if one.status == ACTIVE and event in one.events:
                    with self.lock:
                        self._post(one, self._envelope(action, event, data))

    def again(self, message: Message) -> None:
        """Let a message that was not accepted wait for another time, or give it up."""
        message.attempts += 1
        with self.lock:
            if message.stray:
                self.counts["refused strays"] += 1
            elif message.attempts >= self.sending.webhook_attempts:
                self.counts["given up"] += 1
                self.subscriptions.give_up(message.subscription)
            else:
                self.postpone(message, self.sending.webhook_retry)

    def _envelope(self, action: Action, event: str, data: dict[str, Any]) -> Envelope:
        naive = self.deals("naive", self.sending.webhook_naive)
        return Envelope(
            id=base64.urlsafe_b64encode(self.rng.randbytes(16)).decode().rstrip("="),
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
        if self.deals("dropped", sending.webhook_dropped):
            return
        message = Message(self._spoiled(genuine).body(), to, to.key)
        self.dispatch(self.numbered(message, sending.webhook_lag))
        self._accompany(message, genuine)

    def _accompany(self, message: Message, genuine: Envelope) -> None:
        sending, body = self.sending, message.body
        if self.deals("malformed", sending.webhook_malformed):
            self.queue(attrs.evolve(message, body=malformed(body), stray=True))
        if self.deals("missigned", sending.webhook_missigned):
            self.queue(attrs.evolve(message, key=message.key[::-1], stray=True))
        if self.deals("foreign", sending.webhook_foreign):
            data = {**genuine.data, "siteId": FOREIGN_SITE}
            other = attrs.evolve(genuine, id=f"F{genuine.id}", data=data).body()
            self.queue(attrs.evolve(message, body=other))
        if self.deals("unknown", sending.webhook_unknown):
            event = f"{genuine.event.partition('.')[0]}.reincarnated"
            other = attrs.evolve(genuine, id=f"U{genuine.id}", event=event).body()
            self.queue(attrs.evolve(message, body=other))
