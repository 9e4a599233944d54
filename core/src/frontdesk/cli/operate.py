"""Commands that operate: status, pause, resume, refetch, remap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer

from frontdesk.cli.options import ConfigOption, JsonOption, StoreOption, configured, looking
from frontdesk.cli.output import print_json, print_table, shown
from frontdesk.cli.running import run

if TYPE_CHECKING:
    from frontdesk.desk import Desk
    from frontdesk.ingest.remap import Remapped
    from frontdesk.store.status import ConnectionRow

#: How long before its end a secret is spoken of.
_SOON: Final = timedelta(days=30)
_NameArgument = Annotated[str, typer.Argument(help="The connection.", show_default=False)]


def add(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    for command in (status, pause, resume, refetch, remap):
        app.command()(command)


def status(
    *, config: ConfigOption = None, store: StoreOption = None, json: JsonOption = False
) -> None:
    """Show how connections are; status 1 if one needs attention."""
    desk = looking(config, store)
    rows = run(desk.status)
    if json:
        print_json(rows)
    else:
        for row in rows:
            _print_status(row)
        for name in desk.connections.keys() - {row.name for row in rows}:
            typer.echo(f"{name}: not synced yet\n  what to do: frontdesk sync {name}")
    raise typer.Exit(int(any(row.state == "needs attention" for row in rows)))


def _print_status(row: ConnectionRow) -> None:
    typer.echo(f"{row.name}: {row.state} since {shown(row.since)} UTC")
    records = ", ".join(f"{number:,} {outcome}" for outcome, number in row.records.items())
    lease = row.holder and f"held by {row.holder} until {row.lease_until:%H:%M:%S} UTC"
    for title, text in (
        ("why", row.reason),
        ("what to do", row.todo),
        ("account", f"{row.title} ({row.integration} {row.account})"),
        ("last sync", row.last_sync and f"{shown(row.last_sync)} UTC"),
        ("at work", lease),
        ("records", records),
        ("quarantine", row.quarantined and f"{row.quarantined:,} open"),
        ("inbox", row.pending and f"{row.pending:,} webhooks wait to be drained"),
        ("ends soon", _ending(row)),
    ):
        if text:
            typer.echo(f"  {title}: {shown(text)}")
    walks = [
        (name, walk.done, walk.total, "finished" if walk.finished else "", walk.updated)
        for name, walk in row.history.items()
    ]
    if walks:
        print_table("", ("history of", "done", "of", "", "last page"), walks)


def _ending(row: ConnectionRow) -> str:
    """Name the secrets that the platform will soon no longer take, or does not any more."""
    soon = datetime.now(UTC) + _SOON
    return ", ".join(f"{name} on {shown(at)} UTC" for name, at in row.expiring.items() if at < soon)


def pause(name: _NameArgument, *, config: ConfigOption = None, store: StoreOption = None) -> None:
    """Stop syncing a connection until it is resumed."""
    desk = looking(config, store)
    run(desk.pause, name)
    _say_state(desk, name)


def resume(name: _NameArgument, *, config: ConfigOption = None, store: StoreOption = None) -> None:
    """Let a connection that is paused or held be synced again."""
    desk = looking(config, store)
    run(desk.resume, name)
    _say_state(desk, name)


def _say_state(desk: Desk, name: str) -> None:
    (row,) = [row for row in run(desk.status) if row.name == name]
    typer.echo(f"{name}: {row.state}")


def refetch(
    name: _NameArgument,
    *,
    stream: Annotated[
        str | None, typer.Option("--stream", help="Only this stream; all unless given.")
    ] = None,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Let the next sync read a connection's history and changes again."""
    again = run(looking(config, store).refetch, name, stream)
    typer.echo(f"{name}: the next sync reads again: {', '.join(again)}")


def remap(
    name: _NameArgument,
    *,
    stream: Annotated[
        str | None, typer.Option("--stream", help="Only this stream; all unless given.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, and change nothing.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Run stored records through today's mapping; the platform is not asked."""
    desk = configured(config)

    async def work() -> Remapped:
        return await desk.remap(name, stream, dry_run=dry_run)

    done = run(work)
    if json:
        print_json(done)
    else:
        typer.echo(
            f"{name}: {done.records:,} records {'would give' if dry_run else 'gave'} "
            f"{done.events:,} new events, {done.profiles:,} profiles and "
            f"{done.reservations:,} reservations that differ"
        )
        for reason in done.reasons:
            typer.echo(f"  cannot be mapped: {reason}", err=True)
    if done.failed:
        typer.echo(f"{done.failed:,} cannot be mapped; what they gave earlier stays", err=True)
        raise typer.Exit(1)
