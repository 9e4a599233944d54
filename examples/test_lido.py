"""Lido's conformance suite: what its author writes besides the connector."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import lido

from frontdesk import Record
from frontdesk.testing import ConnectorSuite, Platform

GUEST = {"email": "ada@example.com", "name": "Ada", "season_pass": True, "newsletter": True}
VISIT = {"guest": "g1", "pool": "p1", "price": "9.50", "booked": "2026-05-01T09:00:00Z"}
CANCELLED = "2026-05-03T08:00:00Z"


def at(day: int, id: str, **row: Any) -> dict[str, Any]:
    """A row as it was on a day in May."""
    return {"id": id, "changed": f"2026-05-{day:02d}T09:00:00Z", **row}


ROWS = {
    "guests": [at(n % 28 + 1, f"g{n}", **GUEST) for n in range(1, 130)],
    "visits": [
        at(2, "v1", **VISIT, cancelled=None),
        at(3, "v2", **VISIT, cancelled=CANCELLED),
    ],
    "pools": [{"id": "p1", "name": "Old Danube"}],
}


def answer(request: httpx.Request) -> httpx.Response:
    """Answer as Lido would."""
    stream, asked = request.url.path.rpartition("/")[2], request.url.params
    if stream == "account":
        return httpx.Response(200, json={"id": "a1", "name": "City pools"})
    since, ids = asked.get("changed_since", ""), asked.get("ids")
    rows = [row for row in ROWS[stream] if str(row.get("changed", "~")) >= since]
    if ids is not None:
        rows = [row for row in rows if row["id"] in ids.split(",")]
    offset, limit = int(asked["offset"]), int(asked["limit"])
    page = {"rows": rows[offset : offset + limit], "total": len(rows)}
    return httpx.Response(200, content=json.dumps(page))


class TestLido(ConnectorSuite):
    """The whole contract, for a platform in memory."""

    connector = lido
    now = datetime(2026, 6, 1, tzinfo=UTC)

    @contextmanager
    def platform(self) -> Generator[Platform]:
        """Reach Lido through a transport: it has no sandbox."""
        yield Platform({"key": "s3cret"}, httpx.MockTransport(answer))

    def rows(self, request: httpx.Request, answer: Any) -> Any:
        """Name the stream of an answer: all of Lido's answers call their rows ``rows``."""
        if "rows" in answer:
            yield request.url.path.rpartition("/")[2], answer["rows"]

    async def lives(self) -> Sequence[Sequence[Record]]:
        """Let a visit be cancelled, and a guest unsubscribe."""
        visit = [
            at(1, "v9", **VISIT, cancelled=None),
            at(3, "v9", **VISIT, cancelled=CANCELLED),
        ]
        guest = [
            at(1, "g9", **GUEST),
            at(2, "g9", **{**GUEST, "newsletter": False}),
            at(3, "g9", **{**GUEST, "newsletter": False, "name": "Ada L."}),
        ]
        return [
            [lido.build_record("visits", row) for row in visit],
            [lido.build_record("guests", row) for row in guest],
        ]
