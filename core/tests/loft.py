"""Pigeon Post as an installed destination plugin: over real HTTP, with a sandbox of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import httpx
import inn
import pigeon
from pigeon import (
    KEY,
    Loft,
    deliver,
    forget,
    open_account,
    preview,
    read_consent,
    read_subscriptions,
    screen,
)

from frontdesk.sandbox import ASGI, Sandbox

__all__ = [
    "deliver",
    "forget",
    "open_account",
    "preview",
    "read_consent",
    "read_subscriptions",
    "screen",
]

manifest = attrs.evolve(pigeon.manifest, sandbox="loft:create")


@attrs.frozen
class Options:
    """What the loft's sandbox can be told."""

    id: str = attrs.field(default="loft-1", metadata={"help": "The account's id."})
    demo: bool = False


def create(options: Options) -> Sandbox:
    """Make the loft's sandbox."""
    loft = Loft(options.id)
    named = {"subscribers": {"email": "news"}} if options.demo else {}

    def arrived() -> Mapping[str, int]:
        return {"profiles": len(loft.profiles), "events": len(loft.events)}

    return Sandbox(app(loft), {"key": KEY, **named}, f"a loft, {options.id}", arrived=arrived)


def app(loft: Loft) -> ASGI:
    """Return a loft as an ASGI application."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while (part := await receive()).get("more_body"):
            body += part["body"]
        body += part.get("body", b"")
        url = f"http://loft{scope['path']}?{scope['query_string'].decode()}"
        headers = [(k.decode(), v.decode()) for k, v in scope["headers"]]
        answer = loft.answer(httpx.Request(scope["method"], url, headers=headers, content=body))
        kind = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": answer.status_code, "headers": kind})
        await send({"type": "http.response.body", "body": answer.content})

    return serve


def install(folder: Path, name: str = "pigeon", module: str = "loft") -> None:
    """Install a destination plugin the way pip does, less the files."""
    inn.install(folder, name, module)
    points = folder / f"frontdesk_{name}-1.2.dist-info" / "entry_points.txt"
    points.write_text(f"[frontdesk.destinations]\n{name} = {module}\n")
