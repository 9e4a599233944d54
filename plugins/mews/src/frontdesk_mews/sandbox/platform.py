"""The emulated platform: one world behind the Connector API, with its faults and its journal."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import anyio
import msgspec

from frontdesk.sandbox import ASGI, wire
from frontdesk.sandbox.clock import real
from frontdesk.sandbox.wire import Receive, Reply, Request, Send
from frontdesk_mews.sandbox import spoiling
from frontdesk_mews.sandbox.admin import Admin
from frontdesk_mews.sandbox.faults import Faults, Slow
from frontdesk_mews.sandbox.integration import Integration
from frontdesk_mews.sandbox.journal import Facts
from frontdesk_mews.sandbox.limiter import Limiter
from frontdesk_mews.sandbox.listings import Page
from frontdesk_mews.sandbox.messages import Message
from frontdesk_mews.sandbox.moves import MOVES
from frontdesk_mews.sandbox.operations import OPERATIONS, Operations
from frontdesk_mews.sandbox.options import Options
from frontdesk_mews.sandbox.outbox import Outbox
from frontdesk_mews.sandbox.play import Player
from frontdesk_mews.sandbox.refusal import Refusal, invalid
from frontdesk_mews.sandbox.sender import Sender
from frontdesk_mews.sandbox.storm import Storm, blow
from frontdesk_mews.sandbox.tokens import Token, issue
from frontdesk_mews.sandbox.world import World

PREFIX: Final = "/api/connector/v1/"


class Platform:
    """An emulated Mews in memory; *app* serves it."""

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
        self.tokens = issue(self.options.seed, self.world.houses, self.world.everyone)
        #: How often each operation was called, refused calls included.
        self.calls: Counter[str] = Counter()
        self.limiter = Limiter(self.options, monotonic)
        #: Sends webhooks, once it is told where to.
        self.webhooks = Sender(Outbox(self.world, self.tokens, self.options), self.world.clock)
        self.journal.listeners.append(self.webhooks.hear)
        self.integration = Integration(
            self.tokens, self.world.houses, self.webhooks, self.world.clock
        )
        self._player = Player(self.world, self.options.seed)
        self._operations = Operations(self.world, self.options)
        self._admin = Admin(self)
        self._wall = wall
        self._sleep = sleep
        self._answered = 0
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
        """Move the server's clock."""
        with self._lock:
            self.world.clock.advance(by)

    def play(self, changes: int) -> None:
        """Let plausible changes happen while the clock moves."""
        with self._lock:
            self._player.play(changes)

    def storm(self, storm: Storm) -> Iterator[Message]:
        """Yield many webhooks, playing on as they are drawn; send them with *webhooks*."""

        def change() -> list[bytes]:
            self.play(1)
            return self.webhooks.outbox.bodies()

        return blow(storm, change, self.tokens.webhook)

    def restore(self, reservation: str) -> None:
        """Take a cancellation back, which is not possible through the API."""
        self.move(reservation, "restore")

    def move(self, reservation: str, move: str) -> None:
        """Make a move by its name; some are not possible through the API."""
        number = self.world.reservations.numbers.get(reservation)
        if number is None:
            raise invalid("ReservationIds")
        if move not in MOVES:
            raise invalid("Move")
        with self._lock:
            MOVES[move](self.world, number)

    def stays(self) -> dict[str, Facts]:
        """Tell how far each reservation has come by now."""
        return {row.id: row.facts() for row in self.world.reservations}

    def forgotten(self) -> set[str]:
        """Name the reservations of which nobody may tell any more: their guests were deleted."""
        return self.world.forgotten()

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await wire.live(receive, send)
            return
        self._answered += 1
        headers = {"Request-Id": f"{self._answered:016x}"}
        try:
            reply = await self._answer(await wire.read(scope, receive, Refusal), headers)
        except Refusal as refusal:
            reply = _refused(refusal, headers)
        await wire.send_reply(reply, receive, send)

    async def _answer(self, request: Request, headers: dict[str, str]) -> Reply:
        if request.path.startswith("/sandbox/"):
            with self._lock:
                return wire.json(200, self._admin.answer(request), headers)
        operation = request.path.removeprefix(PREFIX)
        path = PREFIX + operation
        if request.method != "POST" or request.path != path or operation not in OPERATIONS:
            raise Refusal(404, "Not found.")
        self.calls[operation] += 1
        body = _parsed(request.body)
        token = self._authenticate(operation, body)
        self.limiter.admit(token.value)
        faults = self.faults.take(operation)
        for fault in faults:
            if isinstance(fault, Slow):
                await self._sleep(fault.seconds)
        spoiling.refuse(faults, self._wall())
        minimal = request.headers.get(b"prefer") == b"return=minimal"
        with self._lock:
            answer = self._operations.run(operation, body, token, faults)
            reply = _reply(answer, headers, minimal=minimal)
        return spoiling.reply(reply, faults)

    def _authenticate(self, operation: str, body: dict[str, Any]) -> Token:
        if body.get("ClientToken") != self.tokens.client:
            raise Refusal(401, "Invalid ClientToken.")
        token = self.integration.find(body.get("AccessToken"))
        self.faults.authorize(operation, token.value)
        return token


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise Refusal(400, "Invalid JSON.") from error


def _reply(answer: Page | dict[str, Any], headers: dict[str, str], *, minimal: bool) -> Reply:
    empty = not answer.rows if isinstance(answer, Page) else not answer
    if minimal and empty:
        return Reply(204, headers=wire.encode(headers))
    return wire.json(200, answer.body() if isinstance(answer, Page) else answer, headers)


def _refused(refusal: Refusal, headers: dict[str, str]) -> Reply:
    if refusal.retry_after is not None:
        headers = {**headers, "Retry-After": refusal.retry_after}
    content = {
        "Message": refusal.message,
        "RequestId": headers["Request-Id"],
        "Details": None,
    }
    return wire.json(refusal.status, content, headers)
