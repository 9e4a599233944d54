"""``frontdesk destinations``: how they are, what they refused, and moving one elsewhere."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Final

import attrs
import typer

from frontdesk.cli.options import ConfigOption, JsonOption, StoreOption, looking
from frontdesk.cli.output import print_json, print_table, shown
from frontdesk.cli.running import run

if TYPE_CHECKING:
    from frontdesk.desk import Desk
    from frontdesk.store.outlooks import DestinationRow, RefusalRow

#: How it is noted that somebody let a destination go to another account.
REBIND: Final = "destinations rebind"


def add(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    group = typer.Typer(help="Look at destinations, what they refused, and move one elsewhere.")
    group.command("list")(list_)
    group.command("refusals")(refusals)
    group.command("rebind")(rebind)
    app.add_typer(group, name="destinations", no_args_is_help=True)


def list_(
    *, config: ConfigOption = None, store: StoreOption = None, json: JsonOption = False
) -> None:
    """List destinations: the account, the state, what waits and what was sent."""
    desk = looking(config, store)
    rows = run(desk.destination_status)
    if json:
        print_json([as_json(desk, row) for row in rows])
        return
    columns = ("destination", "account", "mode", "state", "sent", "waiting", "held", "refused")
    table = [
        (
            row.name,
            f"{row.title} ({row.account})",
            mode(desk, row.name),
            row.state,
            accepted(row),
            row.backlog + sum(row.unread.values()),
            sum(row.held.values()),
            row.refused,
        )
        for row in rows
    ]
    print_table("Destinations", columns, table)
    for name in desk.destinations.keys() - {row.name for row in rows}:
        typer.echo(f"{name}: nothing was delivered yet")
    for audit in run(desk.audits):
        if audit["action"] == REBIND:
            typer.echo(
                f"{shown(audit['at'])} UTC: {audit['destination']} left account {audit['account']}"
            )


def as_json(desk: Desk, row: DestinationRow) -> dict[str, Any]:
    """Return a destination with whether it is live, as far as the configuration tells."""
    known = desk.destinations.get(row.name)
    return {**attrs.asdict(row, recurse=False), "live": None if known is None else known.rules.live}


def mode(desk: Desk, name: str) -> str:
    """Say whether a destination is live; nothing where it is not configured here."""
    known = desk.destinations.get(name)
    if known is None:
        return ""
    return "live" if known.rules.live else "test"


def accepted(row: DestinationRow) -> int:
    """Return how many items a destination took."""
    return sum(ends.get("accepted", 0) for ends in row.sent.values())


def refusals(
    name: Annotated[str | None, typer.Argument(help="Only this destination's.")] = None,
    *,
    each: Annotated[
        bool, typer.Option("--each", help="One by one, instead of how many for which reason.")
    ] = False,
    config: ConfigOption = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """List what destinations would not take or would have thrown away, and why."""
    rows = run(looking(config, store).refusals, name)
    if json:
        print_json(rows)
        return
    if each:
        _print_each(rows)
    else:
        _print_reasons(rows)
    if rows:
        typer.echo("once mended, send them again: frontdesk redeliver NAME --refused")


def _print_reasons(rows: list[RefusalRow]) -> None:
    reasons = Counter((row.destination, row.load, row.outcome, row.reason) for row in rows)
    table = [(*kind, number, reason) for (*kind, reason), number in sorted(reasons.items())]
    print_table("Refusals", ("destination", "load", "outcome", "items", "why"), table)


def _print_each(rows: list[RefusalRow]) -> None:
    columns = ("id", "destination", "load", "connection", "entry", "outcome", "why", "since")
    table = [
        (
            str(row.id),
            row.destination,
            row.load,
            row.connection,
            row.seq and str(row.seq),
            row.outcome,
            row.reason,
            row.since,
        )
        for row in rows
    ]
    print_table("Refusals", columns, table)


def rebind(
    name: Annotated[str, typer.Argument(help="The destination.", show_default=False)],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Let a destination go over to the account its credentials open now; noted in the store."""
    desk = looking(config, store)
    if not yes:
        _confirm(desk, name)
    left = run(desk.rebind, name)
    typer.echo(
        f"{name}: it left account {left}; what was sent there stays noted, and the next delivery "
        "begins at the account that the credentials open then, with the whole history"
    )


def _confirm(desk: Desk, name: str) -> None:
    """Ask whoever is there.

    Raises:
        ConfigurationError: There is no such destination.
    """
    from frontdesk.errors import ConfigurationError  # keeps --help fast

    known = {row.name: row for row in run(desk.destination_status)}
    if name not in known:
        raise ConfigurationError(
            f"nothing was ever delivered to a destination {name!r}; the store knows: "
            f"{', '.join(known) or 'none'}"
        )
    row = known[name]
    question = (
        f"{name} delivers to {row.title} ({row.plugin} {row.account}), which took "
        f"{accepted(row):,} items. Let it go to another account, which is then sent everything?"
    )
    if not typer.confirm(question, err=True):
        typer.echo("frontdesk: nothing was changed", err=True)
        raise typer.Exit(1)
