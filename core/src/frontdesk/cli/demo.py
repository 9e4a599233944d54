"""``frontdesk demo``: the main job with nothing to set up."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import attrs
import typer

from frontdesk.cli.demo_config import config_of, write_config
from frontdesk.cli.options import JsonOption
from frontdesk.cli.output import print_json, print_table
from frontdesk.cli.running import run
from frontdesk.errors import ConfigurationError, FrontdeskError

if TYPE_CHECKING:
    from frontdesk.cli.demo_delivery import Outlet
    from frontdesk.desk import Desk
    from frontdesk.progress import Report
    from frontdesk.registry import Connector
    from frontdesk.sandbox import Sandbox

#: How the demo's connections are called: by it a store is known to be the demo's own.
PREFIX: Final = "demo-"
#: How many things happen at each platform once its history was read.
CHANGES: Final = 40
#: Seconds to wait for the last of them.
PATIENCE: Final = 30


def add(app: typer.Typer) -> None:
    """Add this command to *app*."""
    app.command()(demo)


def demo(
    *,
    store: Annotated[
        Path, typer.Option("--store", help="The demo's own store; made anew each time.")
    ] = Path("frontdesk-demo.db"),
    to: Annotated[
        str | None,
        typer.Option("--to", help="Deliver to the sandbox of this destination plugin as well."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Sync every installed connector's sandbox into a store of its own, and show it."""
    from frontdesk.desk import Desk  # keeps --help fast
    from frontdesk.servicing import ServiceSettings

    connectors = _to_show()
    _clear(store)
    # Nobody wants to watch webhooks wait for each other.
    desk = Desk(store, service=ServiceSettings(collect=1))
    with ExitStack() as sandboxes:
        status = _work(desk, connectors, to, sandboxes, json=json)
    if not json and not status:
        _say_what_next(store, connectors[0].name, to)
    raise typer.Exit(status)


def _work(
    desk: Desk, connectors: list[Connector], to: str | None, sandboxes: ExitStack, *, json: bool
) -> int:
    """Sync, deliver, let things happen, and show it all; return the exit status."""
    from frontdesk.cli.demo_delivery import Outlet  # keeps --help fast
    from frontdesk.cli.work import report, run_sync

    there = _Connected(desk, sandboxes)
    for one in connectors:
        there.add(one)
    outlet = None if to is None else Outlet.add(desk, to, sandboxes)
    given = {} if outlet is None else {outlet.name: (outlet.plugin, outlet.settings)}
    write_config(Path(desk.store.where), there.settings, given)
    # Whatever becomes of it: a store of made-up guests reaches nobody else.
    sandboxes.callback(_hold, desk)
    results = run(run_sync, desk, ())
    failed = any(isinstance(result, FrontdeskError) for result in results)
    if not failed:
        if outlet is not None:
            outlet.deliver_history()
        run(_play, desk, there.made)
        results += _feed_again(desk, there.feeding, outlet)
    status = report(results, json=False) if not json else 0
    if not failed:
        run(_show, desk, None if outlet is None else outlet.arrived(), json)
    return status


def _feed_again(
    desk: Desk, feeding: tuple[str, ...], outlet: Outlet | None
) -> list[Report | FrontdeskError]:
    """Let those who feed on others see what happened there; return what went wrong."""
    from frontdesk.cli.work import run_sync  # keeps --help fast

    if not feeding:
        return []
    results = run(run_sync, desk, feeding)
    if outlet is not None:
        outlet.deliver_rest()
    return [result for result in results if isinstance(result, FrontdeskError)]


def _hold(desk: Desk) -> None:
    """Let nothing be done with the demo's store until a person says so."""
    from frontdesk.store.states import hold_all  # keeps --help fast

    because = "this is the store of a demo, and its guests are made up"
    run(desk.store.write, lambda db: hold_all(db, datetime.now(UTC), because))


def _to_show() -> list[Connector]:
    """Return the connectors the demo can show; those that feed on others come last."""
    from frontdesk.registry import installed, load  # keeps --help fast

    ready = [load(found.name) for found in installed() if found.state == "ready"]
    feeding = [connector for connector in ready if connector.manifest.demo]
    alone = [one for one in ready if one.manifest.sandbox and one not in feeding]
    if not alone:
        raise ConfigurationError(
            "no connector with a sandbox is installed; try: pip install 'frontdesk-mews[sandbox]'"
        )
    return alone + feeding


