"""The channel manager: its book of reservations, and whom it tells of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from frontdesk import jsons
from frontdesk.sandbox.clock import ServerClock
from frontdesk_guestlist.sandbox.book import Book
from frontdesk_guestlist.sandbox.options import Options
from frontdesk_guestlist.sandbox.sending import Outbox, Sender

#: What messages are signed with: no secret, since the guests are made up.
SECRET: Final = "sandbox-channel-secret"  # noqa: S105


class Manager:
    """An emulated channel manager."""

    def __init__(self, options: Options) -> None:
        self.clock = ServerClock(options.now)
        self.book = Book(options, self.clock)
        self.outbox = Outbox(options, self.clock, options.seed)
        self.webhooks = Sender(self.outbox, self.clock, SECRET, running=options.now is None)
        self.app = Starlette(routes=[Route("/reservations", self._listed)])
        rows = list(self.book)
        for start in range(0, len(rows), options.batch):
            self._tell(rows[start : start + options.batch])

    def play(self, changes: int) -> None:
        """Make so many plausible changes, one after the other."""
        for _ in range(changes):
            self.clock.advance(timedelta(seconds=1))
            self._tell([self.book.change()])

    def send_to(self, url: str | None) -> None:
        """Let webhooks leave by themselves to a URL of this machine, or none any more."""
        self.webhooks.stop()
        if url is not None:
            self.webhooks.to = url
            self.webhooks.start()

    def _tell(self, rows: Sequence[dict[str, Any]]) -> None:
        self.outbox.post(jsons.encode({"reservations": rows}))
        self.webhooks.notice()

    async def _listed(self, _: Request) -> JSONResponse:
        return JSONResponse({"reservations": list(self.book)})
