"""One guest as staff see them: what is known and was done, and what can be done."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from browsing import Browsing, _quick_hashes, somebody, text
from guesthouse import TODAY, House, opened
from inn import Inn, connected, guest
from posthouse import mail_server, settings

from frontdesk import Role
from frontdesk_guestlist import concierge, emails, forms, guests, stopping
from frontdesk_guestlist.activities import Kind, timeline
from frontdesk_guestlist.emails import Email
from frontdesk_guestlist.forms import Form
from frontdesk_guestlist.guests import Guest
from frontdesk_guestlist.rules import Kind as Sort
from frontdesk_guestlist.rules import Phase
from frontdesk_guestlist.templating import Text

__all__ = ["_quick_hashes"]

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("quick_hashes")]
PAGES = "/plugins/guestlist/grand/guests"
EMAIL = "ada@example.com"
YESTERDAY = TODAY - timedelta(days=1)
PAST = {"arrival": TODAY - timedelta(days=3), "departure": YESTERDAY, "status": "departed"}
WELCOME = Email(
    name="Welcome",
    kind=Sort.INFORMATION,
    phase=Phase.PRE_STAY,
    texts={"en": Text(subject="Welcome", body="Soon!")},
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@attrs.frozen
class Office:
    """A house, and somebody of its staff before its pages."""

    house: House
    staff: Browsing

    async def put(self, **row: Any) -> str:
        """Put a guest into the list; return its uid."""
        [uid] = await self.house.put({"email": EMAIL, **row})
        return uid

    async def open(self, uid: str, tab: str = "") -> Any:
        """Open the page of a guest."""
        return await self.staff.get(f"{PAGES}/{uid}", params={"tab": tab} if tab else {})

    async def press(self, uid: str, what: str, **fields: str) -> Any:
        """Press a button on the page of a guest, and go where that leads."""
        await self.open(uid)
        return await self.staff.follow(await self.staff.post(f"{PAGES}/{uid}/{what}", **fields))

    async def guest(self, uid: str) -> Guest:
        """Return a guest as the list has them now."""
        found: Guest = await self.house.read(guests.get, uid)
        return found

    async def actions(self) -> list[tuple[str, str]]:
        """Return who did what, the newest first."""
        return [(row.user, row.action) for row in await self.house.desk.audit_trail()]


@pytest.fixture(name="office")
async def _office(tmp_path: Path) -> AsyncIterator[Office]:
    async with opened(str(tmp_path / "store.db")) as house:
        staff = await somebody(house.desk, house.desk.asgi({"pages"}), Role.STAFF)
        yield Office(house, staff)


def tabs(response: Any) -> list[str]:
    """Return the parts of the page that links lead to."""
    return re.findall(r"\?tab=([\w-]+)#tab", response.text)


async def test_a_click_on_the_name_opens_the_guest_with_key_facts(office: Office) -> None:
    uid = await office.put(last_name="Lovelace", number="R-77", rating=4, nights=2)
    listed = await office.staff.get(PAGES)

    [place] = re.findall(r'<th scope="row"><a href="([^"]*)">Ada Lovelace</a>', listed.text)
    shown = await office.staff.get(place)

    assert place == f"{PAGES}/{uid}"
    for said in (f"E-mail {EMAIL}", "Reservation R-77", "Arrival 2 Jun 2026", "Rating 4 / 5"):
        assert said in text(shown)
    assert (await office.open("nobody")).status_code == 404


async def test_the_information_depends_on_where_the_guest_comes_from(office: Office) -> None:
    """Seen to fail when all guests show what a form asks for."""
    desk = office.house.desk
    inn = Inn()
    inn.rows["guests"] = [guest("ada")]
    oak = connected(desk, inn, name="oak")
    await desk.sync(oak)
    by_hand = await office.house.add(email="grace@example.com")
    own = {"channel": "Booking.example", "room_type": "Double", "amount": Decimal(240)}
    channel = await office.put(**own, source="grand", currency="EUR")
    integrated = await office.put(**own, source="oak-1", source_guest="ada", company="ACME")

    shown = text(await office.open(by_hand.uid))
    assert "Added by hand, with the form." in shown
    assert "Phone number not given" in shown
    assert "Channel" not in shown
    shown = text(await office.open(integrated))
    assert "Read from The Oak." in shown
    assert "Channel Booking.example Room type Double Company ACME Revenue" in shown
    lost = text(await office.open(channel))
    assert "Read from a connection that is no longer there." in lost
    await desk.sync("grand")
    assert "Came from a channel." in text(await office.open(channel))


async def test_reservations_of_the_same_address_stand_together(office: Office) -> None:
    uid = await office.put(nights=1)
    before = TODAY - timedelta(days=400)
    await office.put(
        arrival=before, nights=3, checked_in=True, rating=5, amount=Decimal("1234.5"),
        currency="EUR", email="ADA@example.com",
    )  # fmt: skip
    await office.put(email="other@example.com", number="OTHER")

    shown = text(await office.open(uid))

    assert "Arrival date Nights Checked in Rating Revenue Reservation" in shown
    assert re.search(r"2 Jun 2026 this one 1 No 1\d{4}", shown)
    assert re.search(r"28 Apr 2025 3 Yes 5 1,234.50 EUR 1\d{4}", shown)
    assert "OTHER" not in shown


async def test_a_guest_is_not_deleted_before_the_stay_is_over(office: Office) -> None:
    uid = await office.put(number="R-1")

    shown = await office.press(uid, "delete")

    assert "reservation R-1 of the same e-mail address is upcoming or running" in text(shown)
    assert (await office.guest(uid)).hidden is None


async def test_a_deleted_guest_leaves_the_list_and_it_is_said_whether_they_come_back(
    office: Office,
) -> None:
    """Seen to fail when nothing is said of the source."""
    read = await office.put(**PAST, last_name="Read")
    added = await office.put(**PAST, last_name="Added", origin="form")
    asked = text(await office.open(read))

    first, second = await office.press(read, "delete"), await office.press(added, "delete")
    listed = await office.staff.get(f"{PAGES}?emailable=no")

    assert guests.fate(await office.guest(read)).why in asked
    assert "The guest was deleted from the list." in text(first)
    assert "stays deleted whatever becomes of it in the list's source" in text(first)
    assert "nothing brings the reservation back" in text(second)
    assert "Ada Read" not in text(listed)
    assert "deleted" in text(await office.open(read))
    assert [action for user, action in await office.actions() if user == "staff"][:2] == [
        "guestlist delete",
        "guestlist delete",
    ]


async def test_planned_emails_are_shown_with_why_one_would_not_go(office: Office) -> None:
    uid = await office.put(arrival=TODAY + timedelta(days=9), departure=TODAY + timedelta(days=11))
    number = await office.house.write(emails.save, WELCOME, "olga")
    await office.house.write(emails.activate, number, "olga", existing=True)

    shown = text(await office.open(uid))

    assert "Nothing was sent yet." in shown
    assert re.search(r"\d+ Jun 2026, 09:00 CEST Welcome will not go out no mail server", shown)


async def test_an_email_is_sent_by_hand_where_there_is_a_server(office: Office) -> None:
    uid, mute = await office.put(), await office.put(email="none")
    number = await office.house.write(emails.save, WELCOME, "olga")

    refused = await office.press(uid, "send", email=str(number), once="a")
    nothing = await office.press(uid, "send", email="x", once="b")

    assert 'role="alert"' in refused.text
    assert "mail" in text(refused)
    assert "choose an e-mail first" in text(nothing)
    assert "The guest has no valid e-mail address." in text(await office.open(mute))


async def test_a_form_that_is_sent_twice_sends_one_email(tmp_path: Path) -> None:
    """Seen to fail when the form says nothing that tells it from others."""
    with mail_server() as server:
        async with opened(str(tmp_path / "store.db"), **settings(server.port)) as house:
            staff = await somebody(house.desk, house.desk.asgi({"pages"}), Role.STAFF)
            office = Office(house, staff)
            uid = await office.put()
            number = str(await house.write(emails.save, WELCOME, "olga"))
            shown = await office.open(uid)
            [once] = re.findall(r'name="once" value="(\w+)"', shown.text)

            for _ in range(2):
                again = await office.press(uid, "send", email=number, once=once)
            assert "The e-mail was sent." in text(again)
            assert server.times == {EMAIL: 1}
            [another] = re.findall(r'name="once" value="(\w+)"', again.text)
            await office.press(uid, "send", email=number, once=another)
            assert server.times == {EMAIL: 2}
            assert (await office.actions())[0] == ("staff", "guestlist send")


async def test_what_happened_stands_on_a_timeline(office: Office) -> None:
    guest = await office.house.add(email=EMAIL)
    await office.press(guest.uid, "stop")
    await office.press(guest.uid, "undo")

    shown = text(await office.open(guest.uid, "activities"))

    words = ["Unsubscription undone by staff : staff", "Unsubscribed by staff : staff", "Guest created"]  # fmt: skip
    assert [shown.index(word) for word in words] == sorted(shown.index(word) for word in words)
    assert shown.count("2 Jun 2026, 00:30 CEST") >= 3


async def test_more_tabs_appear_as_the_guest_acts(office: Office) -> None:
    """Seen to fail when every tab is always there."""
    uid = await office.put()
    guest = await office.guest(uid)
    before = tabs(await office.open(uid))

    await office.house.write(forms.submit, guest, Form.CHECK_IN, {"arrival_time": "15:30"})
    await office.house.write(forms.submit, guest, Form.IN_STAY, {"rating": 4})
    words = {"en": concierge.Wording(title="Breakfast")}
    offer = concierge.Offer(active=True, price=Decimal(12), currency="EUR", texts=words)
    number = await office.house.write(concierge.save_offer, offer, "olga")
    await office.house.write(concierge.order, guest, number, 2, note="no nuts")

    assert before == ["emails", "activities"]
    assert tabs(await office.open(uid)) == [*before, "check-in", "in-stay", "orders"]
    assert "15:30" in text(await office.open(uid, "check-in"))
    assert "4 / 5" in text(await office.open(uid, "in-stay"))
    assert "Breakfast 2 24.00 EUR unconfirmed no nuts" in text(await office.open(uid, "orders"))
    happened = text(await office.open(uid, "activities"))
    assert "Feedback submitted : In-stay feedback: 4 / 5" in happened
    assert "Offer ordered : Breakfast, 2" in happened


async def test_staff_unsubscribe_a_guest_and_undo_it(office: Office) -> None:
    uid = await office.put()

    stopped = await office.press(uid, "stop")
    hidden = await office.staff.get(PAGES)
    restored = await office.press(uid, "undo")

    assert "No e-mail goes to this address any more." in text(stopped)
    assert "staff unsubscribed the guest from all e-mails." in text(stopped)
    assert EMAIL not in text(hidden)
    assert "The guest gets the property's e-mails." in text(restored)
    assert EMAIL in text(await office.staff.get(PAGES))
    assert (await office.actions())[:2] == [
        ("staff", "guestlist undo"),
        ("staff", "guestlist stop"),
    ]


async def test_what_the_guest_did_staff_cannot_undo(office: Office) -> None:
    """Seen to fail when staff may undo any stop."""
    uid = await office.put()
    guest = await office.guest(uid)
    await office.house.write(stopping.stop, EMAIL, "guest", guest_id=guest.id)

    shown = await office.open(uid)
    tried = await office.press(uid, "undo")

    assert "Only the guest can take that back." in text(shown)
    assert "/undo" not in shown.text
    assert "/stop" not in shown.text
    assert "this cannot be undone: the guest left all e-mails" in text(tried)
    assert (await office.guest(uid)).stopped == "guest"


@pytest.mark.parametrize("purpose", ["concierge", "check-in", "in-stay", "post-stay"])
async def test_previews_show_the_guests_pages_without_effect(office: Office, purpose: str) -> None:
    uid = await office.put()
    guest = await office.guest(uid)
    shown = await office.open(uid)

    [place] = re.findall(rf'href="([^"]*/preview/{purpose})" target="_blank"', shown.text)
    seen = await office.staff.follow(await office.staff.get(place))

    assert seen.status_code == 200
    assert seen.url.path.startswith("/plugins/guestlist/g/")
    assert Kind.CONCIERGE_OPENED not in [
        one.kind for one in await office.house.annex.read(lambda db: timeline(db, guest.id))
    ]
    assert (await office.staff.get(f"{PAGES}/{uid}/preview/unsubscribe")).status_code == 404


async def test_the_person_can_be_looked_up_and_forgotten_in_frontdesk(office: Office) -> None:
    guest = await office.house.add(email=EMAIL)
    before = await office.open(guest.uid)

    await office.house.desk.sync("grand")
    shown = await office.open(guest.uid)
    found = await office.staff.post("/profiles/search", q=guest.profile)

    assert "Profile in frontdesk" not in text(before)
    assert "Profile in frontdesk" in text(shown)
    assert f'name="q" value="{guest.profile}"' in shown.text
    assert EMAIL in text(found)


async def test_a_viewer_sees_all_and_no_button(office: Office) -> None:
    uid = await office.put(**PAST)
    desk = office.house.desk
    viewer = await somebody(desk, desk.asgi({"pages"}), Role.VIEWER)

    shown = await viewer.get(f"{PAGES}/{uid}")

    assert EMAIL in text(shown)
    for word in ("Delete guest", "Send an e-mail now", "Unsubscribe from all e-mails"):
        assert word not in text(shown)
    for what in ("delete", "stop", "undo", "send"):
        assert (await viewer.post(f"{PAGES}/{uid}/{what}")).status_code == 403
