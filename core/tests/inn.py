"""An inn on Acorn: a miniature of the platform, in memory, behind a transport."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


class FixedClock:
    """A clock that only moves when told; waiting moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.at = now

    def monotonic(self) -> float:
        return self.at.timestamp()

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        import anyio

        if seconds >= 10:
            # A heartbeat: nobody is waiting for it.
            await anyio.sleep_forever()
        self.at += timedelta(seconds=seconds)
        await anyio.lowlevel.checkpoint()


class Inn:
    """Rows by stream; *before* may answer a request in the platform's stead."""

    def __init__(self, id: str = "oak-1") -> None:
        self.id = id
        self.rows: dict[str, list[Any]] = {"guests": [], "stays": [], "clubs": [], "rooms": []}
        self.requests: list[httpx.Request] = []
        self.before: Callable[[httpx.Request], httpx.Response | None] = lambda _: None

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        instead = self.before(request)
        if instead is not None:
            return instead
        if request.headers.get("authorization") != "Bearer s3cret":
            return httpx.Response(401, json={"Message": "bad token"})
        stream = request.url.path.strip("/")
        if stream == "account":
            account = {"id": self.id, "title": "The Oak", "now": NOW.isoformat()}
            return httpx.Response(200, json=account)
        return httpx.Response(200, content=json.dumps(self.page(stream, request.url.params)))

    def page(self, stream: str, params: httpx.QueryParams) -> dict[str, Any]:
        rows = self.rows[stream]
        if "ids" in params:
            wanted = params["ids"].split(",")
            return {"items": [r for r in rows if r["id"] in wanted], "total": len(wanted)}
        offset, size = int(params["offset"]), int(params["size"])
        return {"items": rows[offset : offset + size], "total": len(rows)}


def guest(id: str, **more: Any) -> dict[str, Any]:
    """A guest who likes news, unless told otherwise."""
    return {
        "id": id,
        "email": f"{id}@example.com",
        "name": id.title(),
        "news": True,
        "changed": "2026-10-01T10:00:00Z",
        "passport": "P-CANARY",
        **more,
    }


def stay(id: str, guest: str = "ada", **more: Any) -> dict[str, Any]:
    """A stay that is booked."""
    return {
        "id": id,
        "guest": guest,
        "total": "120.50",
        "room": "r1",
        "booked": "2026-09-01T10:00:00Z",
        "changed": "2026-10-01T10:00:00Z",
        **more,
    }
