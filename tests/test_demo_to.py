"""The demo with a destination: from one sandbox to another, over real HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from test_run_pages import logged_in

from frontdesk import Desk, blocking
from frontdesk.serving import served


def test_the_demo_carries_a_hotel_to_klaviyo(tmp_path: Path) -> None:
    """Everything that was accepted is there, and nothing of the past may trigger anything."""
    ran = subprocess.run(
        [sys.executable, "-m", "frontdesk", "demo", "--to", "klaviyo", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)["delivered"]
    accepted = {load: number for load, outcome, number in told["sent"] if outcome == "accepted"}
    arrived = told["arrived"]
    assert arrived["events of the past"] == accepted["history events"] > 0
    assert arrived["events that may trigger"] == accepted["live events"] > 0
    # Whoever opted in and then out again, as it happens while the demo plays, is no longer.
    most, left = accepted["opt-ins"], accepted.get("opt-outs", 0)
    assert most - left <= arrived["subscribed to e-mail"] <= most
    assert most > left
    assert 0 < arrived["profiles"] <= accepted["profiles"]
    assert_shown(tmp_path / "frontdesk-demo.db")


def assert_shown(store: Path) -> None:
    """The pages the demo offers at its end have its metrics in them."""
    with blocking.Desk(store) as desk, served(Desk(store).asgi({"pages"})) as address:
        metrics = desk.metrics()
        with logged_in(f"{address}{desk.first_login_link()}") as client:
            shown = client.get(f"{address}metrics").text

    assert len(metrics) > 3
    for metric in metrics:
        assert f">{metric.name}</a>" in shown
        assert f">{metric.count:,}<" in shown
