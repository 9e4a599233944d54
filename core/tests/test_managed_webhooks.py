"""Webhooks that the platform lets us manage: installed, looked at, watched, removed."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import inn
import pytest
from hooked import hooked
from inn import busy, connected, prepare
from stepping import SteppedClock, until

from frontdesk import Desk, Installed, blocking
from frontdesk.errors import ConfigurationError, UnavailableError, UnexpectedResponseError
from frontdesk.ingest.following import WATCH
from frontdesk.servicing import ServiceSettings
from frontdesk.store.keyring import new_key

pytestmark = pytest.mark.anyio

PUBLIC = ServiceSettings(public_url="https://hooks.example.com")
OURS = "https://hooks.example.com/webhooks/at/acorn"


class Books:
    """What a platform has written down of webhooks."""

    def __init__(self) -> None:
        self.there: dict[str, Installed] = {"w9": Installed("w9", "https://other.test/x", "on")}
        self.made = self.asked = 0
        self.failing: Exception | None = None

    async def manage(self, client: Any, action: str, url: str) -> Any:
        self.asked += 1
        if self.failing is not None:
            raise self.failing
        mine = [id for id, one in self.there.items() if one.url == url]
        if action == "install" and not mine:
            client.state.refuse_without_key()
            self.made += 1
            await client.keep("webhook key", f"k3y-{self.made}-CANARY", lasting=True)
            self.there["w1"] = Installed("w1", url, "on", events=("stay",))
        if action == "remove":
            for id in mine:
                del self.there[id]
        return list(self.there.values())

    @property
    def connector(self) -> Any:
        async def manage_webhooks(client: Any, action: str, url: str) -> Any:
            return await self.manage(client, action, url)

        return hooked(manage_webhooks=manage_webhooks)

    def break_ours(self, note: str = "") -> None:
        self.there["w1"] = Installed("w1", OURS, "off", working=False, note=note)


@asynccontextmanager
async def opened(store: Path, books: Books, **options: Any) -> AsyncGenerator[Desk]:
    prepare(store)
    inn.Counting.others.add(str(store))
    async with Desk(store, service=PUBLIC, **options) as desk:
        connected(desk, busy(1), books.connector, name="oak")
        yield desk


async def test_installing_twice_makes_one_and_keeps_its_key(store: Path) -> None:
    """Seen to fail when the hook is not told the URL it is to find again."""
    books = Books()
    async with opened(store, books, key=new_key()) as desk:
        first = await desk.webhooks("oak", "install")
        again = await desk.webhooks("oak", "install")
        await desk.sync("oak")
        kept = await desk.rekey()
        gone = await desk.webhooks("oak", "remove")

    assert (books.made, kept.secrets) == (1, 1)
    assert (
        {one.url for one in first} == {one.url for one in again} == {OURS, "https://other.test/x"}
    )
    assert [one.id for one in gone] == ["w9"]


async def test_without_a_key_nothing_is_installed(store: Path) -> None:
    books = Books()
    async with opened(store, books) as desk:
        with pytest.raises(ConfigurationError, match="FRONTDESK_KEY"):
            await desk.webhooks("oak", "install")
    assert books.made == 0


async def test_a_check_says_what_is_wrong_with_them(store: Path) -> None:
    """Seen to fail when check does not look at webhooks."""
    books = Books()
    async with opened(store, books, clock=inn.FixedClock()) as desk:
        none = await desk.check("oak")
        books.break_ours("too many deliveries failed")
        ill = await desk.check("oak")
        books.there["w1"] = Installed("w1", f"{OURS}?Token=x", "on")
        well = await desk.check("oak")
        books.failing = UnavailableError("away for a while")
        away = await desk.check("oak")
        books.failing = KeyError("ada@example.com")
        odd = await desk.check("oak")

    assert none.problems == (f"no webhook leads to {OURS}; try: frontdesk webhooks install oak",)
    assert ill.problems == ("webhook w1 is off: too many deliveries failed",)
    assert well.ok
    assert away.problems == ("away for a while",)
    assert "ada@" not in odd.problems[0]
    assert "cannot be read" in odd.problems[0]


async def test_the_service_notices_that_the_platform_sends_no_more(store: Path) -> None:
    """Seen to fail when a webhook that works again leaves the state as it was."""
    books, clock = Books(), SteppedClock()
    async with opened(store, books, clock=clock) as desk, desk.service():

        async def state() -> str:
            rows = await desk.status()
            return rows[0].state if rows else ""

        async def runs() -> bool:
            return await state() == "running"

        async def needs_attention() -> bool:
            return await state() == "needs attention"

        await until(clock, runs)
        books.break_ours("too many deliveries failed")
        await until(clock, needs_attention, step=WATCH / 10)
        (row,) = await desk.status()
        books.failing = UnavailableError("away")
        await clock.advance(WATCH)
        assert await needs_attention()
        books.failing = None
        books.there["w1"] = Installed("w1", OURS, "on")
        await clock.advance(WATCH)
        assert await runs()

    assert "too many deliveries failed" in row.reason


async def test_where_they_are_set_up_by_hand_the_refusal_says_so(store: Path) -> None:
    async with Desk(store, service=PUBLIC) as desk:
        connected(desk, busy(1), hooked(), name="oak")
        with pytest.raises(ConfigurationError, match=r"by hand.*frontdesk webhooks url oak"):
            await desk.webhooks("oak", "install")


async def test_what_cannot_be_read_is_an_answer_of_the_platform(store: Path) -> None:
    books = Books()
    books.failing = TypeError("ada@example.com")
    async with opened(store, books) as desk:
        with pytest.raises(UnexpectedResponseError) as failed:
            await desk.webhooks("oak")
    assert "ada@" not in str(failed.value)


def test_code_that_does_not_await_manages_them_too(store: Path) -> None:
    books = Books()
    inn.Counting.others.add(str(store))
    with blocking.Desk(store, service=PUBLIC) as desk:
        connected(desk._desk, busy(1), books.connector, name="oak")
        assert desk.webhook_url("oak") == OURS
        assert [one.id for one in desk.webhooks("oak")] == ["w9"]
