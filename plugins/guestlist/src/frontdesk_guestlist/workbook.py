"""The guest list as an Excel workbook: exactly what the filters show.

Its columns are those that a file of guests may have, so it can be taken in again, and what
follows for the guest besides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from frontdesk.annex import Annex
from frontdesk_guestlist import changes, headings, listing, rowing, safe
from frontdesk_guestlist.guests import Guest
from frontdesk_guestlist.listing import Filters, Sort

#: Widths of columns, in letters.
_WIDTHS: Final = {"Reservation number": 20, "E-mail": 30, "Room type": 20, "Channel": 16}
_WIDTH: Final = 14
#: What Excel has room for: rows of a sheet with its headings, letters of a cell.
_ROWS: Final = 1 << 20
_LETTERS: Final = 32_767
_WHY_NOT: Final = {
    "staff": "unsubscribed by staff",
    "guest": "unsubscribed by the guest",
    "elsewhere": "unsubscribed elsewhere",
}
#: What XML cannot carry.
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FORMATS: Final = {
    "heading": {"bold": True},
    "day": {"num_format": "yyyy-mm-dd"},
    "time": {"num_format": "yyyy-mm-dd hh:mm"},
    "money": {"num_format": "0.00##"},
    # Whoever edits the cell does not make it a formula.
    "text": {"num_format": "@", "quote_prefix": True},
}


def write(db: Connection, annex: Annex, filters: Filters, sort: Sort, target: IO[bytes]) -> int:
    """Write all guests that the filters show, in that order; return how many.

    Days are dates and money is a number; whatever a guest is called stays text.
    """
    import xlsxwriter  # type: ignore[import-untyped]  # noqa: PLC0415  # slow, and has no types

    number = 0
    columns = _columns(changes.zone(annex))
    # Each row leaves the memory once it is written.
    with xlsxwriter.Workbook(target, {"constant_memory": True}) as book:
        formats = {name: book.add_format(format) for name, format in _FORMATS.items()}
        sheet: Any = None
        for guest in listing.walk(db, annex, filters, sort):
            row = number % (_ROWS - 1)
            if row == 0:
                sheet = _headed(book, columns, formats)
            for place, value in enumerate(columns.values()):
                _put(sheet, formats, (row + 1, place), value(guest))
            number += 1
        if sheet is None:
            _headed(book, columns, formats)
    return number


def _headed(book: Any, titles: Collection[str], formats: Mapping[str, Any]) -> Any:
    """Begin a sheet with its first row."""
    before = len(book.worksheets())
    sheet = book.add_worksheet(f"Guests {before + 1}" if before else "Guests")
    sheet.freeze_panes(1, 0)
    for place, title in enumerate(titles):
        sheet.set_column(place, place, _WIDTHS.get(title, _WIDTH))
        sheet.write_string(0, place, title, formats["heading"])
    return sheet


def _put(sheet: Any, formats: Mapping[str, Any], at: tuple[int, int], value: Any) -> None:
    """Write a cell; text is text whatever it looks like."""
    if isinstance(value, bool):
        sheet.write_string(*at, "yes" if value else "no")
    elif isinstance(value, str):
        if value:
            text = _UNWRITABLE.sub("\ufffd", value)[:_LETTERS]
            sheet.write_string(*at, text, formats["text"] if safe.is_computed(text) else None)
    elif isinstance(value, Decimal):
        sheet.write_number(*at, float(value), formats["money"])
    elif isinstance(value, int):
        sheet.write_number(*at, value)
    elif isinstance(value, date):
        sheet.write_datetime(*at, value, formats["time" if isinstance(value, datetime) else "day"])


def _columns(zone: ZoneInfo) -> Mapping[str, Callable[[Guest], Any]]:
    """Return what stands in each column, by its title."""

    def local(at: datetime) -> datetime:
        return at.astimezone(zone).replace(tzinfo=None)

    def of(field: str) -> Callable[[Guest], Any]:
        return lambda guest: getattr(guest, field)

    told = {title: of(field) for field, title in headings.TITLES.items()}
    return told | {
        "Nights": of("nights"),
        "Rating": of("rating"),
        "Can be e-mailed": of("emailable"),
        "Why not": _why_not,
        "Duplicate of": of("duplicate_of"),
        "Created": lambda guest: local(guest.created),
        "Updated": lambda guest: local(guest.updated),
    }


def _why_not(guest: Guest) -> str:
    return ", ".join(_reasons(guest))


def _reasons(guest: Guest) -> Iterator[str]:
    if not guest.address:
        yield "no valid e-mail address"
    if guest.status in rowing.OFF:
        yield guest.status.replace("_", "-")
    if guest.duplicate_of:
        yield "duplicate"
    if guest.stopped:
        yield _WHY_NOT.get(guest.stopped, "unsubscribed")
