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
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import anyio
import pytest
import uvicorn

from frontdesk.client import Client, Limits
from frontdesk.errors import UnavailableError, UnexpectedResponseError

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
    """Return 2 GiB of zeros as 2 MiB."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    block = bytes(16 * MIB)
    return b"".join([*(packer.compress(block) for _ in range(128)), packer.flush()])


async def platform(scope: Any, receive: Any, send: Any) -> None:
    del receive
    headers: list[tuple[bytes, bytes]] = []
    bodies: Iterator[bytes] = iter([b'{"Id": 1}'])
    match scope["path"]:
        case "/slow":
            await anyio.sleep(0.3)
        case "/drip":
            bodies = iter([b" "] * 1000)
        case "/truncated":
            headers = [(b"content-length", b"100")]
        case "/half-packed":
            headers = [(b"content-encoding", b"gzip")]
            bodies = iter([gzip.compress(b'{"Id": 1}')[:-9]])
        case "/packed":
            headers = [(b"content-encoding", b"gzip")]
            bodies = iter([gzip.compress(b'{"Id": 1}')])
        case "/deflated":
            headers = [(b"content-encoding", b"deflate")]
            bodies = iter([zlib.compress(b'{"Id": 1}')])
        case "/flood":
            bodies = iter([bytes(MIB)] * 500)
        case "/declared-flood":
            headers = [(b"content-length", b"%d" % (500 * MIB))]
            bodies = iter([bytes(MIB)] * 500)
        case "/bomb":
            headers = [(b"content-encoding", b"gzip")]
            bodies = iter([BOMB])
        case _:
            pass
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for body in bodies:
        await send({"type": "http.response.body", "body": body, "more_body": True})
        if scope["path"] == "/drip":
            await anyio.sleep(0.01)
    await send({"type": "http.response.body", "body": b""})


BOMB = bomb()


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


def make(base_url: str, **limits: Any) -> Client[None]:
    return Client(settings=None, base_url=base_url, clock=NoWaiting(), limits=Limits(**limits))


@pytest.mark.parametrize("path", ["whole", "packed", "deflated"])
async def test_reads_what_is_whole(acorn: str, path: str) -> None:
    async with make(acorn) as client:
        assert {"Id": 1} == await client.get(path)


@pytest.mark.parametrize("path", ["truncated", "half-packed"])
async def test_repeats_a_truncated_answer(acorn: str, path: str) -> None:
    async with make(acorn, attempts=3) as client:
        with pytest.raises(UnavailableError, match="ended before the answer did"):
            await client.get(path)

        assert 3 == client.requests


async def test_gives_a_slow_answer_up(acorn: str) -> None:
    async with make(acorn, read=0.05, attempts=2) as client:
        with pytest.raises(UnavailableError, match=r"in time \(ReadTimeout\)"):
            await client.get("slow")

        assert 2 == client.requests


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

            assert 3 == client.requests


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

            assert 1 == client.requests
            assert {"Id": 1} == await client.get("whole")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < (megabytes + 30) * MIB
