"""Pages that plugins add."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pigeon
import pytest
from browsing import Browsing, pages, somebody, text
from hooked import hooked
from inn import Inn, connected
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from frontdesk import Desk, Role, WebPages, hookimpl
from frontdesk.errors import InvalidConnectorError
from frontdesk.web.pages.frame import audit, back, change, page, show, url

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("quick_hashes")]
TOWELS = """{% extends "base.html" %}
{% import "macros.html" as m with context %}
{% block title %}Towels{% endblock %}
{% block main %}<h1>{{ count | number }} towels</h1>
{{ m.act(url("acorn:fetch"), "Fetch") }}{% endblock %}
"""


@page()
async def towels(request: Request) -> Response:
    """Show them."""
    return await show(request, "acorn/towels.html", count=1234)


@change(Role.STAFF)
async def fetch(request: Request) -> Response:
    """Count one more."""
    form = await request.form()
    await audit(request, "towels fetch", size=len(str(form.get("size", ""))))
    return back(request, "Fetched.", to=url(request, "acorn:towels"))


async def bare(_: Request) -> Response:
    """Show it to anybody."""
    return HTMLResponse("open")


def offered(folder: Path, **options: Any) -> WebPages:
    (folder / "towels.html").write_text(TOWELS, "utf-8")
    routes = [
        Route("/towels", towels, name="towels"),
        Route("/fetch", fetch, methods=["POST"], name="fetch"),
        Mount("/static", StaticFiles(directory=folder), name="static"),
    ]
    given = {"routes": routes, "templates": folder, "label": "Towels", "start": "towels"}
    return WebPages(**{**given, **options})


def connect(desk: Desk, pages: WebPages | None, name: str = "oak") -> Any:
    connected(desk, Inn(), hooked(add_pages=lambda: pages), name=name)
    return desk.asgi({"pages"})


async def test_a_plugins_pages_stand_among_the_others(store: Path, tmp_path: Path) -> None:
    async with pages(store) as (desk, _):
        # A second account of a platform makes no second pages.
        connect(desk, offered(tmp_path), "oak")
        app = connect(desk, offered(tmp_path), "elm")
        anna = await somebody(desk, app, Role.STAFF)

        shown = await anna.get("/plugins/acorn/towels")
        fetched = await anna.post("/plugins/acorn/fetch", size="large")
        said = await anna.follow(fetched)

        assert "1,234 towels" in text(shown)
        assert shown.text.count('href="/plugins/acorn/towels" aria-current="page"') == 1
        assert fetched.headers["location"] == "/plugins/acorn/towels"
        assert "Fetched." in text(said)
        assert shown.headers["content-security-policy"].startswith("default-src 'none'")
        row, *_ = await desk.audit_trail()
        assert (row.action, row.user, row.what) == ("towels fetch", "staff", {"size": 5})


async def test_they_need_login_role_and_form_like_ours(store: Path, tmp_path: Path) -> None:
    async with pages(store) as (desk, _):
        app = connect(desk, offered(tmp_path, role=Role.STAFF))
        viewer = await somebody(desk, app, Role.VIEWER)

        asked = await Browsing(app).get("/plugins/acorn/towels")
        assert asked.headers["location"] == "/login?next=/plugins/acorn/towels"
        assert "Towels" not in text(await viewer.get("/metrics"))
        await viewer.get("/account")
        assert (await viewer.post("/plugins/acorn/fetch")).status_code == 403
        staff = await somebody(desk, app, Role.STAFF)
        assert (await staff.http.post("/plugins/acorn/fetch")).status_code == 403


@page(role=None)
async def lost_towel(_: Request) -> Response:
    """Say where it lies, to whoever has the link."""
    return HTMLResponse("by the pool", headers={"referrer-policy": "no-referrer"})


async def test_what_is_for_everybody_asks_nobody_who_they_are(store: Path, tmp_path: Path) -> None:
    """Its URL may be a secret, which no other site is told.

    Seen to fail when the application's answer goes before the role, and when the header is
    written over.
    """

    def elsewhere(_: Request) -> Response:
        return RedirectResponse("https://login.example.com/", 303)

    async with pages(store) as (desk, _):
        routes = [Route("/lost", lost_towel), Route("/towels", towels, name="towels")]
        added = offered(tmp_path, routes=routes)
        connected(desk, Inn(), hooked(add_pages=lambda: added), name="oak")
        guest = Browsing(desk.asgi({"pages"}, authenticate=elsewhere))

        found = await guest.get("/plugins/acorn/lost")

        assert found.text == "by the pool"
        assert found.headers["referrer-policy"] == "no-referrer"
        asked = await guest.get("/plugins/acorn/towels")
        assert asked.headers["location"] == "https://login.example.com/"
        assert asked.headers["referrer-policy"] == "same-origin"


async def test_a_destinations_pages(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    routes = [Route("/perches", towels, name="perches")]
    perches = WebPages(routes=routes, label="Perches", start="perches")
    monkeypatch.setattr(pigeon, "add_pages", hookimpl(lambda: perches), raising=False)
    async with pages(store) as (desk, _):
        pigeon.added(desk, pigeon.Loft())
        viewer = await somebody(desk, desk.asgi({"pages"}), Role.VIEWER)

        assert 'href="/plugins/pigeon/perches"' in (await viewer.get("/metrics")).text


@pytest.mark.parametrize(
    "route",
    [Route("/bare", bare), Mount("/bare", HTMLResponse("open")), Mount("/in", routes=[])],
    ids=["function", "application", "routes"],
)
async def test_what_needs_no_login_is_refused(store: Path, tmp_path: Path, route: Any) -> None:
    """Seen to fail when only routes to functions are looked at."""
    async with pages(store) as (desk, _):
        with pytest.raises(InvalidConnectorError, match="'acorn' breaks the contract: of the"):
            connect(desk, offered(tmp_path, routes=[route]))


async def test_a_form_with_a_file_may_be_longer_where_the_plugin_says_so(
    store: Path, tmp_path: Path
) -> None:
    async with pages(store) as (desk, _):
        app = connect(desk, offered(tmp_path, body_limit=3_000_000))
        staff = await somebody(desk, app, Role.STAFF)
        await staff.get("/plugins/acorn/towels")

        taken = await staff.post("/plugins/acorn/fetch", size="x" * 2_000_000)
        refused = await staff.post("/plugins/acorn/fetch", size="x" * 3_000_000)

        assert (taken.status_code, refused.status_code) == (303, 413)


async def test_without_the_hook_there_is_nothing_more(store: Path) -> None:
    async with pages(store) as (desk, _):
        app = connect(desk, None)
        viewer = await somebody(desk, app, Role.VIEWER)

        assert (await viewer.get("/plugins/acorn/towels")).status_code == 404
