"""The frame of the pages: who may what, forms that are ours, headers, and where they are mounted."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import BASE, Browsing, pages, somebody, text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Mount

from frontdesk import Role, User
from frontdesk.errors import ConfigurationError, StoreError
from frontdesk.servicing import ServiceSettings
from frontdesk.web.pages.app import _MODULES, _OWN_LOGIN
from frontdesk.web.pages.frame import is_page

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("quick_hashes")]
ROUTES = [route for module in (*_MODULES, *_OWN_LOGIN) for route in module.routes]
#: What is for everybody, logged in or not.
OPEN = {"login", "log_in", "log_out", "enter", "let_in"}
ADMINS = {"users", "users_add", "users_link", "users_role", "users_remove", "audit"}


def paths(method: str) -> Iterator[tuple[str, str]]:
    """Yield name and path of each route, with something in the place of its parameters."""
    for route in ROUTES:
        if method in route.methods:
            given = dict.fromkeys(route.param_convertors, "1")
            yield route.name, str(route.url_path_for(route.name, **given))


def test_nothing_is_reachable_that_is_no_page() -> None:
    assert len(ROUTES) > 10
    assert [route for route in ROUTES if not is_page(route.endpoint)] == []


async def test_every_page_needs_a_login(store: Path) -> None:
    """Seen to fail when a page is marked with ``role=None``."""
    async with pages(store) as (_, app):
        browsing = Browsing(app)
        for name, path in paths("GET"):
            answer = await browsing.get(path)
            led = answer.status_code == 303 and answer.headers["location"].startswith("/login")
            assert led == (name not in OPEN), path


async def test_nothing_is_changed_without_a_form_of_ours(store: Path) -> None:
    """Seen to fail when the token of a form is not looked at."""
    async with pages(store) as (desk, app):
        admin = await somebody(desk, app, Role.ADMIN)
        before = await desk.audit_trail()
        for name, path in paths("POST"):
            answer = await admin.http.post(path, data={"name": "mallory", "role": "admin"})
            assert answer.status_code == 403, name

        assert await desk.audit_trail() == before
        assert [row.name for row in await desk.users()] == ["admin"]


@pytest.mark.parametrize("whose", ["another visit", "another user", "nobody", "garbage"])
async def test_a_form_is_good_for_whom_it_was_made(store: Path, whose: str) -> None:
    async with pages(store) as (desk, app):
        admin = await somebody(desk, app, Role.ADMIN)
        other = await somebody(desk, app, Role.VIEWER)
        again = Browsing(app)
        await again.enter(await desk.login_link("admin"))
        nobody = Browsing(app)
        taken = {"another visit": again, "another user": other, "nobody": nobody}.get(whose)
        token = "garbäge"
        if taken is not None:
            await taken.get("/login" if taken is nobody else "/account")
            token = taken.token

        answer = await admin.http.post("/users", data={"form_token": token, "name": "mallory"})

        assert answer.status_code == 403
        assert "expired" in text(answer)
        await admin.get("/users")
        assert (await admin.post("/users", name="ada")).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_browser_that_says_where_it_comes_from_is_believed(store: Path, site: str) -> None:
    async with pages(store) as (desk, app):
        admin = await somebody(desk, app, Role.ADMIN)
        await admin.get("/users")
        fields = {"form_token": admin.token, "name": "mallory"}
        answer = await admin.http.post("/users", data=fields, headers={"sec-fetch-site": site})

        assert answer.status_code == 403
        assert len(await desk.users()) == 1


@pytest.mark.parametrize("role", list(Role))
async def test_roles(store: Path, role: Role) -> None:
    """Seen to fail when the role that is needed is not compared."""
    async with pages(store) as (desk, app):
        await desk.first_login_link()
        somebody_ = await somebody(desk, app, role)
        for name, path in paths("GET"):
            if name not in OPEN and "{" not in path and "/1" not in path:
                status = (await somebody_.get(path)).status_code
                refused = name in ADMINS and role < Role.ADMIN
                assert status == (403 if refused else 200), path
        await somebody_.get("/account")
        added = await somebody_.post("/users", name="new", role="viewer")
        assert added.status_code == (200 if role is Role.ADMIN else 403)
        shown = text(await somebody_.get("/account"))
        assert ("Users Audit" in shown) == (role is Role.ADMIN)


async def test_a_role_there_is_not_changes_nothing(store: Path) -> None:
    async with pages(store) as (desk, app):
        admin = await somebody(desk, app, Role.ADMIN)
        await desk.add_user("bob", Role.STAFF)
        await admin.get("/users")
        said = await admin.follow(await admin.post("/users/bob/role", role="boss"))

        assert "there is no role 'boss'" in text(said)
        assert [row.role for row in await desk.users()] == [Role.ADMIN, Role.STAFF]


async def test_another_role_counts_from_the_next_request_on(store: Path) -> None:
    async with pages(store) as (desk, app):
        await desk.first_login_link()
        anna = await somebody(desk, app, Role.ADMIN, "anna")
        assert (await anna.get("/users")).status_code == 200
        await desk.set_role("anna", Role.VIEWER)
        assert (await anna.get("/users")).status_code == 403
        await desk.remove_user("anna")
        assert (await anna.get("/account")).status_code == 303


async def test_headers_of_every_answer(store: Path) -> None:
    """Seen to fail when only pages that are found are guarded."""
    async with pages(store) as (desk, app):
        admin = await somebody(desk, app, Role.ADMIN)
        answers = [
            await admin.get(path)
            for path in ("/", "/users", "/nowhere", "/static/frontdesk.css", "/static/no.css")
        ]
        answers += [await admin.http.post("/users"), await admin.http.put("/users")]
        answers.append(await Browsing(app).get("/users"))

    for answer in answers:
        headers = answer.headers
        policy = dict(
            part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";")
        )
        assert policy["default-src"] == "'none'"
        assert "script-src" not in policy
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["style-src"] == policy["img-src"] == policy["form-action"] == "'self'"
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
    stored = [answer.headers["cache-control"] for answer in answers]
    assert stored == ["no-store"] * 3 + ["max-age=3600"] + ["no-store"] * 4


async def test_a_form_is_read_no_further_than_it_may_be_long(store: Path) -> None:
    async with pages(store, service=ServiceSettings(body_limit=1000)) as (desk, app):
        admin = await somebody(desk, app, Role.ADMIN)
        await admin.get("/users")
        answer = await admin.post("/users", name="x" * 1000)

    assert answer.status_code == 413


# -- where they are mounted -----------------------------------------------------------------


@pytest.mark.parametrize("passed_on", [True, False])
async def test_behind_a_proxy_that_puts_them_under_a_path(store: Path, passed_on: bool) -> None:
    """Seen to fail when links are made without the path."""
    service = ServiceSettings(pages_url="https://desk.example.com/tools/desk")
    async with pages(store, service=service) as (desk, app):
        await desk.add_user("anna", Role.ADMIN)
        proxied = app if passed_on else stripped(app, "/tools/desk")
        anna = Browsing(proxied, "https://desk.example.com")
        asked = await anna.get("/tools/desk/users")
        entered = await anna.enter(f"/tools/desk/{await desk.login_link('anna')}")
        shown = await anna.get("/tools/desk/users")
        linked = await anna.post("/tools/desk/users", name="ada")

    assert asked.headers["location"] == "/tools/desk/login?next=/users"
    assert entered.headers["location"] == "/tools/desk/"
    assert "; Path=/tools/desk;" in f"{entered.headers['set-cookie']};"
    assert "https://desk.example.com/tools/desk/enter/" in linked.text
    links = set(re.findall(r'(?:href|src|action)="(/[^"]*)"', shown.text))
    assert len(links) > 8
    assert [link for link in links if not link.startswith("/tools/desk/")] == []


def stripped(app: Any, prefix: str) -> Any:
    """A proxy that takes the path away which it puts the application under."""

    async def proxied(scope: Any, receive: Any, send: Any) -> None:
        assert scope["path"].startswith(prefix)
        await app({**scope, "path": scope["path"].removeprefix(prefix)}, receive, send)

    return proxied


async def test_mounted_in_an_application(store: Path) -> None:
    async with pages(store) as (desk, app):
        outer = Starlette(routes=[Mount("/frontdesk", app)])
        admin = await somebody(desk, outer, Role.ADMIN, base=f"{BASE}/frontdesk/")
        shown = await admin.get("users")
        linked = await admin.post("users", name="ada", role="staff")
        asked = await Browsing(outer).get("/frontdesk/users")

    assert 'href="/frontdesk/static/frontdesk.css"' in shown.text
    assert f"{BASE}/frontdesk/enter/" in linked.text
    assert asked.headers["location"] == "/frontdesk/login?next=/users"


async def test_back_leads_to_the_page_the_form_was_on_and_nowhere_else(store: Path) -> None:
    async with pages(store) as (desk, app):
        admin = await somebody(desk, app, Role.ADMIN)
        await admin.get("/users")
        fields = {"form_token": admin.token, "role": "viewer"}
        led = {}
        for referer in ("http://evil.example//evil.example/x", f"{BASE}/users?a=b", "", "x:y"):
            headers = {"referer": referer}
            answer = await admin.http.post("/users/admin/role", data=fields, headers=headers)
            led[referer] = answer.headers["location"]

    assert list(led.values()) == ["/", "/users?a=b", "/", "/"]


# -- the application's own login ------------------------------------------------------------


def known(request: Request) -> Any:
    name = request.headers.get("x-user")
    if name == "elsewhere":
        return RedirectResponse("https://login.example.com/", 303)
    return User(name, Role.ADMIN if name == "ada" else Role.VIEWER) if name else None


async def known_later(request: Request) -> Any:
    return known(request)


@pytest.mark.parametrize("authenticate", [known, known_later])
async def test_an_application_says_who_somebody_is(store: Path, authenticate: Any) -> None:
    async with pages(store, asgi={"authenticate": authenticate}) as (_, app):
        browsing = Browsing(app)
        assert (await browsing.get("/audit")).status_code == 403
        elsewhere = await browsing.get("/audit", headers={"x-user": "elsewhere"})
        assert elsewhere.headers["location"] == "https://login.example.com/"
        assert (await browsing.get("/audit", headers={"x-user": "bob"})).status_code == 403
        shown = await browsing.get("/audit", headers={"x-user": "ada"})
        assert "ada" in text(shown)
        assert "Log out" not in text(shown)
        # Nobody logs in here.
        for path in ("/login", "/users", "/account", "/enter/x"):
            assert (await browsing.get(path, headers={"x-user": "ada"})).status_code == 404


# -- what goes wrong ------------------------------------------------------------------------


async def test_what_went_wrong_is_said_without_a_guest(
    store: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen to fail when the error is logged with its text."""
    caplog.set_level(logging.DEBUG)
    async with pages(store) as (desk, app):
        admin = await somebody(desk, app, Role.ADMIN)

        async def broken(*_: Any) -> Any:
            raise ValueError("ada@example.com")

        monkeypatch.setattr(desk, "audit_trail", broken)
        answer = await admin.get("/audit")

        async def refused(*_: Any) -> Any:
            raise ConfigurationError("the <b>store</b> is elsewhere")

        monkeypatch.setattr(desk, "audit_trail", refused)
        explained = await admin.get("/audit")

    assert (answer.status_code, explained.status_code) == (500, 400)
    assert "Something went wrong" in text(answer)
    assert "ada@example.com" not in answer.text + caplog.text
    assert "ValueError in broken()" in caplog.text
    assert "&lt;b&gt;store" in explained.text


