"""Commands for a guest who asks: export-guest, forget."""

from __future__ import annotations

import sys
from typing import Annotated, TypeAlias

import typer

from frontdesk.cli.options import ConfigOption, StoreOption, looking
from frontdesk.cli.output import print_json
from frontdesk.cli.running import run

WhoArgument: TypeAlias = Annotated[
    str, typer.Argument(help="E-mail, phone or platform id; - reads it from standard input.")
]


def add(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    app.command("export-guest")(export_guest)
    app.command()(forget)


def export_guest(
    who: WhoArgument, *, config: ConfigOption = None, store: StoreOption = None
) -> None:
    """Print all that is stored of a guest, as one JSON document."""
    found = run(looking(config, store).export_guest, _named(who))
    print_json(found)
    _end(found=bool(found["brands"]))


def forget(who: WhoArgument, *, config: ConfigOption = None, store: StoreOption = None) -> None:
    """Erase a guest from the store, and print a receipt."""
    receipts = run(looking(config, store).forget, _named(who))
    print_json({"receipts": receipts})
    _end(found=bool(receipts))


def _named(who: str) -> str:
    from frontdesk.errors import ConfigurationError  # keeps --help fast

    named = (sys.stdin.readline() if who == "-" else who).strip()
    if not named:
        raise ConfigurationError("nobody is named: give an e-mail, a phone or a platform id")
    return named


def _end(*, found: bool) -> None:
    if not found:
        typer.echo("frontdesk: nothing is stored of this guest", err=True)
        raise typer.Exit(1)
