"""What guests are shown by their links, and what becomes of what they send."""

from __future__ import annotations

import logging
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest
from browsing import text
from doorway import Door, door
from guesthouse import NOW
from inn import prepare

from frontdesk_guestlist import concierge, forms, guests, links, stopping
from frontdesk_guestlist.concierge import Offer, Section, State, Wording
from frontdesk_guestlist.forms import Form
from frontdesk_guestlist.schema import emails, mails

pytestmark = pytest.mark.anyio
PAGES = ("concierge", "check-in", "in-stay", "post-stay", "unsubscribe")
ARRIVING = {"arrival_time": "15:30", "rules": "yes"}


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> str:
    prepare(tmp_path / "frontdesk.db")
    return str(tmp_path / "frontdesk.db")


async def breakfast(at: Door, **more: Any) -> int:
    """Offer breakfast."""
    texts = {"en": Wording("Breakfast"), "fr": Wording("Petit déjeuner")}
    given = {"active": True, "price": Decimal("24.50"), "texts": texts, **more}
    made: int = await at.house.write(concierge.save_offer, Offer(**given), "grace")
    return made


async def orders(at: Door) -> list[concierge.Order]:
    """Return what the guest asked for."""
    found: list[concierge.Order] = await at.house.read(concierge.orders, await at.guest())
    return found


@pytest.mark.parametrize("page", PAGES)
async def test_every_page_needs_the_link_and_nothing_else(store: str, page: str) -> None:
    async with door(store) as ada:
        shown = await ada.get(page)

        assert shown.status_code == 200
        assert "set-cookie" not in shown.headers
        assert shown.headers["cache-control"] == "no-store"
        assert shown.headers["x-robots-tag"] == "noindex, nofollow"
        assert '<meta name="referrer" content="no-referrer">' in shown.text
        assert '<meta name="robots" content="noindex, nofollow">' in shown.text
        assert "<script" not in shown.text


@pytest.mark.parametrize("page", PAGES)
async def test_an_expired_link_says_so_in_both_languages_and_tells_nothing(
    store: str, page: str
) -> None:
    async with door(store) as ada:
        shown = await ada.get(page, expires=NOW)

        assert shown.status_code == 410
        assert "This link has expired" in text(shown)
        assert "Ce lien a expiré" in text(shown)
        assert "ask the property that sent it" in text(shown)
        assert not {"Ada", "Lovelace", "Grand Hotel", ada.uid} & set(text(shown).split())


@pytest.mark.parametrize(
    ("asked", "first"), [("fr-CA,en;q=0.5", "Ce lien"), ("de", "This link"), ("", "This link")]
)
async def test_the_browsers_language_stands_first(store: str, asked: str, first: str) -> None:
    async with door(store) as ada:
        shown = await ada.http.get("/plugins/guestlist/g/x", headers={"accept-language": asked})
        assert f"<h1>{first}" in shown.text
        assert "<h2>" in shown.text


@pytest.mark.parametrize(
    "change",
    [
        {"property": "other"},
        {"guest": "nobody"},
        {"guest": ""},
    ],
    ids=str,
)
async def test_a_link_of_no_property_or_guest_here_leads_nowhere(
    store: str, change: dict[str, str]
) -> None:
    async with door(store) as ada:
        for page in PAGES:
            shown = await ada.get(page, **change)
            assert shown.status_code in {404, 410}
            assert "Ada" not in shown.text


async def test_what_is_no_link_of_ours_is_not_found(store: str) -> None:
    """Seen to fail when the signature is not looked at."""
    async with door(store) as ada:
        own = await ada.link("concierge")
        foreign = links.make(b"k" * 32, "grand", links.Pass(links.Purpose.CONCIERGE, ada.uid), None)
        paths = [own[:-1], own[:-3] + "AAA", own.replace("/g/", "/u/"), "/plugins/guestlist/g/x"]
        paths += [f"/plugins/guestlist/g/{foreign}", f"/plugins/guestlist/g/{'x' * 5000}"]
        for path in paths:
            for ask in (ada.http.get, ada.http.post):
                shown = await ask(path)
                assert (shown.status_code, "does not work" in text(shown)) == (404, True)
        assert await ada.did() == []


async def test_a_link_to_one_page_opens_no_other(store: str) -> None:
    async with door(store) as ada:
        leaving = (await ada.link("unsubscribe")).replace("/u/", "/g/")
        assert (await ada.http.get(leaving)).status_code == 404
        entering = (await ada.link("concierge")).replace("/g/", "/u/")
        assert (await ada.http.post(entering)).status_code == 404
        assert (await ada.guest()).stopped == ""


