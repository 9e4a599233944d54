"""Law 1 under SIGKILL: a sync killed at random moments ends where an undisturbed one does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from stores import DATABASES, asked, dump

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills processes")


@pytest.fixture(name="kills")
def _kills(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command of that name, at small size."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import kills

    return kills


@pytest.mark.parametrize("database", DATABASES)
def test_a_sync_killed_at_random_moments_loses_and_doubles_nothing(
    new_store: Callable[..., str], kills: Any, database: str
) -> None:
    """The first kill falls into the first migration."""
    store, undisturbed = [new_store(database, "template1") for _ in range(2)]
    with kills.hotel(300) as (killer, settings):
        assert killer.run(undisturbed, settings, None)
        needed = kills.survive(killer, settings, store, moments=4, seed=11)

    assert needed >= 4
    assert dump(store) == dump(undisturbed)


@pytest.mark.parametrize("database", DATABASES)
def test_a_store_whose_creation_was_killed_is_empty(
    new_store: Callable[..., str], kills: Any, database: str
) -> None:
    """The next process finds nothing, and makes all of it."""
    store = new_store(database, "template1")

    assert kills.create_and_die(store) == 1

    tables = {
        "sqlite": "SELECT count(*) FROM sqlite_master",
        "postgresql": "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'",
    }
    assert asked(store, tables[database]) == [(0,)]


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
