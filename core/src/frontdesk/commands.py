"""What the commands of a plugin are made of.

A plugin's package names a Typer app in the entry point group ``frontdesk.commands``; the
entry point's name is what is typed after ``frontdesk``. It is imported when it is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from frontdesk.cli.options import (
    ConfigOption,
    JsonOption,
    LimitOption,
    StoreOption,
    configured,
    looking,
    whom,
)
from frontdesk.cli.output import print_json, print_line, print_table, shown
from frontdesk.cli.running import run

if TYPE_CHECKING:
    from frontdesk.annex import Annex
    from frontdesk.desk import Desk

__all__ = [
    "ConfigOption",
    "JsonOption",
    "LimitOption",
    "StoreOption",
    "annex_of",
    "configured",
    "looking",
    "print_json",
    "print_line",
    "print_table",
    "run",
    "shown",
    "whom",
]


def annex_of(desk: Desk, connector: str, name: str | None = None) -> Annex:
    """Return the annex of a connector's connection: the only one, or that called *name*.

    Raises:
        ConfigurationError: There is no such connection, or there are several.
    """
    from frontdesk.errors import ConfigurationError  # noqa: PLC0415  # keeps --help fast

    names = [one.name for one in desk.connections.values() if one.connector.name == connector]
    there = ", ".join(names) or "none"
    if name is not None and name not in names:
        raise ConfigurationError(
            f"there is no connection {name!r} of connector {connector!r}; there are: {there}"
        )
    if name is None and len(names) != 1:
        raise ConfigurationError(
            f"connector {connector!r} has several connections, so name one: {there}"
            if names
            else f"there is no connection of connector {connector!r}; write one with: "
            f"frontdesk init {connector}"
        )
    return desk.annex(name or names[0])
