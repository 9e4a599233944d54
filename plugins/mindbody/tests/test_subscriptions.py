"""The life of a subscription: made, activated, looked at, mended, taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from frontdesk import Desk
from frontdesk.errors import AuthenticationError, ConfigurationError, FrontdeskError
from frontdesk.notices import Installed
from frontdesk.servicing import ServiceSettings
from frontdesk.serving import served
from frontdesk.store.keyring import new_key
from frontdesk.testing import StillClock
from frontdesk_mindbody import subscriptions
from frontdesk_mindbody.deliveries import READ
from frontdesk_mindbody.sandbox import PREFIX, PUSH_PREFIX, Options, Platform, settings
from frontdesk_mindbody.sandbox.subscriptions import RETIRED, TOO_MANY

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "studio.db"


class Listening:
    """A server that takes every request, and remembers how it was asked."""

    def __init__(self) -> None:
        self.methods: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.methods.append(scope["method"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def listening() -> Iterator[tuple[Listening, str]]:
    listener = Listening()
    with served(listener) as address:  # type: ignore[arg-type]  # as ASGI as it needs to be
        yield listener, address


@asynccontextmanager
async def connected(
    platform: Platform, store: Path, public: str, key: str | None, **more: Any
) -> AsyncIterator[Desk]:
    """A desk whose connection knows the sandbox's both APIs, and no key of any webhook."""
    values = {
        **settings(platform),
        "base_url": f"http://mindbody.test{PREFIX}",
        "webhook_signature_key": "",
        **more,
    }
    service = ServiceSettings(public_url=public)
    async with Desk(store, key=key, clock=StillClock(NOW), service=service) as desk:
        transport = httpx.ASGITransport(platform.app)
        desk.connect("mindbody", name="studio", transport=transport, **values)
        yield desk


def studio(**more: Any) -> Platform:
    return Platform(Options(**{"now": NOW, "clients": 9, "sites": 1, **more}))


def one(found: tuple[Installed, ...]) -> tuple[str, bool]:
    (only,) = found
    return only.state, only.working


@pytest.mark.parametrize("wrapped", [False, True])
async def test_it_is_made_activated_and_its_key_opens_deliveries(
    store: Path, listening: tuple[Listening, str], wrapped: bool
) -> None:
    """Seen to fail when the key of the new subscription was not kept."""
    listener, address = listening
    platform, key = studio(webhook_wrapped=wrapped), new_key()
    async with connected(platform, store, address, key) as desk:
        await desk.sync("studio")
        assert await desk.webhooks("studio", "list") == ()
        found = await desk.webhooks("studio", "install")
        assert one(found) == ("Active", True)
        assert found[0].url == f"{address.rstrip('/')}/webhooks/at/mindbody"
        assert set(found[0].events) == READ.keys()
        # Mindbody tries the URL before it sends anything.
        assert set(listener.methods) == {"HEAD"}
        assert (await desk.check("studio")).ok
        platform.move("create_client", -99)
        (message,) = platform.webhooks.outbox.take(everything=True)
        headers = {"X-Mindbody-Signature": message.signature}
        answer = await desk.receive("studio", headers=headers, body=message.body)
        assert answer.status == 200
        answer = await desk.receive("studio", headers=headers, body=message.body + b" ")
        assert answer.status == 401
    # Another process knows the key, too.
    async with connected(platform, store, address, key) as desk:
        answer = await desk.receive("studio", headers=headers, body=message.body)
        assert answer.status == 200


async def test_installing_twice_makes_one_and_removing_ends_it(
    store: Path, listening: tuple[Listening, str]
) -> None:
    _, address = listening
    platform, key = studio(), new_key()
    async with connected(platform, store, address, key) as desk:
        first = await desk.webhooks("studio", "install")
        again = await desk.webhooks("studio", "install")
        assert [hook.id for hook in first] == [hook.id for hook in again]
        assert len(platform.subscriptions) == 1
        gone = await desk.webhooks("studio", "remove")
        assert one(gone) == ("DeactivatedByUser", False)
        # It is woken up rather than doubled: its key is known.
        back = await desk.webhooks("studio", "install")
        assert (back[0].id, *one(back)) == (first[0].id, "Active", True)


async def test_what_failed_too_often_is_activated_again(
    store: Path, listening: tuple[Listening, str]
) -> None:
    _, address = listening
    platform = studio()
    async with connected(platform, store, address, new_key()) as desk:
        (made,) = await desk.webhooks("studio", "install")
        (own,) = platform.subscriptions
        own.turn(TOO_MANY, NOW)
        (found,) = await desk.webhooks("studio", "list")
        assert not found.working
        assert "run frontdesk webhooks install again" in found.note
        assert not (await desk.check("studio")).ok
        (mended,) = await desk.webhooks("studio", "install")
        assert (mended.id, mended.working) == (made.id, True)


