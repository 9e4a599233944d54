"""The emulated platform: one world behind both APIs, with its faults and its journal."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any

import anyio

from frontdesk.sandbox import ASGI, wire
from frontdesk.sandbox.clock import real
from frontdesk.sandbox.wire import Receive, Reply, Request, Send
from frontdesk_mindbody.sandbox import spoiling
from frontdesk_mindbody.sandbox.admin import Admin
from frontdesk_mindbody.sandbox.booking_moves import MOVES, Moves
from frontdesk_mindbody.sandbox.faults import Faults, Slow
from frontdesk_mindbody.sandbox.limiter import Limiter
from frontdesk_mindbody.sandbox.options import Options
from frontdesk_mindbody.sandbox.outbox import Outbox
from frontdesk_mindbody.sandbox.play import Player
from frontdesk_mindbody.sandbox.public import PREFIX, TOKENLESS, PublicApi
from frontdesk_mindbody.sandbox.push import PUSH_PREFIX, PushApi
from frontdesk_mindbody.sandbox.quota import Quota
from frontdesk_mindbody.sandbox.refusal import Refusal, invalid
from frontdesk_mindbody.sandbox.sender import Sender
from frontdesk_mindbody.sandbox.subscriptions import Subscriptions
from frontdesk_mindbody.sandbox.tokens import Tokens
from frontdesk_mindbody.sandbox.world import World

#: What anybody may ask of the sandbox itself.
ADMIN = "/sandbox/"


class Platform:
    """An emulated Mindbody in memory; *app* serves it."""

    def __init__(
        self,
        options: Options | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = real,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self.options = chosen = options or Options()
        self.world = World(chosen, wall)
        self.journal = self.world.journal
        self.faults = Faults()
        clock = self.world.clock
        self.tokens = Tokens(chosen.seed, clock, chosen.token_hours)
        self.quota = Quota(chosen, clock)
        self.limiter = Limiter(chosen, monotonic)
        #: How often each operation was called, refused calls included.
        self.asked: Counter[str] = Counter()
        #: Everything that can happen at a site.
        self.moves = Moves(self.world)
        self.subscriptions = Subscriptions(chosen.seed, clock, chosen.webhook_failures)
        #: Sends webhooks to whoever has subscribed.
        self.webhooks = Sender(
            Outbox(self.world, self.subscriptions, self.faults), clock, self.tokens.keys.signature
        )
        self.journal.listeners.append(self.webhooks.hear)
        self._player = Player(self.moves, chosen.seed)
        self._public = PublicApi(self.world, self.tokens, self.quota, self.limiter)
        self._push = PushApi(self.subscriptions, self.tokens, chosen)
        self._admin = Admin(self)
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

    @property
    def calls(self) -> Counter[tuple[date, int]]:
        """Tell how many calls were made, by day (in UTC) and site."""
        return self.quota.calls

    def advance(self, by: timedelta) -> None:
        """Move the server's clock."""
        with self._lock:
            self.world.advance(by)

    def play(self, changes: int) -> None:
        """Let plausible changes happen while the clock moves."""
        with self._lock:
            self._player.play(changes)

    def move(self, name: str, site: int, *args: Any, **fields: Any) -> Any:
        """Make a move by its name, such as ``book_appointment``; see *moves*."""
        if name not in MOVES:
            raise invalid("move")
        with self._lock:
            return getattr(self.moves, name)(site, *args, **fields)

    def activate(self, site: int) -> None:
        """Let a site's owner follow the activation link."""
        self.world.studio(site).activated = True

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await wire.live(receive, send)
            return
        refused = self._public.refused
        try:
            request = await wire.read(scope, receive, Refusal)
            if request.path.startswith(PUSH_PREFIX):
                refused = self._push.refused
            reply = await self._answer(request)
        except Refusal as refusal:
            reply = refused(refusal)
        await wire.send_reply(reply, receive, send)

    async def _answer(self, request: Request) -> Reply:
        if request.path.startswith(ADMIN):
            with self._lock:
                return wire.json(200, self._admin.answer(request), {})
        if request.path.startswith(PUSH_PREFIX):
            return await self._answer_push(request)
        if not request.path.startswith(PREFIX):
            raise Refusal(404, "Not found.", code=spoiling.FLAT)
        name = self._public.name(request)
        self.asked[name] += 1
        token = b"authorization" in request.headers and name not in TOKENLESS
        faults = self.faults.take(name, token=token)
        for fault in faults:
            if isinstance(fault, Slow):
                await self._sleep(fault.seconds)
        with self._lock:
            reply = self._public.answer(request, faults)
        return spoiling.reply(reply, faults)

    async def _answer_push(self, request: Request) -> Reply:
        name = "push/" + request.path[len(PUSH_PREFIX) :].partition("/")[0]
        self.asked[name] += 1
        faults = self.faults.take(name)
        spoiling.refuse(faults)
        return spoiling.reply(await self._push.answer(request), faults)
