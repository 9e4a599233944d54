"""How many webhooks can be taken in a second, each on disk before it is answered?

::

    python benchmarks/webhooks.py --seconds 10 --store sqlite

The receiver and the floor are served in a process of their own, and driven by this one over
loopback with as many connections as asked for. The floor is the same web server answering 202
after one committed insert of the raw body, a commit each: what anybody would write first.
Then deliveries come at half the rate that was reached, for the latencies; with ``--syncing``
a first sync of history runs beside the receiver meanwhile, in the same process.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import ByteStream

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / part) for part in ("tests", "core/tests")]
#: What the inn of the tests signs with.
TOKEN = b"s3cret-CANARY"
#: The tightest deadline of a platform: Mews waits so many seconds for an answer.
DEADLINE = 5.0


def request(number: int) -> bytes:
    """Return a delivery as it goes over the wire: signed, and like no other."""
    news = {"stream": "stays", "id": f"s{number}"}
    body = json.dumps({"news": [news], "pad": "x" * 300}).encode()
    signature = hmac.new(TOKEN, body, hashlib.sha256).hexdigest()
    head = (
        f"POST /webhooks/oak HTTP/1.1\r\nhost: 127.0.0.1\r\nx-acorn-signature: {signature}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Driver:
    """Sends deliveries over some connections, and notes how each was answered."""

    def __init__(self, port: int, connections: int) -> None:
        self._port, self._connections = port, connections
        self._next = 0
        self.latencies: list[float] = []
        self.refused = 0

    async def flood(self, seconds: float) -> float:
        """Send as fast as answers come; return how many were answered in a second."""
        self.latencies.clear()
        began = time.perf_counter()
        async with anyio.create_task_group() as group:
            for _ in range(self._connections):
                group.start_soon(self._send, began + seconds, None)
        return len(self.latencies) / (time.perf_counter() - began)

    async def pace(self, seconds: float, rate: float) -> None:
        """Send at a steady rate, whether or not answers come in time."""
        self.latencies.clear()
        async with anyio.create_task_group() as group:
            gap = self._connections / rate
            for number in range(self._connections):
                group.start_soon(
                    self._send,
                    time.perf_counter() + seconds,
                    (gap, number * gap / self._connections),
                )

    async def _send(self, until: float, paced: tuple[float, float] | None) -> None:
        async with await anyio.connect_tcp("127.0.0.1", self._port) as stream:
            due = time.perf_counter() + (paced[1] if paced else 0.0)
            while due < until and time.perf_counter() < until:
                if paced:
                    await anyio.sleep(max(due - time.perf_counter(), 0.0))
                    # From when it was due: one that waits for the last counts as waiting.
                    began, due = due, due + paced[0]
                else:
                    began = due = time.perf_counter()
                self._next += 1
                await stream.send(request(self._next))
                ok = await self._answer(stream)
                self.refused += not ok
                self.latencies.append(time.perf_counter() - began)

    @staticmethod
    async def _answer(stream: ByteStream) -> bool:
        head = b""
        while b"\r\n\r\n" not in head:
            head += await stream.receive(65536)
        return head.startswith(b"HTTP/1.1 2")


@contextmanager
def server(what: str, store: str, *, syncing: bool) -> Iterator[int]:
    """Serve a contender in a process of its own; yield its port."""
    command = [sys.executable, str(Path(__file__)), "--serve", what, "--where", store]
    command += ["--syncing"] if syncing else []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as it:
        assert it.stdin is not None
        assert it.stdout is not None
        try:
            yield int(it.stdout.readline())
        finally:
            it.stdin.close()
            it.wait()


# -- what is served -------------------------------------------------------------------------


async def product(store: str, listening: socket.socket, *, syncing: bool) -> None:
    """Serve the receiver of a desk; with *syncing* a history is read beside it."""
    import inn
    from hooked import hooked

    from frontdesk import Desk

    house = inn.busy(2)
    async with Desk(store) as desk:
        inn.connected(desk, house, hooked(), name="oak")
        await desk.sync("oak")
        async with anyio.create_task_group() as group:
            if syncing:
                group.start_soon(_sync_forever, desk)
            await _serve(desk.asgi(), listening)
            group.cancel_scope.cancel()


async def _sync_forever(desk: Any) -> None:
    """Read histories, one after the other: the worst time for a webhook to come."""
    import inn

    number = 0
    while True:
        number += 1
        house = inn.Inn(f"elm-{number}")
        house.rows = inn.busy(5_000).rows
        connection = inn.connected(desk, house, name=f"elm-{number}", page_size=500)
        await desk.sync(connection)


async def floor(store: str, listening: socket.socket) -> None:
    """Serve what answers 202 after one committed insert of the raw body."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    insert = _insert_postgresql(store) if "://" in store else _insert_sqlite(store)

    async def take(request: Request) -> Response:
        insert(await request.body())
        return Response(status_code=202)

    await _serve(Starlette(routes=[Route("/webhooks/oak", take, methods=["POST"])]), listening)


