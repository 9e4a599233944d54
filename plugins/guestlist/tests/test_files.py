"""Guests from files: what goes in, what comes back, and what a file may not do."""

from __future__ import annotations

import csv
import io
import tracemalloc
import zipfile
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from guesthouse import TODAY, House, opened, stay
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from stores import _new_store, _postgresql, _store_url

from frontdesk.errors import ConfigurationError
from frontdesk_guestlist import commas, files, guests, headings, listing, rejecting, safe
from frontdesk_guestlist.commas import Line
from frontdesk_guestlist.files import Taken
from frontdesk_guestlist.guests import Guest
from frontdesk_guestlist.listing import By, Filters, Sort
from frontdesk_guestlist.rejecting import Rejecting
from frontdesk_guestlist.schema import rejects

__all__ = ["_new_store", "_postgresql", "_store_url"]

pytestmark = pytest.mark.anyio
TITLES = ["Reservation number", "First name", "Last name", "E-mail", "Arrival", "Departure"]
DAYS = ["2026-06-02", "2026-06-04"]
ADA = ["R1", "Ada", "Lovelace", "ada@b.example", *DAYS]
EVA = ["R2", "Éva", "Nagy", "eva@b.example", *DAYS]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(name="house")
async def _house(store_url: str) -> AsyncIterator[House]:
    async with opened(store_url) as house:
        yield house


@pytest.fixture(name="inn")
async def _inn(tmp_path: Path) -> AsyncIterator[House]:
    """A house in SQLite alone, where the database makes no difference."""
    async with opened(str(tmp_path / "frontdesk.db")) as house:
        yield house


def written(rows: Sequence[Sequence[str]], separator: str = ",") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue()


async def take(house: House, content: str | bytes, encoding: str = "utf-8") -> Taken:
    """Take in a file."""
    content = content if isinstance(content, bytes) else content.encode(encoding)
    return await files.take_in(house.annex, io.BytesIO(content), "guests.csv", "Grace")


async def everybody(house: House) -> list[Guest]:
    filters, sort = Filters(emailable=False), Sort(By.NAME)
    return list(
        await house.annex.read(lambda db: list(listing.walk(db, house.annex, filters, sort)))
    )


async def names(house: House) -> list[str]:
    return [guest.name for guest in await everybody(house)]


async def returned(house: House, taken: Taken) -> list[list[str]]:
    """Return the rows that came back, as a spreadsheet shows them."""
    found = await house.read(files.rejects, taken.rejects)
    return list(csv.reader(io.StringIO(found.content.decode("utf-8-sig"))))


async def test_good_rows_go_in_and_bad_ones_come_back_with_the_reason(house: House) -> None:
    """Seen to fail when a bad row ends the file, and when its reason is left out."""
    bad = ["R3", "Bad", "Guest", "not an address", "2026-06-04", "2026-02-30"]

    reason = (
        "E-mail: This is no valid e-mail address: write it like name@example.com. "
        "Departure: There is no such day in the calendar."
    )

    taken = await take(house, written([TITLES, ADA, bad, EVA]))

    assert (taken.added, taken.rejected) == (2, 1)
    assert await names(house) == ["Ada Lovelace", "Éva Nagy"]
    assert await returned(house, taken) == [
        [*TITLES, "Row", "Why it was not taken"],
        [
            *bad,
            "3",
            reason,
        ],
    ]
    ada = (await everybody(house))[0]
    assert (ada.number, ada.origin, ada.emailable, ada.nights) == ("R1", "file", True, 2)


async def test_what_came_back_is_mended_and_taken_in_again(house: House) -> None:
    taken = await take(house, written([TITLES, [*ADA[:4], "soon", DAYS[1]]]))
    rows = await returned(house, taken)
    rows[1][4] = DAYS[0]

    again = await take(house, written(rows, ";"))

    assert (again.added, again.rejected, again.ignored) == (1, 0, ())
    assert again.read_as == "CSV in UTF-8, separated by semicolons"


async def test_what_came_back_is_kept_for_a_day(house: House) -> None:
    """Seen to fail when rejected rows are kept for good."""
    taken = await take(house, written([TITLES, [*ADA[:4], "soon", DAYS[1]]]))
    assert (await house.read(files.rejects, taken.rejects)).name == "guests - not taken.csv"
    house.clock.at += timedelta(days=1)

    assert await house.read(files.rejects, taken.rejects) is None
    assert await house.write(rejecting.forget_old) == 1
    assert await house.read(files.rejects, "another") is None
    assert await house.read(files.rejects, "\0") is None


