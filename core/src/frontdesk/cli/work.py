"""The command that works: sync."""

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
    from frontdesk.progress import Report


def add(app: typer.Typer) -> None:
    """Add this command to *app*."""
    app.command()(sync)


def sync(
    connections: Annotated[list[str] | None, typer.Argument(help="All unless given.")] = None,
    *,
    to: Annotated[
        list[str] | None,
        typer.Option("--to", help="Then deliver to this destination; may be repeated."),
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Read history the first time, then what changed. Ctrl-C ends at a committed point."""
    desk = configured(config)
    _refuse_unknown(desk, to or ())
    results = run(run_sync, desk, tuple(connections or ()))
    if not to:
        raise typer.Exit(report(results, json=json, named=bool(connections)))
    raise typer.Exit(_deliver_after(desk, results, tuple(to), json=json, named=bool(connections)))


def _refuse_unknown(desk: Desk, destinations: Sequence[str]) -> None:
    """Refuse before anything is read of a platform.

    Raises:
        ConfigurationError: There is no such destination.
    """
    from frontdesk.errors import ConfigurationError  # keeps --help fast

    for name in destinations:
        if name not in desk.destinations:
            known = ", ".join(desk.destinations) or "none"
            raise ConfigurationError(f"there is no destination {name!r}; there are: {known}")


def _deliver_after(
    desk: Desk,
    results: list[Report | FrontdeskError],
    to: tuple[str, ...],
    *,
    json: bool,
    named: bool,
) -> int:
    """Tell what a sync did, deliver what there is, and tell that; return the exit status."""
    from frontdesk.cli import deliver  # keeps --help fast
    from frontdesk.errors import FrontdeskError

    status = report(results, json=None if json else False, named=named)
    delivered = run(deliver.run_deliver, desk, to)
    if json:
        synced = [_report_json(one) for one in results if not isinstance(one, FrontdeskError)]
        sent = [deliver.as_json(one) for one in delivered if not isinstance(one, FrontdeskError)]
        print_json({"synced": synced, "delivered": sent})
    # A failure says more than something refused, and a wrong configuration more than that.
    told = deliver.tell(delivered, json=json, asked=True)
    return next((one for one in (2, 1, 3) if one in (status, told)), 0)


async def run_sync(desk: Desk, names: tuple[str, ...]) -> list[Report | FrontdeskError]:
    """Sync with bars."""
    from frontdesk.cli.bars import bars  # keeps --help fast

    async with desk:
        with bars() as listener:
            desk.subscribe(listener)
            return await desk.sync_all(*names)


def report(
    results: list[Report | FrontdeskError], *, json: bool | None, named: bool = False
) -> int:
    """Print what a sync did; return the exit status.

    Args:
        json: None: somebody else prints what was done, and only errors are told here.
        named: The connections were asked for by name: one that is paused is a failure then.
    """
    from frontdesk.errors import FrontdeskError, PausedError  # keeps --help fast

    reports = [one for one in results if not isinstance(one, FrontdeskError)]
    errors = [one for one in results if isinstance(one, FrontdeskError)]
    if json:
        print_json([_report_json(one) for one in reports])
    elif json is not None:
        _print_reports(reports)
    for error in errors:
        skipped = "skipped: " if isinstance(error, PausedError) and not named else ""
        typer.echo(f"frontdesk: {skipped}{error}", err=True)
    if not named:
        errors = [one for one in errors if not isinstance(one, PausedError)]
    if errors:
        return worst(errors, problems=True)
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


def worst(errors: Sequence[FrontdeskError | None], *, problems: bool) -> int:
    """Return the exit status of what ended in errors, or in *problems* of another kind."""
    from frontdesk.errors import AuthenticationError, ConfigurationError

    if any(
        isinstance(e, ConfigurationError) and not isinstance(e, AuthenticationError) for e in errors
    ):
        return 2
    return 1 if problems else 0
