"""A process that sends what is due in a house once, to be killed while it does."""

from __future__ import annotations

import sys
from datetime import datetime

import anyio
from guesthouse import opened
from posthouse import settings

from frontdesk_guestlist import sending


async def send(store: str, port: int, at: datetime) -> None:
    """Say that it begins once somebody says so, and send."""
    async with opened(store, **settings(port)) as house:
        house.clock.at = at
        await house.annex.read(lambda _: None)
        print("ready", flush=True)  # noqa: T201  # it is waited for
        sys.stdin.readline()
        await sending.work(house.annex)


if __name__ == "__main__":
    anyio.run(send, sys.argv[1], int(sys.argv[2]), datetime.fromisoformat(sys.argv[3]))
