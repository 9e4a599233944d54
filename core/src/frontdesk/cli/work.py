"""Commands that work: check, sync."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from frontdesk.cli.options import ConfigOption, JsonOption, configured
from frontdesk.cli.output import print_json, print_table
from frontdesk.cli.running import run

if TYPE_CHECKING:
    from frontdesk.desk import Desk
    from frontdesk.errors import FrontdeskError
    from frontdesk.ingest.checking import Check
    from frontdesk.progress import Report


def add(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    app.command()(check)
    app.command()(sync)


def check(
    name: Annotated[str | None, typer.Argument(help="All connections unless given.")] = None,
    *,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Try the credentials, and say what is wrong or missing."""
    desk = configured(config)

    async def ask() -> list[Check]:
        names = [name] if name else list(desk.connections)
        return [await desk.check(one) for one in names]

    found = run(ask)
    if json:
        print_json([_check_json(one) for one in found])
    else:
        for one in found:
            _print_check(one)
    raise typer.Exit(_worst([one.error for one in found], problems=not all(c.ok for c in found)))


def _check_json(check: Check) -> dict[str, object]:
    account = check.account
    return {
        "connection": check.connection,
        "integration": check.integration,
        "ok": check.ok,
        "problems": check.problems,
        "account": account and {"id": account.id, "title": account.title, "sites": account.sites},
    }


def _print_check(check: Check) -> None:
    if check.account is None:
        typer.echo(f"{check.connection}: not reached")
    else:
        typer.echo(f"{check.connection}: {check.account.title} (account {check.account.id})")
        rows = [(s.name, s.time_zone, s.currency, s.country) for s in check.account.sites]
        print_table("", ("site", "time zone", "currency", "country"), rows)
    for problem in check.problems:
        typer.echo(f"  needs attention: {problem}")
    if check.ok:
        typer.echo("  all is well")


def sync(
    connections: Annotated[list[str] | None, typer.Argument(help="All unless given.")] = None,
    *,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Read history the first time, then what changed. Ctrl-C ends at a committed point."""
    desk = configured(config)
    results = run(run_sync, desk, tuple(connections or ()))
    raise typer.Exit(report(results, json=json, named=bool(connections)))


async def run_sync(desk: Desk, names: tuple[str, ...]) -> list[Report | FrontdeskError]:
    """Sync with bars."""
    from frontdesk.cli.bars import bars  # keeps --help fast

    async with desk:
        with bars() as listener:
            desk.subscribe(listener)
            return await desk.sync_all(*names)


def report(results: list[Report | FrontdeskError], *, json: bool, named: bool = False) -> int:
    """Print what a sync did; return the exit status.

    Args:
        named: The connections were asked for by name: one that is paused is a failure then.
    """
    from frontdesk.errors import FrontdeskError, PausedError  # keeps --help fast

    reports = [one for one in results if not isinstance(one, FrontdeskError)]
    errors = [one for one in results if isinstance(one, FrontdeskError)]
    if json:
        print_json([_report_json(one) for one in reports])
    else:
        _print_reports(reports)
    for error in errors:
        skipped = "skipped: " if isinstance(error, PausedError) and not named else ""
        typer.echo(f"frontdesk: {skipped}{error}", err=True)
    if not named:
        errors = [one for one in errors if not isinstance(one, PausedError)]
    if errors:
        return _worst(errors, problems=True)
    quarantined = sum(one.quarantined for one in reports)
    if quarantined:
        typer.echo(f"{quarantined} newly quarantined; see: frontdesk quarantine list", err=True)
    return 3 if quarantined else 0


def _report_json(report: Report) -> dict[str, object]:
    import attrs  # keeps --help fast

    values = attrs.asdict(report, recurse=False)
    outcomes: dict[str, dict[str, int]] = {}
    for (stream, outcome), number in report.outcomes.items():
        outcomes.setdefault(stream, {})[outcome] = number
    return {**values, "records": report.records, "outcomes": outcomes}


def _print_reports(reports: list[Report]) -> None:
    columns = ("connection", "records", "events", "profiles", "consents", "requests", "seconds")
    rows = [
        (r.connection, r.records, r.events, r.profiles, r.consents, r.requests, f"{r.seconds:.1f}")
        for r in reports
    ]
    print_table("Synced", columns, rows)
    outcomes = [
        (r.connection, stream, outcome, number)
        for r in reports
        for (stream, outcome), number in sorted(r.outcomes.items())
    ]
    if outcomes:
        print_table("Records", ("connection", "stream", "outcome", "records"), outcomes)


def _worst(errors: Sequence[FrontdeskError | None], *, problems: bool) -> int:
    from frontdesk.errors import AuthenticationError, ConfigurationError

    if any(
        isinstance(e, ConfigurationError) and not isinstance(e, AuthenticationError) for e in errors
    ):
        return 2
    return 1 if problems else 0
