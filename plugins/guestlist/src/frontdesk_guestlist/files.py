"""Guests from a file: CSV or an Excel workbook, read piece by piece.

Good rows go in, hundreds at a time; bad ones come back as a CSV file with the reason of each.
A row is known by its reservation number, or, without one, by what it says: the same file taken
in again changes nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import attrs
from sqlalchemy import Connection

from frontdesk.annex import Annex


@attrs.frozen(kw_only=True)
class Taken:
    """What became of a file's rows.

    Args:
        added: Guests who are new.
        updated: Reservations that were known, and changed.
        unchanged: Rows that say nothing new.
        rejected: Rows that could not be taken.
        rejects: The uid to fetch these by, for a day; None if there are none.
        read_as: How the file was read, such as ``Windows-1252, separated by ;``.
        ignored: Headings of columns that mean nothing here.
        stopped: Why the rest was not read, if something ended it; empty otherwise.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    rejects: str | None = None
    read_as: str = ""
    ignored: tuple[str, ...] = ()
    stopped: str = ""


@attrs.frozen
class Rejects:
    """Rows that could not be taken: a CSV file (UTF-8) with the reason of each.

    Args:
        name: What the file is to be called.
    """

    name: str
    content: bytes = attrs.field(repr=False)


async def take_in(annex: Annex, content: Path | BinaryIO, name: str, who: str) -> Taken:
    """Take in a file of guests.

    Args:
        content: Where it is, or the file itself, which must be able to seek.
        name: What it was called.
        who: The name of the member of staff.

    Raises:
        ConfigurationError: It is no such file, or lacks columns; nothing was taken.
    """
    raise NotImplementedError


def rejects(db: Connection, annex: Annex, uid: str) -> Rejects | None:
    """Return rows that could not be taken; None if there are none, or they are a day old."""
    raise NotImplementedError
