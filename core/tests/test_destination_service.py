"""The service delivers also what comes from a connection that it only gets to know later."""

from __future__ import annotations

from pathlib import Path

import httpx
import inn
import pytest
from inn import busy, connected
from pigeon import Loft, added
from stepping import SteppedClock, until

from frontdesk import Desk

pytestmark = pytest.mark.anyio


async def test_a_connection_that_is_first_opened_after_the_destination_is_delivered(
    store: Path,
) -> None:
    """Seen to fail: for an hour nothing of it was delivered."""
    house, loft, clock = busy(3), Loft(), SteppedClock()
    inn.prepare(store)
    inn.Counting.others.add(str(store))
    away = True

    def answer(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(503) if away else None

    house.before = answer
    async with Desk(store, clock=clock) as desk:
        connected(desk, house, name="oak")
        added(desk, loft, name="post")
        async with desk.service():

            async def opened() -> bool:
                return [row.name for row in await desk.destination_status()] == ["post"]

            async def delivered() -> bool:
                return loft.metrics()["Booked Stay"] > 0

            await until(clock, opened)
            assert not await desk.status()
            away = False
            before = clock.at
            await until(clock, delivered, 10)

    assert (clock.at - before).total_seconds() < 1200


async def test_a_destination_that_is_back_runs_again(store: Path) -> None:
    """Seen to fail when its state is only noted once the service ends."""
    house, loft, clock = busy(3), Loft(), SteppedClock()
    inn.prepare(store)
    inn.Counting.others.add(str(store))
    async with Desk(store, clock=clock) as desk:
        connected(desk, house, name="oak")
        added(desk, loft, name="post")
        await desk.sync("oak")
        loft.before = lambda request: httpx.Response(503) if request.url.path == "/batch" else None
        async with desk.service():

            async def waiting() -> bool:
                return [row.state for row in await desk.destination_status()] == ["waiting"]

            async def running() -> bool:
                return [row.state for row in await desk.destination_status()] == ["running"]

            await until(clock, waiting)
            loft.before = lambda _: None
            before = clock.at
            await until(clock, running, 10)
            assert (clock.at - before).total_seconds() < 1200
            assert loft.metrics()["Booked Stay"] > 0
