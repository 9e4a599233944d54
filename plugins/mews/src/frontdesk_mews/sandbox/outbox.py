"""Webhooks before they leave: collected, put in order or out of it, doubled, lost."""

from __future__ import annotations

import attrs

from frontdesk.sandbox import outbox
from frontdesk.sandbox.chance import uuid
from frontdesk.sandbox.outbox import malformed
from frontdesk_mews.sandbox.journal import Action
from frontdesk_mews.sandbox.messages import MOST, Event, Message, events, general
from frontdesk_mews.sandbox.sending import Sending
from frontdesk_mews.sandbox.tokens import Tokens
from frontdesk_mews.sandbox.world import World


@attrs.define
class _Collected:
    since: float
    told: dict[Event, None] = attrs.field(factory=dict[Event, None])


class Outbox(outbox.Outbox[Message, Sending]):
    """What is still to be sent; the background and a test may both take from it."""

    def __init__(self, world: World, tokens: Tokens, sending: Sending) -> None:
        super().__init__(sending, world.clock, tokens.webhook)
        self._world = world
        self._tokens = tokens
        self._collected: dict[str, _Collected] = {}

    def __len__(self) -> int:
        with self.lock:
            return len(self.waiting) + len(self._collected)

    def hear(self, action: Action) -> None:
        """Collect what an action leads to, for each property that learns of it."""
        told = dict.fromkeys(events(action))
        if not told:
            return
        now = action.time.timestamp()
        with self.lock:
            # Changes played in one go are minutes apart on the sandbox's clock.
            for body in self._ripe(now):
                self._post(body)
            for house in self._world.houses:
                if action.mask & house.mask:
                    new = _Collected(now)
                    self._collected.setdefault(house.enterprise.id, new).told.update(told)

    def put(self, body: bytes) -> None:
        """Let a message wait that is none of collected events."""
        with self.lock:
            self.queue(self.numbered(Message(body, self._tokens.webhook)))

    def take(self, *, everything: bool = False) -> list[Message]:
        """Take out what is due by now, or all there is, in the order of leaving."""
        with self.lock:
            now = None if everything else self.clock.now.timestamp()
            for body in self._ripe(now):
                self._post(body)
            due = self.due(everything=everything)
            if len(due) < self.sending.webhook_burst and not everything:
                return []
            return self.taken(due)

    def bodies(self) -> list[bytes]:
        """Take out what was collected, as bodies that nothing was done to."""
        with self.lock:
            return self._ripe(None)

    def again(self, message: Message) -> None:
        """Let a message that was not accepted wait for another time, or give it up."""
        message.attempts += 1
        with self.lock:
            if message.stray or message.attempts >= self.sending.webhook_attempts:
                self.counts["refused strays" if message.stray else "given up"] += 1
                return
            self.postpone(message, self.sending.webhook_retry)

    def next_due(self) -> float | None:
        """Tell the sandbox's time at which something will be due."""
        with self.lock:
            times = [one.since + self.sending.webhook_lag for one in self._collected.values()]
        if (waiting := super().next_due()) is not None:
            times.append(waiting)
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

    def _post(self, body: bytes) -> None:
        """Send a message on its way, or lose it, with what comes along."""
        sending = self.sending
        if self.deals("dropped", sending.webhook_dropped):
            return
        message = self.numbered(Message(body, self._tokens.webhook))
        self.dispatch(message)
        if self.deals("malformed", sending.webhook_malformed):
            self.queue(attrs.evolve(message, body=malformed(body), stray=True))
        if self.deals("mistoken", sending.webhook_mistoken):
            self.queue(attrs.evolve(message, token=message.token[::-1], stray=True))
        if self.deals("foreign", sending.webhook_foreign):
            told = [("ServiceOrderUpdated", uuid(self.rng))]
            other = general(uuid(self.rng), self._tokens.integration, told)
            self.queue(attrs.evolve(message, body=other))
