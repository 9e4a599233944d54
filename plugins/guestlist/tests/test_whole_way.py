"""The whole way of a guest and of the staff, in a real browser and with a real mail server.

Somebody of the staff tries everything on themselves: they add themselves as a guest, mail
themselves, and are then the guest who opens what came.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import attrs
import openpyxl
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from browser import Visitor, _browser, _visit
from guesthouse import TODAY, House, opened
from playwright.sync_api import Locator, expect
from posthouse import MailServer, mail_server, settings

from frontdesk import Role
from frontdesk.serving import served

__all__ = ["_browser", "_visit"]
Visit = Callable[..., Visitor]
HERE = "plugins/guestlist/"
ME, NAME = "olga@grand.example", "Olga Ocean"
DEPARTURE = TODAY + timedelta(days=2)
METRICS = (
    "Guest Created",
    "Email Sent",
    "Concierge Opened",
    "Check-in Form Submitted",
    "Feedback Submitted",
    "Unsubscribed from All Emails",
)
BODY = """Hello {{ guest.first_name }}!

- [Your stay]({{ links.concierge }})
- [Check in]({{ links.check_in }})
- [Tell us]({{ links.in_stay }})
"""


@attrs.frozen
class Hotel:
    """A hotel whose pages are served where its e-mails say, and the server these go through."""

    address: str
    house: House
    mail: MailServer
    portal: BlockingPortal

    def ask(self, question: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Ask the hotel's desk."""
        return self.portal.call(lambda: question(*args, **more))


@pytest.fixture(name="hotel")
def _hotel(tmp_path: Path) -> Iterator[Hotel]:
    app: list[Any] = []

    # The pages have to know where they are served before they are made.
    async def door(scope: Any, receive: Any, send: Any) -> None:
        await app[0](scope, receive, send)

    with mail_server() as mail, served(door) as address, start_blocking_portal() as portal:
        given = settings(mail.port, live=False, allow=["@grand.example"])
        given |= {"pages_url": address, "campaigns": True}
        house_ = opened(str(tmp_path / "frontdesk.db"), **given)
        with portal.wrap_async_context_manager(house_) as house:
            app.append(house.desk.asgi({"pages"}))
            yield Hotel(address, house, mail, portal)


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


def row_of(page: Any) -> Locator:
    """Return Olga's row of the list."""
    found: Locator = page.get_by_role("row").filter(has_text=NAME)
    return found


def write_an_email(olga: Visitor) -> None:
    """Write an e-mail of the property."""
    olga.follow("Guests").follow("E-mails").follow("New e-mail")
    with olga.page.expect_navigation():
        before = olga.page.get_by_role("region", name="Before the stay")
        before.get_by_role("link", name="Information").click()
    fill(olga.page, name="Welcome", subject__en="Welcome, {{ guest.first_name }}", body__en=BODY)
    olga.press("Save")
    assert olga.heading == "Welcome"


def add_oneself(olga: Visitor) -> str:
    """Add Olga as a guest; return the path of her page."""
    desk = olga.go(HERE).follow("Add guests").page
    days = {"arrival": TODAY.isoformat(), "departure": DEPARTURE.isoformat()}
    fill(desk, first_name="Olga", last_name="Ocean", email=ME, phone="01 42 68 53 00", **days)
    desk.get_by_label("Country").select_option(label="Germany")
    desk.get_by_label("Language").select_option(label="English")
    olga.press("Add guest")
    assert olga.heading == NAME
    return olga.path


def see_oneself_today(olga: Visitor) -> None:
    """Look at the list with the filter as it stands there at first: today."""
    desk = olga.go(HERE).page
    for end in ("from", "to"):
        assert desk.locator(f"[name=arrival_{end}]").input_value() == TODAY.isoformat()
    olga.press("Filter")
    expect(row_of(desk)).to_contain_text(ME)