@pytest.mark.parametrize(
    "row", [{"status": "cancelled"}, {"status": "no_show"}, {"hidden": NOW}], ids=str
)
async def test_links_of_a_stay_that_is_off_are_over_but_to_unsubscribe_works(
    store: str, row: dict[str, Any]
) -> None:
    async with door(store, row) as ada:
        for page in PAGES[:-1]:
            shown = await ada.get(page)
            assert (shown.status_code, "no longer valid" in text(shown)) == (410, True)
            assert (await ada.post(page, ARRIVING)).status_code == 410
        assert await ada.did() == []

        assert (await ada.get("unsubscribe")).status_code == 200
        assert (await ada.post("unsubscribe", {})).status_code == 303
        assert await ada.did() == ["unsubscribed"]


async def test_of_who_was_forgotten_no_link_tells_anything(store: str) -> None:
    async with door(store, {"origin": "form", "source": None, "source_record": None}) as ada:
        await ada.post("check-in", ARRIVING)
        await ada.house.desk.forget("ada@example.com")
        for page in PAGES:
            shown = await ada.get(page)
            assert (shown.status_code, "no longer valid" in text(shown)) == (410, True)
            assert (await ada.post(page, ARRIVING)).status_code == 410


async def test_who_has_no_address_cannot_unsubscribe(store: str) -> None:
    async with door(store, {"email": ""}) as ada:
        assert (await ada.get("unsubscribe")).status_code == 410
        assert (await ada.post("unsubscribe", {})).status_code == 410


async def test_the_concierge_is_noted_once_when_it_is_first_opened(store: str) -> None:
    """Seen to fail when HEAD or what a browser fetches beforehand counts as well."""
    async with door(store) as ada:
        path = await ada.link("concierge")
        await ada.http.head(path)
        await ada.http.get(path, headers={"sec-purpose": "prefetch"})
        assert await ada.did() == []

        await ada.http.get(path)
        ada.house.clock.at += timedelta(days=1)
        await ada.http.get(path)
        [opened] = await ada.timeline()
        assert (opened.kind, opened.at) == ("concierge_opened", NOW)


async def test_to_open_a_page_changes_nothing_else(store: str) -> None:
    async with door(store) as ada:
        before = await ada.guest()
        for page in PAGES[1:]:
            assert (await ada.get(page)).status_code == 200
        assert (await ada.guest(), await ada.did()) == (before, [])


async def test_a_check_in_form_that_is_sent_twice_is_submitted_once(store: str) -> None:
    """Seen to fail when an answer is not compared with the one before."""
    async with door(store) as ada:
        for _ in range(2):
            sent = await ada.post("check-in", ARRIVING)
            assert sent.status_code == 303
        assert await ada.did() == ["form_submitted"]

        await ada.post("check-in", {**ARRIVING, "arrival_time": "16:00"})
        found = await ada.house.read(forms.answers, await ada.guest())
        assert [one.fields["arrival_time"] for one in found] == ["16:00", "15:30"]
        assert await ada.did() == ["form_submitted"] * 2
        shown = text(await ada.get("check-in"))
        assert "16:00" in shown
        assert "15:30" not in shown


async def test_what_is_wrong_is_said_by_field_and_what_was_written_is_kept(store: str) -> None:
    async with door(store) as ada:
        sent = {"arrival_time": "late", "phone": "call me", "companions": "99", "country": "Narnia"}
        shown = await ada.post("check-in", {**sent, "wishes": "<b>A cot</b>"})
        french = text(await ada.post("check-in", sent, "?lang=fr"))

        assert shown.status_code == 422
        for said in (
            "This is no time.",
            "This is no phone number.",
            "a number from 0 to 20",
            "Please choose one of the list.",
            "Please accept the house rules.",
        ):
            assert said in text(shown)
        assert 'value="call me"' in shown.text
        assert "&lt;b&gt;A cot&lt;/b&gt;" in shown.text
        assert "Merci d\u2019accepter le règlement intérieur." in french
        assert "un nombre de 0 à 20" in french
        assert await ada.did() == []


async def test_the_timeline_is_told_what_destinations_may_know(store: str) -> None:
    async with door(store) as ada:
        secret = {"wishes": "no nuts", "street": "1 Rue X", "phone": "01 23 45 67 89"}
        await ada.post("check-in", {**ARRIVING, **secret, "car": "yes", "companions": "2"})
        [told] = await ada.timeline()
        assert told.details == {
            "form": "check-in",
            "arrival_time": "15:30",
            "car": True,
            "companions": 2,
        }
        answer = await ada.house.read(forms.newest, await ada.guest(), Form.CHECK_IN)
        assert answer.fields["phone"] == "+33123456789"
        assert "no nuts" not in repr(answer)


