"""Serving a desk: receiver, followers and pages in one process, ended by a signal."""

from __future__ import annotations

import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import anyio
import uvicorn

from frontdesk.desk import Desk
from frontdesk.serving import listen

#: Seconds for requests under way, once a signal came.
_GRACE: Final = 5


class _Server(uvicorn.Server):
    """A server that leaves signals to us: the followers have to end as well."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture none."""
        yield


@asynccontextmanager
async def receiving(
    desk: Desk, host: str, port: int, parts: Collection[str] = ("webhooks",)
) -> AsyncGenerator[str]:
    """Serve *desk* in the running loop until the block ends; yield its base URL.

    Args:
        parts: As :meth:`frontdesk.Desk.asgi` knows them.

    Raises:
        ConfigurationError: The port is taken.
    """
    listening = listen(port, host)
    config = uvicorn.Config(
        desk.asgi(parts),
        log_level="warning",
        # A URL may carry a secret.
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=_GRACE,
        server_header=False,
    )
    server = _Server(config)
    async with anyio.create_task_group() as group:

        async def serve() -> None:
            await server.serve(sockets=[listening])

        group.start_soon(serve)
        try:
            yield f"http://{host}:{listening.getsockname()[1]}/"
        finally:
            # It answers what is under way, and then ends by itself.
            server.should_exit = True


async def serve(desk: Desk, host: str, port: int, ready: Callable[[str], Awaitable[None]]) -> None:
    """Serve *desk* until SIGTERM or SIGINT; what was answered is written, nothing is half done.

    Args:
        port: 0 takes any that is free.
        ready: Told the base URL once deliveries can come.

    Raises:
        ConfigurationError: The port is taken.
    """
    parts = ("webhooks", "pages") if desk.service_settings.pages else ("webhooks",)
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with desk.service(), receiving(desk, host, port, parts) as address:
            await ready(address)
            async for _ in signals:
                return


async def serve_pages(
    desk: Desk, host: str, port: int, ready: Callable[[str], Awaitable[None]]
) -> None:
    """Like :func:`serve`, but nothing is received and nothing followed: a person looks."""
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with receiving(desk, host, port, ("pages",)) as address:
            await ready(address)
            async for _ in signals:
                return
