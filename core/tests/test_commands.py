"""Commands of plugins: listed by name, imported when they are called, and never in our way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import porter
import pytest
from inn import NOW, install
from test_cli import Run, _run

from frontdesk import Desk
from frontdesk.commands import annex_of
from frontdesk.errors import ConfigurationError

__all__ = ["_run"]

PARCELS = '[connections.lodge]\nconnector = "porter"\n'


def bring(folder: Path, plugin: str = "porter", **commands: str) -> Path:
    """Install a plugin that brings commands; *folder* belongs on the path."""
    install(folder, plugin, plugin)
    info = folder / f"frontdesk_{plugin}-1.2.dist-info"
    lines = "".join(f"{name} = {place}\n" for name, place in commands.items())
    with (info / "entry_points.txt").open("a") as file:
        file.write(f"[frontdesk.commands]\n{lines}")
    with (info / "METADATA").open("a") as file:
        file.write(f"Summary: What {plugin}s do.\n")
    return folder


@pytest.fixture(name="site")
def _site(run: Run) -> Path:
    """Where plugins are installed; the Porter is."""
    return bring(run.folder / "site", parcels="porter:app")


def kept(run: Run, *names: str) -> None:
    """Have parcels in the configured store."""
    import anyio

    run.configure(PARCELS)

    async def keep() -> None:
        async with Desk(run.folder / "frontdesk.db") as desk:
            annex = porter.connected(desk, name="lodge")
            for name in names:
                await annex.write(lambda db, n=name: porter.keep(db, n, "", at=NOW))

    anyio.run(keep)


@pytest.mark.usefixtures("site")
def test_they_are_listed_by_name_with_what_the_package_says(run: Run) -> None:
    shown = run("--help")

    assert "  parcels       What porters do.\n" in shown.out
    assert shown.out.index("  store ") < shown.out.index("  parcels ")


@pytest.mark.usefixtures("site")
def test_they_run_like_ours(run: Run) -> None:
    kept(run, "Ada", "Bob")

    listed, counted = run("parcels", "list"), run("parcels", "count")
    own, wrong = run("parcels", "--help"), run("parcels", "lost")

    assert (listed.status, counted.status, counted.out) == (0, 0, "2\n")
    assert "Ada" in listed.out
    assert own.out.startswith("Usage: frontdesk parcels [OPTIONS] COMMAND [ARGS]...\n")
    assert "Parcels of guests." in own.out
    assert (wrong.status, "No such command 'lost'" in wrong.err) == (2, True)


@pytest.mark.usefixtures("site")
def test_their_errors_are_told_like_ours(run: Run) -> None:
    nothing = run("parcels", "count")
    run.configure("")
    nobody = run("parcels", "count")

    assert (nothing.status, "there is no frontdesk.toml here" in nothing.err) == (2, True)
    assert (nobody.status, nobody.err.count("\n")) == (2, 1)
    assert "no connection of connector 'porter'; write one with: frontdesk init" in nobody.err


def test_no_plugin_is_imported_but_the_one_that_is_called(run: Run, site: Path) -> None:
    """Seen to fail when the list of commands loads what it lists."""
    for name in ("first", "second"):
        (site / f"{name}_plugin.py").write_text(
            f"import typer\nprint('{name} imported')\napp = typer.Typer()\n"
            "@app.callback(invoke_without_command=True)\ndef done(): print('done')\n"
        )
        bring(site, f"{name}_plugin", **{name: f"{name}_plugin:app"})

    def said(*words: str) -> str:
        command = [sys.executable, "-m", "frontdesk", *words]
        path = {"PYTHONPATH": str(site)}
        ran = subprocess.run(command, capture_output=True, encoding="utf-8", env=path, check=True)
        return ran.stdout

    assert said("first") == "first imported\ndone\n"
    assert "imported" not in said("--help") + said("store", "key") + said("sync", "--help")
    assert "What second_plugins do." in said("--help")


def test_one_that_does_not_import_is_told_and_stops_no_other(run: Run, site: Path) -> None:
    (site / "rotten_plugin.py").write_text("import no_such_library")
    (site / "odd_plugin.py").write_text("app = 5")
    bring(site, "rotten_plugin", rotten="rotten_plugin:app")
    bring(site, "odd_plugin", odd="odd_plugin:app")

    rotten, odd = run("rotten", "list"), run("odd")
    listed = {one["name"]: one for one in run("connectors", "--json").json}

    assert (rotten.status, odd.status, run("--help").status) == (2, 2, 0)
    assert "command 'rotten' (frontdesk-rotten_plugin 1.2) does not import" in rotten.err
    assert "no_such_library" in rotten.err
    assert "'odd' of frontdesk-odd_plugin breaks the contract: 'odd_plugin:app' is no" in odd.err
    assert listed["rotten"]["state"] == listed["odd"]["state"] == "broken"
    assert listed["parcels"] == {
        "name": "parcels",
        "distribution": "frontdesk-porter",
        "version": "1.2",
        "title": "frontdesk parcels",
        "state": "ready",
        "reason": "",
        "kind": "command",
    }


def test_ours_win_over_one_of_the_same_name(run: Run, site: Path) -> None:
    """Seen to fail when plugins are looked at first."""
    bring(site, "thief", catalog="porter:app")

    ours = run("catalog", "acorn")
    rows = [one for one in run("connectors", "--json").json if one["name"] == "catalog"]

    assert "Booked Stay" in ours.out
    assert run("--help").out.count("\n  catalog ") == 1
    assert [(one["state"], one["distribution"]) for one in rows] == [("broken", "frontdesk-thief")]
    assert "frontdesk has a command 'catalog' of its own" in rows[0]["reason"]


def test_of_two_of_the_same_name_neither_is_used(run: Run, site: Path) -> None:
    """Seen to fail when the last one found wins."""
    bring(site, "rival", parcels="porter:app")

    refused = run("parcels", "list")

    assert refused.status == 2
    assert "frontdesk-porter and frontdesk-rival each bring commands 'parcels'" in refused.err


def test_of_several_connections_one_must_be_named(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "frontdesk.db")
    for name in ("lodge", "cabin"):
        porter.connected(desk, name=name, house=name)

    with pytest.raises(ConfigurationError, match="several connections, so name one: lodge, cabin"):
        annex_of(desk, "porter")
    with pytest.raises(ConfigurationError, match="no connection 'villa' of connector 'porter'"):
        annex_of(desk, "porter", "villa")
    assert annex_of(desk, "porter", "cabin").name == "cabin"


def test_settings_that_stand_together_are_written_down_together(run: Run, site: Path) -> None:
    """Seen to fail when they come before the table's other settings: TOML reads them as its own."""
    (site / "lantern.py").write_text(LANTERN, "utf-8")
    install(site, "lantern", "lantern")

    run("init", "lantern", "--name", "yard")
    written = (run.folder / "frontdesk.toml").read_text("utf-8")
    assert '# [connections.yard.oil]\n\n# Its kind.\n# kind = ""\n' in written
    assert '# price = { env = "LANTERN_OIL_PRICE" }' in written
    run.configure(written.replace("# [conn", "[conn").replace("# kind =", "kid ="))
    wrong = run("check", "yard")

    assert written.index("height") < written.index("oil")
    assert "required setting missing: 'kind' @ connections.yard.oil" in wrong.err
    assert "unknown setting 'kid' @ connections.yard.oil" in wrong.err
    assert "(settings: oil.kind, oil.price, height, " in wrong.err
    run.configure('[connections.yard]\nconnector = "lantern"\noil = 5\n')
    assert "not a table @ connections.yard.oil" in run("check", "yard").err


LANTERN = """
import attrs
from acorn import *
from frontdesk import secret, setting

@attrs.frozen
class Oil:
    kind: str = setting(help="Its kind.")
    price: str = secret("", help="Nobody's business.")

@attrs.frozen
class Settings:
    oil: Oil | None = setting(None, help="What burns; left out: nothing does.")
    height: int = setting(3)

manifest = attrs.evolve(manifest, settings=Settings, authenticate=lambda _: None)
"""
