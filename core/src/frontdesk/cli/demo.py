"""``frontdesk demo``: the main job with nothing to set up."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from frontdesk.cli.options import JsonOption
from frontdesk.cli.output import print_json, print_table
from frontdesk.cli.running import run
from frontdesk.errors import ConfigurationError, FrontdeskError

if TYPE_CHECKING:
    from frontdesk.desk import Desk
    from frontdesk.registry import Connector

#: How the demo's connections are called: by it a store is known to be the demo's own.
PREFIX: Final = "demo-"


def add(app: typer.Typer) -> None:
    """Add this command to *app*."""
    app.command()(demo)


def demo(
    *,
    store: Annotated[
        Path, typer.Option("--store", help="The demo's own store; made anew each time.")
    ] = Path("frontdesk-demo.db"),
    json: JsonOption = False,
) -> None:
    """Sync every installed connector's sandbox into a store of its own, and show it."""
    from frontdesk.cli.work import report, run_sync  # keeps --help fast
    from frontdesk.desk import Desk

    connectors = _with_sandbox()
    _clear(store)
    desk = Desk(store)
    with ExitStack() as sandboxes:
        for connector in connectors:
            _connect(desk, connector, sandboxes)
        results = run(run_sync, desk, ())
    status = report(results, json=False) if not json else 0
    if not any(isinstance(result, FrontdeskError) for result in results):
        run(_show, desk, json)
    if not json and not status:
        _say_what_next(store, connectors[0].name)
    raise typer.Exit(status)


def _with_sandbox() -> list[Connector]:
    from frontdesk.registry import installed, load  # keeps --help fast

    ready = [load(found.name) for found in installed() if found.state == "ready"]
    connectors = [connector for connector in ready if connector.manifest.sandbox]
    if not connectors:
        raise ConfigurationError(
            "no connector with a sandbox is installed; try: pip install 'frontdesk-mews[sandbox]'"
        )
    return connectors


def _clear(store: Path) -> None:
    """Remove an earlier demo's store, and nothing else."""
    from frontdesk.desk import Desk  # keeps --help fast

    if not store.parent.is_dir():
        raise ConfigurationError(f"the folder {str(store.parent)!r} does not exist")
    if not store.exists():
        return
    earlier = Desk(store)
    known = run(earlier.status)
    earlier.close()
    if not all(row.name.startswith(PREFIX) for row in known):
        raise ConfigurationError(
            f"{str(store)!r} is not a store of the demo's; choose another with --store"
        )
    for file in (store, Path(f"{store}-wal"), Path(f"{store}-shm")):
        file.unlink(missing_ok=True)


def _connect(desk: Desk, connector: Connector, sandboxes: ExitStack) -> None:
    from frontdesk.serving import make_sandbox, served  # keeps --help fast

    made = make_sandbox(connector)
    address = sandboxes.enter_context(served(made.app))
    typer.echo(made.title, err=True)
    settings: dict[str, Any] = {**made.settings, "base_url": address + made.path}
    desk.connect(connector.name, name=PREFIX + connector.name, **settings)


async def _show(desk: Desk, json: bool) -> None:
    metrics, profiles = await desk.metrics(), await desk.profiles(limit=10)
    if json:
        print_json({"metrics": metrics, "profiles": profiles})
        return
    print_table(
        "Metrics",
        ("integration", "metric", "events", "value", "last"),
        [(m.integration, m.name, m.count, m.values, m.last) for m in metrics],
    )
    print_table(
        "Profiles (the first ten)",
        ("integration", "e-mail", "first name", "last name", "consent"),
        [
            (
                p.integration,
                p.profile["email"],
                p.profile["first_name"],
                p.profile["last_name"],
                ", ".join(f"{channel}: {state}" for channel, state in p.consent.items()),
            )
            for p in profiles
        ],
    )


def _say_what_next(store: Path, connector: str) -> None:
    typer.echo(f"\nLook around: frontdesk metrics --store {store}")
    typer.echo(f"             frontdesk profiles --store {store}")
    typer.echo(f"             frontdesk events --store {store} --limit 5")
    typer.echo(f"Your own account: frontdesk init {connector}")
