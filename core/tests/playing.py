"""Acorn with a sandbox in which things happen, and which tells of them by webhooks."""

from __future__ import annotations

import attrs
import httpx
from acorn import *  # noqa: F403
from acorn import manifest as still
from hooked import row, signed
from inn import TOKEN, Options, app, busy, stay

from frontdesk.sandbox import Sandbox

__all__ = ["Options", "create", "manifest"]

manifest = attrs.evolve(still, sandbox="playing:create")


def create(options: Options) -> Sandbox:
    """Make a sandbox with a few stays, in which more are booked."""
    house, leads_to = busy(3), list[str | None]()

    def play(number: int) -> None:
        house.rows["stays"] += [stay(f"new{n}", guest="bob") for n in range(number)]

    async def flush() -> None:
        new = [one for one in house.rows["stays"] if one["id"].startswith("new")]
        headers, body = signed(*(row("stays", one) for one in new))
        async with httpx.AsyncClient() as client:
            answer = await client.post(str(leads_to[0]), headers=headers, content=body)
            assert answer.status_code == 200

    def send_to(url: str | None) -> None:
        leads_to[:] = [url]

    return Sandbox(
        app(house), {"token": TOKEN}, "a lively inn", play=play, send_to=send_to, flush=flush
    )