def mail_oneself(olga: Visitor, hotel: Hotel) -> dict[str, str]:
    """Send the e-mail to Olga; return where its links lead."""
    olga.follow(NAME)
    olga.page.locator("select[name=email]").select_option(label="Welcome")
    olga.press("Send")
    expect(olga.page.get_by_role("status").first).to_have_text("The e-mail was sent.")
    sent = olga.page.get_by_role("table", name="Sent e-mails").get_by_role("row", name="Welcome")
    assert sent.get_by_role("cell").all_inner_texts()[1:] == ["sent", "", "olga"]
    letter = hotel.mail.message()
    assert (letter["to"], letter["subject"]) == (f"{NAME} <{ME}>", "Welcome, Olga")
    assert letter["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    return links(letter)


def answer_everything(phone: Visitor, found: dict[str, str]) -> None:
    """Open what came: the concierge, the check-in form, the feedback."""
    page = phone.page
    page.goto(found["Your stay"])
    assert phone.heading == f"Welcome, {NAME}"
    page.goto(found["Check in"])
    fill(page, arrival_time="15:30")
    for box in page.locator("[type=checkbox][required]").all():
        box.check()
    phone.press("Send")
    assert phone.heading == "Thank you"
    page.goto(found["Tell us"])
    page.locator("[name=rating][value='4']").check()
    phone.press("Send")
    assert phone.heading == "Thank you"


def see_what_happened(olga: Visitor, guest: str) -> None:
    """Look at the guest's activities and answers."""
    desk = olga.go(guest).follow("Activities").page
    assert sorted(desk.locator(".history strong").all_inner_texts()) == [
        "Check-in form submitted",
        "Concierge opened",
        "E-mail sent",
        "Feedback submitted",
        "Guest created",
    ]
    olga.follow("Check-in form")
    expect(desk.get_by_role("region", name="Check-in form")).to_contain_text("15:30")
    olga.follow("In-stay feedback")
    expect(desk.get_by_role("region", name="In-stay feedback")).to_contain_text("4 / 5")


def be_gone(olga: Visitor, guest: str) -> str:
    """See that the guest gets nothing any more; return the reservation's number."""
    desk = olga.go(guest).page
    olga.press("Send")
    expect(desk.get_by_role("alert")).to_contain_text("unsubscribed from all e-mails")
    olga.follow("Guest list").press("Filter")
    assert row_of(desk).count() == 0
    desk.get_by_label("View only emailable guests").select_option("no")
    olga.press("Filter")
    expect(row_of(desk)).to_contain_text("unsubscribed")
    number = row_of(desk).get_by_role("cell").nth(5).inner_text()
    row_of(desk).get_by_role("checkbox").check()
    desk.locator("[name=accepted]").check()
    olga.press("Transfer the chosen guests")
    expect(row_of(desk)).to_contain_text("the address has unsubscribed")
    desk.go_back()
    return number


def compare_the_workbook(olga: Visitor, number: str, file: Path) -> None:
    """Export what is shown, and read it."""
    with olga.page.expect_download() as download:
        olga.page.get_by_role("button", name="Export to Excel").click()
    download.value.save_as(file)
    heads, row = list(openpyxl.load_workbook(file).active.values)
    said = dict(zip(heads, row, strict=True))
    expected = {
        "Reservation number": number,
        "First name": "Olga",
        "Last name": "Ocean",
        "E-mail": ME,
        "Phone": "+33142685300",
        "Arrival": datetime.combine(TODAY, time()),
        "Departure": datetime.combine(DEPARTURE, time()),
        "Nights": 2,
        "Country": "DE",
        "Language": "en",
        "Rating": 4,
        "Can be e-mailed": "no",
    }
    assert {name: said[name] for name in expected} == expected


def test_the_whole_way(hotel: Hotel, visit: Visit, tmp_path: Path) -> None:
    """Seen to fail when links in e-mails are cut, and when the button to leave does nothing."""
    hotel.ask(hotel.house.desk.add_user, "olga", Role.STAFF)
    olga = visit(hotel.address).enter(hotel.ask(hotel.house.desk.login_link, "olga"))
    phone = visit(hotel.address, "phone")

    write_an_email(olga)
    guest = add_oneself(olga)
    see_oneself_today(olga)
    found = mail_oneself(olga, hotel)
    answer_everything(phone, found)
    see_what_happened(olga, guest)
    phone.page.goto(found["Unsubscribe from all e-mails"])
    phone.press("Unsubscribe")
    assert phone.heading == "You are unsubscribed"
    number = be_gone(olga, guest)
    compare_the_workbook(olga, number, tmp_path / "guests.xlsx")

    assert hotel.mail.times == {ME: 1}
    actions = {row.action for row in hotel.ask(hotel.house.desk.audit_trail) if row.user == "olga"}
    assert {f"guestlist {what}" for what in ("add", "send", "transfer", "export")} <= actions
    hotel.ask(hotel.house.desk.sync, "grand")
    counted = {one.name: one.count for one in hotel.ask(hotel.house.desk.metrics)}
    assert counted == dict.fromkeys(METRICS, 1)
    [profile] = hotel.ask(hotel.house.desk.profiles)
    assert profile.profile["email"] == ME
    assert profile.consent == {"email": "unsubscribed"}
