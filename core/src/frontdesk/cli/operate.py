"""Commands that operate: status, pause, resume, refetch, remap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

import attrs
import typer

from frontdesk.cli.destinations import as_json, mode
from frontdesk.cli.options import ConfigOption, JsonOption, StoreOption, configured, looking
from frontdesk.cli.output import print_json, print_table, shown
from frontdesk.cli.running import run

if TYPE_CHECKING:
    from frontdesk.desk import Desk
    from frontdesk.ingest.remap import Remapped
    from frontdesk.store.outlooks import DestinationRow
    from frontdesk.store.status import ConnectionRow

#: How long before its end a secret is spoken of.
_SOON: Final = timedelta(days=30)
_NameArgument = Annotated[str, typer.Argument(help="The connection.", show_default=False)]
_EitherArgument = Annotated[
    str, typer.Argument(help="The connection or destination.", show_default=False)
]


def add(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    for command in (status, pause, resume, refetch, remap):
        app.command()(command)


def status(
    *, config: ConfigOption = None, store: StoreOption = None, json: JsonOption = False
) -> None:
    """Show how connections and destinations are; status 1 if one needs attention."""
    desk = looking(config, store)
    rows, outlets = run(desk.status), run(desk.destination_status)
    if json:
        connections = [{"kind": "connection", **attrs.asdict(row, recurse=False)} for row in rows]
        print_json([*connections, *({"kind": "destination", **as_json(desk, o)} for o in outlets)])
    else:
        for row in rows:
            _print_status(row)
        for name in desk.connections.keys() - {row.name for row in rows}:
            typer.echo(f"{name}: not synced yet\n  what to do: frontdesk sync {name}")
        for outlet in outlets:
            _print_outlet(outlet, mode(desk, outlet.name))
        for name in desk.destinations.keys() - {outlet.name for outlet in outlets}:
            typer.echo(f"{name}: nothing was delivered yet\n  what to do: frontdesk deliver {name}")
    states = [row.state for row in rows] + [outlet.state for outlet in outlets]
    raise typer.Exit(int("needs attention" in states))


def _print_outlet(row: DestinationRow, mode: str) -> None:
    typer.echo(f"{row.name}: {row.state} since {shown(row.since)} UTC")
    unread, held = sum(row.unread.values()), sum(row.held.values())
    _print_lines(
        ("why", row.reason),
        ("what to do", row.todo),
        ("mode", {"test": "test: live = true is not set", "live": "live"}.get(mode, "")),
        ("account", f"{row.title} ({row.plugin} {row.account})"),
        ("last sent", row.last_sent and f"{shown(row.last_sent)} UTC"),
        ("at work", _lease(row)),
        ("sent", ", ".join(_ends(load, ends) for load, ends in row.sent.items())),
        ("to be read", unread and f"{unread:,} entries of the log"),
        ("waiting", row.backlog and f"{row.backlog:,} events"),
        ("held", held and f"{held:,} events: {'; '.join(_counted(row.held))}"),
        ("unanswered", row.open_batches and f"{row.open_batches:,} batches; they are sent again"),
        (
            "refused",
            row.refused and f"{row.refused:,}; see: frontdesk destinations refusals {row.name}",
        ),
        ("to be erased", row.erasures_due and f"{row.erasures_due:,} persons"),
    )


def _ends(load: str, ends: dict[str, int]) -> str:
    return f"{load}: {' and '.join(_counted(ends))}"


def _counted(numbers: dict[str, int]) -> list[str]:
    return [f"{number:,} {what}" for what, number in numbers.items()]


def _lease(row: ConnectionRow | DestinationRow) -> str:
    if row.holder is None or row.lease_until is None:
        return ""
    return f"held by {row.holder} until {row.lease_until:%H:%M:%S} UTC"


def _print_lines(*lines: tuple[str, object]) -> None:
    """Print what there is to say, each under its title."""
    for title, text in lines:
        if text:
            typer.echo(f"  {title}: {shown(text)}")


def _print_status(row: ConnectionRow) -> None:
    typer.echo(f"{row.name}: {row.state} since {shown(row.since)} UTC")
    _print_lines(
        ("why", row.reason),
        ("what to do", row.todo),
        ("account", f"{row.title} ({row.integration} {row.account})"),
        ("last sync", row.last_sync and f"{shown(row.last_sync)} UTC"),
        ("at work", _lease(row)),
        ("records", ", ".join(_counted(row.records))),
        ("quarantine", row.quarantined and f"{row.quarantined:,} open"),
        ("inbox", row.pending and f"{row.pending:,} webhooks wait to be drained"),
        (
            "gone",
            row.gone and f"{row.gone:,} guests were deleted there; see: frontdesk profiles --gone",
        ),
        ("quota", ", ".join(_quotas(row))),
        ("ends soon", _ending(row)),
    )
    walks = [
        (name, walk.done, walk.total, "finished" if walk.finished else "", walk.updated)
        for name, walk in row.history.items()
    ]
    if walks:
        print_table("", ("history of", "done", "of", "", "last page"), walks)


def _quotas(row: ConnectionRow) -> list[str]:
    """Tell how much of a day's quota is used, by what it is counted by."""
    return [
        f"{one.used:,} of {one.allowed:,} requests in 24 hours{label and f' for site {label}'}"
        for label, one in row.quota.items()
    ]


def _ending(row: ConnectionRow) -> str:
    """Name the secrets that the platform will soon no longer take, or does not any more."""
    soon = datetime.now(UTC) + _SOON
    return ", ".join(f"{name} on {shown(at)} UTC" for name, at in row.expiring.items() if at < soon)


def pause(name: _EitherArgument, *, config: ConfigOption = None, store: StoreOption = None) -> None:
    """Stop working for a connection or destination until it is resumed."""
    desk = looking(config, store)
    run(desk.pause, name)
    _say_state(desk, name)


def resume(
    name: _EitherArgument, *, config: ConfigOption = None, store: StoreOption = None
) -> None:
    """Let a connection or destination that is paused or held go on."""
    desk = looking(config, store)
    run(desk.resume, name)
    _say_state(desk, name)


def _say_state(desk: Desk, name: str) -> None:
    states = {row.name: row.state for row in run(desk.destination_status)}
    states |= {row.name: row.state for row in run(desk.status)}
    typer.echo(f"{name}: {states[name]}")


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
