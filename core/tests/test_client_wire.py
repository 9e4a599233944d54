"""What only a real connection does: break, stall, pour, and swell."""

from __future__ import annotations

import contextlib
import gzip
import socket
import struct
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import anyio
import attrs
import pytest
import uvicorn

from frontdesk.client import Client, Limits, SystemClock
from frontdesk.client._transport import default_transport
from frontdesk.errors import RefusedError, UnavailableError, UnexpectedResponseError

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class NoWaiting:
    """The real time, without waiting for it."""

    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        pass


def bomb() -> bytes:
    """Return 256 MiB of zeros as 256 KiB."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    block = bytes(16 * MIB)
    return b"".join([*(packer.compress(block) for _ in range(16)), packer.flush()])


@attrs.frozen
class Reply:
    status: int = 200
    header: tuple[bytes, bytes] = (b"x-acorn", b"1")
    body: Iterable[bytes] = (b'{"Id": 1}',)
    before: float = 0
    between: float = 0


GZIP = (b"content-encoding", b"gzip")
HUNDRED = (b"content-length", b"100")

REPLIES = {
    "/whole": Reply(),
    "/packed": Reply(header=GZIP, body=[gzip.compress(b'{"Id": 1}')]),
    "/deflated": Reply(
        header=(b"content-encoding", b"deflate"), body=[zlib.compress(b'{"Id": 1}')]
    ),
    "/truncated": Reply(header=HUNDRED),
    "/half-packed": Reply(header=GZIP, body=[gzip.compress(b'{"Id": 1}')[:-9]]),
    "/slow": Reply(before=0.3),
    "/drip": Reply(body=[b" "] * 1000, between=0.01),
    "/flood": Reply(body=[bytes(MIB)] * 500),
    "/declared-flood": Reply(
        header=(b"content-length", b"%d" % (500 * MIB)), body=[bytes(MIB)] * 500
    ),
    "/bomb": Reply(header=GZIP, body=[bomb()]),
    "/refused-truncated": Reply(400, header=HUNDRED),
    "/refused-flood": Reply(400, body=[b" " * 1024] * 100),
}


async def platform(scope: Any, receive: Any, send: Any) -> None:
    del receive
    reply = REPLIES[scope["path"]]
    await anyio.sleep(reply.before)
    await send({"type": "http.response.start", "status": reply.status, "headers": [reply.header]})
    for piece in reply.body:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        await anyio.sleep(reply.between)
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture(scope="module")
def acorn() -> Iterator[str]:
    """The platform, over real HTTP."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(platform, log_config=None, access_log=False, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = server.force_exit = True
    thread.join(10)
    listener.close()


def test_goes_through_the_proxy_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    def pool(url: str) -> str:
        return type(default_transport(url, 4)._pool).__name__

    for name in ("HTTP_PROXY", "NO_PROXY", "no_proxy", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")

    assert pool("https://acorn.test") == "AsyncHTTPProxy"
    assert pool("http://acorn.test") == "AsyncConnectionPool"
    assert pool("https://127.0.0.1:8443") == "AsyncConnectionPool"


async def test_the_real_clock_runs() -> None:
    clock = SystemClock()
    before, today = clock.monotonic(), clock.now()

    await clock.sleep(0.001)

    assert clock.monotonic() > before
    assert clock.now() > today
    assert clock.now().tzinfo is UTC


def make(base_url: str, **limits: Any) -> Client[None]:
    return Client(settings=None, base_url=base_url, clock=NoWaiting(), limits=Limits(**limits))


@pytest.mark.parametrize("path", ["whole", "packed", "deflated"])
async def test_reads_what_is_whole(acorn: str, path: str) -> None:
    async with make(acorn) as client:
        assert await client.get(path) == {"Id": 1}


@pytest.mark.parametrize("path", ["truncated", "half-packed"])
async def test_repeats_a_truncated_answer(acorn: str, path: str) -> None:
    async with make(acorn, attempts=3) as client:
        with pytest.raises(UnavailableError, match="ended before the answer did"):
            await client.get(path)

        assert client.requests == 3


@pytest.mark.parametrize("path", ["refused-truncated", "refused-flood"])
async def test_an_unreadable_reason_does_not_matter(acorn: str, path: str) -> None:
    async with make(acorn) as client:
        with pytest.raises(RefusedError, match="answered 400: the platform refuses"):
            await client.get(path)

        assert client.requests == 1


async def test_gives_a_slow_answer_up(acorn: str) -> None:
    async with make(acorn, read=0.05, attempts=2) as client:
        with pytest.raises(UnavailableError, match=r"in time \(ReadTimeout\)"):
            await client.get("slow")

        assert client.requests == 2


async def test_gives_an_answer_up_that_drips(acorn: str) -> None:
    async with make(acorn, body=0.05, attempts=1) as client:
        with pytest.raises(UnavailableError, match="in time"):
            await client.get("drip")


@contextlib.contextmanager
def server_that_resets() -> Iterator[str]:
    """Take what comes, and slam the door: uvicorn is too polite for that."""
    listener = socket.create_server(("127.0.0.1", 0))

    def slam() -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = listener.accept()
                caller.recv(1024)
                caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                caller.close()

    thread = threading.Thread(target=slam)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(10)


async def test_repeats_after_a_reset() -> None:
    with server_that_resets() as base_url:
        async with make(base_url, attempts=3) as client:
            with pytest.raises(UnavailableError, match="connection"):
                await client.get("stays")

            assert client.requests == 3


async def test_tells_that_nobody_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = listener.getsockname()[1]

    async with make(f"http://127.0.0.1:{free}", attempts=2) as client:
        with pytest.raises(UnavailableError, match="no connection came about"):
            await client.get("stays")


@pytest.mark.parametrize("path", ["flood", "declared-flood", "bomb"])
@pytest.mark.parametrize("megabytes", [1, 64])
async def test_memory_stays_bounded(acorn: str, path: str, megabytes: int) -> None:
    tracemalloc.start()
    try:
        async with make(acorn, max_body=megabytes * MIB) as client:
            with pytest.raises(UnexpectedResponseError, match=f"than {megabytes * MIB} bytes"):
                await client.get(path)

            assert client.requests == 1
            assert await client.get("whole") == {"Id": 1}
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < (megabytes + 30) * MIB
