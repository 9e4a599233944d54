"""The pages in a real browser: getting in, who may what, and how it looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import Visitor

from frontdesk import Desk, Role, blocking
from frontdesk.serving import served

Visit = Callable[..., Visitor]
PARTS = {"pages", "webhooks"}


class House:
    """A store with its pages, served; the desk that serves is not the one that is asked."""

    def __init__(self, address: str, desk: blocking.Desk) -> None:
        self.address = address
        self.desk = desk

    def user(self, name: str, role: Role) -> str:
        """Add somebody; return the link that lets them in."""
        self.desk.add_user(name, role)
        return self.desk.login_link(name)


@pytest.fixture(name="house")
def _house(tmp_path: Path) -> Iterator[House]:
    store = tmp_path / "frontdesk.db"
    app = Desk(store).asgi(PARTS)
    with blocking.Desk(store) as desk, served(app) as address:
        yield House(address, desk)


def test_the_first_link_lets_in_once(house: House, visit: Visit) -> None:
    link = house.desk.first_login_link()
    assert link is not None
    first = visit(house.address).enter(link)
    assert first.path == "/metrics"

    second = visit(house.address).go(link)
    assert second.heading == "This link lets nobody in"
    assert house.desk.first_login_link() is None
