"""A hotel for benchmarks: Mews's sandbox in a process of its own, answering from memory.

``python benchmarks/hotel.py RESERVATIONS`` serves one and prints how to connect to it. What
it has answered once it answers again without work, so that a benchmark measures those who
ask; whoever measures asks everything once before.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs

from frontdesk.registry import load
from frontdesk.sandbox import ASGI
from frontdesk.serving import make_sandbox, served

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def unpaced() -> ModuleType:
    """Return a copy of the connector that waits for no quota."""
    connector = load("mews").module
    module = ModuleType("mews")
    vars(module).update({k: v for k, v in vars(connector).items() if not k.startswith("__")})
    vars(module)["manifest"] = attrs.evolve(vars(connector)["manifest"], rates=())
    return module


def remembering(app: ASGI) -> ASGI:
    """Wrap *app* so that the same request is answered from memory."""
    answers: dict[tuple[str, bytes], list[Any]] = {}

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            part = await receive()
            body, more = body + part.get("body", b""), part.get("more_body", False)
        key = (scope["path"], body)
        if key not in answers:
            answers[key] = await _answer(app, scope, body)
        for message in answers[key]:
            await send(message)

    return serve


async def _answer(app: ASGI, scope: Any, body: bytes) -> list[Any]:
    said: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    await app(scope, receive, send)
    return said


@contextmanager
def hotel(reservations: int) -> Iterator[dict[str, str]]:
    """Serve a hotel in a process of its own; yield what to connect with."""
    command = [sys.executable, str(Path(__file__)), str(reservations)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()


def main(reservations: int) -> None:
    """Serve until standard input ends."""
    options = {"reservations": reservations, "seed": 11, "now": NOW, "rate_window": 0.0}
    made = make_sandbox(load("mews"), options)
    with served(remembering(made.app)) as address:
        print(json.dumps({"base_url": address + made.path, **made.settings}), flush=True)
        waiting = threading.Thread(target=sys.stdin.read)
        waiting.start()
        waiting.join()


if __name__ == "__main__":
    main(int(sys.argv[1]))
