"""Does a year of many Zenoti centres stay within 60 calls a minute, and leave room for live?

::

    python benchmarks/zenoti_year.py --centers 30 --groups 20000

The service follows an emulated organization from nothing: it reads a year of history, and
takes six webhooks a minute meanwhile, each about something that has just happened. All of it
is one process on a virtual clock, which jumps to whoever wakes next, so that hours take
minutes. The emulator counts calls when it lets them in, by the same clock.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import attrs
import httpx

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "core" / "tests")]

from jumping import JumpingClock  # noqa: E402  # found above

from frontdesk import Desk, hookimpl  # noqa: E402
from frontdesk.model import Origin, Purpose, Record  # noqa: E402
from frontdesk.progress import Update  # noqa: E402
from frontdesk_zenoti.sandbox import PREFIX, Options, Platform  # noqa: E402
from frontdesk_zenoti.sandbox.messages import envelope, signed  # noqa: E402

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = 60.0
#: Seconds from one webhook to the next.
GAP = 10.0
#: What Zenoti allows in a minute, and how many seconds a webhook may wait.
CALLS, PATIENCE = 60, 10
OK = 200
#: The last stream whose history is read.
LAST = "memberships"


@attrs.frozen
class Result:
    """What a simulated year came to."""

    calls: int
    busiest: int
    refused: int
    minutes: float
    events: int
    deliveries: int
    #: Seconds from a webhook's arrival until its events were made.
    delays: tuple[float, ...] = attrs.field(repr=False)
    quarantined: int

    @property
    def longest(self) -> float:
        """The longest delay."""
        return max(self.delays, default=0.0)

    @property
    def median(self) -> float:
        """The delay in the middle."""
        return sorted(self.delays)[len(self.delays) // 2] if self.delays else 0.0


class Watch:
    """Notes when each delivery was mapped: a wrapper of the application's own."""

    def __init__(self, clock: JumpingClock) -> None:
        self._clock = clock
        self.mapped: dict[str, float] = {}

    @hookimpl(wrapper=True)
    def parse_event(self, record: Record) -> Any:
        """Note the time once the hook asks for nothing more."""
        found = yield
        if record.origin is Origin.LIVE:
            for block in (record.payload, *record.payload.values()):
                if isinstance(block, dict) and isinstance(block.get("event_id"), str):
                    self.mapped.setdefault(block["event_id"], self._clock.monotonic())
        return found


@attrs.define
class Simulation:
    """A service and an emulated organization on one clock."""

    folder: Path
    centers: int
    groups: int
    clock: JumpingClock = attrs.field(factory=lambda: JumpingClock(NOW))
    received: dict[str, float] = attrs.field(factory=dict)
    finished: anyio.Event = attrs.field(factory=anyio.Event)
    told: list[bytes] = attrs.field(factory=list)

    async def run(self) -> Result:
        """Read the year while things happen."""
        options = Options(now=NOW, centers=self.centers, groups=self.groups)
        platform = Platform(options, monotonic=self.clock.monotonic, sleep=self.clock.sleep)
        platform.journal.listeners.append(
            lambda action, event: self.told.append(envelope(action, event, options))
        )
        watch = Watch(self.clock)
        desk = Desk(str(self.folder / "year.db"), clock=self.clock)
        desk.connect(
            "zenoti",
            name="spa",
            api_key=platform.keys.current,
            webhook_secret=platform.keys.secret,
            base_url=f"http://zenoti.test{PREFIX}",
            transport=httpx.ASGITransport(self._app(platform)),
            wrappers=[watch],
        )
        desk.subscribe(self._listen)
        with self.clock.standing_for_threads():
            async with desk:
                await self._follow(desk, platform)
                counts = [metric.count for metric in await desk.metrics()]
                (status,) = await desk.status()
        delays = [watch.mapped[id] - at for id, at in self.received.items() if id in watch.mapped]
        limiter = platform.limiter
        return Result(
            calls=len(limiter.admitted),
            busiest=limiter.busiest(MINUTE),
            refused=limiter.refused,
            minutes=self.clock.monotonic() / MINUTE,
            events=sum(counts),
            deliveries=len(self.received),
            delays=tuple(delays),
            quarantined=status.quarantined,
        )

    def _app(self, platform: Platform) -> Any:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            platform.advance(max(self.clock.now() - platform.now, timedelta()))
            await platform.app(scope, receive, send)

        return app

    def _listen(self, update: Update) -> None:
        done = update.finished and update.purpose is Purpose.HISTORY
        if done and update.stream == LAST:
            self.finished.set()

    async def _follow(self, desk: Desk, platform: Platform) -> None:
        async with desk.service():
            # The first webhooks come once the account is known.
            await self.clock.sleep(GAP)
            moves = self._moves(platform)
            while not self.finished.is_set():
                await self.clock.sleep(GAP)
                await self._happen(desk, platform, moves)
            await self.clock.sleep(MINUTE)

    async def _happen(self, desk: Desk, platform: Platform, moves: Iterator[None]) -> None:
        """Let one webhook arrive; where none waits, let something happen first."""
        platform.advance(max(self.clock.now() - platform.now, timedelta()))
        while not self.told:
            next(moves)
        body = self.told.pop(0)
        answer = await desk.receive(
            "spa",
            headers={"zenoti-webhook-signature": signed(body, platform.keys.secret)},
            body=body,
        )
        assert answer.status == OK, answer
        self.received[json.loads(body)["event_id"]] = self.clock.monotonic()

    def _moves(self, platform: Platform) -> Iterator[None]:
        """Let guests book, come and pay, for ever; some are new, some cancel."""
        moves, world = platform.moves, platform.world
        number = 0
        while True:
            number += 1
            center = number % len(world.centers)
            guest = moves.create_guest(center)
            group = moves.book(guest, start=world.clock.seconds + 3600)
            yield
            for step in ("confirm", "check_in", "start", "complete", "close"):
                if number % 5 == 0 and step == "check_in":
                    platform.move("cancel", group)
                    yield
                    break
                platform.move(step, group)
                yield


def simulate(folder: Path, centers: int, groups: int) -> Result:
    """Run a simulation in a folder of its own."""
    return anyio.run(Simulation(folder, centers, groups).run)


def main() -> None:
    """Simulate, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--centers", type=int, default=30)
    parser.add_argument("--groups", type=int, default=20_000)
    options = parser.parse_args()
    logging.getLogger("frontdesk").setLevel(logging.ERROR)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        result = simulate(Path(folder), options.centers, options.groups)
    print(f"{result.calls} calls in {result.minutes:.0f} minutes of the virtual clock")
    print(f"busiest minute: {result.busiest} calls, {result.refused} refused")
    print(f"{result.events} events, {result.quarantined} in quarantine")
    print(
        f"{result.deliveries} webhooks, {len(result.delays)} timed: "
        f"median {result.median:.1f} s, longest {result.longest:.1f} s"
    )
    print(f"it took {time.perf_counter() - began:.0f} s")
    if result.busiest > CALLS or result.refused or result.longest > PATIENCE:
        sys.exit(1)


if __name__ == "__main__":
    main()
