"""Guests whom staff add: by the form, and by a file."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from browsing import Browsing, _quick_hashes, somebody, text
from guesthouse import House, opened

from frontdesk import Role

__all__ = ["_quick_hashes"]

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("quick_hashes")]
PAGES = "/plugins/guestlist/grand/guests"
ADA = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "email": "ada@example.com",
    "phone": "01 42 68 53 00",
    "arrival": "2026-06-02",
    "departure": "2026-06-05",
    "country": "GB",
    "language": "en",
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@attrs.frozen
class Office:
    """A house, and somebody of its staff before its pages."""

    house: House
    staff: Browsing

    async def add(self, **fields: str) -> Any:
        """Fill in the form, and go where it leads."""
        await self.staff.get(f"{PAGES}/add")
        answer = await self.staff.post(f"{PAGES}/add", **fields)
        return await self.staff.follow(answer) if answer.status_code == 303 else answer

    async def take_in(self, content: bytes, name: str = "guests.csv") -> Any:
        """Send a file."""
        page = await self.staff.get(f"{PAGES}/import")
        return await self.staff.http.post(
            f"{PAGES}/import",
            data={"form_token": self.staff.token},
            files={"file": (name, io.BytesIO(content))},
            headers={"referer": str(page.url)},
        )


@pytest.fixture(name="office")
async def _office(tmp_path: Path) -> AsyncIterator[Office]:
    async with opened(str(tmp_path / "store.db")) as house:
        staff = await somebody(house.desk, house.desk.asgi({"pages"}), Role.STAFF)
        yield Office(house, staff)


async def test_the_form_asks_for_the_eight_fields(office: Office) -> None:
    shown = await office.staff.get(f"{PAGES}/add")

    assert re.findall(r'<(?:input|select)[^>]* name="(\w+)"', shown.text)[2:] == list(ADA)
    for label in ("First name", "E-mail address", "Arrival date", "Departure date", "Country"):
        assert label in text(shown)
    assert '<option value="FR">France</option>' in shown.text
    assert '<option value="fr">French</option>' in shown.text


async def test_a_guest_is_added_and_shown(office: Office) -> None:
    shown = await office.add(**ADA)

    assert "The guest was added." in text(shown)
    assert shown.url.path.startswith(f"{PAGES}/")
    assert "Ada Lovelace" in text(shown)
    listed = await office.staff.get(PAGES)
    assert "Ada Lovelace" in text(listed)
    assert "ada@example.com" in text(listed)


async def test_what_is_wrong_is_said_beside_each_field_and_the_rest_stays(office: Office) -> None:
    """Seen to fail when the form is shown empty again."""
    wrong = {**ADA, "email": "ada at home", "departure": "2026-06-01", "phone": "call me"}

    shown = await office.add(**wrong)

    assert shown.status_code == 400
    assert set(re.findall(r'id="(\w+)-problem"', shown.text)) == {"email", "departure", "phone"}
    assert re.search(r'aria-invalid="true" aria-describedby="email-problem"', shown.text)
    for value in ("Ada", "Lovelace", "ada at home", "call me", "2026-06-01"):
        assert f'value="{value}"' in shown.text
    assert '<option value="GB" selected>' in shown.text
    assert "No guest" in text(await office.staff.get(f"{PAGES}?emailable=no"))


async def test_a_guest_who_is_there_already_is_shown_and_added_only_anyway(office: Office) -> None:
    """Seen to fail when a guest is added whom the list has."""
    await office.add(**ADA)

    offered = await office.add(**ADA)
    before = await office.staff.get(f"{PAGES}?emailable=no")
    added = await office.add(**ADA, anyway="yes")
    after = await office.staff.get(f"{PAGES}?emailable=no")

    assert offered.status_code == 409
    assert "The list seems to have this guest already" in text(offered)
    assert 'value="ada@example.com"' in offered.text
    # Enter presses the first button of a form.
    assert offered.text.index(">Add guest<") < offered.text.index(">Add anyway<")
    assert "The guest was added." in text(added)
    assert [page.text.count("ada@example.com") for page in (before, after)] == [1, 2]


async def test_a_file_is_taken_in_and_its_bad_rows_handed_back(office: Office) -> None:
    rows = [
        "First name,Last name,Email,Arrival,Departure,Reservation number",
        "Ada,Lovelace,ada@example.com,2026-06-02,2026-06-05,A1",
        "Grace,Hopper,grace@example.com,2026-06-09,2026-06-02,A2",
        "Zoë,Quinn,zoe@example.com,2026-06-03,2026-06-04,A3",
    ]

    shown = await office.take_in("\n".join(rows).encode())

    assert re.search(r"Added 2 Updated 0 Unchanged 0 Rejected 1", text(shown))
    [place] = re.findall(r'href="([^"]*/rejects/[^"]*)"', shown.text)
    rejects = await office.staff.get(place)
    assert rejects.headers["content-type"] == "text/csv; charset=utf-8"
    assert rejects.headers["content-disposition"].startswith("attachment; filename=")
    assert "Hopper" in rejects.text
    assert "Lovelace" not in rejects.text
    assert "Zoë Quinn" in text(await office.staff.get(PAGES))
    assert (await office.staff.get(f"{PAGES}/rejects/nothing")).status_code == 404


async def test_a_file_that_is_none_is_refused_on_the_page(office: Office) -> None:
    empty = await office.staff.follow(await office.take_in(b""))
    strange = await office.staff.follow(await office.take_in(b"\x00\x01\x02" * 99, "photo.jpg"))
    columns = await office.staff.follow(await office.take_in(b"colour,size\nred,9\n"))

    for shown in (empty, strange, columns):
        assert 'role="alert"' in shown.text
        assert "Import a file" in text(shown)


async def test_a_file_may_be_longer_than_other_forms(office: Office) -> None:
    """Seen to fail when the file's route has no limit of its own."""
    rows = [f"Ada,Lovelace,2026-06-02,2026-06-05,{'x' * 900}" for _ in range(2_000)]
    content = "\n".join(["First name,Last name,Arrival,Departure,Remark", *rows])

    shown = await office.take_in(content.encode())
    await office.staff.get(f"{PAGES}/add")
    refused = await office.staff.post(f"{PAGES}/add", last_name="x" * 1_100_000)

    assert shown.status_code == 200
    assert refused.status_code == 413
