"""A mail server on the loopback, which keeps what it is given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import attrs
from aiosmtpd.smtp import SMTP


@attrs.define
class Letterbox:
    """Messages, in the order they came.

    Attributes:
        port: Of the server, once it listens.
    """

    letters: list[EmailMessage] = attrs.field(factory=list)
    port: int = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # its name there
        """Take a message."""
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.letters.append(message)  # type: ignore[arg-type]  # the policy makes them so
        return "250 taken"


@asynccontextmanager
async def letterbox() -> AsyncIterator[Letterbox]:
    """Serve a letterbox in the loop that runs."""
    box = Letterbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(box, hostname="mail.test", loop=loop), "127.0.0.1", 0
    )
    async with server:
        box.port = server.sockets[0].getsockname()[1]
        yield box
