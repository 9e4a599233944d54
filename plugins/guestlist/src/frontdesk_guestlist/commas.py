"""CSV files as people have them: in several encodings, with several separators, now and then
damaged.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO, Final

import attrs

from frontdesk.errors import ConfigurationError
from frontdesk_guestlist import headings

_CHUNK: Final = 1 << 16
#: The longest line, and the most lines of a row: a quotation mark that nobody closed would
#: take in the rest of the file.
_LONGEST: Final = 1 << 15
_LINES: Final = 50
_SEPARATORS: Final = (",", ";", "\t")
_NAMES: Final = {",": "commas", ";": "semicolons", "\t": "tabs"}
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_ODD: Final = re.compile("[\udc80-\udcff]")
_LETTERS: Final = re.compile("[\x80-\ud7ff\ue000-\U0010ffff]")
#: Bytes that stand for nothing in Windows-1252, or for what no text has.
_NO_TEXT: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x81\x8d\x8f\x90\x9d]")
_SAVE: Final = "save it as CSV in UTF-8, or as an Excel workbook (.xlsx)"
_NOT_TEXT: Final = f"the file is no text in a known encoding: {_SAVE}"


@attrs.frozen
class Line:
    """A row of a file.

    Args:
        number: Which row it is, as an editor or Excel counts.
        wrong: Why its cells cannot be told apart.
    """

    number: int
    cells: Sequence[str] = attrs.field(repr=False)
    wrong: str = ""


@attrs.frozen
class Table:
    """A file of rows, open to be read once.

    Args:
        read_as: How it is read, in words.
        separator: What separates the cells of such a file.
    """

    read_as: str
    separator: str
    headings: Sequence[str] = attrs.field(repr=False)
    lines: Iterator[Line] = attrs.field(repr=False)


@contextmanager
def opened(stream: BinaryIO) -> Generator[Table]:
    """Read a CSV file, as long as the block lasts.

    Raises:
        ConfigurationError: It is no text, or has no rows.
    """
    codec, encoding = _encoding(stream)
    stream.seek(0)
    text = io.TextIOWrapper(stream, codec, newline="")
    try:
        lines = _Lines(text)
        try:
            separator, first = _headings(lines)
        except UnicodeError:
            # It has zeros as UTF-16 does, and is something else.
            raise ConfigurationError(_NOT_TEXT) from None
        read_as = f"CSV in {encoding}, separated by {_NAMES[separator]}"
        yield Table(read_as, separator, first, _rows(lines, separator))
    finally:
        # Whoever opened the file closes it.
        text.detach()


def _encoding(stream: BinaryIO) -> tuple[str, str]:
    """Return how a file is encoded: a codec, and what people call it."""
    stream.seek(0)
    start = stream.read(_CHUNK)
    for bom, codec, name in _BOMS:
        if start.startswith(bom):
            return codec, name
    if two := _two_bytes(start):
        return two, "UTF-16"
    stream.seek(0)
    good, bad, line = _weigh(stream)
    if not bad:
        return "utf-8", "UTF-8"
    if good > bad:
        raise ConfigurationError(
            f"the file is in UTF-8, but line {line} is not: {_SAVE}, and look at that line"
        )
    stream.seek(0)
    while chunk := stream.read(_CHUNK):
        if _NO_TEXT.search(chunk):
            raise ConfigurationError(_NOT_TEXT)
    return "cp1252", "Windows-1252"


def _two_bytes(start: bytes) -> str:
    """Return the codec of a text whose letters have two bytes each; empty if it is another.

    In our languages most of these have a zero, always on the same side.
    """
    before, after = start[0::2].count(0), start[1::2].count(0)
    most, least = len(start) * 0.35, len(start) * 0.02
    if before > most and after <= least:
        return "utf-16-be"
    return "utf-16-le" if after > most and before <= least else ""


def _weigh(stream: BinaryIO) -> tuple[int, int, int]:
    """Count letters beyond ASCII that are UTF-8, bytes that are not, and say in which line."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    good, bad, lines, first = 0, 0, 1, 0
    while True:
        chunk = stream.read(_CHUNK)
        text = decoder.decode(chunk, final=not chunk)
        if not text.isascii():
            good += len(_LETTERS.findall(text))
            bad += len(_ODD.findall(text))
            if bad and not first:
                first = lines + text.count("\n", 0, _ODD.search(text).start())  # type: ignore[union-attr]  # some were found
        lines += text.count("\n")
        if not chunk:
            return good, bad, first


@attrs.define
class _Lines:
    """Lines of a text, some of which may be put back."""

    _text: io.TextIOWrapper
    number: int = 0
    _back: deque[str] = attrs.field(factory=deque)

    def next(self) -> str:
        """Return the next line with what ends it; nothing at the end of the text.

        Of a line that is too long the rest is lost, so it lacks an end.
        """
        if self._back:
            self.number += 1
            return self._back.popleft()
        line = rest = self._text.readline(_LONGEST)
        self.number += bool(line)
        while len(rest) == _LONGEST and not rest.endswith(("\n", "\r")):
            rest = self._text.readline(_LONGEST)
        return line

    def put_back(self, lines: Sequence[str]) -> None:
        """Have lines read again; the end of the text is none."""
        self.number -= len(lines)
        self._back.extendleft(reversed(lines))


def _headings(lines: _Lines) -> tuple[str, list[str]]:
    """Return what separates cells, and the first row: that in which most is understood."""
    start = lines.next()
    told = re.fullmatch(r"sep=([,;\t])\s*", start)
    if not told:
        lines.put_back([start])
    tried: list[tuple[int, str]] = []
    for separator in told[1] if told else _SEPARATORS:
        taken, row = _row(lines, separator)
        lines.put_back(taken)
        tried.append((headings.understood(row.cells), separator))
    _, separator = max(tried, key=lambda one: one[0])
    _, row = _row(lines, separator)
    if row.wrong or not any(cell.strip() for cell in row.cells):
        raise ConfigurationError("the file is empty, or its first row cannot be read")
    return separator, list(row.cells)


def _rows(lines: _Lines, separator: str) -> Iterator[Line]:
    while True:
        taken, row = _row(lines, separator)
        if not taken:
            return
        if row.wrong or any(cell.strip() for cell in row.cells):
            yield row


def _row(lines: _Lines, separator: str) -> tuple[list[str], Line]:
    """Return the lines of the next row, none at the end, and the row."""
    first = lines.next()
    number, taken = lines.number, [first] if first else []
    cells, wrong = _parsed(first, separator)
    while cells is None and not wrong:
        more = lines.next() if _has_room(taken) else ""
        taken.append(more)
        cells, wrong = _parsed("".join(taken), separator)
        if not more or wrong:
            # The row that opened the quotation mark is lost, but none behind it.
            lines.put_back([line for line in taken[1:] if line])
            del taken[1:]
            wrong = "A quotation mark is opened in this row and never closed."
    return taken, Line(number, [first.rstrip("\r\n")] if wrong else cells or [], wrong)


def _has_room(taken: Sequence[str]) -> bool:
    return len(taken) < _LINES and sum(map(len, taken)) < _LONGEST


def _parsed(text: str, separator: str) -> tuple[list[str] | None, str]:
    """Return a row's cells, None if it goes on in the next line, or what is wrong with it."""
    if len(text) >= _LONGEST and "\n" not in text[:-1]:
        return None, "This row is too long."
    try:
        rows = list(csv.reader([text], delimiter=separator, strict=True))
    except csv.Error as error:
        if str(error) == "unexpected end of data":
            return None, ""
        return None, "A quotation mark stands where none can: double those inside of a cell."
    return rows[0] if rows else [], ""
