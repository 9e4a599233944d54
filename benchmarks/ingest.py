"""How fast is a first sync, and how far from the least it could cost?

::

    python benchmarks/ingest.py --reservations 100000 --runs 5 --store sqlite
    python benchmarks/ingest.py --reservations 20000 --preload 5000000

The sandbox, the product and the floor (see ``contenders.py``) each have a process of their
own; product and floor take turns, so that whatever else the machine does meets both. The
ratio is that of the medians: 1.0 would mean that mapping, checking and comparing are free.

With ``--preload``, the product also syncs into a store that holds so many events of another
account already (see ``filling.py``), and its rate is compared with that into an empty one.
With ``--floor no``, only the product runs: to see its memory at a size, say.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filling import fill
from hotel import hotel

from frontdesk.store.engine import open_engine
from frontdesk.store.migrate import upgrade

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))


def create(store: str) -> None:
    """Make the tables of a store."""
    engine = open_engine(store)
    upgrade(engine)
    engine.dispose()


class Stores:
    """Makes empty stores in the database that was asked for."""

    def __init__(self, folder: Path, server: Any = None) -> None:
        self._folder, self._server = folder, server
        self._made = 0
        self._full: str | None = None

    @contextmanager
    def empty(self) -> Iterator[str]:
        """Make a store, and remove it afterwards."""
        with self.bare() as where:
            create(where)
            yield where

    @contextmanager
    def filled(self, events: int) -> Iterator[str]:
        """Make a store with so many events of another account, and remove it afterwards."""
        if self._full is None:
            self._full = self._place("full")
            create(self._full)
            fill(self._full, events)
        with self.bare(like="full") as where:
            yield where

    def _place(self, name: str, like: str | None = None) -> str:
        if self._server:
            made: str = self._server.create(name, like or "template1")
            return made
        place = self._folder / f"{name}.db"
        if like:
            shutil.copyfile(self._folder / f"{like}.db", place)
            # Or the first commit that is synced would wait for all of the copy.
            with place.open("rb") as file:
                os.fsync(file.fileno())
        return str(place)

    @contextmanager
    def bare(self, like: str | None = None) -> Iterator[str]:
        """Make place for a store, or a copy of one, and remove it afterwards."""
        self._made += 1
        name = f"store{self._made}"
        where = self._place(name, like)
        yield where
        if self._server:
            self._server.drop(name)
        for file in self._folder.glob(f"{name}.db*"):
            file.unlink()


@contextmanager
def stores(database: str, folder: Path) -> Iterator[Stores]:
    """Make what makes stores."""
    if database == "sqlite":
        yield Stores(folder)
        return
    from postgresql import server  # needs a library that SQLite does not

    with server() as running:
        yield Stores(folder, running)


def run(*arguments: str) -> dict[str, Any]:
    """Run a contender; return what it says of itself."""
    command = [sys.executable, str(HERE / "contenders.py"), *arguments]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return result


def compare(chosen: argparse.Namespace) -> None:
    """Measure, and print what was found."""
    with (
        tempfile.TemporaryDirectory() as name,
        hotel(chosen.reservations) as settings,
        stores(chosen.store, Path(name)) as made,
    ):
        template, secrets = str(Path(name) / "template"), json.dumps(settings)
        with made.empty() as store:
            told = run("record", store, secrets, template)
        print(
            f"{chosen.reservations:,} reservations into {chosen.store}: {told['records']:,}"
            f" records, {told['rows']:,} rows, {told['requests']:,} requests,"
            f" {told['bytes'] / 1e6:,.1f} MB of answers, {told['commits']:,} commits",
            flush=True,
        )
        results: dict[str, list[dict[str, Any]]] = {"product": []}
        if chosen.floor == "yes":
            results["floor"] = []
        if chosen.preload:
            results["filled"] = []
        for number in range(chosen.runs):
            for contender, found in results.items():
                filled = contender == "filled"
                with made.filled(chosen.preload) if filled else made.empty() as store:
                    what = "floor" if contender == "floor" else "product"
                    found.append(run(what, store, template if what == "floor" else secrets))
            shown = {
                name: f"{found[-1]['wall']:.2f} s ({found[-1]['cpu']:.2f} s CPU)"
                for name, found in results.items()
            }
            print(f"  run {number + 1}: {shown} load {os.getloadavg()[0]:.1f}", flush=True)
        report(told, results)


def report(told: dict[str, Any], results: dict[str, list[dict[str, Any]]]) -> None:
    """Print medians and their ratio."""
    heading = "records/s", "rows/s", "MB/s", "records/CPU s", "wall s", "CPU s", "peak MiB"
    print(f"{'':8}", *(f"{name:>14}" for name in heading))
    middle = {
        name: {key: statistics.median(run[key] for run in found) for key in ("wall", "cpu", "peak")}
        for name, found in results.items()
    }
    for name, median in middle.items():
        wall, cpu = median["wall"], median["cpu"]
        values = told["records"] / wall, told["rows"] / wall, told["bytes"] / 1e6 / wall
        shown = (*values, told["records"] / cpu, wall, cpu, median["peak"])
        print(f"{name:8}", *(f"{value:14,.1f}" for value in shown))
    for key, meaning in (("wall", "wall time"), ("cpu", "CPU time")):
        if "floor" in middle:
            print(f"rate / floor by {meaning}: {middle['floor'][key] / middle['product'][key]:.2f}")
        if "filled" in middle:
            ratio = middle["product"][key] / middle["filled"][key]
            print(f"rate into a full store / an empty one by {meaning}: {ratio:.2f}")
    print(f"load of the machine: {' '.join(f'{load:.1f}' for load in os.getloadavg())}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--reservations", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--preload", type=int, default=0, metavar="EVENTS")
    parser.add_argument("--floor", choices=["yes", "no"], default="yes")
    compare(parser.parse_args())


if __name__ == "__main__":
    main()