@pytest.mark.parametrize(
    ("threshold", "low", "high"), [(3, "3", "4"), (0, None, "1"), (5, "5", None), (1, "1", "2")]
)
async def test_the_threshold_decides_who_is_asked_and_who_is_sent_on(
    store: str, threshold: int, low: str | None, high: str | None
) -> None:
    review = "https://reviews.example/grand"
    async with door(store, feedback_threshold=threshold, review_url=review) as ada:
        for rating, is_low in ((low, True), (high, False)):
            if rating is None:
                continue
            await ada.post("post-stay", {"rating": rating, "comment": "Cold", "again": "no"})
            shown = await ada.get("post-stay")
            assert (review in shown.text) is not is_low
            answer = await ada.house.read(forms.newest, await ada.guest(), Form.POST_STAY)
            assert ("comment" in answer.fields) is is_low
            assert (await ada.guest()).rating == int(rating)


async def test_a_rating_is_the_guests_newest_and_draws_a_change(store: str) -> None:
    async with door(store) as ada:
        before = await ada.guest()
        await ada.post(
            "in-stay", {"rating": "2", "topics": ["room", "food", "x"], "contact": "yes"}
        )
        await ada.post("post-stay", {"rating": "5"})
        after = await ada.guest()

        assert (before.rating, after.rating) == (None, 5)
        told = [(one.kind.value, one.details) for one in await ada.timeline()]
        assert told == [
            (
                "feedback_submitted",
                {"form": "in-stay", "rating": 2, "topics": ["room", "food"], "contact": True},
            ),
            ("feedback_submitted", {"form": "post-stay", "rating": 5}),
        ]


@pytest.mark.parametrize("rating", ["", "0", "6", "\uff15", "4.5", "-1", "many"])
async def test_a_rating_is_one_of_five(store: str, rating: str) -> None:
    async with door(store) as ada:
        shown = await ada.post("in-stay", {"rating": rating})
        assert (shown.status_code, "one of the five" in text(shown)) == (422, True)
        assert (await ada.guest()).rating is None


async def test_without_an_address_for_reviews_nobody_is_sent_anywhere(store: str) -> None:
    async with door(store, review_url="javascript:alert(1)") as ada:
        await ada.post("post-stay", {"rating": "5"})
        assert "javascript:" not in (await ada.get("post-stay")).text


async def test_an_order_is_made_once_however_often_its_form_is_sent(store: str) -> None:
    """Seen to fail when each form that arrives makes an order."""
    async with door(store) as ada:
        offer = await breakfast(ada)
        form = {"offer": offer, "quantity": "2", "note": "early", "asked": "a-form"}
        for _ in range(2):
            assert (await ada.post("concierge", form)).status_code == 303
        [made] = await orders(ada)

        assert (made.quantity, made.note, made.total) == (2, "early", Decimal(49))
        assert (await ada.did()).count("offer_ordered") == 1
        await ada.post("concierge", {**form, "quantity": "1"})
        await ada.post("concierge", {**form, "asked": "another-form"})
        assert len(await orders(ada)) == 3


async def test_what_arrives_twice_at_once_is_done_once(store: str) -> None:
    async with door(store) as ada:
        order = {"offer": await breakfast(ada), "quantity": "2", "asked": "a-form"}
        async with anyio.create_task_group() as together:
            for _ in range(4):
                together.start_soon(ada.post, "concierge", order)
                together.start_soon(ada.post, "check-in", ARRIVING)
                together.start_soon(ada.post, "unsubscribe", {})
                together.start_soon(ada.get, "concierge")
        did = ["concierge_opened", "form_submitted", "offer_ordered", "unsubscribed"]
        assert sorted(await ada.did()) == did
        assert len(await orders(ada)) == 1


