"""Commands for a guest who asks: export-guest, forget."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from frontdesk.cli.options import ConfigOption, JsonOption, StoreOption, looking, whom
from frontdesk.cli.output import print_json, print_table
from frontdesk.cli.running import run

if TYPE_CHECKING:
    from frontdesk.desk import Desk

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
    found = run(looking(config, store).export_guest, whom(who))
    print_json(found)
    _end(found=bool(found["brands"]))


def forget(
    who: Annotated[
        str | None,
        typer.Argument(help="E-mail, phone or platform id; - reads it from standard input."),
    ] = None,
    *,
    receipts: Annotated[
        bool, typer.Option("--receipts", help="Erase nobody: list the receipts there are.")
    ] = False,
    config: ConfigOption = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Erase a guest from the store and at destinations, and print a receipt as JSON."""
    desk = looking(config, store)
    if receipts:
        _refuse_both(who)
        _list_receipts(desk, json=json)
        return
    given = run(desk.forget, whom(who or ""))
    print_json({"receipts": given})
    _tell_owed(desk)
    _end(found=bool(given))


def _refuse_both(who: str | None) -> None:
    from frontdesk.errors import ConfigurationError  # keeps --help fast

    if who is not None:
        raise ConfigurationError("--receipts lists all receipts: name nobody with it")


def _tell_owed(desk: Desk) -> None:
    """Name the destinations that have yet to erase somebody."""
    for row in run(desk.destination_status):
        if row.erasures_due:
            typer.echo(
                f"frontdesk: {row.name} has yet to erase {row.erasures_due:,}; they are erased "
                f"with its next delivery: frontdesk deliver {row.name}",
                err=True,
            )


def _list_receipts(desk: Desk, *, json: bool) -> None:
    kept = run(desk.receipts)
    if json:
        print_json({"receipts": kept})
        return
    columns = ("when", "brand", "guest", "erased", "destinations")
    rows = [
        (one.at, one.brand, one.hash, _summed(one.erased), _answered(one.destinations))
        for one in kept
    ]
    print_table("Receipts", columns, rows)
    _tell_owed(desk)


def _answered(destinations: dict[str, str]) -> str:
    return "; ".join(f"{name}: {said}" for name, said in destinations.items())


def _summed(erased: dict[str, dict[str, int]]) -> Counter[str]:
    """Add up over connections."""
    total: Counter[str] = Counter()
    for kinds in erased.values():
        total.update(kinds)
    return total


def _end(*, found: bool) -> None:
    if not found:
        typer.echo("frontdesk: nothing is stored of this guest", err=True)
        raise typer.Exit(1)
