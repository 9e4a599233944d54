"""The whole way of a guest and of the staff, in a real browser and with a real mail server.

Somebody of the staff tries everything on themselves: they add themselves as a guest, mail
themselves, and are then the guest who opens what came.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import attrs
import openpyxl
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from browser import Visitor, _browser, _visit
from guesthouse import TODAY, House, opened
from letterbox import Letterbox, letterbox
from playwright.sync_api import Locator, expect

from frontdesk import Role
from frontdesk.model import Channel
from frontdesk.serving import served

__all__ = ["_browser", "_visit"]
Visit = Callable[..., Visitor]
HERE = "plugins/guestlist/"
ME = "olga@grand.example"
BODY = """Hello {{ guest.first_name }}!

- [Your stay]({{ links.concierge }})
- [Check in]({{ links.check_in }})
- [Tell us]({{ links.in_stay }})
"""


@attrs.frozen
class Hotel:
    """A hotel whose pages and mail server run."""

    address: str
    house: House
    box: Letterbox
    portal: BlockingPortal

    def ask(self, question: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Ask the hotel's desk."""
        return self.portal.call(lambda: question(*args, **more))


@pytest.fixture(name="hotel")
def _hotel(tmp_path: Path) -> Iterator[Hotel]:
    app: list[Any] = []

    async def door(scope: Any, receive: Any, send: Any) -> None:
        await app[0](scope, receive, send)

    with (
        served(door) as address,
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(letterbox()) as box,
    ):
        mail = {"sender": "Grand <stay@grand.example>", "host": "127.0.0.1", "tls": "none"}
        mail |= {"port": box.port, "allow": ["@grand.example"]}
        settings = {"pages_url": address, "mail": mail, "review_url": "https://review.example/"}
        with portal.wrap_async_context_manager(opened(str(tmp_path / "d.db"), **settings)) as house:
            app.append(house.desk.asgi({"pages"}))
            yield Hotel(address, house, box, portal)


def fill(page: Any, **said: str) -> None:
    """Fill in fields by their names."""
    for name, value in said.items():
        page.locator(f"[name='{name.replace('__', '-')}']").fill(value)


def links(letter: EmailMessage) -> dict[str, str]:
    """Return where the links of a message lead, by their words."""
    page = letter.get_body(("html",))
    assert page is not None
    found = re.findall(r'<a href="([^"]*)"[^>]*>([^<]*)</a>', page.get_content())
    return {words: place for place, words in found}


def row_of(page: Any, name: str) -> Locator:
    """Return the row of the list with somebody's name."""
    found: Locator = page.get_by_role("row").filter(has_text=name)
    return found


def test_the_whole_way(hotel: Hotel, visit: Visit, tmp_path: Path) -> None:
    """Seen to fail when ..."""
    hotel.ask(hotel.house.desk.add_user, "olga", Role.STAFF)
    olga = visit(hotel.address).enter(hotel.ask(hotel.house.desk.login_link, "olga"))
    desk = olga.page

    # The property writes an e-mail.
    olga.follow("Guests")
    olga.follow("E-mails").follow("New e-mail")
    with desk.expect_navigation():
        before = desk.get_by_role("region", name="Before the stay")
        before.get_by_role("link", name="Information").click()
    fill(desk, name="Welcome", subject__en="Welcome, {{ guest.first_name }}", body__en=BODY)
    olga.press("Save")
    assert olga.heading == "Welcome"

    # Olga adds herself as a guest, and sees herself with the filter of today.
    olga.follow("Guests").follow("Guests").follow("Add guests")
    fill(
        desk,
        first_name="Olga",
        last_name="Ocean",
        email=ME,
        phone="01 42 68 53 00",
        arrival=TODAY.isoformat(),
        departure=(TODAY + timedelta(days=2)).isoformat(),
    )
    desk.get_by_label("Country").select_option(label="Germany")
    desk.get_by_label("Language").select_option(label="English")
    olga.press("Add guest")
    assert olga.heading == "Olga Ocean"
    guest = olga.path
    olga.follow("Guest list")
    assert desk.locator("[name=arrival_from]").input_value() == TODAY.isoformat()
    assert desk.locator("[name=arrival_to]").input_value() == TODAY.isoformat()
    olga.press("Filter")
    expect(row_of(desk, "Olga Ocean")).to_contain_text(ME)

    # She mails herself.
    olga.follow("Olga Ocean")
    desk.locator("select[name=email]").select_option(label="Welcome")
    olga.press("Send")
    expect(desk.get_by_role("status").first).to_have_text("The e-mail was sent.")
    [letter] = hotel.box.letters
    assert (letter["to"], letter["subject"]) == (f"Olga Ocean <{ME}>", "Welcome, Olga")
    assert letter["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    found = links(letter)

    # She opens what came, on her phone: the concierge, the check-in form, the feedback.
    phone = visit(hotel.address, "phone")
    phone.page.goto(found["Your stay"])
    assert phone.heading == "Welcome, Olga Ocean"
    phone.page.goto(found["Check in"])
    fill(phone.page, arrival_time="15:30")
    for box in phone.page.locator("[type=checkbox][required]").all():
        box.check()
    phone.press("Send")
    assert phone.heading == "Thank you"
    phone.page.goto(found["Tell us"])
    phone.page.locator("[name=rating][value='4']").check()
    phone.press("Send")
    assert phone.heading == "Thank you"

    # The staff see what she did.
    olga.go(guest).follow("Activities")
    happened = desk.locator(".history strong").all_inner_texts()
    assert sorted(happened) == [
        "Check-in form submitted",
        "Concierge opened",
        "E-mail sent",
        "Feedback submitted",
        "Guest created",
    ]
    olga.follow("Check-in form")
    expect(desk.locator(".pairs").first).to_contain_text("15:30")
    olga.follow("In-stay feedback")
    expect(desk.locator("main")).to_contain_text("4 / 5")

    # She unsubscribes by the link, and is gone from those who can be written to.
    phone.page.goto(found["Unsubscribe from all e-mails"])
    phone.press("Unsubscribe")
    assert phone.heading == "You are unsubscribed"
    olga.go(guest)
    olga.press("Send")
    expect(desk.get_by_role("alert")).to_contain_text("unsubscribed from all e-mails")
    assert len(hotel.box.letters) == 1
    olga.follow("Guest list").press("Filter")
    assert row_of(desk, "Olga Ocean").count() == 0
    desk.get_by_label("View only emailable guests").select_option("no")
    olga.press("Filter")
    expect(row_of(desk, "Olga Ocean")).to_contain_text("unsubscribed")

    # What is exported is what is shown.
    with desk.expect_download() as download:
        desk.get_by_role("button", name="Export to Excel").click()
    file = tmp_path / "guests.xlsx"
    download.value.save_as(file)
    heads, row = list(openpyxl.load_workbook(file).active.values)
    said = dict(zip(heads, row, strict=True))
    print(said)

    # And all of it is in frontdesk's log, for whoever it is told.
    hotel.ask(hotel.house.desk.sync, "grand")
    counted = {one.metric: one.events for one in hotel.ask(hotel.house.desk.metrics)}
    print(counted)
    consent = hotel.ask(hotel.house.desk.profiles)[0].consent
    assert consent == {Channel.EMAIL: "unsubscribed"}
