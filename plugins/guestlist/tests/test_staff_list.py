"""The guest list as staff see it: at first, by its filters, by name, and as a workbook."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import openpyxl
import pytest
from browsing import Browsing, _quick_hashes, somebody, text
from guesthouse import TODAY, House, opened

from frontdesk import Role

__all__ = ["_quick_hashes"]

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("quick_hashes")]
PAGES = "/plugins/guestlist/grand/"
LATER = TODAY + timedelta(days=9)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@attrs.frozen
class Office:
    """A house, and somebody of its staff before its pages."""

    house: House
    app: Any
    staff: Browsing

    async def list(self, **asked: str) -> Any:
        """Open the list with filters in its address."""
        return await self.staff.get(f"{PAGES}guests", params=asked)

    async def search(self, **fields: str) -> Any:
        """Fill in the form above the list, and go where it leads."""
        answer = await self.staff.post(f"{PAGES}guests/search", **fields)
        return await self.staff.follow(answer) if answer.status_code == 303 else answer


@pytest.fixture(name="office")
async def _office(tmp_path: Path) -> AsyncIterator[Office]:
    async with opened(str(tmp_path / "store.db"), campaigns=True) as house:
        app = house.desk.asgi({"pages"})
        yield Office(house, app, await somebody(house.desk, app, Role.STAFF))


def names(response: Any) -> list[str]:
    """Return the last names of the guests a page lists, in its order."""
    found = re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)</a>', response.text)
    return [name.split()[-1] for name in found]


async def put_some(house: House) -> list[str]:
    """Put guests in the list who differ in all that filters ask."""
    there = {"email": "a@example.com"}
    return await house.put(
        {**there, "last_name": "Today", "number": "A-1"},
        {**there, "last_name": "Soon", "arrival": LATER, "departure": LATER + timedelta(days=3)},
        {**there, "last_name": "Far", "arrival": TODAY + timedelta(days=31), "departure": None},
        {**there, "last_name": "Gone", "arrival": TODAY - timedelta(days=1), "checked_in": True},
        {"last_name": "Mute", "email": "nowhere"},
        {**there, "last_name": "Off", "status": "cancelled"},
    )


async def test_it_opens_with_arrivals_of_the_next_30_days_who_can_be_written_to(
    office: Office,
) -> None:
    """Seen to fail when the form's own day is what the list is opened with."""
    await put_some(office.house)

    shown = await office.list()

    assert names(shown) == ["Today", "Soon"]
    for end in ("from", "to"):
        assert f'name="arrival_{end}" value="2026-06-02"' in shown.text
    assert "from today, 2 Jun 2026 , to 2 Jul 2026 ." in text(shown)
    assert "Europe/Paris" in text(shown)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"arrival_from": "2026-06-02", "arrival_to": "2026-06-02"}, ["Today"]),
        ({"emailable": "yes"}, ["Gone", "Today", "Soon", "Far"]),
        ({"departure_from": "2026-06-12"}, ["Soon"]),
        ({"created_from": "2026-06-02", "created_to": "2026-06-02", "sort": "-arrival"}, ["Far", "Soon", "Today", "Gone"]),
        ({"created_to": "2026-06-01"}, []),
        ({"updated_from": "2026-06-03"}, []),
        ({"checked_in": "yes"}, ["Gone"]),
        ({"checked_in": "no", "emailable": "no", "arrival_to": "2026-06-02", "sort": "name"}, ["Mute", "Off", "Today"]),
    ],
)  # fmt: skip
async def test_days_and_flags_choose_and_stand_in_the_address(
    office: Office, fields: dict[str, str], expected: list[str]
) -> None:
    await put_some(office.house)
    await office.list()

    shown = await office.search(**fields)

    assert names(shown) == expected
    query = dict(shown.url.params)
    assert {key: query[key] for key in fields} == fields


async def test_a_name_or_number_is_found_and_stands_in_no_address(office: Office) -> None:
    """Seen to fail when every search leads to an address."""
    await put_some(office.house)
    await office.list()

    by_name = await office.search(name="FAR", emailable="yes")
    by_number = await office.search(number="A-1")
    asked = await office.list(name="Far", emailable="yes")

    assert (names(by_name), names(by_number)) == (["Far"], ["Today"])
    assert by_name.status_code == 200
    assert by_name.url.query == b""
    assert 'name="name" value="FAR"' in by_name.text
    # Whoever writes one into an address is shown everybody.
    assert len(names(asked)) == 4


async def test_a_day_that_is_none_is_said_beside_its_field(office: Office) -> None:
    await put_some(office.house)
    await office.list()

    shown = await office.search(arrival_from="yesterday", departure_from="2026-06-03", departure_to="2026-06-01")  # fmt: skip

    assert shown.status_code == 400
    assert re.search(r'name="arrival_from" value="yesterday" aria-invalid="true"', shown.text)
    assert "This is no day." in text(shown)
    assert "The last day is before the first." in text(shown)
    assert names(shown) == []


@pytest.mark.parametrize(
    "asked", [{"after": "nonsense"}, {"arrival_from": "9999-12-31"}, {"updated_to": "0001-01-01"}]
)
async def test_what_an_address_cannot_mean_is_refused(
    office: Office, asked: dict[str, str]
) -> None:
    await put_some(office.house)

    shown = await office.list(**asked)

    assert shown.status_code == 400
    assert names(shown) == []
    assert names(await office.list(sort="nonsense")) == ["Today", "Soon"]