async def test_the_guest_sees_what_becomes_of_an_order(store: str) -> None:
    async with door(store) as ada:
        await ada.post("concierge", {"offer": await breakfast(ada), "quantity": "2"})
        [made] = await orders(ada)
        assert "not confirmed yet 2 \u00d7 Breakfast , €49.00" in text(await ada.get("concierge"))

        await ada.house.write(concierge.set_state, made.uid, State.CONFIRMED, "grace")
        assert "confirmed 2 \u00d7 Breakfast" in text(await ada.get("concierge"))
        french = text(await ada.get("concierge", "?lang=fr"))
        assert "confirmée 2 \u00d7 Petit déjeuner , 49,00 €" in french
        await ada.house.write(concierge.set_state, made.uid, State.CANCELLED, "grace")
        assert "cancelled 2 \u00d7 Breakfast" in text(await ada.get("concierge"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"quantity": "0"}, "a number from 1 to 99"),
        ({"quantity": "-1"}, "a number from 1 to 99"),
        ({"quantity": "lots"}, "a number from 1 to 99"),
        ({"quantity": "100"}, "a number from 1 to 99"),
        ({"note": "x" * 501}, "at most 500 characters"),
        ({"offer": "999"}, "not offered any more"),
        ({"offer": "x"}, "not offered any more"),
    ],
    ids=str,
)
async def test_an_order_that_cannot_be_is_explained(
    store: str, change: dict[str, str], said: str
) -> None:
    async with door(store) as ada:
        form = {"offer": str(await breakfast(ada)), "quantity": "1", "note": "n", **change}
        shown = await ada.post("concierge", form)
        assert (shown.status_code, said in text(shown)) == (422, True)
        assert await orders(ada) == []


async def test_nobody_asks_without_end(store: str) -> None:
    async with door(store) as ada:
        offer = await breakfast(ada)
        for number in range(21):
            sent = await ada.post("concierge", {"offer": offer, "quantity": "1", "asked": number})
        assert sent.status_code == 422
        assert "wait for our answer" in text(sent)
        assert len(await orders(ada)) == 20

        for number in range(51):
            fields = {**ARRIVING, "wishes": str(number)}
            sent = await ada.post("check-in", fields)
        assert (sent.status_code, "changed this very often" in text(sent)) == (422, True)


async def test_what_is_too_long_is_refused(store: str) -> None:
    """Seen to fail without the limit of these pages: the plugin's is as long as a file."""
    async with door(store) as ada:
        shown = await ada.post("check-in", {**ARRIVING, "wishes": "x" * 70_000})
        assert shown.status_code == 413
        many = {f"field{number}": "x" for number in range(60)}
        shown = await ada.http.post(
            await ada.link("check-in"), files={"file": b"x" * 10}, data=ARRIVING
        )
        assert shown.status_code == 400
        assert "could not be read" in text(shown)
        assert (await ada.post("check-in", {**ARRIVING, **many})).status_code == 400
        assert await ada.did() == []


@pytest.mark.parametrize("page", PAGES)
async def test_a_preview_shows_the_same_and_does_nothing(store: str, page: str) -> None:
    """Seen to fail when a preview's form is taken."""
    async with door(store) as ada:
        fields = {**ARRIVING, "rating": "1", "offer": await breakfast(ada), "quantity": "1"}
        before = await ada.guest()
        shown = await ada.get(page, preview=True)
        sent = await ada.post(page, fields, preview=True)

        assert (shown.status_code, sent.status_code) == (200, 403)
        assert "This is a preview" in text(shown)
        assert "Nothing was sent" in text(sent)
        assert (await ada.guest(), await ada.did(), await orders(ada)) == (before, [], [])
        # Nor do the pages it leads to.
        assert "This is a preview" not in text(await ada.get(page))


async def test_a_preview_leads_to_previews(store: str) -> None:
    async with door(store) as ada:
        shown = await ada.get("concierge", preview=True)
        path = shown.text.partition('<a class="button" href="')[2].partition('"')[0]
        assert "This is a preview" in text(await ada.http.get(path))


async def test_looking_at_the_link_to_unsubscribe_does_nothing(store: str) -> None:
    """Seen to fail when GET unsubscribes: programs that scan mail open every link."""
    async with door(store) as ada:
        shown = await ada.get("unsubscribe")
        await ada.http.head(await ada.link("unsubscribe"))

        assert "Grand Hotel will send no more e-mails to a…@example.com" in text(shown)
        assert "please ask us" in text(shown)
        assert ((await ada.guest()).stopped, await ada.did()) == ("", [])


async def test_the_button_unsubscribes_once(store: str) -> None:
    async with door(store) as ada:
        for _ in range(2):
            sent = await ada.post("unsubscribe", {})
            assert sent.status_code == 303
        shown = await ada.http.get(sent.headers["location"])

        assert "You are unsubscribed" in text(shown)
        assert "<form" not in shown.text
        assert ((await ada.guest()).stopped, (await ada.guest()).emailable) == ("guest", False)
        assert await ada.did() == ["unsubscribed"]


