"""The demo of a connector that feeds on another connection, and the pages it offers."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import porter
import pytest
from inn import asked, install
from test_cli import Run, _run

from frontdesk import Desk

__all__ = ["_run"]


@pytest.fixture(autouse=True)
def _alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let only a lively Acorn be found, and the Porter."""
    from frontdesk import registry

    points = run.folder / "site" / "frontdesk_acorn-1.2.dist-info" / "entry_points.txt"
    points.write_text("[frontdesk.connectors]\nacorn = playing\n")
    install(run.folder / "site", "porter", "porter")
    found = registry.entry_points

    def only(group: str = registry.GROUP) -> Any:
        return {k: v for k, v in found(group).items() if k in {"acorn", "porter"}}

    monkeypatch.setattr(registry, "entry_points", only)


def test_who_feeds_on_another_is_shown_with_what_happened_there_at_last(run: Run) -> None:
    """Seen to fail when those who feed on others are not synced again after the play."""
    ended, store = run("demo", "--json"), run.folder / "frontdesk-demo.db"

    assert ended.status == 0, ended.err
    counts = {(one["integration"], one["name"]): one["count"] for one in ended.json["metrics"]}
    assert counts["acorn", "Booked Stay"] == counts["porter", "Kept Parcel"] == 43
    assert asked(store, "SELECT name, state FROM connections ORDER BY name") == [
        ("demo-acorn", "held"),
        ("demo-porter", "held"),
    ]
    assert asked(store, "SELECT count(*) FROM porter_parcels WHERE guest LIKE 'new%'") == [(40,)]


def test_its_configuration_shows_what_the_store_alone_does_not(run: Run) -> None:
    """Seen to fail when sandboxes keep their addresses: somebody else may have them by now."""
    ended, again = run("demo"), run("demo")

    assert (ended.status, again.status) == (0, 0)
    assert "In a browser: frontdesk pages --config frontdesk-demo.toml\n" in ended.out
    config = run.folder / "frontdesk-demo.toml"
    written = tomllib.loads(config.read_text("utf-8"))
    assert written["connections"]["demo-porter"] == {
        "connector": "porter",
        "feeds_on": "demo-acorn",
    }
    assert written["connections"]["demo-acorn"]["base_url"] == "https://sandbox.invalid/"
    desk = Desk.from_config(config)
    assert desk.annex("demo-porter").settings.feeds_on == "demo-acorn"
    assert run("metrics", "--config", str(config)).out.count("demo-porter") == 1
    held = run("sync", "--config", str(config))
    assert "connection 'demo-porter' is held" in held.err


@pytest.mark.parametrize("there", [False, True])
def test_no_configuration_of_anybodys_is_overwritten(run: Run, there: bool) -> None:
    """Seen to fail when the store is removed first."""
    if there:
        assert run("demo").status == 0
    config = run.folder / "frontdesk-demo.toml"
    config.write_text("# mine\n")

    ended = run("demo")

    assert (ended.status, config.read_text()) == (2, "# mine\n")
    assert "'frontdesk-demo.toml' is not of a demo and is not overwritten" in ended.err
    assert Path(run.folder / "frontdesk-demo.db").exists() is there


def test_who_finds_nothing_to_feed_on_stays_out(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import attrs

    fasting = attrs.evolve(porter.manifest, demo=lambda _: None)
    monkeypatch.setattr(porter, "manifest", fasting)

    ended = run("demo", "--json")

    assert ended.status == 0
    assert {one["integration"] for one in ended.json["metrics"]} == {"acorn"}
