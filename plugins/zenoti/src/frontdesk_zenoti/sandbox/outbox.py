"""Webhooks before they leave: put in order or out of it, doubled, lost, tried again."""

from __future__ import annotations

import attrs

from frontdesk.sandbox import outbox
from frontdesk.sandbox.outbox import malformed
from frontdesk_zenoti.sandbox.clock import Clock
from frontdesk_zenoti.sandbox.journal import Action, Event
from frontdesk_zenoti.sandbox.messages import Message, another, envelope, signed
from frontdesk_zenoti.sandbox.sending import Sending


class Outbox(outbox.Outbox[Message, Sending]):
    """What is still to be sent; the background and a test may both take from it.

    Args:
        center: The one center whose events are told, or None: all are.
        place: How many subscriptions there are before; their deliveries have other ids.
    """

    def __init__(
        self, sending: Sending, clock: Clock, secret: str, center: str | None, place: int = 0
    ) -> None:
        super().__init__(sending, clock, secret)
        self._secret = secret
        self._center = center
        self._place = place
        wanted = sending.webhook_events.lower().split(",")
        self._events = frozenset(one.strip() for one in wanted if one.strip())
        self._failed = 0
        #: False once too many deliveries in a row have failed, until a person switches it on.
        self.active = True

    def hear(self, action: Action, event: Event) -> None:
        """Take in what an action leads to."""
        if not self.active or self._center not in {None, action.center}:
            return
        if self._events and event.type.lower() not in self._events:
            return
        with self.lock:
            for subscription in range(self.sending.webhook_subscriptions):
                self._post(envelope(action, event, self.sending, self._place + subscription))

    def put(self, body: bytes, signature: str | None = None) -> None:
        """Let a message wait that no action led to."""
        with self.lock:
            sign = signed(body, self._secret) if signature is None else signature
            self.queue(self.numbered(Message(body, sign)))

    def succeeded(self) -> None:
        """Forget the failures before."""
        self._failed = 0

    def again(self, message: Message) -> None:
        """Let a message that was not accepted wait for another time, or give it up."""
        message.attempts += 1
        with self.lock:
            if not message.stray:
                self._fail()
            if (
                not self.active
                or message.stray
                or message.attempts >= self.sending.webhook_attempts
            ):
                self.counts["refused strays" if message.stray else "given up"] += 1
                return
            if not self.sending.webhook_stable_id:
                message.body = another(message.body, message.attempts)
                message.signature = signed(message.body, self._secret)
            self.postpone(message, self._pause(message.attempts))

    def _fail(self) -> None:
        self._failed += 1
        if self.active and self._failed >= self.sending.webhook_failures:
            # Nothing that was missed is sent later.
            self.active = False
            self.counts["deactivated"] += 1
            self.counts["given up"] += len(self.waiting)
            self.waiting.clear()

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

    def _post(self, body: bytes) -> None:
        """Send a message on its way, or lose it, with what comes along."""
        sending = self.sending
        if self.deals("dropped", sending.webhook_dropped):
            return
        message = self.numbered(Message(body, signed(body, self._secret)))
        self.dispatch(message)
        if self.deals("malformed", sending.webhook_malformed):
            broken = malformed(body)
            sign = signed(broken, self._secret)
            self.queue(attrs.evolve(message, body=broken, signature=sign, stray=True))
        if self.deals("missigned", sending.webhook_missigned):
            sign = signed(body, self._secret[::-1])
            self.queue(attrs.evolve(message, signature=sign, stray=True))
