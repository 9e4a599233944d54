"""Guests from a file: CSV or an Excel workbook, read piece by piece.

Good rows go in, hundreds at a time; bad ones come back as a CSV file with the reason of each.
A row is known by its reservation number, or, without one, by what it says: the same file taken
in again changes nothing.
"""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

import attrs
from anyio import to_thread
from sqlalchemy import Connection

from frontdesk.annex import Annex
from frontdesk.errors import ConfigurationError
from frontdesk_guestlist import adding, commas, headings, rejecting, safe, sheets, taking
from frontdesk_guestlist.adding import Problems
from frontdesk_guestlist.commas import Line, Table
from frontdesk_guestlist.rejecting import Rejecting, Rejects
from frontdesk_guestlist.taking import Outcome, Row

#: Rows of one transaction: others wait no longer than it takes.
_BATCH: Final = 500

__all__ = ["Rejects", "Taken", "rejects", "take_in"]


@attrs.frozen(kw_only=True)
class Taken:
    """What became of a file's rows.

    Args:
        added: Guests who are new.
        updated: Reservations that were known, and changed.
        unchanged: Rows that say nothing new.
        deleted: Rows of guests whom staff deleted from the list; they stay deleted.
        rejected: Rows that could not be taken.
        rejects: The uid to fetch these by, for a day; None if there are none.
        read_as: How the file was read, such as ``CSV in Windows-1252, separated by commas``.
        ignored: Headings of columns that mean nothing here.
        stopped: Why the rest of the file was not read, if something ended it.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    rejected: int = 0
    rejects: str | None = None
    read_as: str = ""
    ignored: tuple[str, ...] = ()
    stopped: str = ""


async def take_in(annex: Annex, content: Path | BinaryIO, name: str, who: str) -> Taken:
    """Take in a file of guests.

    Args:
        content: Where it is, or the file itself, which must be able to seek.
        name: What it was called.
        who: The name of the member of staff.

    Raises:
        ConfigurationError: It is no such file, or lacks columns; nothing was taken.
    """
    with ExitStack() as stack:
        intake = await to_thread.run_sync(_begin, annex, stack, content)
        while not intake.done:
            rows = await to_thread.run_sync(intake.next_rows)
            if rows:
                intake.count(await annex.write(partial(intake.take, rows=rows)))
        taken = await annex.write(partial(intake.end, name=name, who=who))
    annex.call()
    return taken


def rejects(db: Connection, annex: Annex, uid: str) -> Rejects | None:
    """Return rows that could not be taken; None if there are none, or they are a day old."""
    return rejecting.kept(db, annex, uid)


def _begin(annex: Annex, stack: ExitStack, content: Path | BinaryIO) -> _Intake:
    stream = stack.enter_context(_file(content)) if isinstance(content, Path) else content
    stream.seek(0)
    start = stream.read(len(sheets.START))
    if start == sheets.OLD:
        raise ConfigurationError(
            "this is a workbook with a password, or of Excel until 2003 (.xls): save it as .xlsx "
            "without a password, or as CSV in UTF-8"
        )
    opened = sheets.opened if start == sheets.START else commas.opened
    return _Intake(annex, stack.enter_context(opened(stream)))


def _file(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise ConfigurationError(
            f"the file {str(path)!r} cannot be read: {error.strerror}"
        ) from None


class _Intake:
    """A file that is being taken in."""

    def __init__(self, annex: Annex, table: Table) -> None:
        self.done = False
        self._annex, self._table = annex, table
        self._places = headings.places(table.headings)
        self._rejects = Rejecting(table.headings, table.separator)
        self._counted: Counter[str] = Counter()
        self._stopped, self._row = "", 1

    def next_rows(self) -> list[Row]:
        """Read on, and return the rows that can be taken; the others are rejected."""
        read: list[Row | None] = []
        try:
            for line in islice(self._table.lines, _BATCH):
                # What was read before the damage is taken.
                read.append(self._read(line))  # noqa: PERF401
        except sheets.DAMAGED:
            self._stop("the file is damaged from there on, or not in the encoding it begins in")
        if len(read) < _BATCH:
            self.done = True
        elif self._rejects.is_full:
            self._stop("too many rows could not be taken: mend the file, and take it in again")
        return [row for row in read if row is not None]

    def take(self, db: Connection, rows: list[Row]) -> Outcome:
        """Take rows into the list."""
        return taking.take(db, self._annex, rows, self._places.keys())

    def count(self, outcome: Outcome) -> None:
        """Count what has become of rows, once that is written."""
        for name in ("added", "updated", "unchanged", "deleted"):
            self._counted[name] += getattr(outcome, name)
        for line, reason in outcome.rejected:
            self._rejects.add(line, reason)

    def end(self, db: Connection, name: str, who: str) -> Taken:
        """Keep what was rejected, and say what became of all."""
        uid, rejected = None, self._rejects.number
        if rejected:
            uid = rejecting.keep(db, self._annex, name, self._rejects.content())
        taken = Taken(
            **self._counted,
            rejected=rejected,
            rejects=uid,
            read_as=self._table.read_as,
            ignored=headings.ignored(self._table.headings),
            stopped=self._stopped,
        )
        self._annex.note(db, who, "guestlist import", rejected=rejected, **self._counted)
        return taken

    def _read(self, line: Line) -> Row | None:
        self._row = line.number
        found = self._drafted(line)
        if isinstance(found, Row):
            return found
        self._rejects.add(line, found)
        return None

    def _drafted(self, line: Line) -> Row | str:
        if line.wrong:
            return line.wrong
        cells = [safe.unprotect(cell) for cell in line.cells]
        if any(cell.strip() for cell in cells[len(self._table.headings) :]):
            return "The row has more cells than the first row has headings."
        typed = {name: cells[at] for name, at in self._places.items() if at < len(cells)}
        found = adding.read(typed, self._annex)
        if isinstance(found, Problems):
            told = (f"{headings.TITLES[name]}: {said}" for name, said in found.by_field.items())
            return " ".join(told)
        return Row(line, found)

    def _stop(self, why: str) -> None:
        self.done = True
        self._stopped = self._stopped or f"The file was read up to row {self._row}: {why}."
