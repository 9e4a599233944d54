"""A browser without a screen: it keeps cookies, and sends the forms it was shown."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import argon2
import httpx
import pytest

from frontdesk import Desk, Role
from frontdesk.web.pages import security

BASE = "http://desk.test"


class Browsing:
    """Somebody who looks at the pages of an application."""

    def __init__(self, app: Any, base: str = BASE, address: str = "10.0.0.1") -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=True, client=(address, 1))
        self.http = httpx.AsyncClient(transport=transport, base_url=base)
        self.shown: httpx.Response | None = None

    async def get(self, path: str, **options: Any) -> httpx.Response:
        """Look at a page."""
        self.shown = await self.http.get(path, **options)
        return self.shown

    async def post(self, path: str, **fields: str) -> httpx.Response:
        """Send a form as the page shows it that was looked at last."""
        assert self.shown is not None
        headers = {"referer": str(self.shown.url)}
        return await self.http.post(
            path, data={"form_token": self.token, **fields}, headers=headers
        )

    async def follow(self, response: httpx.Response) -> httpx.Response:
        """Go where an answer leads."""
        assert response.status_code == 303, response.text
        while response.status_code == 303:
            response = await self.get(response.headers["location"])
        return response

    @property
    def token(self) -> str:
        """What the forms of the page carry."""
        assert self.shown is not None
        return re.findall(r'name="form_token" value="([^"]*)"', self.shown.text)[0]

    async def enter(self, link: str, **fields: str) -> httpx.Response:
        """Log in by a link."""
        await self.get(link)
        return await self.post(link, **fields)

    async def log_in(self, name: str, password: str, next: str = "") -> httpx.Response:
        """Log in by a password."""
        await self.get("login")
        return await self.post("login", name=name, password=password, next=next)


def text(response: httpx.Response) -> str:
    """Return what a page says, without its marks."""
    words = re.sub(r"<[^>]*>", " ", response.text)
    return " ".join(html.unescape(words).split())


async def somebody(desk: Desk, app: Any, role: Role, name: str = "", **options: Any) -> Browsing:
    """Return somebody new of a role, logged in."""
    name = name or role.name.lower()
    await desk.add_user(name, role)
    browsing = Browsing(app, **options)
    answer = await browsing.enter(await desk.login_link(name))
    assert answer.status_code == 303
    return browsing


@asynccontextmanager
async def pages(store: Any, **options: Any) -> AsyncGenerator[tuple[Desk, Any]]:
    """A desk on a store, with its pages."""
    import inn

    inn.prepare(store)
    clock = options.pop("clock", None) or inn.FixedClock()
    given = options.pop("asgi", {})
    async with Desk(store, clock=clock, **options) as desk:
        yield desk, desk.asgi({"pages"}, **given)


@pytest.fixture(name="quick_hashes")
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed with little care: there are many, and no time."""
    made = partial(argon2.PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(security, "PasswordHasher", made)
