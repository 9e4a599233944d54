"""What guests see, in a real browser on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

import attrs
import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from browser import Visitor, _browser, _visit
from doorway import ADA
from guesthouse import House, opened
from inn import prepare
from playwright.sync_api import expect

from frontdesk import Desk
from frontdesk.serving import served
from frontdesk_guestlist import activities, concierge, forms, guests, links
from frontdesk_guestlist.concierge import Offer, Section, State, Wording
from frontdesk_guestlist.forms import Form
from frontdesk_guestlist.links import Pass, Purpose

__all__ = ["_browser", "_visit"]
Visit = Callable[..., Visitor]
HOSTILE = "<script>alert(1)</script><b onclick=alert(1)>\"'&"
PAGES = ("concierge", "check-in", "in-stay", "post-stay", "unsubscribe")
WIFI = "The network is **Grand**.\n\n- no password\n- [help](https://example.com)\n\n# More"


@attrs.frozen
class Reception:
    """A house whose pages are served, and what its staff see of it."""

    address: str
    portal: BlockingPortal
    house: House
    reviews: list[dict[bytes, bytes]]

    def ask(self, question: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Answer a question of the guest list."""
        return self.portal.call(lambda: self.house.read(question, *args, **more))

    def do(self, change: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Change something in the guest list."""
        return self.portal.call(lambda: self.house.write(change, *args, **more))

    def arrives(self, **row: Any) -> guests.Guest:
        """Have a guest."""
        [uid] = self.portal.call(self.house.put, {**ADA, **row})
        return self.guest(uid)

    def guest(self, uid: str) -> guests.Guest:
        """Return a guest as the list has them now."""
        found: guests.Guest = self.ask(guests.get, uid)
        return found

    def link(self, guest: guests.Guest, purpose: str, **more: Any) -> str:
        """Return the path of a guest's link."""
        key = self.portal.call(self.house.annex.key)
        token = links.make(key, "grand", Pass(Purpose(purpose), guest.uid, **more), None)
        return f"plugins/guestlist/{'u' if purpose == 'unsubscribe' else 'g'}/{token}"

    def did(self, guest: guests.Guest) -> list[str]:
        """Return what is on a guest's timeline."""
        found = self.portal.call(
            lambda: self.house.annex.read(lambda db: activities.timeline(db, guest.id))
        )
        return [one.kind.value for one in found]


@pytest.fixture(name="reception", scope="module")
def _reception(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reception]:
    store, reviews = tmp_path_factory.mktemp("grand") / "frontdesk.db", []

    async def review_site(scope: Any, receive: Any, send: Any) -> None:
        reviews.append(dict(scope["headers"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"Write your review"})

    prepare(store)
    with ExitStack() as open_:
        there = open_.enter_context(served(review_site))
        portal = open_.enter_context(start_blocking_portal())
        own = {"review_url": there, "feedback_threshold": 3}
        house = open_.enter_context(portal.wrap_async_context_manager(opened(str(store), **own)))
        portal.call(_furnish, house)
        # Another desk than the one that is asked serves the pages.
        serving = Desk(store, clock=house.clock)
        settings = attrs.asdict(house.annex.settings)
        given = ("property", "title", "time_zone", "currency", "country", *own)
        serving.connect("guestlist", name="grand", **{name: settings[name] for name in given})
        address = open_.enter_context(served(serving.asgi({"pages"})))
        yield Reception(address, portal, house, reviews)


async def _furnish(house: House) -> None:
    for language, title in (("en", "Internet"), ("fr", "Internet gratuit"), ("en", HOSTILE)):
        section = Section(language=language, title=title, body=WIFI)
        await house.write(concierge.save_information, section, "grace")
    for texts in (
        {
            "en": Wording("Breakfast", "From **7** to 10"),
            "fr": Wording("Petit déjeuner", "Dès 7 h"),
        },
        {"en": Wording(HOSTILE, HOSTILE)},
    ):
        made = Offer(active=True, price=Decimal("24.5"), texts=texts)
        await house.write(concierge.save_offer, made, "grace")


@pytest.mark.parametrize("view", ["phone", "dark", "wide"])
@pytest.mark.parametrize("page", PAGES)
def test_pages_keep_nobody_out_and_fit_the_window(
    reception: Reception, visit: Visit, page: str, view: str
) -> None:
    """Whatever a guest and a property are called. Seen to fail with a grey too light to read."""
    guest = reception.arrives(first_name=HOSTILE, last_name="Lovelace" * 9, number=HOSTILE)
    reader = visit(reception.address, view).go(reception.link(guest, page))

    assert reader.barriers() == []
    assert reader.sideways() == 0
    reader.shot(f"visitor-{page}-{view}")
    if page in {"check-in", "post-stay"}:
        reader.press("Send")
        assert reader.page.get_by_role("alert").is_visible()
        assert (reader.barriers(), reader.sideways()) == ([], 0)
        reader.shot(f"visitor-{page}-wrong-{view}")


def test_a_guest_asks_for_breakfast_and_sees_it_confirmed(
    reception: Reception, visit: Visit
) -> None:
    guest = reception.arrives()
    ada = visit(reception.address, "phone").go(reception.link(guest, "concierge"))
    assert ada.heading == "Welcome, Ada Lovelace"
    expect(ada.page.get_by_text("Tuesday, June 2, 2026")).to_be_visible()
    internet = ada.page.get_by_role("article", name="Internet", exact=True)
    expect(internet.locator("strong")).to_have_text("Grand")
    expect(internet.get_by_role("listitem")).to_have_count(2)

    breakfast = ada.page.get_by_role("article", name="Breakfast")
    expect(breakfast.get_by_text("€24.50")).to_be_visible()
    breakfast.get_by_label("How many").fill("0")
    breakfast.get_by_label("Anything we should know").fill("No eggs")
    ada.press("Ask for it Breakfast")
    expect(ada.page.get_by_role("alert")).to_have_text(
        "How many? Please write a number from 1 to 99."
    )
    expect(breakfast.get_by_label("Anything we should know")).to_have_value("No eggs")
    breakfast.get_by_label("How many").fill("2")
    ada.press("Ask for it Breakfast")
    orders = ada.page.get_by_role("region", name="What you asked for")
    expect(orders).to_contain_text("not confirmed yet")
    expect(orders).to_contain_text("2 \u00d7 Breakfast, €49.00")
    expect(ada.page.get_by_role("status")).to_contain_text("We have received it")
    assert ada.barriers() == []

    [order] = reception.ask(concierge.orders, guest)
    reception.do(concierge.set_state, order.uid, State.CONFIRMED, "grace")
    ada.go(reception.link(guest, "concierge"))
    expect(orders.get_by_text("confirmed", exact=True)).to_be_visible()
    assert reception.did(guest) == ["concierge_opened", "offer_ordered"]


def test_a_double_click_asks_once(reception: Reception, visit: Visit) -> None:
    guest = reception.arrives()
    ada = visit(reception.address, "phone").go(reception.link(guest, "concierge"))
    ada.page.get_by_role("button", name="Ask for it Breakfast").dblclick()
    ada.page.wait_for_url("**ordered=1**")
    assert len(reception.ask(concierge.orders, guest)) == 1


def test_a_guest_checks_in_before_arriving(reception: Reception, visit: Visit) -> None:
    guest = reception.arrives()
    ada = visit(reception.address, "phone").go(reception.link(guest, "concierge"))
    ada.follow("Check in before you arrive")
    page = ada.page
    page.get_by_label("Phone number").fill("a phone")
    page.get_by_label("Is there anything you wish?").fill(HOSTILE)
    page.get_by_label("Country").select_option(label="Côte d\u2019Ivoire")
    ada.press("Send")
    alert = page.get_by_role("alert")
    assert [one.inner_text() for one in alert.get_by_role("link").all()] == [
        "When will you arrive?",
        "Phone number",
        "I will keep to the house rules.",
    ]
    alert.get_by_role("link", name="Phone number").click()
    expect(page.get_by_label("Phone number")).to_have_value("a phone")
    expect(page.get_by_label("Country")).to_have_value("CI")

    page.get_by_label("Phone number").fill("01 23 45 67 89")
    page.get_by_label("When will you arrive?").fill("15:30")
    page.get_by_label("I come by car").check()
    page.get_by_label("I will keep to the house rules.").check()
    ada.press("Send")
    assert ada.heading == "Thank you"
    expect(page.get_by_role("region", name="Your answers")).to_contain_text(HOSTILE)
    assert ada.barriers() == []

    answer = reception.ask(forms.newest, guest, Form.CHECK_IN)
    assert (answer.fields["phone"], answer.fields["wishes"]) == ("+33123456789", HOSTILE)
    ada.follow("Change your answers")
    expect(page.get_by_label("When will you arrive?")).to_have_value("15:30")
    ada.press("Send")
    assert reception.did(guest) == ["concierge_opened", "form_submitted"]


@pytest.mark.parametrize(("form", "why"), [("in-stay", "right now"), ("post-stay", "should be")])
def test_who_is_not_content_is_asked_why(
    reception: Reception, visit: Visit, form: str, why: str
) -> None:
    """With the keyboard alone. Seen to fail when the questions are hidden from everybody."""
    guest = reception.arrives()
    ada = visit(reception.address, "phone").go(reception.link(guest, form))
    page, comment = ada.page, ada.page.get_by_label(why)
    expect(comment).to_be_hidden()
    page.get_by_label("Very good").focus()
    page.keyboard.press("Space")
    expect(comment).to_be_hidden()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("Fair")).to_be_checked()
    expect(comment).to_be_visible()
    assert ada.barriers() == []
    comment.fill("It was cold")
    page.get_by_label("The room").check()
    ada.press("Send")

    assert ada.heading == "Thank you"
    expect(page.get_by_text("It was cold")).to_be_visible()
    assert page.get_by_role("link", name="Write a review").count() == 0
    assert (reception.guest(guest.uid).rating, reception.did(guest)) == (3, ["feedback_submitted"])


def test_who_is_content_is_sent_on_and_the_other_site_learns_nothing(
    reception: Reception, visit: Visit
) -> None:
    """The page's address is the guest's key. Seen to fail where page and link let it be told."""
    guest = reception.arrives()
    ada = visit(reception.address, "phone").go(reception.link(guest, "post-stay"))
    ada.page.get_by_role("radio", name="Good", exact=True).check()
    ada.press("Send")
    assert ada.barriers() == []
    ada.follow("Write a review")

    expect(ada.page.get_by_text("Write your review")).to_be_visible()
    # What their browser fetches then for the other site's page comes from there.
    assert b"referer" not in reception.reviews[0]
    assert reception.guest(guest.uid).rating == 4
    ada.wrong.clear()


def test_a_guest_unsubscribes_by_the_button(reception: Reception, visit: Visit) -> None:
    guest = reception.arrives(email="leaving@example.com")
    ada = visit(reception.address, "phone").go(reception.link(guest, "unsubscribe"))
    expect(ada.page.get_by_text("l…@example.com")).to_be_visible()
    assert reception.guest(guest.uid).emailable
    ada.press("Unsubscribe")
    assert ada.heading == "You are unsubscribed"
    assert ada.barriers() == []
    ada.page.reload()
    assert ada.page.get_by_role("button").count() == 0
    assert not reception.guest(guest.uid).emailable
    assert reception.did(guest) == ["unsubscribed"]


def test_a_mail_program_unsubscribes_with_one_click(reception: Reception) -> None:
    guest = reception.arrives(email="clicking@example.com")
    path = reception.address + reception.link(guest, "unsubscribe")
    for _ in range(2):
        answer = httpx.post(path, data={"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
    assert reception.did(guest) == ["unsubscribed"]


@pytest.mark.parametrize(
    ("page", "button"),
    [
        ("concierge", "Ask for it Breakfast"),
        ("check-in", "Send"),
        ("in-stay", "Send"),
        ("post-stay", "Send"),
        ("unsubscribe", "Unsubscribe"),
    ],
)
def test_staff_see_the_same_page_and_do_nothing(
    reception: Reception, visit: Visit, page: str, button: str
) -> None:
    guest = reception.arrives(email="seen@example.com")
    staff = visit(reception.address, "phone").go(reception.link(guest, page, preview=True))
    expect(staff.page.get_by_text("This is a preview")).to_be_visible()
    assert staff.barriers() == []
    staff.press(button)
    assert staff.heading == "Nothing was sent"
    assert staff.barriers() == []
    staff.follow("Back to the preview")
    expect(staff.page.get_by_text("This is a preview")).to_be_visible()
    assert (reception.guest(guest.uid), reception.did(guest)) == (guest, [])


def test_a_french_guest_reads_french_and_can_read_english(
    reception: Reception, visit: Visit
) -> None:
    guest = reception.arrives(language="fr")
    ada = visit(reception.address, "phone").go(reception.link(guest, "concierge"))
    assert ada.heading == "Bienvenue, Ada Lovelace"
    expect(ada.page.get_by_text("mardi 2 juin 2026")).to_be_visible()
    expect(ada.page.get_by_role("article", name="Petit déjeuner")).to_contain_text("24,50 €")
    assert ada.page.locator("html").get_attribute("lang") == "fr"
    assert ada.barriers() == []

    ada.follow("English")
    assert ada.heading == "Welcome, Ada Lovelace"
    ada.follow("Français")
    ada.follow("Préparez votre arrivée")
    ada.press("Envoyer")
    expect(ada.page.get_by_role("alert")).to_contain_text("Il manque quelque chose")
    ada.page.get_by_label("À quelle heure arriverez-vous").fill("15:30")
    ada.page.get_by_label("Je respecterai").check()
    ada.press("Envoyer")
    assert ada.heading == "Merci"


def test_a_link_that_is_none_is_explained(reception: Reception, visit: Visit) -> None:
    stranger = visit(reception.address, "phone", locale="fr-FR")
    stranger.go("plugins/guestlist/g/nothing")
    assert stranger.heading == "Ce lien ne fonctionne pas"
    expect(stranger.page.get_by_role("heading", name="This link does not work")).to_be_visible()
    assert (stranger.barriers(), stranger.sideways()) == ([], 0)
