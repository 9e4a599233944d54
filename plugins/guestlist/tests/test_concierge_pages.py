"""The concierge as the staff fill it, in a browser: information, offers, and orders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from browser import Visitor, _browser, _visit
from furnishing import HOSTILE
from mailroom import Room, open_room

from frontdesk import Role
from frontdesk_guestlist import concierge
from frontdesk_guestlist.pages import orders

__all__ = ["_browser", "_visit"]
Visit = Callable[..., Visitor]
HERE = "plugins/guestlist/grand/"


@pytest.fixture(name="room")
def _room(tmp_path: Path) -> Iterator[Room]:
    with open_room(tmp_path / "frontdesk.db") as room:
        yield room


def fill(visitor: Visitor, **said: str) -> None:
    """Fill in fields by their names."""
    for name, value in said.items():
        visitor.page.locator(f"[name='{name.replace('_', '-')}']").fill(value)


def test_staff_tell_guests_something_and_change_it(room: Room, visit: Visit) -> None:
    staff = visit(room.address).enter(room.link()).go(HERE + "concierge")
    assert "Guests are told nothing yet." in staff.page.inner_text("main")

    staff.follow("Add information")
    staff.page.get_by_label("Language").select_option("French")
    fill(staff, title="Petit déjeuner", body="De **7 h** à 10 h")
    staff.press("Save")
    assert staff.page.get_by_role("status").inner_text().startswith("Saved.")
    row = staff.page.get_by_role("row", name="Petit déjeuner")
    with staff.page.expect_navigation():
        row.get_by_role("link").click()
    fill(staff, body="De 7 h à 11 h", position="3")
    staff.press("Save")

    (said,) = room.read(concierge.information)
    assert (said.language, said.title, said.body, said.position) == (
        "fr",
        "Petit déjeuner",
        "De 7 h à 11 h",
        3,
    )
    row.locator("summary").click()
    staff.press("Remove", row)
    assert room.read(concierge.information) == []
    assert {action for user, action in room.audit() if user == "staff"} >= {
        "guestlist information save",
        "guestlist information remove",
    }


def test_an_offer_is_made_and_what_is_wrong_is_said_at_its_field(room: Room, visit: Visit) -> None:
    """Seen to fail when the form is shown again without what was filled in."""
    staff = visit(room.address).enter(room.link()).go(HERE + "concierge/offers")
    fill(staff, title_en="Late check-out", text_fr="Sans titre", price="twelve", position="1000")
    staff.page.locator("form").last.evaluate("form => form.noValidate = true")
    staff.press("Save")

    said = staff.page.get_by_role("alert").inner_text()
    assert "Title, French: Fill this in." in said
    assert "Price: Give a price such as 12 or 12.50." in said
    assert "Order: Give a whole number from 0 to 999." in said
    assert staff.page.locator("[name=title-en]").input_value() == "Late check-out"
    price = staff.page.get_by_label("Price of one, in EUR")
    assert price.get_attribute("aria-invalid") == "true"
    assert "wrong-price" in (price.get_attribute("aria-describedby") or "")
    assert room.read(concierge.offers, active=False) == []
    assert staff.barriers() == []

    fill(staff, title_fr="Départ tardif", price="24,50", position="2")
    staff.press("Save")
    (offer,) = room.read(concierge.offers)
    assert (offer.price, offer.currency, offer.position) == (Decimal("24.50"), "EUR", 2)
    assert {language: said.title for language, said in offer.texts.items()} == {
        "en": "Late check-out",
        "fr": "Départ tardif",
    }


def test_orders_are_confirmed_and_cancelled(room: Room, visit: Visit) -> None:
    staff = visit(room.address).enter(room.link()).go(HERE + "concierge/offers")
    fill(staff, title_en="Champagne", price="80")
    staff.press("Save")
    (offer,) = room.read(concierge.offers)
    ada, bob = room.put(first_name="Ada"), room.put(first_name="Bob")
    room.write(concierge.order, ada, offer.id, 2, note="on ice")
    room.write(concierge.order, bob, offer.id, 1)

    staff.go(HERE + "orders?state=unconfirmed")
    row = staff.page.get_by_role("row", name="Ada")
    assert "160.00 EUR" in row.inner_text()
    staff.press("Confirm", row)
    assert staff.page.get_by_role("row", name="Ada").count() == 0
    row = staff.page.get_by_role("row", name="Bob")
    row.locator("summary").click()
    staff.press("Cancel", row)
    staff.follow("All")

    states = {one.guest_name.split()[0]: one.state.value for one in room.read(concierge.orders)}
    assert states == {"Ada": "confirmed", "Bob": "cancelled"}
    assert staff.page.get_by_role("row", name="Bob").get_by_role("button").count() == 0
    assert staff.barriers() == []
    staff.go(HERE + "concierge")
    row = staff.page.get_by_role("row", name="Champagne")
    row.locator("summary").click()
    staff.press("Remove", row)
    assert "it is offered no more" in staff.page.get_by_role("status").inner_text()
    assert "not offered" in staff.page.get_by_role("row", name="Champagne").inner_text()


def test_viewers_look_and_change_nothing(room: Room, visit: Visit) -> None:
    """Seen to fail when the forms are for viewers."""
    viewer = visit(room.address).enter(room.link(Role.VIEWER))
    for path in ("concierge", "orders"):
        assert viewer.go(HERE + path).page.locator("main form").count() == 0
    for path in ("concierge/offers", "concierge/information"):
        assert viewer.go(HERE + path).heading == "You may not do this"


@pytest.mark.parametrize("view", ["wide", "phone", "dark"])
def test_hostile_texts_are_shown_as_they_are(room: Room, visit: Visit, view: str) -> None:
    staff = visit(room.address, view).enter(room.link()).go(HERE + "concierge/offers")
    fill(staff, title_en=HOSTILE, text_en=HOSTILE, price="1")
    staff.press("Save").go(HERE + "concierge/information")
    fill(staff, title=HOSTILE, body=HOSTILE)
    staff.press("Save")
    (offer,) = room.read(concierge.offers)
    guest = room.put(first_name=HOSTILE[:40], last_name="<b>x</b>")
    room.write(concierge.order, guest, offer.id, 1, note=HOSTILE)

    (told,) = room.read(concierge.information)
    paths = (
        "concierge",
        "orders",
        f"concierge/offers/{offer.id}",
        f"concierge/information/{told.id}",
    )
    for path in paths:
        staff.go(HERE + path)
        assert staff.page.locator("main script, main img, main b").count() == 0
        shown = staff.page.content()
        assert "alert(1)" in shown
        assert staff.barriers() == []
        assert staff.sideways() == 0
        staff.shot(f"guestlist-{path.replace('/', '-')}-{view}")


def test_of_many_orders_the_newest_are_shown(
    room: Room, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "MOST", 2)
    offer = concierge.Offer(active=True, texts={"en": concierge.Wording("Tea")})
    id = room.write(concierge.save_offer, offer, "Grace")
    for name in ("Ada", "Bob", "Cy"):
        room.house.clock.at += timedelta(minutes=1)
        room.write(concierge.order, room.put(first_name=name), id, 1)

    staff = visit(room.address).enter(room.link()).go(HERE + "orders")

    shown = staff.page.locator("main").inner_text()
    assert "These are the newest 2" in shown
    assert ("Cy" in shown, "Ada" in shown) == (True, False)
