"""Getting into the pages, and being kept out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import inn
import pytest
from browsing import Browsing, pages, somebody, text

from frontdesk import Role
from frontdesk.servicing import ServiceSettings

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("quick_hashes")]
PASSWORD = "a long pass phrase"


async def test_who_is_nobody_is_asked_to_log_in_and_comes_back(store: Path) -> None:
    async with pages(store) as (desk, app):
        await desk.add_user("anna")
        anna = Browsing(app)
        link = await desk.login_link("anna")
        await anna.enter(link, password=PASSWORD, repeated=PASSWORD)
        again = Browsing(app)

        refused = await again.get("/account?q=ada@example.com")
        entered = await again.log_in("anna", PASSWORD, next="/account")

        assert refused.status_code == 303
        # What stood in the query may be about a guest.
        assert refused.headers["location"] == "/login?next=/account"
        assert entered.headers["location"] == "/account"
        assert "anna" in text(await again.follow(entered))


async def test_a_link_lets_in_once_and_looking_at_it_does_no_harm(store: Path) -> None:
    """Seen to fail when showing the page uses the link up."""
    async with pages(store) as (desk, app):
        await desk.add_user("anna")
        link = await desk.login_link("anna")
        for _ in range(3):
            assert (await Browsing(app).get(link)).status_code == 200

        first, second = Browsing(app), Browsing(app)
        await second.get(link)
        assert (await first.enter(link)).status_code == 303
        assert (await second.post(link)).status_code == 410
        assert (await second.get("/account")).status_code == 303


async def test_a_link_ends_with_its_time_or_with_a_newer_one(store: Path) -> None:
    clock = inn.FixedClock()
    async with pages(store, clock=clock) as (desk, app):
        await desk.add_user("anna")
        older = await desk.login_link("anna")
        newer = await desk.login_link("anna", timedelta(hours=2))

        assert (await Browsing(app).get(older)).status_code == 410
        clock.at += timedelta(hours=2)
        browsing = Browsing(app)
        assert (await browsing.get(newer)).status_code == 410
        assert (await browsing.get("enter/anything")).status_code == 410


async def test_the_first_link_is_made_until_somebody_has_logged_in(store: Path) -> None:
    async with pages(store) as (desk, app):
        one, two = await desk.first_login_link(), await desk.first_login_link()
        assert one is not None
        assert two is not None

        # Whoever starts the service twice may still have the first link before them.
        assert (await Browsing(app).enter(one)).status_code == 303
        assert await desk.first_login_link() is None
        assert await desk.first_login_link(always=True) is not None
        assert [(row.name, row.role) for row in await desk.users()] == [("operator", Role.ADMIN)]


async def test_a_password_that_will_not_do_leaves_the_link_as_it_was(store: Path) -> None:
    async with pages(store) as (desk, app):
        await desk.add_user("anna")
        link, anna = await desk.login_link("anna"), Browsing(app)

        short = await anna.enter(link, password="short", repeated="short")
        assert "at least 12 characters" in text(await anna.follow(short))
        differs = await anna.enter(link, password=PASSWORD, repeated=PASSWORD + "!")
        assert "differ" in text(await anna.follow(differs))
        assert (await anna.enter(link, password=PASSWORD, repeated=PASSWORD)).status_code == 303


async def test_a_cookie_of_before_is_worth_nothing_after(store: Path) -> None:
    """Seen to fail when the browser keeps, logged in, what it was known by before."""
    async with pages(store) as (desk, app):
        await desk.add_user("anna")
        anna = Browsing(app)
        await anna.get("/login")
        planted = dict(anna.http.cookies)
        await anna.enter(await desk.login_link("anna"))
        inside = dict(anna.http.cookies)

        thief = Browsing(app)
        thief.http.cookies.update(planted)
        assert (await thief.get("/account")).status_code == 303

        await anna.get("/account")
        await anna.post("/logout")
        thief.http.cookies.clear()
        thief.http.cookies.update(inside)
        # Logging out ends the login, not only the cookie.
        assert (await thief.get("/account")).status_code == 303


async def test_a_forged_cookie_lets_nobody_in(store: Path) -> None:
    async with pages(store) as (desk, app):
        anna = await somebody(desk, app, Role.ADMIN)
        (name, value) = next(iter(anna.http.cookies.items()))
        body, _, signature = value.partition(".")
        for forged in (body, f"{body}.", f"{body}x.{signature}", "x", ""):
            thief = Browsing(app)
            thief.http.cookies.set(name, forged)
            assert (await thief.get("/users")).status_code == 303


async def test_a_login_ends_after_half_a_day(store: Path) -> None:
    clock = inn.FixedClock()
    async with pages(store, clock=clock) as (desk, app):
        anna = await somebody(desk, app, Role.VIEWER)
        clock.at += timedelta(hours=11, minutes=59)
        assert (await anna.get("/account")).status_code == 200
        clock.at += timedelta(minutes=1)
        assert (await anna.get("/account")).status_code == 303


async def test_wrong_passwords_are_counted(store: Path) -> None:
    """Seen to fail when tries are not noted."""
    clock = inn.FixedClock()
    async with pages(store, clock=clock) as (desk, app):
        await desk.add_user("anna")
        link, anna = await desk.login_link("anna"), Browsing(app)
        await anna.enter(link, password=PASSWORD, repeated=PASSWORD)
        guesser = Browsing(app, address="10.0.0.9")

        guesses = [(await guesser.log_in("anna", "no")).status_code for _ in range(7)]
        right = await guesser.log_in("anna", PASSWORD)
        # Who guesses does not keep her out where she is.
        elsewhere = await Browsing(app).log_in("anna", PASSWORD)
        clock.at += timedelta(seconds=301)
        later = await guesser.log_in("anna", PASSWORD)

    assert guesses == [403] * 5 + [429] * 2
    assert right.status_code == 429
    assert right.headers["retry-after"] == "300"
    assert "Too many tries" in text(right)
    assert elsewhere.status_code == 303
    assert later.status_code == 303


@pytest.mark.parametrize("field", ["name", "source"])
async def test_names_and_addresses_are_counted_as_well(store: Path, field: str) -> None:
    async with pages(store) as (_, app):
        statuses = []
        for number in range(32):
            address = f"10.0.1.{number}" if field == "name" else "10.0.0.9"
            name = "anna" if field == "name" else f"anna{number}"
            guess = await Browsing(app, address=address).log_in(name, "no")
            statuses.append(guess.status_code)

    assert statuses == [403] * 30 + [429] * 2


async def test_nobodys_password_is_wrong_like_anybodys(store: Path) -> None:
    async with pages(store) as (desk, app):
        await desk.add_user("anna")
        known = await Browsing(app).log_in("anna", "")
        unknown = await Browsing(app).log_in("nobody", "x" * 5000)

    assert (known.status_code, unknown.status_code) == (403, 403)
    assert text(known) == text(unknown)


@pytest.mark.parametrize(
    "next", ["//evil.example", "https://evil.example/", "/\\evil.example", "evil", "\\/evil"]
)
async def test_logging_in_leads_nowhere_else(store: Path, next: str) -> None:
    async with pages(store) as (desk, app):
        await desk.add_user("anna")
        anna = Browsing(app)
        await anna.enter(await desk.login_link("anna"), password=PASSWORD, repeated=PASSWORD)
        answer = await Browsing(app).log_in("anna", PASSWORD, next=next)

    assert answer.headers["location"] == "/"


async def test_a_new_password_logs_other_browsers_out(store: Path) -> None:
    async with pages(store) as (desk, app):
        await desk.add_user("anna")
        here, there = Browsing(app), Browsing(app)
        await here.enter(await desk.login_link("anna"), password=PASSWORD, repeated=PASSWORD)
        await there.log_in("anna", PASSWORD)

        await here.get("/account")
        wrong = await here.post("/account", old="no", password="x" * 12, repeated="x" * 12)
        assert "another one" in text(await here.follow(wrong))
        assert (await there.get("/account")).status_code == 200
        changed = await here.post("/account", old=PASSWORD, password="x" * 12, repeated="x" * 12)

        assert "new password" in text(await here.follow(changed))
        assert (await there.get("/account")).status_code == 303
        assert (await there.log_in("anna", PASSWORD)).status_code == 403
        assert (await there.log_in("anna", "x" * 12)).status_code == 303


@pytest.mark.parametrize(
    ("base", "pages_url", "secure"),
    [
        ("http://desk.test", None, False),
        ("https://desk.test", None, True),
        ("http://desk.test", "https://desk.example.com/", True),
    ],
)
async def test_cookies_are_for_us_only(
    store: Path, base: str, pages_url: str | None, secure: bool
) -> None:
    async with pages(store, service=ServiceSettings(pages_url=pages_url)) as (desk, app):
        await desk.add_user("anna")
        shown = await Browsing(app, base).get(await desk.login_link("anna"))
        (cookie,) = shown.headers.get_list("set-cookie")

    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert parts - {"secure"} == {"httponly", "path=/", "samesite=lax"}
    assert ("secure" in parts) == secure


async def test_nothing_in_the_store_lets_anybody_in(store: Path) -> None:
    """Seen to fail when links are kept as they are."""
    async with pages(store) as (desk, app):
        await desk.add_user("anna")
        anna, link = Browsing(app), await desk.login_link("anna")
        await anna.enter(link, password=PASSWORD, repeated=PASSWORD)
        unused = await desk.login_link("anna")
        (cookie,) = anna.http.cookies.values()
    content = b"".join(path.read_bytes() for path in store.parent.glob(f"{store.name}*"))

    secrets = [PASSWORD, link.rpartition("/")[2], unused.rpartition("/")[2], cookie[:40]]
    assert [secret for secret in secrets if secret.encode() in content] == []
