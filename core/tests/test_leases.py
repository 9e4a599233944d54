"""One process writes for a connection; who lost its lease can commit nothing."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import acorn
import anyio
import attrs
import httpx
import pytest
from inn import NOW, FixedClock, Inn, altered, asked, busy, connected, dump, opened, sync

from frontdesk import Desk, Update
from frontdesk.errors import AuthenticationError, LeaseError

pytestmark = pytest.mark.anyio


class Held(httpx.AsyncBaseTransport):
    """The way to an inn, closed before the request of a number until it is opened."""

    def __init__(self, inn: Inn, number: int) -> None:
        self.inn, self.number = inn, number
        self.reached, self.open = anyio.Event(), anyio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.number -= 1
        if self.number == 0:
            self.reached.set()
            await self.open.wait()
        return self.inn.answer(request)


def held_by(store: Path, holder: str, until: timedelta) -> None:
    """Write a holder into the store, as another process would."""
    micros = int((NOW + until).timestamp() * 1_000_000)
    with opened(store) as db:
        db.execute("UPDATE connections SET holder = ?, lease_until = ?", (holder, micros))


def dead_process() -> int:
    """Return the id of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def holders(store: Path) -> list[object]:
    return [holder for (holder,) in asked(store, "SELECT holder FROM connections")]


async def test_a_holder_that_slept_through_its_lease_stores_nothing_of_its_page(
    store: Path,
) -> None:
    """Law 1. Seen to fail when ``leases.lock`` does not compare epochs."""
    inn = busy()
    held = Held(inn, 5)
    async with Desk(store, clock=FixedClock()) as sleeper, anyio.create_task_group() as group:
        refused: list[LeaseError] = []

        async def sleep_through() -> None:
            try:
                await sleeper.sync(connected(sleeper, inn, transport=held))
            except LeaseError as error:
                refused.append(error)

        group.start_soon(sleep_through)
        await held.reached.wait()
        await sync(store, inn, clock=FixedClock(NOW + timedelta(seconds=61)))
        inn.rows["stays"] = [row | {"total": "666.00"} for row in inn.rows["stays"]]
        before = dump(store)
        held.open.set()

    assert "the lease on connection 'acorn' was lost to another process" in str(refused[0])
    assert before == dump(store)


async def test_a_holder_that_lost_its_lease_begins_no_scan(store: Path) -> None:
    """Seen to fail when ``begin_scan`` is not fenced: what the new holder met would count as
    missing.
    """

    def lose(update: Update) -> None:
        if update.finished:
            with opened(store) as db:
                db.execute("UPDATE connections SET epoch = epoch + 1, holder = 'other:1'")

    clubs = acorn.manifest.stream("clubs")
    only_clubs = altered(manifest=attrs.evolve(acorn.manifest, streams=(clubs,), guests=None))
    async with Desk(store, clock=FixedClock()) as desk:
        desk.subscribe(lose)
        with pytest.raises(LeaseError):
            await desk.sync(connected(desk, busy(0), only_clubs))

    # The history was one scan; the next, for what changed, did not begin.
    assert asked(store, "SELECT scan FROM streams WHERE name <> 'webhooks'") == [(1,)]
    # What another holds is not ours to give back.
    assert holders(store) == ["other:1"]


async def test_a_refusal_names_the_holder_and_when_its_lease_ends(store: Path) -> None:
    inn = busy()
    await sync(store, inn)
    held_by(store, "elsewhere:77", timedelta(seconds=42))

    with pytest.raises(LeaseError) as caught:
        await sync(store, inn)

    assert "'acorn' is being written by elsewhere:77" in str(caught.value)
    assert "its lease ends at 12:00:42 UTC" in str(caught.value)
    assert ("elsewhere:77", NOW + timedelta(seconds=42)) == (
        caught.value.holder,
        caught.value.until,
    )


async def test_two_syncs_of_one_connection_at_once_are_refused(store: Path) -> None:
    inn = busy()
    held = Held(inn, 4)
    async with Desk(store, clock=FixedClock()) as desk, anyio.create_task_group() as group:
        connection = connected(desk, inn, transport=held)
        group.start_soon(desk.sync, connection)
        await held.reached.wait()
        with pytest.raises(LeaseError, match=rf"{socket.gethostname()}:{os.getpid()}"):
            await desk.sync(connection)
        held.open.set()

    assert holders(store) == [None]


async def test_a_lease_that_ended_is_taken_over(store: Path) -> None:
    inn = busy()
    await sync(store, inn)
    held_by(store, "elsewhere:77", timedelta(seconds=-1))

    await sync(store, inn)

    assert holders(store) == [None]


async def test_the_lease_of_a_dead_process_of_this_machine_is_taken_over(store: Path) -> None:
    inn = busy()
    await sync(store, inn)
    held_by(store, f"{socket.gethostname()}:{dead_process()}", timedelta(seconds=42))

    await sync(store, inn)

    assert holders(store) == [None]


@pytest.mark.parametrize("holder", ["{host}:1", "{host}:no-number", "odd"])
async def test_the_lease_of_whoever_may_live_is_respected(store: Path, holder: str) -> None:
    inn = busy()
    await sync(store, inn)
    held_by(store, holder.format(host=socket.gethostname()), timedelta(seconds=42))

    with pytest.raises(LeaseError):
        await sync(store, inn)


async def test_a_lease_is_given_back_after_an_error_too(store: Path) -> None:
    inn = busy()

    def fall_out(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(401) if request.url.path == "/stays" else None

    inn.before = fall_out
    with pytest.raises(AuthenticationError):
        await sync(store, inn)

    assert holders(store) == [None]


class Beating(FixedClock):
    """Every heartbeat comes at once, twice."""

    beats = 0

    async def sleep(self, seconds: float) -> None:
        self.beats += 1
        if self.beats > 2:
            await anyio.sleep_forever()
        self.at += timedelta(seconds=seconds)
        await anyio.lowlevel.checkpoint()


async def test_a_lease_is_renewed_while_a_sync_takes_long(store: Path) -> None:
    inn, clock = busy(), Beating()
    held = Held(inn, 4)
    async with Desk(store, clock=clock) as desk, anyio.create_task_group() as group:
        group.start_soon(desk.sync, connected(desk, inn, transport=held))
        await held.reached.wait()
        while clock.beats < 3:
            await anyio.lowlevel.checkpoint()
        ends = asked(store, "SELECT lease_until FROM connections")
        held.open.set()

    assert [(int((NOW + timedelta(seconds=90)).timestamp() * 1_000_000),)] == ends


async def test_a_lease_is_renewed_while_a_page_takes_long_to_remap(store: Path) -> None:
    """Seen to fail when a remap renews its lease with each page it commits, and no oftener."""
    inn, clock = busy(), Beating()
    await sync(store, inn)
    ends: list[object] = []
    async with Desk(store, clock=clock) as desk:
        read = desk.store.read

        async def read_slowly(question: Any) -> Any:
            if holders(store) != [None] and not ends:
                with anyio.move_on_after(5):
                    while clock.beats < 3:
                        await anyio.lowlevel.checkpoint()
                ends.extend(asked(store, "SELECT lease_until FROM connections"))
            return await read(question)

        desk.store.read = read_slowly  # type: ignore[method-assign]
        done = await desk.remap(connected(desk, inn))

    assert done.records
    assert [(int((NOW + timedelta(seconds=90)).timestamp() * 1_000_000),)] == ends
    assert holders(store) == [None]