async def test_rejected_rows_go_though_nobody_takes_in_another_file(house: House) -> None:
    """Seen to fail when nothing is done in time."""
    taken = await take(house, written([TITLES, [*ADA[:4], "soon", DAYS[1]]]))
    [job] = [one for one in house.desk.connections["grand"].hooks.add_jobs() if "rows" in one.name]

    await job.work(house.annex)
    assert await house.read(files.rejects, taken.rejects) is not None
    house.clock.at += timedelta(days=1)
    await job.work(house.annex)

    left = await house.annex.read(lambda db: db.execute(select(rejects)).all())
    assert left == []


async def test_bad_rows_are_told_from_good_ones_in_a_long_file(house: House) -> None:
    """Seen to fail when the rows of a batch behind a bad one are lost."""
    rows = [
        [f"R{n}", "Ada", f"L{n}", "", DAYS[0], DAYS[0] if n % 100 else "2026-02-30"]
        for n in range(2300)
    ]

    taken = await take(house, written([TITLES, *rows]))

    told = [row[-2] for row in (await returned(house, taken))[1:]]
    assert (taken.added, taken.rejected, taken.stopped) == (2277, 23, "")
    assert told == [str(n + 2) for n in range(0, 2300, 100)]
    assert await house.read(listing.count, Filters(emailable=False)) == 2277


async def test_a_file_taken_in_again_changes_nothing(house: House) -> None:
    """With numbers and without.

    Seen to fail when rows without a number get one by chance.
    """
    rows = [TITLES, ADA, ["", *EVA[1:]]]
    first = await take(house, written(rows))
    house.clock.at += timedelta(hours=1)
    before = await everybody(house)

    second = await take(house, written(rows))

    assert (first.added, second.added, second.updated, second.unchanged) == (2, 0, 0, 2)
    assert await everybody(house) == before


async def test_a_row_with_a_known_number_changes_its_reservation(house: House) -> None:
    """Columns that the file lacks stay as they are; the newest row counts.

    Seen to fail when what the file lacks is emptied.
    """
    await take(house, written([[*TITLES, "Phone"], [*ADA, "+33123456789"]]))
    await house.annex.write(lambda db: db.execute(guests.guests.update().values(rating=4)))
    house.clock.at += timedelta(hours=1)
    later = [*ADA[:4], "2026-06-03", "2026-06-05"]

    taken = await take(house, written([[*TITLES, "Statut"], [*ADA, ""], [*later, "annulée"]]))

    [ada] = await everybody(house)
    assert (taken.added, taken.updated, taken.unchanged) == (0, 1, 1)
    assert (ada.arrival, ada.status, ada.emailable) == (date(2026, 6, 3), "cancelled", False)
    assert (ada.phone, ada.rating) == ("+33123456789", 4)
    assert ada.updated == ada.modified == house.clock.now() != ada.created


async def test_one_number_twice_in_a_file_is_one_reservation(house: House) -> None:
    other = ["R1", "Ada", "King", "ada@b.example", *DAYS]

    taken = await take(house, written([TITLES, ADA, ADA, other]))

    assert (taken.added, taken.unchanged, taken.updated) == (1, 1, 1)
    assert await names(house) == ["Ada King"]


async def test_a_row_without_a_number_that_seems_to_be_there_is_not_taken(house: House) -> None:
    """Whether the list had the guest before, or another row of the file brought it.

    Seen to fail when rows of one file are not compared, and when those of the list are not.
    """
    await house.add(last_name="Lovelace", email="ada@b.example", **stay(3))
    known = ["", "A.", "Lovelace", "ADA@b.example", *DAYS]
    first, second = ["", "Eva", "Nagy", "", *DAYS], ["", "Éva", "Nagy", "e@b.example", *DAYS]

    taken = await take(house, written([TITLES, known, first, second]))

    rows = await returned(house, taken)
    assert (taken.added, taken.rejected) == (1, 2)
    assert [row[-2] for row in rows[1:]] == ["2", "4"]
    assert all("seems to have this guest already, as reservation" in row[-1] for row in rows[1:])
    # With a number of its own it is another.
    assert (await take(house, written([TITLES, ["R9", *known[1:]]]))).added == 1


