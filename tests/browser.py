"""A real browser for tests: the system's Chromium, led by Playwright."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import attrs
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

#: Where screenshots go, for CI to keep.
SHOTS = Path(os.environ.get("FRONTDESK_SCREENSHOTS", "screenshots"))
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: What pages are looked at with: a size, and a scheme of colours.
VIEWS: dict[str, dict[str, Any]] = {
    "wide": {"viewport": {"width": 1280, "height": 800}},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}


@pytest.fixture(name="browser", scope="module")
def _browser() -> Iterator[Browser]:
    """The browser; in CI a missing one is a failure.

    It is closed with each module: while it runs, no other loop can in this thread.
    """
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None and not os.environ.get("CI"):
        pytest.skip("there is no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@attrs.define(slots=False)  # Playwright hangs its own on whoever listens
class Visitor:
    """Somebody before a browser of their own; what goes wrong in it is remembered."""

    context: BrowserContext
    page: Page
    address: str
    wrong: list[str] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.page.set_default_timeout(30_000)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("dialog", self._asked)
        self.page.on("request", self._requested)

    def _heard(self, message: Any) -> None:
        # What is refused is told as an error; a status other than 200 is, too.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.wrong.append(message.text)

    def _asked(self, dialog: Any) -> None:
        self.wrong.append(f"a script ran: {dialog.message}")
        dialog.dismiss()

    def _requested(self, request: Any) -> None:
        if not request.url.startswith(self.address):
            self.wrong.append(f"it asked {request.url}")

    def go(self, path: str) -> Visitor:
        """Open a page by its path."""
        self.page.goto(self.address + path.lstrip("/"))
        return self

    @property
    def path(self) -> str:
        """The path of the page that is open."""
        return "/" + self.page.url.removeprefix(self.address).partition("?")[0]

    @property
    def heading(self) -> str:
        """What the page is called."""
        return self.page.locator("h1").inner_text()

    def enter(self, link: str) -> Visitor:
        """Log in by a link."""
        return self.go(link).press("Log in")

    def press(self, name: str, among: Any = None) -> Visitor:
        """Press a button, and wait for the page it leads to.

        Args:
            among: Where the button is, on a page with several.
        """
        button = (among or self.page).get_by_role("button", name=name)
        with self.page.expect_navigation():
            button.last.click()
        return self

    def follow(self, name: str) -> Visitor:
        """Follow a link by what it says, and wait for the page it leads to."""
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=name, exact=True).first.click()
        return self

    def shot(self, name: str) -> None:
        """Keep a picture of the whole page."""
        SHOTS.mkdir(exist_ok=True, parents=True)
        self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    def barriers(self) -> list[str]:
        """Return what keeps people out of the page that is open, as axe finds it."""
        results = Axe().run(self.page)
        return [
            f"{one['impact']}: {one['id']}: {node['html'][:200]} ({node['failureSummary']})"
            for one in results.response["violations"]
            for node in one["nodes"]
        ]

    def sideways(self) -> int:
        """Return how many pixels the page is wider than its window."""
        wide: int = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return wide


@pytest.fixture(name="visit")
def _visit(browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """A function that sits somebody down before the pages at an address.

    At the end nothing must have gone wrong in any of their browsers.
    """
    visitors: list[Visitor] = []
    with ExitStack() as windows:

        def sit(address: str, view: str = "wide", **options: Any) -> Visitor:
            context = windows.enter_context(browser.new_context(**VIEWS[view], **options))
            visitors.append(Visitor(context, context.new_page(), address))
            return visitors[-1]

        yield sit
        assert [wrong for one in visitors for wrong in one.wrong] == []


def crawl(visitor: Visitor, start: str = "", *, most: int = 2) -> Iterator[str]:
    """Open every page links lead to, and yield its path once it is open.

    Args:
        most: So many pages of a kind: one guest's page is like another's.
    """
    waiting, kinds = [start], Counter[str]()
    known = {start}
    while waiting:
        path = waiting.pop(0)
        kinds[kind_of(path)] += 1
        if kinds[kind_of(path)] > most:
            continue
        visitor.go(path)
        yield path
        links: list[str] = visitor.page.eval_on_selector_all(
            "a[href]", "found => found.map(one => one.href.split('#')[0])"
        )
        for link in links:
            found = link.removeprefix(visitor.address)
            if link.startswith(visitor.address) and found not in known:
                known.add(found)
                waiting.append(found)


def kind_of(path: str) -> str:
    """Return what pages of a kind have in common: a path without ids, a query without values."""
    place, _, query = path.partition("?")
    parts = ["*" if re.search(r"[\d%A-Z]", part) else part for part in place.split("/")]
    return "/".join(parts) + "?" + "&".join(sorted(re.findall(r"(\w+)=", query)))


def slug(path: str) -> str:
    """Return a file's name for a path."""
    return re.sub(r"\W+", "-", path.replace("*", "one")).strip("-") or "home"
