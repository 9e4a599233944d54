"""Running the asynchronous part of a command."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar, TypeVarTuple

import anyio
import typer

_T = TypeVar("_T")
_Args = TypeVarTuple("_Args")

STOPPED: Final = 130


def run(work: Callable[[*_Args], Awaitable[_T]], *args: *_Args) -> _T:
    """Run *work* to its end; Ctrl-C ends it at a committed point, and the command with it."""
    try:
        return anyio.run(work, *args)
    except KeyboardInterrupt:
        typer.echo(
            "frontdesk: stopped; what was committed stays, and the same command goes on from there",
            err=True,
        )
        raise typer.Exit(STOPPED) from None
