"""Law 1 under SIGKILL: a store killed at random moments ends where an undisturbed one does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from stores import DATABASES

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills processes")


@pytest.fixture(name="kills")
def _kills(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command of that name, at small size."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import kills

    return kills


@pytest.fixture(name="making", params=DATABASES)
def _making(request: pytest.FixtureRequest, kills: Any, tmp_path: Path) -> Any:
    """What makes room for stores, in each database."""
    if request.param == "sqlite":
        return kills.in_files(tmp_path)
    return kills.in_server(request.getfixturevalue("postgresql"))


def test_works_that_go_on_lose_and_double_nothing(making: Any, kills: Any, tmp_path: Path) -> None:
    """A sync and a remap, killed at requests, statements and any time in between."""
    done = dict(
        kills.check(making, tmp_path, moments=4, seed=11, sizes=(200, 60), works=("sync", "remap"))
    )

    assert {work: course.killed for work, course in done.items()} == {"sync": 4, "remap": 4}


def test_works_of_one_transaction_are_done_or_not(making: Any, kills: Any, tmp_path: Path) -> None:
    """Forgetting with what settles it, every migration, restoring and copying."""
    works = ("forget", "migration", "restore", "copy")
    done = dict(kills.check(making, tmp_path, moments=3, seed=5, sizes=(60, 60), works=works))

    assert set(done) >= {"forget", "migration 0001", "migration 9999", "restore", "copy"}
    assert all(course.killed == 3 for course in done.values())


def test_the_benchmark_runs() -> None:
    command = [
        sys.executable,
        str(BENCHMARKS / "ingest.py"),
        "--reservations",
        "300",
        "--runs",
        "1",
        "--preload",
        "1000",
    ]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)

    assert "rate / floor by CPU time" in ran.stdout
    assert "rate into a full store / an empty one by CPU time" in ran.stdout
