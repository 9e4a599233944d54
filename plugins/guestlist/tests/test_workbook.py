"""The list as an Excel workbook, read again by another library."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from guesthouse import TODAY, House, opened
from stores import _new_store, _postgresql, _store_url

from frontdesk_guestlist import files, listing, workbook
from frontdesk_guestlist.listing import By, Filters, Sort

__all__ = ["_new_store", "_postgresql", "_store_url"]

pytestmark = pytest.mark.anyio
ALL = Filters(emailable=False)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(name="house")
async def _house(store_url: str) -> AsyncIterator[House]:
    async with opened(store_url) as house:
        yield house


async def exported(
    house: House, filters: Filters = ALL, sort: Sort | None = None
) -> tuple[bytes, list[dict[str, Any]]]:
    """Return a workbook, and its rows by heading."""
    content = io.BytesIO()
    number = await house.read(workbook.write, filters, sort or Sort(By.NAME), content)
    read = openpyxl.load_workbook(io.BytesIO(content.getvalue()))
    heading, *rows = read.active.values
    assert len(rows) == number
    return content.getvalue(), [dict(zip(heading, row, strict=True)) for row in rows]


async def test_a_workbook_has_all_that_is_known_with_real_days_and_numbers(house: House) -> None:
    """Times are the property's.

    Seen to fail when days are written as text.
    """
    await house.put(
        {
            "number": "101",
            "email": "ada@b.example",
            "phone": "+33123456789",
            "country": "FR",
            "language": "fr",
            "amount": Decimal("1234.5"),
            "currency": "EUR",
            "rating": 4,
            "checked_in": True,
            "room_type": "Double",
            "created": datetime(2026, 5, 31, 22, 30, tzinfo=UTC),
        }
    )

    _, [row] = await exported(house)

    assert row == {
        "Reservation number": "101",
        "First name": "Ada",
        "Last name": "Lovelace",
        "E-mail": "ada@b.example",
        "Phone": "+33123456789",
        "Arrival": local(2026, 6, 2),
        "Departure": local(2026, 6, 3),
        "Status": "confirmed",
        "Checked in": "yes",
        "Country": "FR",
        "Language": "fr",
        "Room type": "Double",
        "Channel": None,
        "Company": None,
        "Amount": 1234.5,
        "Currency": "EUR",
        "Nights": 1,
        "Rating": 4,
        "Can be e-mailed": "yes",
        "Why not": None,
        "Duplicate of": None,
        "Created": local(2026, 6, 1, 0, 30),
        "Updated": local(2026, 6, 2, 0, 30),
    }


async def test_a_workbook_has_exactly_what_the_list_shows_in_its_order(house: House) -> None:
    """Seen to fail when the filters are not handed on."""
    mail = {"email": "a@b.example"}
    await house.put(
        {"last_name": "B", **mail},
        {"last_name": "A", **mail},
        {"last_name": "C", **mail, "arrival": TODAY + timedelta(days=40)},
        {"last_name": "D", "email": "none", "duplicate_of": "1", "stopped": "guest"},
        {"last_name": "E", **mail, "status": "cancelled"},
    )
    sort = Sort(By.NAME, descending=True)
    shown = await house.read(listing.page, listing.default(house.annex), sort)

    _, rows = await exported(house, listing.default(house.annex), sort)
    _, all_ = await exported(house)

    assert [row["Last name"] for row in rows] == ["B", "A"]
    assert [row["Last name"] for row in rows] == [guest.last_name for guest in shown.rows]
    assert [row["Why not"] for row in all_] == [
        None,
        None,
        None,
        "no valid e-mail address, duplicate, unsubscribed by the guest",
        "cancelled",
    ]


def local(*parts: int) -> datetime:
    """Return a time as workbooks have it: without a zone."""
    return datetime(*parts)  # noqa: DTZ001


TRICKS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "#REF!", "{=1}", "=cmd|'/c calc'!A1"]


async def test_no_cell_computes_anything(house: House) -> None:
    """Whatever a guest is called, it is text, and stays text for whoever edits the cell.

    Seen to fail when text is written as whatever it looks like.
    """
    await house.put(*({"last_name": trick, "company": trick, "number": trick} for trick in TRICKS))

    content, rows = await exported(house)

    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    told = [cell for line in sheet.iter_rows(min_row=2) for cell in line]
    assert {cell.data_type for cell in told if cell.value is not None} <= {"s", "n", "d"}
    # As Excel writes a carriage return.
    assert sorted(row["Company"] for row in rows) == sorted(
        trick.replace("\r", "_x000D_") for trick in TRICKS
    )
    assert {cell.number_format for cell in told if str(cell.value)[0] in "=+-@"} == {"@"}
    assert b"<f>" not in content


async def test_text_that_a_workbook_cannot_hold_does_not_break_it(house: House) -> None:
    await house.put({"last_name": "A\x01\x1b\ufffe", "company": "x" * 40_000, "room_type": "<&>"})

    _, [row] = await exported(house)

    assert row["Last name"] == "A\ufffd\ufffd\ufffd"
    assert len(row["Company"]) == 32_767
    assert row["Room type"] == "<&>"


async def test_an_empty_list_is_a_workbook_with_headings(house: House) -> None:
    content, rows = await exported(house)

    assert rows == []
    assert openpyxl.load_workbook(io.BytesIO(content)).active["A1"].value == "Reservation number"


async def test_more_guests_than_a_sheet_holds_go_on_in_the_next(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen to fail when everything is written into one sheet."""
    monkeypatch.setattr(workbook, "_ROWS", 4)
    await house.put(*({} for _ in range(7)))
    content = io.BytesIO()

    assert await house.read(workbook.write, ALL, Sort(), content) == 7

    sheets = openpyxl.load_workbook(io.BytesIO(content.getvalue())).worksheets
    assert [(sheet.title, sheet.max_row) for sheet in sheets] == [
        ("Guests", 4),
        ("Guests 2", 4),
        ("Guests 3", 2),
    ]


async def test_what_was_exported_is_taken_in_unchanged(house: House) -> None:
    """Seen to fail when a heading of the workbook means nothing to files."""
    some: list[dict[str, Any]] = [
        {
            "last_name": trick.strip(),
            "number": f"N{place}",
            "amount": Decimal("12.5"),
            "email": f"a{place}@b.example",
            "channel": "Booking.com",
        }
        for place, trick in enumerate(["=1+1", "'t Hart", "O'Neil", "Ångström"])
    ]
    await house.put(*some, {"number": "N9", "checked_in": True, "status": "arrived"})
    content, rows = await exported(house)

    taken = await files.take_in(house.annex, io.BytesIO(content), "guests.xlsx", "Grace")

    assert (taken.unchanged, taken.rejected, taken.added) == (len(rows), 0, 0)
    assert taken.ignored == tuple(list(rows[0])[-7:])
