"""The commands, and how each ends: a status, and never a traceback.

Exit status: 0 done, 1 failed, 2 wrong usage or configuration, 3 done but something was
newly quarantined or refused, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from pathlib import Path
from typing import Final, NoReturn, TextIO

import typer

from frontdesk.cli import (
    checking,
    deliver,
    demo,
    destinations,
    guests,
    look,
    mapping,
    moving,
    operate,
    plugged,
    serve,
    start,
    users,
    work,
)
from frontdesk.errors import ConfigurationError, FrontdeskError, PlatformError

DONE: Final = 0
FAILED: Final = 1
WRONG: Final = 2

app = typer.Typer(
    name="frontdesk",
    cls=plugged.Commands,
    help="From booking platforms to marketing: events, profiles and consent, by plugins.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for module in (
    demo,
    start,
    checking,
    work,
    deliver,
    destinations,
    serve,
    users,
    operate,
    mapping,
    look,
    guests,
    moving,
):
    module.add(app)


def main() -> NoReturn:
    """Run the command line."""
    stdout = sys.stdout
    logging.getLogger("frontdesk").addHandler(_Spoken())
    try:
        app()
    except SystemExit as ended:
        # Typer puts another stdout in place once whoever read our lines had enough.
        enough = sys.stdout is not stdout
        _flush(stdout)
        sys.exit(DONE if enough else ended.code)
    except ConfigurationError as error:
        # Refused credentials are no wrong usage: a person must act at the platform.
        _end(FAILED if isinstance(error, PlatformError) else WRONG, str(error))
    except FrontdeskError as error:
        _end(FAILED, str(error))
    except Exception as error:
        if os.environ.get("FRONTDESK_DEBUG"):
            raise
        _end(FAILED, f"a fault of frontdesk itself: {_place(error)}; FRONTDESK_DEBUG=1 shows more")
    sys.exit(DONE)


class _Spoken(logging.Handler):
    """Writes warnings as commands speak, to whatever standard error is by then."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        sys.stderr.write(f"frontdesk: {record.getMessage()}\n")


def _flush(stdout: TextIO) -> None:
    try:
        stdout.flush()
    except BrokenPipeError:
        # Python would flush once more at exit, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stdout.fileno())


def _place(error: Exception) -> str:
    """Say what and where; the message is left out, as it may quote a guest's data."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {where.name}() ({Path(where.filename).name}:{where.lineno})"


def _end(status: int, message: str) -> NoReturn:
    sys.stderr.write(f"frontdesk: {message}\n")
    sys.exit(status)
