"""What a property tells and offers its guests, and what they asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from doorway import ADA
from guesthouse import House, opened
from inn import prepare

from frontdesk.errors import ConfigurationError
from frontdesk_guestlist import concierge, guests, prose
from frontdesk_guestlist.concierge import Offer, Section, State, Wording

pytestmark = pytest.mark.anyio
BREAKFAST = {"en": Wording("Breakfast", "From **7**"), "fr": Wording("Petit déjeuner")}


@pytest.fixture(name="house")
async def _house(tmp_path: Path) -> AsyncIterator[House]:
    prepare(tmp_path / "frontdesk.db")
    async with opened(str(tmp_path / "frontdesk.db")) as house:
        yield house


async def tell(house: House, language: str, title: str, position: int = 0) -> int:
    """Tell guests something."""
    section = Section(language=language, title=title, body="...", position=position)
    made: int = await house.write(concierge.save_information, section, "grace")
    return made


async def offer(house: House, **more: Any) -> Offer:
    """Offer something; return it as it is kept."""
    given = {"active": True, "price": Decimal("24.5"), "texts": BREAKFAST, **more}
    id = await house.write(concierge.save_offer, Offer(**given), "grace")
    found = await house.read(concierge.offers, active=False)
    return next(one for one in found if one.id == id)


async def ada(house: House) -> guests.Guest:
    """Have Ada for a guest."""
    [uid] = await house.put(ADA)
    found: guests.Guest = await house.read(guests.get, uid)
    return found


async def told(house: House, language: str | None = None) -> list[str]:
    """Return the titles of what guests are told."""
    found = await house.read(concierge.information, language)
    return [one.title for one in found]


async def test_guests_are_told_in_their_language_or_the_propertys(house: House) -> None:
    await tell(house, "en", "Towels", 2)
    await tell(house, "en", "Wifi", 1)
    assert await told(house, "fr") == ["Wifi", "Towels"]
    await tell(house, "fr", "Serviettes")
    assert await told(house, "fr") == ["Serviettes"]
    assert await told(house, "en") == ["Wifi", "Towels"]
    assert sorted(await told(house)) == ["Serviettes", "Towels", "Wifi"]


async def test_what_guests_are_told_is_replaced_and_removed(house: House) -> None:
    id = await tell(house, "en", "Towels")
    changed = Section(id=id, language="fr", title=" Serviettes ", body="x")
    assert await house.write(concierge.save_information, changed, "grace") == id
    assert await told(house) == ["Serviettes"]
    for _ in range(2):
        await house.write(concierge.remove_information, id, "grace")
    assert await told(house) == []
    with pytest.raises(ConfigurationError, match="somebody removed it meanwhile"):
        await house.write(concierge.save_information, changed, "grace")


async def test_another_property_has_texts_of_its_own(house: House) -> None:
    id = await tell(house, "en", "Towels")
    given = await offer(house)
    made = house.desk.connect("guestlist", name="petit", property="petit", title="Petit")
    other = attrs.evolve(house, annex=house.desk.annex(made))
    assert await told(other) == []
    assert await other.read(concierge.offers, active=False) == []
    await other.write(concierge.remove_information, id, "grace")
    await other.write(concierge.remove_offer, given.id, "grace")
    assert await told(house) == ["Towels"]
    assert len(await house.read(concierge.offers)) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": " "}, "title: it is missing"),
        ({"body": ""}, "text: it is missing"),
        ({"title": "x" * 201}, "title: it has 201 characters; at most 200 fit"),
        ({"body": "x" * 20_001}, "text: it has 20001 characters"),
        ({"language": "xx"}, "language: it must be en or fr, not 'xx'"),
    ],
)
async def test_a_text_that_cannot_be_is_refused_by_field(
    house: House, change: dict[str, str], said: str
) -> None:
    section = Section(**{"language": "en", "title": "t", "body": "b", **change})
    with pytest.raises(ConfigurationError, match=said):
        await house.write(concierge.save_information, section, "grace")


async def test_offers_come_in_the_guests_language_with_their_price(house: House) -> None:
    made = await offer(house)
    await offer(house, active=False)
    [french] = await house.read(concierge.offers, "fr")
    [german] = await house.read(concierge.offers, "de")
    assert (french.title, french.language, french.currency) == ("Petit déjeuner", "fr", "EUR")
    assert (german.title, german.language, german.price) == ("Breakfast", "en", Decimal("24.5"))
    assert made.texts == BREAKFAST


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"texts": {}}, "title: an offer needs one"),
        ({"texts": {"en": Wording("", "text")}}, r"title \(en\): it is missing"),
        ({"texts": {"xx": Wording("t")}}, "language: it must be"),
        ({"price": Decimal(-1)}, "price: it must be"),
        ({"price": Decimal("NaN")}, "price: it must be"),
        ({"price": Decimal("1e12")}, "price: it must be"),
    ],
    ids=str,
)
async def test_an_offer_that_cannot_be_is_refused_by_field(
    house: House, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        await offer(house, **change)


async def test_a_price_needs_a_currency(tmp_path: Path) -> None:
    async with opened(str(tmp_path / "other.db"), currency=None) as house:
        with pytest.raises(ConfigurationError, match="currency: a price needs one"):
            await offer(house)
        assert (await offer(house, currency="CHF")).currency == "CHF"
        assert (await offer(house, price=None)).currency is None


async def test_an_order_keeps_the_price_it_was_asked_for_at(house: House) -> None:
    made, guest = await offer(house), await ada(house)
    assert made.id is not None
    order = await house.write(concierge.order, guest, made.id, 2)
    dearer = attrs.evolve(made, price=Decimal(30))
    await house.write(concierge.save_offer, dearer, "grace")
    [found] = await house.read(concierge.orders, guest)
    assert (found, found.total, found.state) == (order, Decimal(49), State.UNCONFIRMED)
    assert (found.guest, found.guest_name) == (guest.uid, "Ada Lovelace")
    assert "Ada" not in repr(found)


async def test_an_offer_that_was_ordered_stays_known(house: House) -> None:
    made, guest = await offer(house), await ada(house)
    await house.write(concierge.order, guest, made.id, 1)
    assert await house.write(concierge.remove_offer, made.id, "grace") is False
    assert await house.read(concierge.offers) == []
    assert [one.title for one in await house.read(concierge.orders)] == ["Breakfast"]
    assert await house.write(concierge.remove_offer, (await offer(house)).id, "grace") is True


async def test_orders_are_found_by_guest_and_state(house: House) -> None:
    made, one, other = await offer(house), await ada(house), await ada(house)
    first = await house.write(concierge.order, one, made.id, 1)
    second = await house.write(concierge.order, other, made.id, 2)
    await house.write(concierge.set_state, first.uid, State.CONFIRMED, "grace")
    assert [x.uid for x in await house.read(concierge.orders)] == [second.uid, first.uid]
    assert [x.uid for x in await house.read(concierge.orders, other)] == [second.uid]
    found = await house.read(concierge.orders, None, State.CONFIRMED, language="fr")
    assert [(x.uid, x.title) for x in found] == [(first.uid, "Petit déjeuner")]
    assert len(await house.read(concierge.orders, limit=1)) == 1


async def test_an_order_is_confirmed_or_cancelled_by_somebody(house: House) -> None:
    made, guest = await offer(house), await ada(house)
    order = await house.write(concierge.order, guest, made.id, 1)
    for state in (State.CONFIRMED, State.CONFIRMED, State.CANCELLED):
        changed = await house.write(concierge.set_state, order.uid, state, "grace")
        assert (changed.state, changed.changed_by) == (state, "grace")
    for state in (State.CONFIRMED, State.UNCONFIRMED):
        with pytest.raises(ConfigurationError, match="an order that is cancelled cannot become"):
            await house.write(concierge.set_state, order.uid, state, "grace")
    with pytest.raises(ConfigurationError, match="there is no such order"):
        await house.write(concierge.set_state, "x", State.CONFIRMED, "grace")
    noted = [(row.action, row.what) for row in await house.desk.audit_trail()]
    assert noted[:2] == [
        ("guestlist order", {"order": order.uid, "state": "cancelled"}),
        ("guestlist order", {"order": order.uid, "state": "confirmed"}),
    ]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# One\n\n###### Six", "<h3>One</h3>\n<h3>Six</h3>\n"),
        ("a\nb", "<p>a<br />\nb</p>\n"),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>\n"),
        ("[x](JaVaScript:x)", "<p>[x](JaVaScript:x)</p>\n"),
        ("[x](data:text/html,x)", "<p>[x](data:text/html,x)</p>\n"),
        (
            '[x](https://e.example/"onclick=)',
            '<p><a href="https://e.example/%22onclick=" rel="noopener noreferrer">x</a></p>\n',
        ),
    ],
)
def test_markdown_can_do_no_harm(text: str, html: str) -> None:
    assert prose.html(text) == html
