"""Commands that deliver: deliver, redeliver."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from frontdesk.cli.options import ConfigOption, JsonOption, StoreOption, configured, looking, whom
from frontdesk.cli.output import print_json, print_table, shown
from frontdesk.cli.running import run

if TYPE_CHECKING:
    from frontdesk.deliver.report import DeliveryReport
    from frontdesk.desk import Desk
    from frontdesk.errors import FrontdeskError

#: Seconds between two lines that say how far deliveries are.
PAUSE: Final = 5.0
#: Items that are no events, as a report names them.
_OTHERS: Final = ("profiles", "opt-outs: ", "opt-ins: ")


def add(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    app.command()(deliver)
    app.command()(redeliver)


def deliver(
    destinations: Annotated[list[str] | None, typer.Argument(help="All unless given.")] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count what would be sent, and send nothing.")
    ] = False,
    only: Annotated[
        str | None,
        typer.Option(
            "--only",
            metavar="WHO",
            help="Send something to this guest alone, live or not: e-mail, phone or platform id; "
            "- reads it from standard input.",
        ),
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Bring destinations what they were not sent yet; in test mode, count it only."""
    from frontdesk.errors import FrontdeskError  # keeps --help fast

    desk = configured(config)
    _refuse_none(desk)
    who = None if only is None else whom(only)
    names = tuple(destinations or ())
    results = run(run_deliver, desk, names, who, dry_run)
    _tell_unsynced(desk)
    if json:
        print_json([as_json(one) for one in results if not isinstance(one, FrontdeskError)])
    raise typer.Exit(tell(results, json=json, asked=bool(names), asked_dry=dry_run))


def _refuse_none(desk: Desk) -> None:
    from frontdesk.errors import ConfigurationError  # keeps --help fast

    if not desk.destinations:
        raise ConfigurationError(
            "there is no destination to deliver to; see how to write one with: "
            "frontdesk init klaviyo"
        )


async def run_deliver(
    desk: Desk, names: tuple[str, ...], only: str | None = None, dry_run: bool = False
) -> list[DeliveryReport | FrontdeskError]:
    """Deliver to the destinations named, or to all."""
    from frontdesk.holding import together  # keeps --help fast

    async with desk, together() as watching:
        watching.start_soon(_watch, desk)
        results = await desk.deliver_all(*names, only=only, dry_run=dry_run)
        watching.cancel_scope.cancel()
    return results


async def _watch(desk: Desk) -> None:
    """Say now and then how far deliveries are."""
    import anyio  # keeps --help fast

    from frontdesk.store.tallying import taken

    before = last = await desk.store.read(taken)
    while True:
        await anyio.sleep(PAUSE)
        now = await desk.store.read(taken)
        for name in now.keys() & desk.destinations.keys():
            if now[name] != last.get(name):
                typer.echo(f"{name}: {now[name] - before.get(name, 0):,} sent so far", err=True)
        last = now


def _tell_unsynced(desk: Desk) -> None:
    """Name the connections of which there is nothing to deliver yet."""
    for name in desk.connections.keys() - {row.name for row in run(desk.status)}:
        typer.echo(
            f"frontdesk: {name} is not synced yet, so nothing of it is delivered; first: "
            f"frontdesk sync {name}",
            err=True,
        )


def tell(
    results: Sequence[DeliveryReport | FrontdeskError],
    *,
    json: bool,
    asked: bool = False,
    asked_dry: bool = False,
) -> int:
    """Print what deliveries did; return the exit status.

    Args:
        json: Standard output is JSON: only errors are told.
        asked: The destinations were asked for by name: one that is paused is a failure then.
        asked_dry: A preview is what was asked for.
    """
    from frontdesk.cli.work import worst  # keeps --help fast
    from frontdesk.errors import FrontdeskError, PausedError

    errors: list[FrontdeskError] = []
    refused = 0
    for result in results:
        if isinstance(result, FrontdeskError):
            skipped = isinstance(result, PausedError) and not asked
            typer.echo(f"frontdesk: {'skipped: ' if skipped else ''}{result}", err=True)
            errors += [] if skipped else [result]
            continue
        refused += 0 if result.dry_run else result.refused
        if not json:
            print_report(result)
        if result.dry_run and not asked_dry:
            typer.echo(_test_mode(result), err=json)
    if errors:
        return worst(errors, problems=True)
    if refused:
        typer.echo(f"{refused:,} newly refused; see: frontdesk destinations refusals", err=True)
    return 3 if refused else 0


def print_report(report: DeliveryReport) -> None:
    """Print what a delivery did, or would do."""
    would = report.dry_run
    columns = ("connection", "what", "would be sent" if would else "sent")
    rows = [(*what, number) for what, number in sorted(report.sent.items())]
    print_table(f"{'Preview of' if would else 'Delivered to'} {report.destination}", columns, rows)
    left = [(load, reason, number) for (load, reason), number in sorted(report.left.items())]
    if left:
        title = "What would be left, and why" if would else "What was left, and why"
        print_table(title, ("load", "why", "items"), left)
    if report.unchanged:
        typer.echo(f"{report.unchanged:,} profiles are there as they are now")
    if report.opt_outs:
        typer.echo(f"{report.opt_outs:,} opt-outs were learnt from it")
    for note in report.notes:
        typer.echo(f"note: {shown(note)}")
    typer.echo(f"{report.requests:,} requests, {report.seconds:.1f} s")


def _test_mode(report: DeliveryReport) -> str:
    name = report.destination
    return (
        f"{name} is in test mode: nothing was sent. Going live would send {summed(report)}: write "
        f"live = true under [destinations.{name}]; or try it with one guest: "
        f"frontdesk deliver {name} --only -"
    )


def summed(report: DeliveryReport) -> str:
    """Say in one line what a delivery carries."""
    sums: Counter[str] = Counter()
    for (_, what), number in report.sent.items():
        kind = what.partition(":")[0] if what.startswith(_OTHERS) else "events"
        sums[kind] += number
    return ", ".join(f"{number:,} {kind}" for kind, number in sums.items()) or "nothing"


def as_json(report: DeliveryReport) -> dict[str, Any]:
    """Return a report as JSON: what was sent by connection, what was left by load."""
    import attrs  # keeps --help fast

    values = attrs.asdict(report, recurse=False)
    return {**values, "sent": _nested(report.sent), "left": _nested(report.left)}


def _nested(counted: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    nested: dict[str, dict[str, int]] = {}
    for (outer, inner), number in sorted(counted.items()):
        nested.setdefault(outer, {})[inner] = number
    return nested


def redeliver(
    name: Annotated[str, typer.Argument(help="The destination.", show_default=False)],
    *,
    connection: Annotated[
        str | None, typer.Option("--connection", help="Only what this connection brought.")
    ] = None,
    refused: Annotated[
        bool, typer.Option("--refused", help="Only what the destination would not take.")
    ] = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Let the next delivery send again; events keep their ids, and consent is not told again."""
    desk = looking(config, store)

    async def work() -> int:
        return await desk.redeliver(name, connection, refused=refused)

    number = run(work)
    what = "that were refused" if refused else "of the log"
    typer.echo(f"{name}: the next delivery goes again over {number:,} entries {what}")