def _insert_sqlite(store: str) -> Any:
    import sqlite3

    db = sqlite3.connect(store, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE raw (id INTEGER PRIMARY KEY, body BLOB)")
    return lambda body: db.execute("INSERT INTO raw (body) VALUES (?)", (body,))


def _insert_postgresql(store: str) -> Any:
    import psycopg

    db = psycopg.connect(store, autocommit=True)
    db.execute("CREATE TABLE raw (id bigserial PRIMARY KEY, body bytea)")
    return lambda body: db.execute("INSERT INTO raw (body) VALUES (%s)", (body,))


async def _serve(app: Any, listening: socket.socket) -> None:
    import uvicorn

    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off")
    server = uvicorn.Server(config)

    def end() -> None:
        sys.stdin.read()
        server.should_exit = True

    async with anyio.create_task_group() as group:
        group.start_soon(anyio.to_thread.run_sync, end)
        print(listening.getsockname()[1], flush=True)
        await server.serve(sockets=[listening])


def serve(what: str, store: str, *, syncing: bool) -> None:
    """Serve a contender until standard input ends."""
    from frontdesk.serving import listen

    listening = listen(0)
    if what == "floor":
        anyio.run(floor, store, listening)
    else:
        anyio.run(lambda: product(store, listening, syncing=syncing))


# -- measuring ------------------------------------------------------------------------------


def measure(made: Any, what: str, chosen: argparse.Namespace) -> dict[str, float]:
    """Return the rate a contender reaches, and latencies at half of it."""
    with made.bare() as store, server(what, store, syncing=chosen.syncing) as port:
        driver = Driver(port, chosen.connections)

        async def work() -> dict[str, float]:
            await driver.flood(1.0)
            rate = await driver.flood(chosen.seconds)
            await driver.pace(chosen.seconds, rate / 2)
            cuts = statistics.quantiles(driver.latencies, n=100)
            return {"rate": rate, "p50": cuts[49], "p99": cuts[98], "refused": driver.refused}

        return anyio.run(work)


def main() -> None:
    """Read the command line, and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--syncing", action="store_true", help="Read a history beside it.")
    parser.add_argument("--serve", choices=["product", "floor"], help=argparse.SUPPRESS)
    parser.add_argument("--where", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        serve(chosen.serve, chosen.where, syncing=chosen.syncing)
        return
    from ingest import stores

    found: dict[str, list[dict[str, float]]] = {"product": [], "floor": []}
    with tempfile.TemporaryDirectory() as folder, stores(chosen.store, Path(folder)) as made:
        for _ in range(chosen.runs):
            for what, results in found.items():
                results.append(measure(made, what, chosen))
    middle = {
        what: {key: statistics.median(run[key] for run in results) for key in results[0]}
        for what, results in found.items()
    }
    print(f"{'':8} {'deliveries/s':>14} {'p50 ms':>10} {'p99 ms':>10} {'refused':>8}")
    for what, m in middle.items():
        print(
            f"{what:8} {m['rate']:14,.0f} {m['p50'] * 1e3:10.1f} {m['p99'] * 1e3:10.1f}"
            f" {m['refused']:8.0f}"
        )
    print(f"ratio: {middle['product']['rate'] / middle['floor']['rate']:.2f}")
    print(f"p99 over a deadline of {DEADLINE:.0f} s: {middle['product']['p99'] / DEADLINE:.3f}")
    print(f"load of the machine: {' '.join(f'{load:.1f}' for load in os.getloadavg())}")


if __name__ == "__main__":
    main()