async def test_one_click_of_a_mail_program_unsubscribes_without_a_redirect(store: str) -> None:
    """As RFC 8058 has it: no cookie, no other header, either way to send a form."""
    async with door(store) as ada:
        path, one = await ada.link("unsubscribe"), {"List-Unsubscribe": "One-Click"}
        sent = await ada.http.post(path, data=one)
        again = await ada.http.post(path, files={name: (None, said) for name, said in one.items()})

        assert (sent.status_code, again.status_code) == (200, 200)
        assert await ada.did() == ["unsubscribed"]


async def test_it_is_the_address_the_mail_went_to_that_leaves(store: str) -> None:
    """Seen to fail when the guest's address of today is taken."""
    async with door(store) as ada:
        row = {"property": "grand", "uid": "mail1", "guest_id": (await ada.guest()).id}
        row |= {"occasion": "once", "state": "sent", "address": "typo@example.com"}
        written = {"name": "a", "kind": "information", "phase": "pre-stay", "rules": b"{}"}

        def change(db: Any) -> None:
            times = {"created": NOW, "updated": NOW}
            made = db.execute(emails.insert(), {"property": "grand", **written, **times})
            email = made.inserted_primary_key[0]
            db.execute(mails.insert(), {**row, "email_id": email, "created": NOW})

        await ada.house.annex.write(change)
        await ada.post("unsubscribe", {}, mail="mail1")

        stands = await ada.house.read(stopping.standing, ["typo@example.com", "ada@example.com"])
        assert [one.stopped for one in stands.values()] == ["guest", ""]


async def test_who_was_stopped_elsewhere_or_by_staff_can_still_leave(store: str) -> None:
    async with door(store) as ada:
        id = (await ada.guest()).id
        await ada.house.write(stopping.stop, "ada@example.com", "staff", "grace", guest_id=id)
        assert "<form" in (await ada.get("unsubscribe")).text
        await ada.post("unsubscribe", {})
        assert (await ada.guest()).stopped == "guest"


@pytest.mark.parametrize(
    ("own", "settings", "query", "language"),
    [
        ("fr-CA", {}, "", "fr"),
        ("fr-CA", {}, "?lang=en", "en"),
        ("de", {}, "", "en"),
        ("", {"language": "fr"}, "", "fr"),
        ("de", {"language": "fr"}, "?lang=xx", "fr"),
        ("en-GB", {"language": "fr"}, "", "en"),
    ],
)
async def test_pages_speak_the_guests_language(
    store: str, own: str, settings: dict[str, str], query: str, language: str
) -> None:
    async with door(store, {"language": own}, **settings) as ada:
        shown = await ada.get("concierge", query)
        assert f'<html lang="{language}">' in shown.text


async def test_days_and_prices_are_written_as_in_the_guests_country(store: str) -> None:
    async with door(store, {"language": "en-GB"}) as ada:
        await breakfast(ada)
        british = text(await ada.get("concierge"))
        french = text(await ada.get("concierge", "?lang=fr"))
        assert "Tuesday, 2 June 2026" in british
        assert "€24.50" in british
        assert "mardi 2 juin 2026" in french
        assert "24,50 €" in french


async def test_what_the_property_tells_is_rendered_and_does_no_harm(store: str) -> None:
    async with door(store) as ada:
        body = "# Wifi\n\n**free** <script>alert(1)</script> [x](javascript:alert(1)) ![i](https://e.example/i.png)"
        section = Section(language="en", title="<i>Internet</i>", body=body)
        await ada.house.write(concierge.save_information, section, "grace")
        shown = (await ada.get("concierge")).text

        assert "<h3>Wifi</h3>" in shown
        assert "<strong>free</strong>" in shown
        assert "&lt;i&gt;Internet&lt;/i&gt;" in shown
        assert not [part for part in ("<script", "<img", 'href="javascript') if part in shown]


async def test_the_forms_of_use_now_are_linked(store: str) -> None:
    async with door(store) as ada:
        assert "Check in before you arrive" in text(await ada.get("concierge"))
        assert "how your stay is" in text(await ada.get("concierge"))
        ada.house.clock.at += timedelta(days=1)
        assert "how your stay was" in text(await ada.get("concierge"))
        ada.house.clock.at += timedelta(days=1)
        assert "Check in before" not in text(await ada.get("concierge"))


async def test_a_fault_of_ours_quotes_no_guest(
    store: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("Ada Lovelace")

    async with door(store) as ada:
        monkeypatch.setattr(guests, "get", fail)
        with caplog.at_level(logging.ERROR, "frontdesk"):
            shown = await ada.get("concierge")
    assert (shown.status_code, "Something went wrong" in text(shown)) == (503, True)
    assert "Ada" not in shown.text + caplog.text
