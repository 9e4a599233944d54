"""Jobs of plugins: done again and again, in one process, and only while the connection is."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import inn
import porter
import pytest
from inn import NOW
from stepping import SteppedClock, settled, until

from frontdesk import Desk
from frontdesk.annex import Annex, Job
from frontdesk.store.states import hold_all

pytestmark = pytest.mark.anyio


class Rounds:
    """A job that notes when it was done, by whom; it may be told to fail."""

    def __init__(self, every: int = 60, *, failing: int = 0) -> None:
        self.at: list[float] = []
        self.failing = failing
        self.job = Job(name="rounds", every=timedelta(seconds=every), work=self.work)

    async def work(self, annex: Annex) -> None:
        self.at.append((annex.clock.now() - NOW).total_seconds())
        if len(self.at) <= self.failing:
            raise ZeroDivisionError("CANARY")
        await annex.write(lambda db: porter.keep(db, f"{len(self.at)}", "", at=annex.clock.now()))


@asynccontextmanager
async def at_work(store: Path, clock: SteppedClock, *rounds: Rounds) -> AsyncGenerator[Desk]:
    """A desk whose service follows the porter."""
    inn.prepare(store)
    inn.Counting.others.add(str(store))
    async with Desk(store, clock=clock) as desk:
        porter.connected(desk, porter.working(*(one.job for one in rounds)))
        async with desk.service():
            await settled()
            yield desk


async def test_a_job_is_done_at_once_and_again(store: Path) -> None:
    clock, rounds = SteppedClock(), Rounds()
    async with at_work(store, clock, rounds):
        await clock.advance(190)

    assert rounds.at == [0, 60, 120, 180]
    assert [name for (name,) in inn.asked(store, "SELECT name FROM porter_parcels")] == list("1234")


async def test_whoever_calls_need_not_wait(store: Path) -> None:
    """Seen to fail when jobs sleep through the bell."""
    clock, rounds = SteppedClock(), Rounds(every=3600)
    async with at_work(store, clock, rounds) as desk:
        await clock.advance(10)

        assert desk.annex("parcels").call()
        await settled()

        assert rounds.at == [0, 10]


async def test_a_job_that_fails_stops_nothing(
    store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Seen to fail when what a job raises is not caught."""
    clock, failing, sound = SteppedClock(), Rounds(failing=2), Rounds(every=50)
    caplog.set_level(logging.INFO, "frontdesk")
    async with at_work(store, clock, failing, sound) as desk:
        await clock.advance(130)
        (row,) = await desk.status()

    assert (failing.at, sound.at) == ([0, 60, 120], [0, 50, 100])
    assert row.state == "running"
    assert caplog.text.count("rounds failed: ZeroDivisionError in work()") == 2
    assert "CANARY" not in caplog.text


async def test_what_is_done_becomes_records(store: Path) -> None:
    clock, rounds = SteppedClock(), Rounds(every=3600)
    async with at_work(store, clock, rounds) as desk:

        async def seen() -> bool:
            return sum(metric.count for metric in await desk.metrics()) == 1

        await until(clock, seen)


async def test_only_one_process_does_it(store: Path) -> None:
    """Seen to fail when jobs are done without the connection's lease."""
    clock, first, second = SteppedClock(), Rounds(), Rounds()
    async with at_work(store, clock, first):
        await clock.advance(10)
        async with at_work(store, clock, second):
            await clock.advance(120)
            assert second.at == []
    assert first.at == [0, 60, 120]

    async with at_work(store, clock, second):
        await clock.advance(30)
    assert len(second.at) == 1


@pytest.mark.parametrize("how", ["paused", "held"])
async def test_nothing_is_done_until_the_connection_may_go_on(store: Path, how: str) -> None:
    """Seen to fail when jobs are begun before the session is opened."""
    clock, rounds = SteppedClock(), Rounds()
    async with at_work(store, clock, rounds) as desk:
        await clock.advance(10)
        if how == "paused":
            await desk.pause("parcels")
        else:
            await desk.store.write(lambda db: hold_all(db, clock.now(), "it is a copy"))
        await clock.advance(20)
        done = len(rounds.at)
        await clock.advance(600)
        assert len(rounds.at) == done == 1

        await desk.resume("parcels")
        await clock.advance(20)
        assert len(rounds.at) == 2


async def test_who_has_no_tables_has_no_jobs(store: Path) -> None:
    clock, rounds = SteppedClock(), Rounds()
    module = inn.altered(add_jobs=lambda: [rounds.job])
    inn.prepare(store)
    async with Desk(store, clock=clock) as desk:
        inn.connected(desk, inn.busy(1), module, name="oak")
        async with desk.service():
            await clock.advance(120)

    assert rounds.at == []