async def test_a_reservation_of_the_source_is_changed_there(house: House) -> None:
    """Seen to fail when files change what was read from the source."""
    await house.put(
        {
            "number": "R1",
            "first_name": "Ada",
            "last_name": "Lovelace",
            "email": "ada@b.example",
            "departure": TODAY + timedelta(days=2),
        }
    )

    same = await take(house, written([TITLES, ADA]))
    other = await take(house, written([TITLES, [*ADA[:4], *["2026-06-03"] * 2]]))

    assert (same.unchanged, other.rejected) == (1, 1)
    assert "change it there" in (await returned(house, other))[1][-1]
    [ada] = await everybody(house)
    assert ada.arrival == TODAY


async def test_who_was_deleted_stays_deleted(house: House) -> None:
    past = ["2026-05-01", "2026-05-02"]
    rows = [TITLES, [*ADA[:4], *past], ["", *EVA[1:4], *past]]
    await take(house, written(rows))
    for guest in await everybody(house):
        await house.write(guests.hide, guest.uid, "Grace")

    again = await take(house, written(rows))

    assert (again.deleted, again.added, again.unchanged) == (2, 0, 0)
    assert await everybody(house) == []


FRENCH = ["N° de réservation", "Prénom", "Nom", "Adresse e-mail", "Date d'arrivée", "Départ"]


@pytest.mark.parametrize(
    ("encoding", "read_as"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("cp1252", "Windows-1252"),
    ],
)
@pytest.mark.parametrize(
    ("separator", "called"), [(",", "commas"), (";", "semicolons"), ("\t", "tabs")]
)
async def test_files_are_read_as_people_have_them(
    inn: House, encoding: str, read_as: str, separator: str, called: str
) -> None:
    """Seen to fail when every file is taken for UTF-8, or for one with commas."""
    euro = ["R3", "Zoë", "€ Š", "", "04/06/2026", "05.06.2026"]

    taken = await take(inn, written([FRENCH, EVA, euro], separator), encoding)

    assert taken.read_as == f"CSV in {read_as}, separated by {called}"
    assert (taken.added, taken.rejected) == (2, 0)
    assert sorted(await names(inn)) == ["Zoë € Š", "Éva Nagy"]


WRONG = {
    b"": "empty",
    b"\n\n\n": "empty",
    b"Prenom,Nom\nAda,Lovelace\n": "lacks a column: 'Arrival', 'Departure'",
    b"Arrival,Departure\n2026-06-02,2026-06-03\n": "'Last name' or 'E-mail'",
    b"Ada,Lovelace,ada@b.example,2026-06-02,2026-06-03\n": "its first row must name the columns",
    b"Arrival,Departure,Last name,Check-in\n": "two columns for 'Arrival': columns 1 and 4",
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x81": "no text",
    b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\x81\x00\n": "no text",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 99: "password, or of Excel until 2003",
    b"PK\x03\x04 and no archive": "cannot be read as an Excel workbook",
    "Nom,Arrivée,Départ\nÉvaé,\n".encode() + "Zoë\n".encode("cp1252"): "line 3 is not",
}


@pytest.mark.parametrize(("content", "said"), WRONG.items())
async def test_what_is_no_file_of_guests_is_refused(inn: House, content: bytes, said: str) -> None:
    """Nothing is taken, and no message quotes the file."""
    with pytest.raises(ConfigurationError) as refused:
        await take(inn, content)

    assert said in str(refused.value)
    assert "lovelace" not in f"{refused.value!r}".lower()
    assert await everybody(inn) == []


