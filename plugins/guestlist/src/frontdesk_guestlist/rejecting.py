"""Rows that could not be taken, as a file that can be mended and taken in again."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import attrs
from sqlalchemy import Connection, delete, insert, select

from frontdesk.annex import Annex, Job
from frontdesk_guestlist import changes, headings, safe
from frontdesk_guestlist.commas import Line
from frontdesk_guestlist.schema import rejects

KEPT: Final = timedelta(days=1)
_EVERY: Final = timedelta(hours=1)
#: More rejected rows than anybody mends: it is another kind of file.
_ROWS: Final = 20_000
_LETTERS: Final = 16 << 20


class Rejecting:
    """Collects rows that could not be taken; the file is UTF-8 that Excel knows as such.

    Args:
        titles: The first row of the file they come from.
        separator: What separates cells there.
    """

    def __init__(self, titles: Sequence[str], separator: str) -> None:
        self.number = 0
        self._text = io.StringIO()
        self._writer = csv.writer(self._text, delimiter=separator, quoting=csv.QUOTE_ALL)
        self._left_out = headings.ours(titles)
        self._width = len(titles)
        self._write([*self._own(titles), headings.ROW, headings.REASON])

    @property
    def is_full(self) -> bool:
        """Whether no more fit."""
        return self.number >= _ROWS or self._text.tell() >= _LETTERS

    def add(self, line: Line, reason: str) -> None:
        """Add a row with the reason."""
        self.number += 1
        cells = [*line.cells, *[""] * (self._width - len(line.cells))]
        self._write([*self._own(cells), str(line.number), reason])

    def content(self) -> bytes:
        """Return the file."""
        return self._text.getvalue().encode("utf-8-sig", "replace")

    def _own(self, cells: Sequence[str]) -> list[str]:
        # What is beyond the headings would stand under the reason.
        return [cell for place, cell in enumerate(cells) if place not in self._left_out]

    def _write(self, cells: Sequence[str]) -> None:
        self._writer.writerow([safe.protect(safe.unprotect(cell)) for cell in cells])


@attrs.frozen
class Rejects:
    """Rows that could not be taken: a CSV file (UTF-8) with the reason of each.

    Args:
        name: What the file is to be called.
    """

    name: str
    content: bytes = attrs.field(repr=False)


def keep(db: Connection, annex: Annex, name: str, content: bytes) -> str:
    """Keep a file of rejected rows for a day; return its uid."""
    now = annex.clock.now()
    forget_old(db, annex)
    row = {
        "property": annex.settings.property,
        "uid": changes.chosen(),
        "at": now,
        "name": file_name(name),
        "content": content,
    }
    db.execute(insert(rejects), row)
    return str(row["uid"])


def kept(db: Connection, annex: Annex, uid: str) -> Rejects | None:
    """Return rows that could not be taken; None if there are none, or they are a day old."""
    if not uid.isalnum():
        return None
    asked = select(rejects.c.name, rejects.c.content).where(
        rejects.c.property == annex.settings.property,
        rejects.c.uid == uid,
        rejects.c.at > _oldest(annex),
    )
    row = db.execute(asked).one_or_none()
    return None if row is None else Rejects(row.name, row.content)


def forget_old(db: Connection, annex: Annex) -> int:
    """Remove the property's rejected rows that are a day old; return how many files."""
    old = delete(rejects).where(
        rejects.c.property == annex.settings.property, rejects.c.at <= _oldest(annex)
    )
    return db.execute(old).rowcount


def job() -> Job:
    """Return the work that removes rejected rows even if nobody takes in another file."""

    async def work(annex: Annex) -> None:
        await annex.write(lambda db: forget_old(db, annex))

    return Job(name="rejected rows", every=_EVERY, work=work)


def _oldest(annex: Annex) -> datetime:
    return annex.clock.now() - KEPT


def file_name(name: str) -> str:
    """Return what the rejected rows of a file called *name* are to be called."""
    stem = re.sub(r"[^\w -]", "_", name.rpartition("/")[2].rpartition(".")[0] or name)[:80]
    return f"{stem} - not taken.csv"
