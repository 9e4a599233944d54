"""The command that tries: check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from frontdesk.cli.options import ConfigOption, JsonOption, configured
from frontdesk.cli.output import print_json, print_table
from frontdesk.cli.running import run

if TYPE_CHECKING:
    from frontdesk.deliver.checking import DestinationCheck
    from frontdesk.desk import Desk
    from frontdesk.ingest.checking import Check


def add(app: typer.Typer) -> None:
    """Add this command to *app*."""
    app.command()(check)


def check(
    name: Annotated[
        str | None, typer.Argument(help="All connections and destinations unless given.")
    ] = None,
    *,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Try the credentials, and say what is wrong or missing."""
    from frontdesk.cli.work import worst  # keeps --help fast

    desk = configured(config)
    _refuse_unknown(desk, name)

    async def ask() -> tuple[list[Check], list[DestinationCheck]]:
        sources = [one for one in desk.connections if name in {None, one}]
        outlets = [one for one in desk.destinations if name in {None, one}]
        return (
            [await desk.check(one) for one in sources],
            [await desk.check_destination(one) for one in outlets],
        )

    sources, outlets = run(ask)
    if json:
        print_json([*map(_source_json, sources), *map(_outlet_json, outlets)])
    else:
        for source in sources:
            _print_source(source)
        for outlet in outlets:
            _print_outlet(outlet)
    errors = [one.error for one in sources] + [one.error for one in outlets]
    fine = all(one.ok for one in sources) and all(one.ok for one in outlets)
    raise typer.Exit(worst(errors, problems=not fine))


def _refuse_unknown(desk: Desk, name: str | None) -> None:
    from frontdesk.errors import ConfigurationError  # keeps --help fast

    there = [*desk.connections, *desk.destinations]
    if name is not None and name not in there:
        raise ConfigurationError(
            f"there is no connection or destination {name!r}; there are: "
            f"{', '.join(there) or 'none'}"
        )


def _source_json(check: Check) -> dict[str, Any]:
    account = check.account
    return {
        "connection": check.connection,
        "integration": check.integration,
        "ok": check.ok,
        "problems": check.problems,
        "account": account and {"id": account.id, "title": account.title, "sites": account.sites},
    }


def _outlet_json(check: DestinationCheck) -> dict[str, Any]:
    account = check.account
    return {
        "destination": check.destination,
        "plugin": check.plugin,
        "live": check.live,
        "ok": check.ok,
        "problems": check.problems,
        "account": account
        and {"id": account.id, "title": account.title, "missing": account.missing},
    }


def _print_source(check: Check) -> None:
    if check.account is None:
        typer.echo(f"{check.connection}: not reached")
    else:
        typer.echo(f"{check.connection}: {check.account.title} (account {check.account.id})")
        rows = [(s.name, s.time_zone, s.currency, s.country) for s in check.account.sites]
        print_table("", ("site", "time zone", "currency", "country"), rows)
    _print_problems(check)


def _print_outlet(check: DestinationCheck) -> None:
    if check.account is None:
        typer.echo(f"{check.destination}: not reached")
    else:
        typer.echo(f"{check.destination}: {check.account.title} (account {check.account.id})")
    if check.live:
        typer.echo("  live: what happens is sent")
    else:
        typer.echo(
            "  in test mode: nothing is sent but to guests named with --only, until live = true "
            f"under [destinations.{check.destination}]"
        )
    _print_problems(check)


def _print_problems(check: Check | DestinationCheck) -> None:
    for problem in check.problems:
        typer.echo(f"  needs attention: {problem}")
    if check.ok:
        typer.echo("  all is well")