async def test_the_list_goes_on_page_by_page(office: Office) -> None:
    rows = [{"last_name": f"N{n:03}", "email": "a@example.com"} for n in range(120)]
    await office.house.put(*rows)
    await office.list()

    page = await office.search(sort="name", arrival_from="2026-06-02")
    found = names(page)
    while more := re.search(r'rel="next" href="([^"]*)"', page.text):
        page = await office.staff.get(more[1].replace("&amp;", "&"))
        found += names(page)

    assert found == [row["last_name"] for row in rows]


async def test_a_search_goes_on_without_an_address(office: Office) -> None:
    await office.house.put(
        *({"last_name": f"Same{n:03}", "email": "a@example.com"} for n in range(60))
    )
    await office.list()

    first = await office.search(name="same", sort="name")
    after = re.search(r'name="after" value="([^"]*)"', first.text)
    assert after is not None
    second = await office.search(name="same", sort="name", after=after[1])

    assert names(first) + names(second) == [f"Same{n:03}" for n in range(60)]


async def test_the_workbook_has_what_the_filters_show(office: Office) -> None:
    await put_some(office.house)
    await office.list()

    answer = await office.staff.post(f"{PAGES}guests/export", name="so", emailable="yes")

    assert answer.headers["content-disposition"] == 'attachment; filename="guests-2026-06-02.xlsx"'
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.content)).active.values)
    assert len(rows) == 2
    assert "Soon" in rows[1]
    note, *_ = await office.house.desk.audit_trail()
    assert (note.action, note.user) == ("guestlist export", "staff")
    assert note.what == {"property": "grand", "guests": 1, "filters": ["emailable", "name"]}


async def test_chosen_guests_become_subscribers_once_the_caveat_is_accepted(
    office: Office,
) -> None:
    """Seen to fail when nobody looks whether it was accepted."""
    uids = await put_some(office.house)
    shown = await office.list(emailable="no")
    assert "such as the GDPR" in text(shown)
    chosen = {"guest": [uids[0], uids[4], "nobody"]}

    refused = await office.staff.post(f"{PAGES}guests/transfer", **chosen)
    assert "the caveat was not accepted" in text(await office.staff.follow(refused))
    nobody = await office.staff.post(f"{PAGES}guests/transfer", accepted="yes")
    assert "choose guests first" in text(await office.staff.follow(nobody))
    done = await office.staff.post(f"{PAGES}guests/transfer", accepted="yes", **chosen)

    assert "1 guest was put on the subscriber list." in text(done)
    assert "Ada Mute nowhere no valid e-mail address" in text(done)
    listed = text(await office.staff.get(f"{PAGES}subscribers"))
    assert "a@example.com" in listed
    assert "staff" in listed
    assert "such as the GDPR" in listed


async def test_without_campaigns_nobody_can_be_transferred(tmp_path: Path) -> None:
    async with opened(str(tmp_path / "store.db")) as house:
        staff = await somebody(house.desk, house.desk.asgi({"pages"}), Role.STAFF)
        uids = await put_some(house)

        shown = await staff.get(f"{PAGES}guests")
        answer = await staff.post(f"{PAGES}guests/transfer", accepted="yes", guest=uids[0])

        assert "Transfer" not in text(shown)
        assert "Subscribers" not in text(shown)
        assert "the campaigns module is off" in text(await staff.follow(answer))
        assert (await staff.get(f"{PAGES}subscribers")).status_code == 404


async def test_a_viewer_looks_and_does_nothing(office: Office) -> None:
    """Seen to fail when viewers may export."""
    uids = await put_some(office.house)
    viewer = await somebody(office.house.desk, office.app, Role.VIEWER)

    shown = await viewer.get(f"{PAGES}guests")
    found = await viewer.post(f"{PAGES}guests/search", name="far")

    assert names(shown) == ["Today", "Soon"]
    assert names(found) == ["Far"]
    for word in ("Add guests", "Export", "Transfer"):
        assert word not in text(shown)
    for path in ("export", "transfer", "add", "import", f"{uids[0]}/delete", f"{uids[0]}/stop"):
        answer = await viewer.post(f"{PAGES}guests/{path}", accepted="yes", guest=uids[0])
        assert answer.status_code == 403, path
    for path in ("add", "import"):
        assert (await viewer.get(f"{PAGES}guests/{path}")).status_code == 403


async def test_each_property_has_a_list_of_its_own(office: Office) -> None:
    desk = office.house.desk
    inn = {"property": "little inn", "title": "Little Inn", "time_zone": "Asia/Tokyo"}
    desk.connect("guestlist", name="inn", **inn)
    uid, *_ = await put_some(office.house)
    staff = await somebody(desk, desk.asgi({"pages"}), Role.STAFF, "olga")

    first = await staff.follow(await staff.get("/plugins/guestlist/"))
    other = await staff.get("/plugins/guestlist/little%20inn/guests")

    assert names(first) == ["Today", "Soon"]
    assert "Little Inn" in text(first)
    assert names(other) == []
    assert "Asia/Tokyo" in text(other)
    assert (await staff.get("/plugins/guestlist/nowhere/guests")).status_code == 404
    assert (await staff.get(f"{PAGES}guests/{uid}")).status_code == 200
    assert (await staff.get(f"/plugins/guestlist/little%20inn/guests/{uid}")).status_code == 404
    await staff.get("/plugins/guestlist/little%20inn/guests")
    deleted = await staff.post(f"/plugins/guestlist/little%20inn/guests/{uid}/delete")
    assert "there is no such guest in this list" in text(await staff.follow(deleted))