def _clear(store: Path) -> None:
    """Remove an earlier demo's store, and nothing else."""
    from frontdesk.desk import Desk  # keeps --help fast

    if not store.parent.is_dir():
        raise ConfigurationError(f"the folder {str(store.parent)!r} does not exist")
    if not store.exists():
        config_of(store)
        return
    earlier = Desk(store)
    known = [row.name for row in run(earlier.status)]
    known += [row.name for row in run(earlier.destination_status)]
    earlier.close()
    if not all(name.startswith(PREFIX) for name in known):
        raise ConfigurationError(
            f"{str(store)!r} is not a store of the demo's; choose another with --store"
        )
    # Refused before anything is removed.
    config_of(store)
    for file in (store, Path(f"{store}-wal"), Path(f"{store}-shm")):
        file.unlink(missing_ok=True)


@attrs.define
class _Connected:
    """The demo's connections: those to sandboxes, and those that feed on them."""

    desk: Desk
    sandboxes: ExitStack
    made: dict[str, Sandbox] = attrs.field(factory=dict)
    feeding: tuple[str, ...] = ()
    #: Of all of them: the connector, and what it was told.
    settings: dict[str, tuple[str, Mapping[str, Any]]] = attrs.field(factory=dict)

    def add(self, connector: Connector) -> None:
        """Connect a connector as it wants to be shown."""
        from frontdesk.serving import make_demo, served  # keeps --help fast

        name = PREFIX + connector.name
        if connector.manifest.demo is not None:
            there = {one: plugin for one, (plugin, _) in self.settings.items()}
            settings = connector.manifest.demo(there)
            if settings is None:
                return
            self.feeding += (name,)
        else:
            made = make_demo(connector)
            address = self.sandboxes.enter_context(served(made.app))
            typer.echo(made.title, err=True)
            settings = {**made.settings, "base_url": address + made.path}
            self.made[name] = made
        self.desk.connect(connector.name, name=name, **settings)
        self.settings[name] = (connector.name, settings)


async def _play(desk: Desk, sandboxes: dict[str, Sandbox]) -> None:
    """Let things happen at the platforms, and follow them by webhooks."""
    import anyio  # keeps --help fast

    from frontdesk.web.serving import receiving

    before = sum(metric.count for metric in await desk.metrics())
    changes = 0
    async with desk, receiving(desk, "127.0.0.1", 0) as address, desk.service():
        for name, sandbox in sandboxes.items():
            if sandbox.play and sandbox.send_to and sandbox.flush:
                sandbox.send_to(f"{address}webhooks/{name}")
                await anyio.to_thread.run_sync(sandbox.play, CHANGES)
                await sandbox.flush()
                sandbox.send_to(None)
                changes += CHANGES
        with anyio.move_on_after(PATIENCE):
            # Other processes drain as well, so nothing here can be told.
            while any(box.pending for box in await desk.inboxes()):  # noqa: ASYNC110
                await anyio.sleep(0.1)
            await _delivered(desk)
        received = sum(box.received for box in await desk.inboxes())
        events = sum(metric.count for metric in await desk.metrics()) - before
    typer.echo(
        f"Live: {changes} changes were played, {received} webhooks came, "
        f"{events} events were seen as they happened",
        err=True,
    )


async def _delivered(desk: Desk) -> None:
    """Wait until all that came was sent, where there is a destination."""
    import anyio  # keeps --help fast

    if not desk.destinations:
        return
    while any(  # noqa: ASYNC110  # other processes deliver as well
        row.backlog or row.open_batches or any(row.unread.values())
        for row in await desk.destination_status()
    ):
        await anyio.sleep(0.1)


async def _show(desk: Desk, arrived: dict[str, Any] | None, json: bool) -> None:
    metrics, profiles = await desk.metrics(), await desk.profiles(limit=10)
    if json:
        shown = {"metrics": metrics, "profiles": profiles}
        print_json(shown if arrived is None else {**shown, "delivered": arrived})
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
    if arrived is not None:
        print_table("Delivered", ("what", "how it ended", "number"), arrived["sent"])
        print_table("Arrived", ("at the sandbox", "number"), arrived["arrived"].items())


def _say_what_next(store: Path, connector: str, to: str | None) -> None:
    typer.echo(f"\nIn a browser: frontdesk pages --config {config_of(store)}")
    typer.echo("             serves http://127.0.0.1:8080/ and prints a link that lets you in")
    typer.echo(f"Look around: frontdesk metrics --store {store}")
    typer.echo(f"             frontdesk profiles --store {store}")
    typer.echo(f"             frontdesk events --store {store} --limit 5")
    if to is not None:
        typer.echo(f"             frontdesk destinations list --store {store}")
        typer.echo(f"Your own destination: frontdesk init {to}")
    typer.echo(f"Your own account: frontdesk init {connector}")
