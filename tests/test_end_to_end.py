"""The main job over real HTTP: Mews's sandbox on one side, a store on the other."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest

import frontdesk
from frontdesk.registry import load
from frontdesk.serving import make_sandbox, served

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
# Sequence numbers and the times of seeing depend on when a sync ran, and nothing else does.
VOLATILE = {"seq", "seen", "logged", "updated", "since", "asked", "epoch", "id", "scan"}
HASH = re.compile(r"forgotten-[0-9a-f]+(-\d+)?")
VOLATILE |= {"record_id", "guest_id", "metric_id", "holder", "lease_until"}


@pytest.fixture(name="hotel", scope="module")
def _hotel() -> Iterator[dict[str, Any]]:
    """A hotel in the sandbox: what to connect with."""
    options = {"reservations": 600, "seed": 11, "now": NOW, "rate_window": 0.0}
    made = make_sandbox(load("mews"), options)
    with served(made.app) as address:
        yield {"base_url": address + made.path, **made.settings}


async def sync(store: Path, hotel: dict[str, Any], times: int = 1) -> list[frontdesk.Report]:
    async with frontdesk.Desk(store) as desk:
        connection = desk.connect("mews", name="grand", **hotel)
        return [await desk.sync(connection) for _ in range(times)]


def dump(store: Path) -> dict[str, list[Any]]:
    """Return all a store holds, less what depends on when it was written."""
    with closing(sqlite3.connect(store)) as db:
        db.row_factory = sqlite3.Row
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        return {
            table: sorted(
                HASH.sub(
                    "forgotten",
                    str([(key, row[key]) for key in row.keys() if key not in VOLATILE]),  # noqa: SIM118
                )
                for row in db.execute(f'SELECT * FROM "{table}"')
            )
            for table in tables
            if table not in {"counters", "cursors", "record_guests", "quarantine_guests"}
            # What they say is hashed with a key that each store has of its own.
            and table not in {"hash_keys", "erasures", "forgotten"}
        }


def test_the_main_job_fills_a_store(hotel: dict[str, Any], tmp_path: Path) -> None:
    (report,) = anyio.run(sync, tmp_path / "a.db", hotel)

    assert report.quarantined == 0
    assert report.events > 500
    assert report.profiles > 150
    assert report.consents > 20


def test_syncing_twice_leaves_the_same_log(hotel: dict[str, Any], tmp_path: Path) -> None:
    anyio.run(sync, tmp_path / "once.db", hotel)
    first, second = anyio.run(sync, tmp_path / "twice.db", hotel, 2)

    assert first.events > 0
    assert (second.events, second.profiles, second.consents, second.reservations) == (0, 0, 0, 0)
    assert dump(tmp_path / "once.db") == dump(tmp_path / "twice.db")


def test_what_is_declared_is_what_is_produced(hotel: dict[str, Any], tmp_path: Path) -> None:
    manifest = load("mews").manifest
    store = tmp_path / "all.db"
    anyio.run(sync, store, hotel)

    async def read() -> tuple[Any, Any]:
        async with frontdesk.Desk(store) as desk:
            return await desk.events(limit=100_000), await desk.profiles(limit=100_000)

    events, profiles = anyio.run(read)
    produced: dict[str, set[str]] = defaultdict(set)
    for row in events:
        event = row.event
        produced[event["metric"]] |= {k for k, v in event["properties"].items() if v is not None}
        produced[event["metric"]] |= {"Value"} if event["value"] is not None else set()
        produced[event["metric"]] |= {"Value Currency"} if event["currency"] else set()
    names = {prop.name for metric in manifest.metrics for prop in metric.properties}
    custom = {f.name for f in manifest.profile if f.kind is frontdesk.Kind.CUSTOM}

    assert {metric.name for metric in manifest.metrics} == set(produced)
    assert names == set().union(*produced.values())
    for metric in manifest.metrics:
        assert produced[metric.name] <= {prop.name for prop in metric.properties}
    assert custom == {k for p in profiles for k, v in p.profile["properties"].items() if v}


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_ends_at_a_committed_point_and_a_new_run_goes_on(
    hotel: dict[str, Any], tmp_path: Path
) -> None:
    config = tmp_path / "frontdesk.toml"
    lines = [f"{key} = {str(value)!r}" for key, value in hotel.items()]
    config.write_text("\n".join(["[connections.grand]", "connector = 'mews'", *lines]))
    command = [sys.executable, "-m", "frontdesk", "sync", "--config", str(config)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        for line in running.stderr:
            if "customers history: done" in line:
                running.send_signal(signal.SIGINT)
                break
        rest = running.stderr.read()

    assert running.returncode == 130
    assert "stopped" in rest
    assert "Traceback" not in rest
    partly = dump(tmp_path / "frontdesk.db")
    subprocess.run(command, check=True, capture_output=True)
    anyio.run(sync, tmp_path / "undisturbed.db", hotel)
    whole = dump(tmp_path / "undisturbed.db")

    assert len(partly["log"]) < len(whole["log"])
    assert whole == dump(tmp_path / "frontdesk.db")
