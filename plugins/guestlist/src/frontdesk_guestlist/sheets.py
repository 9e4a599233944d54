"""Excel workbooks with rows of guests, read row by row and distrusted."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, BinaryIO, Final
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from frontdesk.errors import ConfigurationError
from frontdesk_guestlist.commas import Line, Table

#: How a workbook begins: it is a ZIP archive. The other is that of Excel until 2003, and of
#: workbooks with a password.
START: Final = b"PK\x03\x04"
OLD: Final = b"\xd0\xcf\x11\xe0"
_PARTS: Final = 1_000
_WHOLE: Final = 512 << 20
#: What is read into memory at once: texts that cells share, and everything but the sheets.
_SHARED: Final = 64 << 20
_OTHER: Final = 16 << 20
#: Workbooks are seldom packed ten times smaller; a hundred times are those made to explode.
_PACKED: Final = 100
_SMALL: Final = 1 << 20
_COLUMNS: Final = 100
#: What damaged workbooks make the reader raise.
DAMAGED: Final = (
    BadZipFile,
    ParseError,
    zlib.error,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


@contextmanager
def opened(stream: BinaryIO) -> Generator[Table]:
    """Read the first sheet of a workbook, as long as the block lasts.

    Raises:
        ConfigurationError: It is no workbook, too large, or has no rows.
    """
    try:
        _refuse_bombs(stream)
        book = _load(stream)
    except DAMAGED:
        raise ConfigurationError(
            "the file cannot be read as an Excel workbook (.xlsx): open it in Excel and save it "
            "again, or save it as CSV in UTF-8"
        ) from None
    try:
        yield _table(book)
    finally:
        book.close()


def _load(stream: BinaryIO) -> Any:
    import openpyxl  # type: ignore[import-untyped]  # noqa: PLC0415  # slow, and has no types

    # Without it, entities that refer to each other would fill the memory.
    if not openpyxl.DEFUSEDXML:
        raise ConfigurationError("reading workbooks needs a library; try: pip install defusedxml")
    stream.seek(0)
    with _silence():
        return openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)


@contextmanager
def _silence() -> Generator[None]:
    """Keep what the reader remarks on a workbook out of logs: it quotes cells."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _refuse_bombs(stream: BinaryIO) -> None:
    """Refuse what would not fit; more than a part says of its size is never read of it."""
    stream.seek(0)
    with ZipFile(stream) as archive:
        parts = archive.infolist()
    sheets = [part for part in parts if part.filename.startswith("xl/worksheets/")]
    others = [part for part in parts if part not in sheets]
    fits = (
        len(parts) <= _PARTS
        and sum(part.file_size for part in parts) <= _WHOLE
        and all(part.file_size <= _room(part.filename) for part in others)
        and all(part.file_size <= max(_SMALL, _PACKED * part.compress_size) for part in parts)
    )
    if not fits:
        raise ConfigurationError(
            "the workbook is too large to be read: leave only the sheet of guests in it, or save "
            "that as CSV in UTF-8"
        )


def _room(part: str) -> int:
    return _SHARED if part.endswith("sharedStrings.xml") else _OTHER


def _table(book: Any) -> Table:
    if not book.worksheets:
        raise ConfigurationError("the workbook has no sheet with rows")
    sheet = book.worksheets[0]
    # It says how large it is, but need not tell the truth.
    sheet.reset_dimensions()
    lines = _lines(sheet)
    try:
        first = next(lines, None)
    except DAMAGED:
        raise ConfigurationError("the workbook's first sheet is damaged") from None
    if first is None:
        raise ConfigurationError("the workbook's first sheet is empty")
    return Table("Excel workbook, its first sheet", ",", first.cells, lines)


def _lines(sheet: Any) -> Iterator[Line]:
    rows = sheet.iter_rows(max_col=_COLUMNS, values_only=True)
    number = 0
    while True:
        with _silence():
            row = next(rows, None)
        if row is None:
            return
        number += 1
        cells = _bare([_text(value) for value in row])
        if cells:
            yield Line(number, cells)


def _bare(cells: Sequence[str]) -> list[str]:
    """Return cells up to the last that has something in it."""
    last = max((place for place, cell in enumerate(cells, 1) if cell.strip()), default=0)
    return list(cells[:last])


def _text(value: Any) -> str:
    """Return a cell's value as it would be typed."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return _number(value) if isinstance(value, float) else str(value)


def _number(value: float) -> str:
    whole, _, rest = f"{value:.6f}".rstrip("0").partition(".")
    # Three digits behind a point could be thousands.
    return f"{whole}.{rest.ljust(4, '0') if len(rest) == len('000') else rest}" if rest else whole
