"""The emulated platform: one world behind the REST API, with its faults and its journal."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from random import Random
from typing import Any, Final

import anyio
import attrs
import msgspec

from frontdesk.sandbox import ASGI, wire
from frontdesk.sandbox.clock import real
from frontdesk.sandbox.faults import spoiled
from frontdesk.sandbox.wire import Receive, Reply, Request, Send
from frontdesk_zenoti.sandbox import routes, spoiling
from frontdesk_zenoti.sandbox.admin import Admin
from frontdesk_zenoti.sandbox.faults import Faults, Slow
from frontdesk_zenoti.sandbox.keys import Keys
from frontdesk_zenoti.sandbox.limiter import Limiter
from frontdesk_zenoti.sandbox.moves import NAMED, Moves
from frontdesk_zenoti.sandbox.options import Options
from frontdesk_zenoti.sandbox.outbox import Outbox
from frontdesk_zenoti.sandbox.play import Player
from frontdesk_zenoti.sandbox.populating import populate
from frontdesk_zenoti.sandbox.queries import Call
from frontdesk_zenoti.sandbox.refusal import SHAPES, Refusal, bad, missing, status_of
from frontdesk_zenoti.sandbox.sender import Sender
from frontdesk_zenoti.sandbox.world import World

PREFIX: Final = "/v1/"
_TOKENS: Final = "tokens"


class Platform:
    """An emulated Zenoti in memory; *app* serves it."""

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
        populate(self.world)
        self.journal = self.world.journal
        self.faults = Faults()
        self.keys = Keys(self.options, self.world.clock)
        #: How often each endpoint was called, refused calls included.
        self.calls: Counter[str] = Counter()
        self.limiter = Limiter(self.options, monotonic)
        #: Every move by its name; each is journaled and told to webhooks.
        self.moves = Moves(self.world)
        #: Sends webhooks, once it is told where to.
        self.webhooks = self._sender(self.options, 0)
        self._senders = [self.webhooks]
        self._player = Player(self.world, self.moves, self.options.seed)
        self._admin = Admin(self)
        self._routes = routes.build()
        self._rng = Random(f"spoiling of {self.options.seed}")
        self._wall = wall
        self._sleep = sleep
        # It is served in one thread, while another may play.
        self._lock = threading.RLock()

    def _sender(self, options: Options, place: int) -> Sender:
        number, centers = options.webhook_center, self.world.centers
        if number is not None and number >= len(centers):
            message = f"webhook_center is {number}, and there are {len(centers)} centers"
            raise ValueError(message)
        center = None if number is None else centers[number].id
        secret = options.webhook_secret or self.keys.secret
        sender = Sender(Outbox(options, self.world.clock, secret, center, place), self.world.clock)
        self.journal.listeners.append(sender.hear)
        return sender

    def subscribe(self, url: str, **chosen: Any) -> Sender:
        """Set up a further webhook; *chosen* are options, such as ``webhook_secret``."""
        place = sum(one.outbox.sending.webhook_subscriptions for one in self._senders)
        sender = self._sender(attrs.evolve(self.options, **chosen), place)
        self._senders.append(sender)
        sender.to = url
        return sender

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
        """Move the server's clock."""
        with self._lock:
            self.world.clock.advance(by)

    def play(self, changes: int) -> None:
        """Let plausible changes happen while the clock moves."""
        with self._lock:
            self._player.play(changes)

    def move(self, move: str, identity: str) -> object:
        """Make a move by its name with whatever has an id."""
        if move not in NAMED:
            raise bad(f"move must be one of {', '.join(sorted(NAMED))}.")
        with self._lock:
            return getattr(self.moves, move)(identity)

    def rotate(self) -> str:
        """Make a new API key; the old one is good for a week more."""
        with self._lock:
            return self.keys.rotate()

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await wire.live(receive, send)
            return
        try:
            reply = await self._answer(await wire.read(scope, receive, Refusal))
        except Refusal as refusal:
            reply = self._refused(refusal)
        await wire.send_reply(reply, receive, send)

    async def _answer(self, request: Request) -> Reply:
        if request.path.startswith("/sandbox/"):
            with self._lock:
                return wire.json(HTTPStatus.OK, self._admin.answer(request), {})
        if not request.path.lower().startswith(PREFIX):
            raise missing()
        path = request.path[len(PREFIX) :]
        if request.method == "POST" and path.lower().rstrip("/") == _TOKENS:
            return self._token(request)
        found = routes.find(self._routes, request.method, path)
        if found is None:
            raise missing()
        route, parts = found
        self.calls[route.name] += 1
        key = self.keys.admit(request.headers.get(b"authorization", b"").decode("latin-1"))
        self.faults.authorize(route.name, key)
        self.limiter.admit()
        faults = self.faults.take(route.name)
        for fault in faults:
            if isinstance(fault, Slow):
                await self._sleep(fault.seconds)
        spoiling.refuse(faults, self._wall())
        with self._lock:
            call = Call(
                world=self.world, options=self.options, path=parts, query=request.query,
                body=request.body, faults=faults,
            )  # fmt: skip
            page = route.endpoint(call)
            spoiling.rows(page, faults, self._rng)
            reply = wire.json(HTTPStatus.OK, page.body(), self.limiter.headers())
        return spoiled(reply, faults)

    def _token(self, request: Request) -> Reply:
        self.limiter.admit()
        try:
            asked = msgspec.json.decode(request.body, type=dict[str, Any])
        except msgspec.DecodeError:
            raise bad("The request is invalid.") from None
        return wire.json(HTTPStatus.OK, self.keys.token(asked), self.limiter.headers())

    def _refused(self, refusal: Refusal) -> Reply:
        headers = self.limiter.headers()
        if refusal.retry_after is not None:
            headers["Retry-After"] = refusal.retry_after
        shape = self.options.error_shape
        form = SHAPES[refusal.shape if shape == "documented" else shape]
        status = status_of(refusal, self.options.business_status)
        return wire.json(status, form(refusal.code, refusal.message), headers)