async def test_a_store_that_is_away_is_said(
    store: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen to fail when the page of the error itself needs the store."""
    async with pages(store) as (desk, app):
        known = await somebody(desk, app, Role.VIEWER)
        fresh = Browsing(desk.asgi({"pages"}))

        async def away(*_: Any) -> Any:
            raise StoreError("the store 'x' is locked")

        monkeypatch.setattr(desk.store, "read", away)
        answers = [await known.get("/account"), await fresh.get("/login")]

    assert [answer.status_code for answer in answers] == [503, 503]
    assert all("the store 'x' is locked" in text(answer) for answer in answers)
    assert answers[1].headers["x-frame-options"] == "DENY"
    assert "Traceback" not in caplog.text


async def test_what_there_is_not_is_said_to_anybody(store: Path) -> None:
    async with pages(store) as (_, app):
        answer = await Browsing(app).get("/nowhere")

    assert answer.status_code == 404
    assert "There is no such page" in text(answer)


async def test_pages_alone_say_that_they_live(store: Path) -> None:
    async with pages(store) as (_, app):
        assert (await Browsing(app).get("/healthz")).json() == {"status": "alive"}


async def test_webhooks_and_pages_stand_side_by_side(store: Path) -> None:
    async with pages(store) as (desk, _):
        app = desk.asgi({"pages", "webhooks"})
        assert (await Browsing(app).http.post("/webhooks/oak")).status_code == 404
        assert (await Browsing(app).get("/")).headers["location"] == "/login"
        only = desk.asgi()
        assert (await Browsing(only).get("/login")).status_code == 404
