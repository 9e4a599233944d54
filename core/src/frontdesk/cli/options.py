"""Options that several commands share, and the desk they stand for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    from frontdesk.desk import Desk

ConfigOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--config", help="Configuration file; else $FRONTDESK_CONFIG, ./frontdesk.toml."),
]
StoreOption: TypeAlias = Annotated[
    str | None, typer.Option("--store", help="Store to look into, instead of the configured one.")
]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]
IntegrationOption: TypeAlias = Annotated[
    str | None, typer.Option("--integration", help="Only this connector's.")
]
LimitOption: TypeAlias = Annotated[int, typer.Option("--limit", min=1, help="At most so many.")]


def configured(config: Path | None) -> Desk:
    """Return the desk of the configuration file.

    Raises:
        ConfigurationError: There is none, or something in it is wrong.
    """
    from frontdesk import config as configuration  # keeps --help fast
    from frontdesk.desk import Desk
    from frontdesk.errors import ConfigurationError

    path = configuration.find(config)
    if path is None:
        raise ConfigurationError(
            "there is no frontdesk.toml here; write one with: frontdesk init CONNECTOR "
            "(or name one with --config)"
        )
    return Desk.from_config(path)


def looking(config: Path | None, store: str | None) -> Desk:
    """Return a desk to look into a store that must exist.

    Raises:
        ConfigurationError: There is no such store.
    """
    from frontdesk.desk import Desk  # keeps --help fast
    from frontdesk.errors import ConfigurationError

    desk = configured(config) if store is None else Desk(store)
    where = desk.store.where
    if "://" not in where and not Path(where).exists():
        raise ConfigurationError(f"there is no store {where!r} yet; fill it with: frontdesk sync")
    return desk


def whom(who: str) -> str:
    """Return who is meant; ``-`` reads it from standard input, where no shell remembers it.

    Raises:
        ConfigurationError: Nobody is named.
    """
    from frontdesk.errors import ConfigurationError  # keeps --help fast

    named = (sys.stdin.readline() if who == "-" else who).strip()
    if not named:
        raise ConfigurationError("nobody is named: give an e-mail, a phone or a platform id")
    return named
