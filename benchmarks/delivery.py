"""How fast is a first delivery to Klaviyo: against the limits, and against the least it costs?

::

    python benchmarks/delivery.py --events 1000000 --guests 200000
    python benchmarks/delivery.py --events 100000 --guests 20000 --only cpu

A store is filled with a hotel's guests and events of about a kilobyte each. Then

- *time*: it is delivered to the emulated Klaviyo, whose published windows count on a clock
  that jumps to whoever wakes next. Printed is the time that took, over the time in which the
  windows would let the same requests through at best, and how many were answered 429;
- *cpu*: it is delivered to somebody who takes everything at once; a floor then serialises
  and posts the same requests through the same HTTP library, and nothing else. Both take
  turns. Printed is CPU time per 1,000 events, the ratio, and the peak of memory over idle.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from posting import JumpingClock, Recorder, account_of, fill

from frontdesk import Desk
from frontdesk.client import Client

HERE = Path(__file__).parent
#: Published for the two endpoints that carry a history: in a second, and in a minute.
BURST, STEADY = 10, 150
THROTTLED = 429


def connect(desk: Desk, **destination: Any) -> None:
    """Connect the hotel that the store was filled for, and a Klaviyo account."""
    account_of(desk)
    desk.add_destination("klaviyo", live=True, consent_without_time="skip", **destination)


def peak() -> float:
    """Return the most memory this process ever held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def deliver_for_time(store: str) -> dict[str, Any]:
    """Deliver to the emulator, on a clock that jumps."""
    import anyio

    from frontdesk_klaviyo.sandbox import Options, Platform

    async def work() -> dict[str, Any]:
        clock = JumpingClock()
        platform = Platform(Options(keep="count", journal=10_000_000), clock=clock)
        async with Desk(store, clock=clock) as desk:
            connect(
                desk,
                api_key=platform.account.key.value,
                base_url="http://klaviyo.test/",
                transport=httpx.ASGITransport(platform.app),
            )
            began = clock.monotonic()
            with clock.standing_for_threads():
                report = await desk.deliver("klaviyo")
            took = clock.monotonic() - began
        asked = platform.journal.of
        events, jobs = asked("bulk_create_events"), asked("bulk_import_profiles")
        every = tuple(platform.journal)
        return {
            "events": report.sent.total() - report.sent["hotel", "profiles"],
            "profiles": report.sent["hotel", "profiles"],
            "requests": report.requests,
            "took": took,
            "best": at_best(len(events)) + at_best(len(jobs)),
            "throttled": sum(one.status == THROTTLED for one in every),
        }

    return anyio.run(work)


def at_best(requests: int) -> float:
    """Return the seconds in which both windows would let so many requests through."""
    whole, rest = divmod(max(requests - 1, 0), STEADY)
    return 60.0 * whole + rest // BURST


def deliver_for_cpu(store: str, recorded: str) -> dict[str, Any]:
    """Deliver to somebody who takes everything; keep what was posted for the floor."""
    import anyio

    async def work() -> dict[str, Any]:
        idle = peak()
        clock = JumpingClock()
        recorder = Recorder(Path(recorded), clock)
        async with Desk(store, clock=clock) as desk:
            connect(desk, api_key="pk_x", base_url="http://klaviyo.test/", transport=recorder)
            cpu = time.process_time()
            with clock.standing_for_threads():
                report = await desk.deliver("klaviyo")
            cpu = time.process_time() - cpu - recorder.own
        return {"events": report.sent.total(), "cpu": cpu, "memory": peak() - idle}

    return anyio.run(work)


def floor(recorded: str) -> dict[str, Any]:
    """Serialise and post what was recorded, and do nothing else."""
    import anyio

    async def work() -> dict[str, Any]:
        taking = httpx.MockTransport(lambda _: httpx.Response(202))
        cpu = 0.0
        async with Client(
            settings=None, base_url="http://klaviyo.test/", transport=taking
        ) as client:
            for path, body in map(json.loads, read(recorded)):
                began = time.process_time()
                await client.post(path, json=body)
                cpu += time.process_time() - began
        return {"cpu": cpu}

    return anyio.run(work)


def read(recorded: str) -> Iterator[bytes]:
    """Yield what was recorded, one request after the other."""
    for file in sorted(Path(recorded).glob("*.json")):
        yield file.read_bytes()


PARTS = {"time": deliver_for_time, "cpu": deliver_for_cpu, "floor": floor}


def apart(part: str, *given: str) -> dict[str, Any]:
    """Run a part in a process of its own."""
    command = [sys.executable, str(HERE / "delivery.py"), "--part", part, *given]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def measure_time(filled: Path, folder: Path) -> None:
    """Print the time against the limits."""
    store = shutil.copyfile(filled, folder / "time.db")
    told = apart("time", str(store))
    print(
        f"events {told['events']:,}, profiles {told['profiles']:,}, requests {told['requests']:,}"
    )
    print(f"time used {told['took']:.1f} s, at best {told['best']:.1f} s")
    print(f"time / best: {told['took'] / max(told['best'], 1.0):.3f}")
    print(f"requests answered 429: {told['throttled']}")


def measure_cpu(filled: Path, folder: Path, runs: int) -> None:
    """Print CPU time and memory against the floor."""
    ours: list[float] = []
    least: list[float] = []
    memory = 0.0
    for run in range(runs):
        store = shutil.copyfile(filled, folder / f"cpu{run}.db")
        recorded = folder / "recorded"
        shutil.rmtree(recorded, ignore_errors=True)
        recorded.mkdir()
        told = apart("cpu", str(store), str(recorded))
        ours.append(told["cpu"] / told["events"] * 1000)
        memory = max(memory, told["memory"])
        least.append(apart("floor", str(recorded))["cpu"] / told["events"] * 1000)
        Path(store).unlink()
    mine, floor_ = statistics.median(ours), statistics.median(least)
    print(f"CPU per 1,000 items: {mine * 1000:.1f} ms, floor {floor_ * 1000:.1f} ms")
    print(f"CPU / floor: {mine / floor_:.2f}")
    print(f"peak of memory over idle: {memory:.0f} MiB")


def main() -> None:
    """Fill a store and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--guests", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=("time", "cpu"))
    parser.add_argument("--part", choices=tuple(PARTS))
    parser.add_argument("given", nargs="*")
    asked = parser.parse_args()
    if asked.part:
        print(json.dumps(PARTS[asked.part](*asked.given)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        filled = folder / "filled.db"
        fill(filled, asked.events, asked.guests)
        if asked.only != "cpu":
            measure_time(filled, folder)
        if asked.only != "time":
            measure_cpu(filled, folder, asked.runs)


if __name__ == "__main__":
    main()
