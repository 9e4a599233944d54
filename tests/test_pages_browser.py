"""The pages in a real browser: getting in, who may what, and that nothing runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest
from browser import Visitor

from frontdesk import Desk, Role, blocking
from frontdesk.serving import served

Visit = Callable[..., Visitor]
PASSWORD = "a long pass phrase"


@attrs.frozen
class House:
    """A store with its pages, served; another desk than the one that serves is asked."""

    address: str
    desk: blocking.Desk

    def link(self, name: str, role: Role) -> str:
        """Add somebody; return the link that lets them in."""
        self.desk.add_user(name, role)
        return self.desk.login_link(name)


@pytest.fixture(name="house")
def _house(tmp_path: Path) -> Iterator[House]:
    store = tmp_path / "frontdesk.db"
    app = Desk(store).asgi({"pages", "webhooks"})
    with blocking.Desk(store) as desk, served(app) as address:
        desk.first_login_link()
        yield House(address, desk)


def test_a_link_lets_in_once_and_a_password_ever_after(house: House, visit: Visit) -> None:
    link = house.link("anna", Role.STAFF)
    anna = visit(house.address).go(link)
    assert anna.heading == "Welcome, anna"
    anna.page.get_by_label("Password for the next time").fill(PASSWORD)
    anna.page.get_by_label("The same again").fill(PASSWORD)
    anna.page.keyboard.press("Enter")
    anna.page.wait_for_url("**/metrics")
    anna.press("Log out")
    assert anna.path == "/login"

    anna.go("account")
    assert anna.heading == "Log in"
    # With the keyboard alone: the name has the focus.
    anna.page.keyboard.type("anna")
    anna.page.keyboard.press("Tab")
    anna.page.keyboard.type(PASSWORD)
    anna.page.keyboard.press("Enter")
    # The page to log in names it, too: behind a question mark.
    anna.page.wait_for_url(lambda url: "login" not in url)
    assert anna.heading == "Your account"
    assert visit(house.address).go(link).heading == "This link lets nobody in"


def test_a_wrong_password_is_said_and_then_no_more_tries(house: House, visit: Visit) -> None:
    guesser = visit(house.address).go("login")
    said = []
    for _ in range(6):
        guesser.page.get_by_label("Name").fill("operator")
        guesser.page.get_by_label("Password").fill("a guess")
        guesser.press("Log in")
        said.append(guesser.page.get_by_role("alert").inner_text())

    assert said[:5] == ["Name or password is wrong."] * 5
    assert said[5].startswith("Too many tries.")


def test_what_a_role_may_not_is_neither_shown_nor_done(house: House, visit: Visit) -> None:
    staff = visit(house.address).enter(house.link("bob", Role.STAFF))
    assert staff.page.get_by_role("link", name="Users").count() == 0
    assert staff.go("users").heading == "You may not do this"

    admin = visit(house.address).enter(house.link("anna", Role.ADMIN))
    admin.follow("Users")
    admin.page.get_by_label("Name").fill("cy")
    admin.page.get_by_label("staff").last.check()
    admin.press("Add, and make a link")
    link = admin.page.locator(".secret").inner_text().removeprefix(house.address)
    assert visit(house.address).enter(link).path == "/metrics"

    row = admin.page.get_by_role("row", name="bob")
    row.locator("summary").click()
    admin.press("Remove", row)
    assert admin.page.get_by_role("status").inner_text() == "bob is no user any more."
    assert staff.go("metrics").heading == "Log in"
    latest = admin.follow("Audit").page.get_by_role("row").nth(1).inner_text()
    assert latest.split()[-4:] == ["users", "remove", "name", "bob"]


def test_a_form_on_another_site_changes_nothing(house: House, visit: Visit) -> None:
    """Seen to fail when the token of a form is not looked at, nor where it comes from."""
    admin = visit(house.address).enter(house.link("anna", Role.ADMIN))
    before = house.desk.users()
    form = f'<form method="post" action="{house.address}users"><input name="name" value="mallory">'

    async def elsewhere(scope, receive, send) -> None:
        body = f'{form}<input name="role" value="admin"><button>A prize</button></form>'.encode()
        headers = [(b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    with served(elsewhere) as there:
        # Cookies know no ports: to the browser both are one site, as on a shared machine.
        admin.page.goto(there.replace("127.0.0.1", "localhost"))
        admin.press("A prize")
        assert admin.page.locator("h1").inner_text() != "Users"
        admin.page.goto(there)
        admin.press("A prize")
        assert admin.heading == "You may not do this"
    assert house.desk.users() == before
    admin.wrong.clear()


def test_no_script_runs_whatever_stands_in_a_page(house: House, visit: Visit) -> None:
    """Seen to fail without the policy: what a page refuses is told to the console."""
    anna = visit(house.address).enter(house.link("anna", Role.VIEWER))
    anna.page.evaluate(
        """() => {
            const inline = document.createElement("script");
            inline.textContent = "document.title = 'it ran'";
            document.body.append(inline);
            document.body.insertAdjacentHTML("beforeend",
                "<img src=x onerror='document.title=1'><b style='color:red'>x</b>"
                + "<iframe src='/login'></iframe><script src='/static/x.js'></script>");
        }"""
    )
    anna.page.wait_for_function("document.querySelectorAll('iframe, b').length === 2")

    assert anna.page.title() == "Metrics · frontdesk"
    assert any("script" in said for said in anna.wrong)
    assert any("style" in said for said in anna.wrong)
    assert anna.page.evaluate("getComputedStyle(document.querySelector('b')).color") != (
        "rgb(255, 0, 0)"
    )
    anna.wrong.clear()


def test_the_pages_stand_in_nobodys_frame(house: House, visit: Visit) -> None:
    async def framing(scope, receive, send) -> None:
        body = f'<iframe src="{house.address}login"></iframe>'.encode()
        headers = [(b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    anna = visit(house.address)
    with served(framing) as there:
        anna.page.goto(there)
        inside = anna.page.frames[1]
        assert inside.locator("form").count() == 0
    anna.wrong.clear()


def test_the_keyboard_leads_to_the_content_first(house: House, visit: Visit) -> None:
    anna = visit(house.address).enter(house.link("anna", Role.ADMIN))
    anna.go("users").page.keyboard.press("Tab")
    first = anna.page.evaluate("document.activeElement.textContent")
    anna.page.keyboard.press("Enter")
    anna.page.keyboard.press("Tab")

    assert first == "Skip to the content"
    assert anna.page.evaluate("document.activeElement.closest('main') !== null")
    outline = anna.page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "3px"
