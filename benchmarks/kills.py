"""Kill a sync at many moments; whatever the moments, the store must end up the same.

::

    python benchmarks/kills.py --moments 50 --store sqlite

A moment is a number of answered requests, drawn at random: the sandbox kills the process
that asks (SIGKILL) before it answers that one. The sync is started again until it ends, and
its store is then compared, row by row, with one nobody disturbed. Killing while the first
migration runs is a moment as well.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from frontdesk.registry import load
from frontdesk.sandbox import ASGI
from frontdesk.serving import make_sandbox, served

sys.path[:0] = [str(Path(__file__).parents[1] / part) for part in ("tests", "core/tests")]
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
#: A sync without a quota, so that a process that starts again waits for nothing.
_SYNC = """
import json, sys
import anyio
sys.path.insert(0, sys.argv[3])
from hotel import unpaced
from frontdesk import Desk

async def main():
    async with Desk(sys.argv[1]) as desk:
        await desk.sync(desk.connect(unpaced(), name="hotel", **json.loads(sys.argv[2])))

anyio.run(main)
"""
#: Stops in the middle of the first migration, and is killed there.
_CREATE = """
import os, signal, sys
from sqlalchemy import event
from frontdesk.store.engine import open_engine
from frontdesk.store.migrate import upgrade

engine = open_engine(sys.argv[1])

@event.listens_for(engine, "before_cursor_execute")
def die(connection, cursor, statement, *rest):
    if "CREATE TABLE log_bodies" in statement:
        os.kill(os.getpid(), signal.SIGKILL)

upgrade(engine)
"""


class Killer:
    """A sandbox that kills whoever asks once too often."""

    def __init__(self, app: ASGI) -> None:
        self._app = app
        self.process: subprocess.Popen[bytes] | None = None
        self.answered = 0
        self.left: int | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer, unless this is the moment."""
        if self.left == 0 and self.process is not None:
            self.left = None
            self.process.kill()
            return
        self.answered += 1
        if self.left is not None:
            self.left -= 1
        await self._app(scope, receive, send)

    def run(self, store: str, settings: str, left: int | None) -> bool:
        """Sync, killed before request *left* + 1 is answered; tell whether it ended well."""
        self.left = None
        command = [sys.executable, "-c", _SYNC, store, settings, str(Path(__file__).parent)]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            self.process, self.left = process, left
            return process.wait() == 0


@contextmanager
def hotel(reservations: int) -> Iterator[tuple[Killer, str]]:
    """Serve a hotel that can kill; yield it and what to connect with, as JSON."""
    options = {"reservations": reservations, "seed": 11, "now": NOW, "rate_window": 0.0}
    made = make_sandbox(load("mews"), options)
    killer = Killer(made.app)
    with served(killer) as address:
        yield killer, json.dumps({"base_url": address + made.path, **made.settings})


def survive(killer: Killer, settings: str, store: str, moments: int, seed: int) -> int:
    """Sync with as many kills as there are moments; return how many processes it took."""
    chance = random.Random(seed)
    killed = create_and_die(store)
    # A process that comes further than it has to goes is not killed: another begins.
    while killed < moments:
        left = chance.randrange(3, 25)
        if killer.run(store, settings, left):
            return killed + 1
        killed += 1
    while not killer.run(store, settings, None):
        killed += 1
    return killed + 1


def create_and_die(store: str) -> int:
    """Die while the store's tables are made."""
    died = subprocess.run([sys.executable, "-c", _CREATE, store], check=False)
    return int(died.returncode != 0)


def main() -> None:
    """Read the command line, and say how it went."""
    from ingest import stores
    from stores import dump

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--reservations", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        hotel(chosen.reservations) as (killer, settings),
        stores(chosen.store, Path(folder)) as made,
        made.bare() as undisturbed,
        made.bare() as store,
    ):
        assert killer.run(undisturbed, settings, None)
        once = killer.answered
        needed = survive(killer, settings, store, chosen.moments, chosen.seed)
        again = killer.answered - once
        print(f"{needed} processes, {again} requests where {once} are needed")
        if dump(store) != dump(undisturbed):
            sys.exit("the stores differ")
        print("the store is the same as an undisturbed one")


if __name__ == "__main__":
    main()
