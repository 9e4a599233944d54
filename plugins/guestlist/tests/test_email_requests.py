"""The pages of e-mails, asked without a browser: in each database, and for what nobody clicks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from browsing import Browsing, _quick_hashes, somebody, text
from guesthouse import House, opened
from sqlalchemy import insert
from stores import _new_store, _postgresql, _store_url

from frontdesk import Role
from frontdesk_guestlist import emails, exclusions, troubles
from frontdesk_guestlist.emails import Email
from frontdesk_guestlist.rules import Kind, Phase
from frontdesk_guestlist.schema import mails
from frontdesk_guestlist.templating import Text

__all__ = ["_new_store", "_postgresql", "_quick_hashes", "_store_url"]
pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("quick_hashes")]
HERE = "/plugins/guestlist/grand/"
PAGES = "https://stay.example.com"
SENDER = "stay@example.com"
FORM = {
    "kind": "pre-stay:information",
    "name": "Welcome",
    "languages": "en",
    "subject-en": "Hello",
    "body-en": "Dear guest",
    "earliest": "7",
    "latest": "0",
    "at": "09:00",
    "segments": "0",
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(name="sqlite")
def _sqlite(new_store: Any) -> str:
    made: str = new_store("sqlite")
    return made


@asynccontextmanager
async def staffed(
    store: str, role: Role = Role.STAFF, **settings: Any
) -> AsyncIterator[tuple[House, Browsing]]:
    """Open a house; somebody looks at its pages."""
    async with opened(store, **{"pages_url": PAGES, **settings}) as house:
        yield house, await somebody(house.desk, house.desk.asgi({"pages"}), role)


async def write(house: House, name: str = "Welcome") -> int:
    """Save an e-mail; return its id."""
    text = Text("Hello", "Dear {{ guest.first_name }}")
    email = Email(name=name, kind=Kind.INFORMATION, phase=Phase.PRE_STAY, texts={"en": text})
    made: int = await house.write(emails.save, email, "Grace")
    return made


async def mailed(house: House, email: int, guest: int, state: str, occasion: str = "once") -> None:
    """Note that an e-mail to a guest is in a state."""
    row = {
        "property": "grand",
        "uid": f"mail-{email}-{guest}-{occasion}",
        "guest_id": guest,
        "email_id": email,
        "occasion": occasion,
        "state": state,
        "address": "ada@example.com",
        "created": house.clock.now(),
    }
    await house.annex.write(lambda db: db.execute(insert(mails), row))


async def test_lists_count_what_went_out(store_url: str) -> None:
    async with staffed(store_url) as (house, staff):
        id, guest = await write(house), await house.add(email="ada@example.com")
        await mailed(house, id, guest.id, "sent")
        await mailed(house, id, guest.id, "sent", "manual:1")
        await mailed(house, id, guest.id, "refused", "manual:2")

        listed = await staff.get(HERE + "emails")
        shown = await staff.get(HERE + f"emails/{id}")
        asked = await staff.get(HERE + f"emails/{id}/activation")

        assert "days before arrival: 7 to 0, 09:00 English 2 off" in text(listed)
        assert "So far sent 2 refused by the mail server 1" in text(shown)
        assert "1 guest of the next 90 days is one it is meant for." in text(asked)


async def test_an_email_is_saved_with_all_that_belongs_to_it(store_url: str) -> None:
    async with staffed(store_url) as (house, staff):
        await staff.get(HERE + "emails/new?kind=pre-stay:information")
        refused = await staff.post(HERE + "emails/new", **FORM, excluded="a@example.com\nb c")
        assert refused.status_code == 422
        assert "line 2:" in text(refused)
        assert await house.read(emails.all_) == []

        saved = await staff.post(HERE + "emails/new", **FORM, excluded="a@example.com\nb.example")
        [email] = await house.read(emails.all_)
        assert saved.headers["location"] == HERE + f"emails/{email.id}"
        assert [one.value for one in await house.read(exclusions.listed, email.id)] == [
            "a@example.com",
            "b.example",
        ]


async def test_what_went_out_is_switched_off_and_not_removed(sqlite: str) -> None:
    async with staffed(sqlite) as (house, staff):
        id, guest = await write(house), await house.add(email="ada@example.com")
        await house.write(emails.activate, id, "Grace")
        await mailed(house, id, guest.id, "sent")

        shown = await staff.get(HERE + f"emails/{id}")
        said = await staff.follow(await staff.post(HERE + f"emails/{id}/remove"))

        assert "Remove" not in text(shown)
        assert "it cannot be removed, switch it off instead" in text(said)
        assert await house.read(emails.get, id) is not None


async def test_the_emails_to_start_from_are_added_once(sqlite: str) -> None:
    async with staffed(sqlite) as (house, staff):
        await staff.get(HERE + "emails")
        first = await staff.follow(await staff.post(HERE + "emails/start"))
        again = await staff.follow(await staff.post(HERE + "emails/start"))

        assert "They are added, and off." in text(first)
        assert "They are all there already." in text(again)
        found = await house.read(emails.all_)
        assert not any(email.active for email in found)
        for email in found:
            for language in email.texts:
                shown = await staff.get(HERE + f"emails/{email.id}?language={language}")
                assert "Ada" in text(shown), email.name
                assert (await staff.get(HERE + f"emails/{email.id}/edit")).status_code == 200


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "No e-mail leaves: no mail server is set."),
        (
            {"mail": {"sender": SENDER, "allow": ["me@example.com", "@example.org"]}},
            "guests get no e-mail. E-mails go only to: me@example.com , @example.org .",
        ),
        ({"mail": {"sender": SENDER}}, "Nobody is allowed to get any either"),
        ({"mail": {"sender": SENDER, "live": True}}, ""),
        (
            {"mail": {"sender": SENDER, "live": True}, "pages_url": None},
            "nobody said how guests reach the pages",
        ),
    ],
    ids=["no server", "test mode", "nobody", "live", "no address"],
)
async def test_what_keeps_emails_from_going_out_is_said(
    sqlite: str, settings: dict[str, Any], said: str
) -> None:
    async with staffed(sqlite, **settings) as (house, staff):
        id = await write(house)
        for path in ("emails", f"emails/{id}", f"emails/{id}/activation"):
            shown = await staff.get(HERE + path)
            assert shown.status_code == 200
            assert said in text(shown)
            assert said or 'class="note' not in shown.text


async def test_a_server_that_is_down_is_told(sqlite: str) -> None:
    mail = {"sender": SENDER, "live": True}
    async with staffed(sqlite, mail=mail) as (house, staff):
        await house.write(troubles.note, "the mail server does not answer")

        shown = await staff.get(HERE + "emails")

        assert "Nothing leaves at the moment: the mail server does not answer" in text(shown)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "during:upsell"),
        ("name", ""),
        ("name", "x" * 101),
        ("earliest", "31"),
        ("earliest", "-1"),
        ("latest", "8"),
        ("at", "25:00"),
        ("at", ""),
        ("active_from", "2026-02-30"),
        ("languages", ""),
        ("languages", "en,fr"),
        ("languages", "../../etc"),
        ("subject-en", "a\nb"),
        ("body-en", ""),
        ("body-en", "{% for x in guest %}{% endfor %}"),
        ("body-en", "{{ guest.__class__ }}"),
        ("body-en", "a\0b"),
        ("body-en", "x" * 20_001),
        ("segments", "x"),
    ],
)
async def test_what_makes_no_sense_is_refused_and_kept(sqlite: str, field: str, value: str) -> None:
    async with staffed(sqlite) as (house, staff):
        await staff.get(HERE + "emails/new?kind=pre-stay:information")
        answer = await staff.post(HERE + "emails/new", **{**FORM, field: value})

        if field == "segments":
            assert answer.status_code == 303
        else:
            assert answer.status_code == (404 if field == "kind" else 422)
            assert await house.read(emails.all_) == []


@pytest.mark.parametrize(
    ("criterion", "values", "status"),
    [
        ("nights", "many", 422),
        ("nights", "7-3", 422),
        ("weather", "rain", 422),
        ("nights", "", 303),
        ("channel", "Booking.com, direct", 303),
    ],
)
async def test_conditions_are_read(sqlite: str, criterion: str, values: str, status: int) -> None:
    async with staffed(sqlite) as (_, staff):
        await staff.get(HERE + "emails/new?kind=pre-stay:information")
        condition = {"criterion-0": criterion, "include-0": "yes", "values-0": values}
        answer = await staff.post(HERE + "emails/new", **{**FORM, "segments": "1"}, **condition)

        assert answer.status_code == status
        if status == 422:
            assert "Condition 1" in text(answer)
            assert f">\n{values}</textarea>" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "emails/99",
        "emails/99/edit",
        "emails/99/activation",
        "emails/x",
        "emails/new?kind=nothing",
        "concierge/offers/99",
        "concierge/information/99",
    ],
)
async def test_what_is_not_there_is_not_found(sqlite: str, path: str) -> None:
    async with staffed(sqlite) as (_, staff):
        assert (await staff.get(HERE + path)).status_code == 404


@pytest.mark.parametrize("action", ["activate", "deactivate", "remove", "edit"])
async def test_forms_for_what_is_not_there_are_not_found(sqlite: str, action: str) -> None:
    async with staffed(sqlite) as (_, staff):
        await staff.get(HERE + "emails")
        assert (await staff.post(HERE + f"emails/99/{action}", **FORM)).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "emails/new",
        "emails/start",
        "emails/1/edit",
        "emails/1/activate",
        "emails/1/deactivate",
        "emails/1/remove",
        "exclusions",
        "exclusions/1/remove",
        "concierge/information",
        "concierge/information/1",
        "concierge/information/1/remove",
        "concierge/offers",
        "concierge/offers/1",
        "concierge/offers/1/remove",
        "orders/x",
    ],
)
async def test_viewers_change_nothing(sqlite: str, path: str) -> None:
    """Seen to fail when a form is for viewers."""
    async with staffed(sqlite, Role.VIEWER) as (house, viewer):
        await write(house)
        await viewer.get(HERE + "emails")

        assert (await viewer.post(HERE + path, **FORM)).status_code == 403


async def test_an_email_of_another_property_is_not_found(sqlite: str) -> None:
    """Seen to fail when pages ask for an e-mail by its id alone."""
    async with staffed(sqlite) as (house, staff):
        id = await write(house)
        other = {"property": "petit", "title": "Petit Hotel", "time_zone": "Europe/Paris"}
        house.desk.connect("guestlist", name="petit", pages_url=PAGES, **other)
        there = f"/plugins/guestlist/petit/emails/{id}"

        assert (await staff.get(there)).status_code == 404
        assert (await staff.post(there + "/activate")).status_code == 404
        email = await house.read(emails.get, id)
        assert email is not None
        assert not email.active
