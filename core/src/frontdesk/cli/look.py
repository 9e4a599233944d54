"""Commands that look: connectors, catalog, metrics, profiles, events, quarantine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from frontdesk.cli.options import (
    ConfigOption,
    IntegrationOption,
    JsonOption,
    LimitOption,
    StoreOption,
    configured,
    looking,
)
from frontdesk.cli.output import print_json, print_line, print_table
from frontdesk.cli.running import run

if TYPE_CHECKING:
    from frontdesk.desk import Desk
    from frontdesk.store import listing
    from frontdesk.store.left import GoneRow


def add(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    for command in (connectors, catalog, metrics, profiles, events):
        app.command()(command)
    group = typer.Typer(help="Look at what could not be used, and mend it.")
    group.command("list")(quarantine_list)
    group.command("show")(quarantine_show)
    group.command("replay")(quarantine_replay)
    app.add_typer(group, name="quarantine", no_args_is_help=True)


def connectors(context: typer.Context, *, json: JsonOption = False) -> None:
    """List what is installed, and its state: connectors, destination plugins, their commands."""
    from frontdesk.cli import plugged  # keeps --help fast
    from frontdesk.registry import installed, installed_destinations

    brought = plugged.installed(context.find_root().command)
    found = (*installed(), *installed_destinations(), *brought)
    if json:
        print_json(found)
        return
    columns = ("name", "kind", "title", "distribution", "version", "state", "reason")
    print_table("Installed", columns, [[getattr(one, name) for name in columns] for one in found])


def catalog(
    connector: Annotated[
        str | None, typer.Argument(help="All installed ones unless given.")
    ] = None,
    *,
    json: JsonOption = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the docs page.")] = False,
) -> None:
    """Show the data reference: what a connector carries, name by name."""
    from frontdesk import catalog as reference  # keeps --help fast
    from frontdesk.registry import installed, load
    from frontdesk.withholding import sensitive_names

    names = [connector] if connector else [c.name for c in installed() if c.state == "ready"]
    found = [load(name) for name in names]
    if json:
        entries = [reference.catalog(one) for one in found]
        print_json(entries[0] if connector else entries)
    elif markdown:
        typer.echo("\n".join(reference.markdown(one) for one in found), nl=False)
    else:
        for one in found:
            m = one.manifest
            rows = [(x.name, len(x.properties), x.meaning) for x in m.metrics]
            print_table(f"{m.title}: metrics", ("metric", "properties", "tracked when"), rows)
            fields = [
                (f.name, f.kind.value, f.type, reference.meaning(f.meaning, sensitive=f.sensitive))
                for f in m.profile
            ]
            print_table(f"{m.title}: profile", ("field", "kind", "type", "meaning"), fields)
            if sensitive := sorted(sensitive_names(m)):
                typer.echo(f'withhold = "sensitive" covers: {", ".join(sensitive)}')


def metrics(
    *,
    config: ConfigOption = None,
    store: StoreOption = None,
    integration: IntegrationOption = None,
    json: JsonOption = False,
) -> None:
    """List every metric in use."""
    rows = run(looking(config, store).metrics, integration)
    if json:
        print_json(rows)
        return
    columns = ("integration", "connection", "metric", "events", "value", "last")
    table = [(r.integration, r.connection, r.name, r.count, r.values, r.last) for r in rows]
    print_table("Metrics", columns, table)


def profiles(
    search: Annotated[
        str | None,
        typer.Argument(help="Beginning of an e-mail, a phone or a name; or a platform's id."),
    ] = None,
    *,
    config: ConfigOption = None,
    store: StoreOption = None,
    integration: IntegrationOption = None,
    limit: LimitOption = 50,
    gone: Annotated[
        bool, typer.Option("--gone", help="Guests whom their platform deleted, instead.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """List profiles."""
    desk = looking(config, store)
    if gone:
        _list_gone(desk, integration, limit, json=json)
        return

    async def ask() -> list[listing.ProfileRow]:
        return await desk.profiles(integration=integration, search=search, limit=limit)

    rows = run(ask)
    if json:
        print_json(rows)
        return
    columns = ("integration", "e-mail", "phone", "first name", "last name", "consent")
    names = ("email", "phone_number", "first_name", "last_name")
    table = [
        (
            r.integration,
            *(r.profile.get(name) for name in names),
            ", ".join(f"{channel}: {state}" for channel, state in r.consent.items()),
        )
        for r in rows
    ]
    print_table("Profiles", columns, table)


def _list_gone(desk: Desk, integration: str | None, limit: int, *, json: bool) -> None:
    async def ask() -> list[GoneRow]:
        return await desk.gone(integration=integration, limit=limit)

    rows = run(ask)
    if json:
        print_json(rows)
        return
    table = [(r.integration, r.connection, r.guest, r.since) for r in rows]
    print_table("Gone", ("integration", "connection", "guest", "since"), table)
    if rows:
        typer.echo("to erase one here and at every destination: frontdesk forget GUEST")


def events(
    *,
    config: ConfigOption = None,
    store: StoreOption = None,
    integration: IntegrationOption = None,
    metric: Annotated[str | None, typer.Option("--metric", help="Only this metric's.")] = None,
    guest: Annotated[str | None, typer.Option("--guest", help="Only this guest's.")] = None,
    limit: LimitOption = 50,
    json: JsonOption = False,
) -> None:
    """List events, latest first."""
    desk = looking(config, store)

    async def ask() -> list[listing.EventRow]:
        return await desk.events(integration=integration, metric=metric, guest=guest, limit=limit)

    rows = run(ask)
    if json:
        print_json(rows)
        return
    columns = ("time", "integration", "metric", "guest", "value", "currency", "origin")
    table = [
        (
            r.event["time"],
            r.integration,
            r.event["metric"],
            r.event["guest"],
            r.event["value"],
            r.event["currency"],
            r.origin,
        )
        for r in rows
    ]
    print_table("Events", columns, table)


def quarantine_list(
    *,
    config: ConfigOption = None,
    store: StoreOption = None,
    integration: IntegrationOption = None,
    all: Annotated[bool, typer.Option("--all", help="Also what is settled by now.")] = False,
    json: JsonOption = False,
) -> None:
    """List what could not be used, and why."""
    desk = looking(config, store)

    async def ask() -> list[listing.QuarantineRow]:
        return await desk.quarantine(integration=integration, all=all)

    rows = run(ask)
    _tell_refused(desk)
    if json:
        print_json(rows)
        return
    columns = ("id", "connection", "stream", "record", "reason", "since", "tries", "settled")
    table = [
        (str(r.id), r.connection, r.stream, r.key, r.reason, r.since, r.tries, r.closed)
        for r in rows
    ]
    print_table("Quarantine", columns, table)


def _tell_refused(desk: Desk) -> None:
    """Say that what destinations refused is listed elsewhere."""
    for row in run(desk.destination_status):
        if row.refused:
            typer.echo(
                f"frontdesk: {row.name} did not take {row.refused:,} items; see: frontdesk "
                f"destinations refusals {row.name}",
                err=True,
            )


def quarantine_show(
    id: Annotated[int, typer.Argument(help="As listed.")],
    *,
    config: ConfigOption = None,
    store: StoreOption = None,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show guest data.")] = False,
) -> None:
    """Show one entry; guest data is masked until asked for."""
    entry = run(looking(config, store).quarantined, id, reveal)
    print_json(entry)


def quarantine_replay(
    ids: Annotated[list[int], typer.Argument(help="As listed.")],
    *,
    config: ConfigOption = None,
) -> None:
    """Try entries again with today's mapping."""
    outcomes = run(configured(config).replay, *ids)
    for id, outcome in outcomes.items():
        print_line({"id": id, "outcome": outcome})
    if any(outcome != "replayed" for outcome in outcomes.values()):
        raise typer.Exit(1)