async def test_what_mindbody_retired_is_made_anew_and_the_old_one_is_no_trouble(
    store: Path, listening: tuple[Listening, str]
) -> None:
    """Seen to fail when a retired subscription was activated: Mindbody refuses that."""
    _, address = listening
    platform = studio()
    async with connected(platform, store, address, new_key()) as desk:
        await desk.webhooks("studio", "install")
        (own,) = platform.subscriptions
        own.turn(RETIRED, NOW)
        found = await desk.webhooks("studio", "install")
        assert sorted(hook.state for hook in found) == ["Active", RETIRED]
        assert all(hook.working for hook in found)


async def test_one_whose_key_is_lost_is_replaced_and_sends_no_more(
    store: Path, listening: tuple[Listening, str], tmp_path: Path
) -> None:
    """Seen to fail when the old one stayed: whatever it sends cannot be verified."""
    _, address = listening
    platform = studio()
    async with connected(platform, store, address, new_key()) as desk:
        await desk.webhooks("studio", "install")
    async with connected(platform, tmp_path / "other.db", address, new_key()) as desk:
        (found,) = await desk.webhooks("studio", "list")
        assert not found.working
        assert found.note.startswith("its key is not known here")
        after = await desk.webhooks("studio", "install")
        assert sorted(hook.state for hook in after) == ["Active", "DeactivatedByUser"]
        assert all(hook.working for hook in after)


async def test_what_leads_elsewhere_is_left_alone(
    store: Path, listening: tuple[Listening, str]
) -> None:
    _, address = listening
    platform = studio()
    other = platform.subscriptions.make("http://127.0.0.1:1/other", ("client.created",))
    other.turn("Active", NOW)
    async with connected(platform, store, address, new_key()) as desk:
        await desk.webhooks("studio", "install")
        await desk.webhooks("studio", "remove")
    assert (other.status, other.events) == ("Active", ("client.created",))


async def test_without_a_key_to_keep_keys_with_nothing_is_made(
    store: Path, listening: tuple[Listening, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen to fail when the subscription was made first: its key would be lost."""
    monkeypatch.delenv("FRONTDESK_KEY", raising=False)
    _, address = listening
    platform = studio()
    async with connected(platform, store, address, None) as desk:
        with pytest.raises(ConfigurationError, match="frontdesk store key"):
            await desk.webhooks("studio", "install")
    assert len(platform.subscriptions) == 0


async def test_a_key_configured_by_hand_will_do(
    store: Path, listening: tuple[Listening, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FRONTDESK_KEY", raising=False)
    _, address = listening
    platform = studio()
    own = platform.subscriptions.make(f"{address.rstrip('/')}/webhooks/at/mindbody", ())
    async with connected(platform, store, address, None, webhook_signature_key=own.key) as desk:
        found = await desk.webhooks("studio", "install")
        assert (found[0].id, *one(found)) == (own.id, "Active", True)


async def test_without_the_webhooks_key_there_is_nothing_to_ask(
    store: Path, listening: tuple[Listening, str]
) -> None:
    _, address = listening
    platform, key = studio(), new_key()
    async with connected(platform, store, address, key, webhooks_key="") as desk:
        assert await desk.webhooks("studio", "list") == ()
        with pytest.raises(ConfigurationError, match="webhooks_key is not set"):
            await desk.webhooks("studio", "install")
    async with connected(platform, store, address, key, webhooks_key="wrong") as desk:
        with pytest.raises(AuthenticationError):
            await desk.webhooks("studio", "list")


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"items": 3},
        {"value": {"items": None}},
        {"items": [{"status": "Active"}]},
    ],
)
async def test_answers_that_make_no_sense_are_said_so(store: Path, answer: Any) -> None:
    platform = studio()

    class Odd(httpx.AsyncBaseTransport):
        inner = httpx.ASGITransport(platform.app)

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path.startswith(PUSH_PREFIX):
                return httpx.Response(200, json=answer)
            return await self.inner.handle_async_request(request)

    public = ServiceSettings(public_url="https://hooks.example.com")
    async with Desk(store, clock=StillClock(NOW), service=public) as desk:
        desk.connect(
            "mindbody",
            name="studio",
            transport=Odd(),
            **{
                **settings(platform),
                "base_url": f"http://mindbody.test{PREFIX}",
            },
        )
        with pytest.raises(FrontdeskError):
            await desk.webhooks("studio", "list")


@pytest.mark.parametrize(
    ("base_url", "push"),
    [
        ("https://api.mindbodyonline.com/public/v6/", subscriptions.PUSH_URL),
        ("http://127.0.0.1:8100/public/v6/", "http://127.0.0.1:8100/push/api/v1/"),
    ],
)
def test_a_sandboxs_key_goes_to_no_other_place_than_the_sandbox(base_url: str, push: str) -> None:
    """Seen to fail when the push API is always Mindbody's own."""
    assert subscriptions._beside(base_url) == push
