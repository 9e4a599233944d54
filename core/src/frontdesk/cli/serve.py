"""Commands of the live half: run, inbox, webhooks."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import attrs
import typer

from frontdesk.cli.options import ConfigOption, JsonOption, StoreOption, configured, looking
from frontdesk.cli.output import print_json, print_table, shown
from frontdesk.cli.running import run as finish
from frontdesk.cli.users import link_to
from frontdesk.errors import ConfigurationError

if TYPE_CHECKING:
    from frontdesk.desk import Desk

_ConnectionArgument = Annotated[str, typer.Argument(help="The connection.", show_default=False)]
#: How a delivery ends; they add up to what was received.
ENDS: Final = ("duplicate", "drained", "quarantined", "discarded", "pending")


def add(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    app.command()(run)
    box = typer.Typer(help="Look at webhooks that were received and what became of them.")
    box.callback(invoke_without_command=True)(inbox)
    box.command("discard")(discard)
    app.add_typer(box, name="inbox")
    hooks = typer.Typer(help="Webhooks of a platform.")
    hooks.command("url")(url)
    for command in (install, list_webhooks, remove):
        hooks.command(command.__name__.removesuffix("_webhooks"))(command)
    hooks.callback()(_webhooks)
    app.add_typer(hooks, name="webhooks", no_args_is_help=True)


def run(
    *,
    config: ConfigOption = None,
    host: Annotated[str | None, typer.Option("--host", help="Where to listen.")] = None,
    port: Annotated[
        int | None, typer.Option("--port", help="The port to listen on; 0 takes any.")
    ] = None,
) -> None:
    """Run the service: webhooks, changes, history, deliveries, pages; until SIGTERM or Ctrl-C."""
    desk = configured(config)
    if not desk.connections:
        raise ConfigurationError(
            "there is no connection to follow; write one with: frontdesk init CONNECTOR"
        )
    try:
        from frontdesk.web.serving import serve  # keeps --help fast
    except ImportError:
        raise ConfigurationError(
            "the service needs libraries; try: pip install 'frontdesk[web]'"
        ) from None
    settings = desk.service_settings
    _log_lines()

    async def work() -> None:
        where = settings.port if port is None else port
        async with desk:
            await serve(desk, host or settings.host, where, partial(_say_ready, desk))

    finish(work)


async def _say_ready(desk: Desk, address: str) -> None:
    logging.getLogger("frontdesk").info("listening on %s", address)
    link = await desk.first_login_link() if desk.service_settings.pages else None
    if link is not None:
        # What lets somebody in is for whoever reads the terminal, and no line of the log.
        typer.echo(
            f"Nobody has logged in yet. This link does, once, within an hour:\n"
            f"  {link_to(desk, link, address)}"
        )


def _log_lines() -> None:
    """Write a line for each thing that happens."""
    log = logging.getLogger("frontdesk")
    for handler in tuple(log.handlers):
        # It says warnings as commands do; here every line has its time.
        log.removeHandler(handler)
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S%z")
    )
    log.addHandler(lines)
    log.setLevel(logging.INFO)


def inbox(
    context: typer.Context,
    *,
    config: ConfigOption = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Show what was received, by connection, and how it ended."""
    if context.invoked_subcommand is not None:
        return
    desk = looking(config, store)
    rows, strays = finish(desk.inboxes), finish(desk.strays)
    audits = [one for one in finish(desk.audits) if one["action"] == "inbox discard"]
    if json:
        foreign = {name: {"total": n, "last": last} for name, (n, last) in strays.items()}
        print_json({"inboxes": rows, "strays": foreign, "audits": audits})
        return
    for row in rows:
        ends = ", ".join(f"{getattr(row, end):,} {end}" for end in ENDS)
        typer.echo(f"{row.connection} ({row.integration}): {row.received:,} received: {ends}")
        if row.oldest is not None:
            typer.echo(f"  {row.bytes:,} bytes wait, the oldest since {shown(row.oldest)} UTC")
    if not rows:
        typer.echo("the store has no connection yet")
    for connector, (number, last) in strays.items():
        typer.echo(
            f"{number:,} webhooks to /webhooks/at/{connector} were meant for no connection here, "
            f"the last on {last:%Y-%m-%d %H:%M} UTC"
        )
    for audit in audits:
        given_up = ", ".join(f"{n:,} of {name}" for name, n in audit["deliveries"].items())
        typer.echo(f"{audit['at']:%Y-%m-%d %H:%M} UTC: {audit['action']}: {given_up or 'none'}")


def discard(
    connection: Annotated[
        str | None, typer.Argument(help="Only this connection's; all unless given.")
    ] = None,
    *,
    before: Annotated[
        datetime, typer.Option("--before", help="UTC; what was received earlier goes.")
    ],
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Remove webhooks that wait to be drained; that it was done is noted in the store."""
    desk = looking(config, store)
    removed = finish(desk.discard_deliveries, before.replace(tzinfo=UTC), connection)
    for name, number in removed.items():
        typer.echo(
            f"{name}: {number:,} deliveries discarded; only polling will find what they said"
        )
    if not removed:
        typer.echo("nothing was pending from before that time")


def _webhooks() -> None:
    """Webhooks of a platform."""


def url(
    connection: _ConnectionArgument,
    *,
    config: ConfigOption = None,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Print secrets that belong to the URL.")
    ] = False,
) -> None:
    """Print the URL to give to the platform."""
    typer.echo(configured(config).webhook_url(connection, reveal=reveal))


def install(
    connection: _ConnectionArgument, *, config: ConfigOption = None, json: JsonOption = False
) -> None:
    """Have the platform send its webhooks here; doing so twice makes no second one."""
    _manage(connection, config, "install", json=json)


def list_webhooks(
    connection: _ConnectionArgument, *, config: ConfigOption = None, json: JsonOption = False
) -> None:
    """Show the webhooks the platform has; status 1 if one that leads here does not work."""
    _manage(connection, config, "list", json=json)


def remove(
    connection: _ConnectionArgument, *, config: ConfigOption = None, json: JsonOption = False
) -> None:
    """Have the platform send no more webhooks here."""
    _manage(connection, config, "remove", json=json)


def _manage(
    name: str, config: Path | None, action: Literal["install", "list", "remove"], *, json: bool
) -> None:
    from frontdesk.ingest.subscribing import bare, ill  # keeps --help fast

    desk = configured(config)
    there = finish(lambda: desk.webhooks(name, action))
    url = desk.webhook_url(name, reveal=True)
    if json:
        print_json([{**attrs.asdict(one), "url": bare(one.url)} for one in there])
    elif there:
        rows = [(one.id, one.state, bare(one.url), len(one.events), one.note) for one in there]
        print_table("", ("webhook", "state", "leads to", "events", ""), rows)
    else:
        typer.echo(f"{name}: there is no webhook")
    if action != "remove" and ill(url, there):
        raise typer.Exit(1)
