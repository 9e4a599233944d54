"""The emulated platform: one world behind the Admin API, with its faults and its journal."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random
from typing import Any, Final

import anyio
import attrs

from frontdesk.sandbox import ASGI, wire
from frontdesk.sandbox.clock import real
from frontdesk.sandbox.faults import spoiled
from frontdesk.sandbox.wire import Receive, Reply, Request, Send
from frontdesk_boulevard.sandbox import answering, club_moves, grants, ids, spoiling
from frontdesk_boulevard.sandbox.admin import Admin
from frontdesk_boulevard.sandbox.answering import Asked, Wrong
from frontdesk_boulevard.sandbox.auth import Gate, issue
from frontdesk_boulevard.sandbox.faults import Fault, Faults, Limited, Slow
from frontdesk_boulevard.sandbox.graph import Call
from frontdesk_boulevard.sandbox.journal import Facts
from frontdesk_boulevard.sandbox.limiter import Limiter
from frontdesk_boulevard.sandbox.listings import Listings
from frontdesk_boulevard.sandbox.naming import move
from frontdesk_boulevard.sandbox.options import Options
from frontdesk_boulevard.sandbox.outbox import Outbox
from frontdesk_boulevard.sandbox.play import Player
from frontdesk_boulevard.sandbox.refusal import Refusal
from frontdesk_boulevard.sandbox.registrar import Registrar
from frontdesk_boulevard.sandbox.sender import Sender
from frontdesk_boulevard.sandbox.world import World

PREFIX: Final = "/api/2020-01/admin"


class Platform:
    """An emulated Boulevard in memory; *app* serves it."""

    def __init__(
        self,
        options: Options | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = real,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self.options = options or Options()
        self.world = World(self.options)
        self.journal = self.world.journal
        self.faults = Faults()
        self.keys = issue(self.options, self.world.business.id)
        #: How often each operation was called, refused calls included.
        self.calls: Counter[str] = Counter()
        self.limiter = Limiter(self.options, monotonic)
        self.gate = Gate(self.keys, self.options, wall, lambda: self.now)
        self.registrar = Registrar(self.options)
        #: Sends webhooks to whoever created one, and to wherever it is told.
        self.webhooks = Sender(
            Outbox(self.world, self.registrar, self.options, self.options.seed),
            self.registrar,
            self.keys,
            clock=self.world.clock,
            wall=wall,
            application=self.world.application_id,
        )
        self.webhooks.to = self.options.webhooks
        self.journal.listeners.append(self.webhooks.hear)
        self._call = Call(self.world, Listings(self.world), self.registrar)
        self._player = Player(self.world, self.options.seed)
        self._admin = Admin(self)
        self._rng = Random(f"faults of {self.options.seed}")
        self._wall = wall
        self._sleep = sleep
        # It is served in one thread, while another may play.
        self._lock = threading.RLock()

    @property
    def app(self) -> ASGI:
        """Give the ASGI application."""
        # Not a bound method: uvicorn takes those for applications of ASGI 2.
        return self

    @property
    def now(self) -> datetime:
        """Tell the server's time."""
        return self.world.clock.now

    def advance(self, by: timedelta) -> None:
        """Move the server's clock; what was set for a day happens when it comes."""
        with self._lock:
            self.world.clock.advance(by)
            club_moves.settle(self.world)

    def play(self, changes: int) -> None:
        """Let plausible changes happen while the clock moves."""
        with self._lock:
            self._player.play(changes)

    def move(self, identity: str, name: str, **how: Any) -> None:
        """Make a move by its name; some are not possible through the API."""
        with self._lock:
            move(self.world, identity, name, **how)

    def withhold(self, key: str, *, enabled: bool = False) -> None:
        """Take a permission away from the application, or give it back."""
        for permission in self.world.permissions:
            if permission.key == key:
                permission.enabled = enabled
                return
        raise Refusal(400, f"There is no permission {key}")

    def facts(self) -> dict[str, Facts]:
        """Tell how far each appointment, membership and order has come by now."""
        world = self.world
        rows = (*world.appointments, *world.memberships, *world.orders)
        return {row.id: row.facts() for row in rows}

    def forgotten(self) -> set[str]:
        """Name the clients who were erased."""
        clients = self.world.clients
        return {clients.rows[number].id for number in clients.gone}

    def uninstall(self) -> None:
        """Take the application away from the business: nobody is let in any more."""
        with self._lock:
            self.gate.closed = True
            application = ids.urn("ApiApplication", self.world.application_id)
            self.world.note("api_application.uninstalled", application)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await wire.live(receive, send)
            return
        try:
            reply = await self._answer(await wire.read(scope, receive, Refusal))
        except Refusal as refusal:
            reply = _refused(refusal, {})
        await wire.send_reply(self._dated(reply), receive, send)

    def _dated(self, reply: Reply) -> Reply:
        """Tell a time that is wrong; a right one is for the server to tell."""
        if not self.options.clock_skew:
            return reply
        ahead = self._wall() + timedelta(seconds=self.options.clock_skew)
        date = wire.encode({"date": format_datetime(ahead.astimezone(UTC), usegmt=True)})
        return attrs.evolve(reply, headers=(*reply.headers, *date))

    async def _answer(self, request: Request) -> Reply:
        if request.path.startswith("/sandbox/"):
            with self._lock:
                return wire.json(200, self._admin.answer(request), {})
        if request.path.rstrip("/") != PREFIX:
            raise Refusal(404, "Not found")
        if request.method != "POST":
            raise Refusal(405, "Method not allowed")
        self.gate.admit(request.headers)
        try:
            asked = answering.read(request.body, self.options)
        except Wrong as wrong:
            self.calls[""] += 1
            return wire.json(200, {"errors": wrong.errors}, {})
        self.calls[asked.name] += 1
        faults = self.faults.take(asked.name, later_page=asked.later_page)
        for fault in faults:
            if isinstance(fault, Slow):
                await self._sleep(fault.seconds)
        spoiling.refuse(faults, self._wall())
        return spoiled(self._executed(asked, faults), faults)

    def _admit(self, cost: int, faults: list[Fault]) -> None:
        if any(isinstance(fault, Limited) for fault in faults):
            raise self.limiter.empty(cost)
        self.limiter.admit(cost)

    def _executed(self, asked: Asked, faults: list[Fault]) -> Reply:
        headers = {"x-query-complexity": str(asked.weight.cost)}
        try:
            self._admit(asked.weight.cost, faults)
            spoiling.expire(faults)
        except Refusal as refusal:
            refusal.error |= asked.place
            return _refused(refusal, headers, data=True)
        with self._lock:
            withheld = grants.withheld(list(self.world.permissions))
            content = answering.answer(asked, self._call, [*faults, *withheld])
        spoiling.content(content, faults, self._rng)
        return wire.json(200, content, headers)


def _refused(refusal: Refusal, headers: dict[str, str], *, data: bool = False) -> Reply:
    if refusal.retry_after is not None:
        headers = {**headers, "Retry-After": refusal.retry_after}
    content: dict[str, Any] = {"errors": [{"message": refusal.message, **refusal.error}]}
    if data:
        content["data"] = None
    return wire.json(refusal.status, content, headers)