async def test_damaged_rows_come_back_and_hide_none_behind_them(inn: House) -> None:
    """A quotation mark that nobody closes would take in the rest of the file.

    Seen to fail when csv reads the whole file at once.
    """
    content = (
        written([TITLES, ADA])
        + '"R5,Never,Closed,,2026-06-02,2026-06-03\r\n'
        + 'R6,"Half" quoted,Guest,,2026-06-02,2026-06-03\r\n'
        + f"R7,{'x' * 40_000},Long,,2026-06-02,2026-06-03\r\n"
        + "R8,More,Cells,,2026-06-02,2026-06-03,oops\r\n"
        + '\r\n,,,,,\r\nR9,"Two\nlines",Guest,,2026-06-02,2026-06-03\r\n'
        + 'R10,"Quoted, and ""so""",Guest,,2026-06-02,2026-06-03,\r\n'
        + written([EVA])
    )

    taken = await take(inn, content)

    rows = await returned(inn, taken)
    told = {row[-2]: row[-1] for row in rows[1:]}
    assert await names(inn) == ['Quoted, and "so" Guest', "Ada Lovelace", "Éva Nagy"]
    assert "never closed" in told["3"]
    assert "quotation mark" in told["4"]
    assert "too long" in told["5"]
    assert "more cells" in told["6"]
    assert "control character" in told["9"]
    assert taken.rejected == len(told) == 5


async def test_a_quotation_mark_closed_far_below_swallows_nothing(inn: House) -> None:
    """Seen to fail when a row may have any number of lines."""
    rows = written([[f"N{n}", f"Ada{n}", "Lovelace", "", *DAYS] for n in range(60)])
    content = written([TITLES]) + 'R5,"Ada,X,,2026-06-02,2026-06-03\r\n' + rows + 'R6",X,,,,\r\n'

    taken = await take(inn, content)

    assert (taken.added, taken.rejected) == (60, 2)


async def test_a_cut_file_is_taken_as_far_as_it_can_be_read(inn: House) -> None:
    """Seen to fail when what was read before the damage is dropped."""
    whole = written([TITLES, *([f"R{n}", *ADA[1:]] for n in range(700))]).encode("utf-16")

    taken = await take(inn, whole[:-11])

    assert 690 < taken.added < 700
    assert taken.rejected <= 1
    assert not taken.stopped or "The file was read up to row" in taken.stopped


async def test_a_file_of_another_kind_is_not_read_to_its_end(inn: House) -> None:
    taken = await take(inn, written([TITLES, *(["x"] * 6 for _ in range(25_000))]))

    assert 20_000 <= taken.rejected <= 20_500
    assert "too many rows could not be taken" in taken.stopped


async def test_an_import_that_was_interrupted_adds_nothing_twice(house: House) -> None:
    """Rows without a number, too: what was committed is known by what it says.

    Seen to fail when rows without a number get one by chance.
    """
    rows = [["", f"Ada{n}", "Lovelace", "", *DAYS] for n in range(1200)]
    content = written([TITLES, *rows])

    class KilledError(Exception): ...

    async def write(change: Any, **more: Any) -> Any:
        if len(await everybody(house)) >= 1000:
            raise KilledError
        return await house.annex.write(change, **more)

    class Dying:
        def __getattr__(self, name: str) -> Any:
            return write if name == "write" else getattr(house.annex, name)

    with pytest.raises(KilledError):
        await files.take_in(Dying(), io.BytesIO(content.encode()), "guests.csv", "Grace")  # type: ignore[arg-type]
    assert len(await everybody(house)) == 1000
    again = await take(house, content)

    assert (again.added, again.unchanged, again.rejected) == (200, 1000, 0)
    assert sorted(await names(house)) == sorted(f"Ada{n} Lovelace" for n in range(1200))


# -- what comes back ------------------------------------------------------------------------

cells = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30
) | st.sampled_from(
    ["=1+1", "'=1+1", "''", "+33", "-1", "@x", "\t=1", " =1", "'t Hart", '"', ";", "a\nb", "'"]
)


@given(
    st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=8),
    st.sampled_from(",;\t"),
)
def test_what_comes_back_says_what_was_sent_whatever_it_is(
    rows: list[list[str]], separator: str
) -> None:
    """A spreadsheet computes none of it, and a row read again is the row that was rejected.

    Seen to fail when cells are written as they are, and when the apostrophe stays.
    """
    kept = Rejecting(["Last name", "Arrival", "Departure"], separator)
    for number, row in enumerate(rows, 2):
        kept.add(Line(number, row), "Why")
    content = kept.content()
    values = [[safe.unprotect(cell) for cell in row] for row in rows]

    shown = list(
        csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=separator)
    )
    assert not any(safe.is_computed(cell) for row in shown for cell in row)
    assert [[safe.unprotect(cell) for cell in row[:3]] for row in shown[1:]] == values
    with commas.opened(io.BytesIO(content)) as table:
        read = [line.cells for line in table.lines if not line.wrong]
    assert table.separator == separator
    if not any("\n" in cell or "\r" in cell for row in rows for cell in row):
        assert [[safe.unprotect(cell) for cell in row[:3]] for row in read] == values


