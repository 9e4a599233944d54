"""Commands of the guest list: frontdesk guests."""

from __future__ import annotations

import typer

app = typer.Typer(help="The guest list of a property.", no_args_is_help=True)