def test_headings_are_understood_however_they_are_spelt() -> None:
    assert headings.places(["ARRIVÉE", "depart", "e_mail", "Nom de  famille", "x"]) == {
        "arrival": 0,
        "departure": 1,
        "email": 2,
        "last_name": 3,
    }
    assert headings.ignored(["Arrival", "Loyalty", "", "Row"]) == ("Loyalty",)


# -- workbooks --------------------------------------------------------------------------------


def workbook(rows: Sequence[Sequence[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def shared(rows: Sequence[Sequence[str]]) -> bytes:
    """Return a workbook as Excel writes it: cells share texts."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return content.getvalue()


async def test_a_workbook_whose_cells_share_texts_is_taken(inn: House) -> None:
    taken = await take(inn, shared([TITLES, ADA, EVA, ["R3", *ADA[1:]]]))

    assert (taken.added, taken.rejected) == (3, 0)


async def test_a_workbook_is_taken_with_its_real_days_and_numbers(house: House) -> None:
    """Seen to fail when cells are turned into text as Python shows them."""
    titles = [*TITLES, "Amount", "Currency", "Checked in", "Phone"]
    days = [
        datetime(2026, 6, 2, 14),  # noqa: DTZ001  # workbooks know no zones
        date(2026, 6, 4),
    ]
    more = [1234.5, "EUR", True, "'+33123456789"]
    content = workbook(
        [titles, [101, "Ada", "Lovelace", "ada@b.example", *days, *more], [None] * 9]
    )

    taken = await take(house, content)

    [ada] = await everybody(house)
    assert (taken.added, taken.rejected) == (1, 0)
    assert taken.read_as == "Excel workbook, its first sheet"
    assert (ada.number, ada.arrival, ada.departure) == ("101", TODAY, date(2026, 6, 4))
    assert (str(ada.amount), ada.currency, ada.checked_in) == ("1234.5", "EUR", True)
    assert ada.phone == "+33123456789"


async def test_rows_of_a_workbook_are_counted_as_excel_counts_them(inn: House) -> None:
    taken = await take(inn, workbook([TITLES, ADA, [], [], [*ADA[:4], "soon", "later"]]))

    assert [row[-2] for row in (await returned(inn, taken))[1:]] == ["5"]


def repacked(content: bytes, part: str, change: Any) -> bytes:
    """Return a workbook with a part of it changed."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return made.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
BOMB = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("part", "change"),
    [
        (SHEET, lambda xml: xml.replace(b"<sheetData>", b"<sheetData>" + b" " * (300 << 20))),
        ("xl/sharedStrings.xml", lambda xml: xml + b" " * (65 << 20)),
        ("xl/workbook.xml", lambda xml: BOMB + xml),
        ("xl/workbook.xml", lambda _: b"<nothing"),
        ("[Content_Types].xml", lambda _: b""),
    ],
    ids=["large sheet", "many texts", "entities", "no xml", "empty"],
)
async def test_workbooks_made_to_do_harm_are_refused(inn: House, part: str, change: Any) -> None:
    """In little memory, and before anything is taken.

    Seen to fail when sizes are not looked at.
    """
    content = repacked(shared([TITLES, ADA]), part, change)
    tracemalloc.start()
    try:
        with pytest.raises(ConfigurationError, match=r"too large|cannot be read"):
            await take(inn, content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 30 << 20


async def test_entities_in_a_sheet_are_refused(inn: House) -> None:
    content = repacked(workbook([TITLES, ADA]), SHEET, lambda xml: BOMB + xml)

    with pytest.raises(ConfigurationError, match=r"damaged|cannot be read"):
        await take(inn, content)


async def test_a_workbook_damaged_in_the_middle_is_taken_so_far(inn: House) -> None:
    rows = [TITLES, *([f"R{n}", *ADA[1:]] for n in range(2000))]
    content = repacked(workbook(rows), SHEET, lambda xml: xml[: len(xml) // 2])

    taken = await take(inn, content)

    assert 900 < taken.added < 1100
    assert "damaged from there on" in taken.stopped
