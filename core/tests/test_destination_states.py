"""States of destinations told to others: alerts, health, and what a person did."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from inn import FixedClock, busy, connected, prepare
from pigeon import Loft, added

from frontdesk import Desk
from frontdesk.ingest.alerts import Alert, Alerter
from frontdesk.servicing import AlertSettings

pytestmark = pytest.mark.anyio
URL = "https://alerts.example/CANARY"


async def test_a_change_of_a_destinations_state_is_told_once(store: Path) -> None:
    """Seen to fail (nothing was told) when only connections are looked at."""
    told: list[dict[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        told.append(json.loads(request.content))
        return httpx.Response(204)

    clock, loft = FixedClock(), Loft()
    prepare(store)
    async with Desk(store, clock=clock) as desk:
        await desk.sync(connected(desk, busy(3), name="oak"))
        added(desk, loft, name="post")
        transport = httpx.MockTransport(answer)
        alerter = Alerter(desk.store, clock, desk.connections, AlertSettings(url=URL), transport)

        await desk.deliver("post")
        await alerter.look()
        # That a new destination runs is no news.
        assert told == []
        loft.before = lambda _: httpx.Response(401)
        with pytest.raises(Exception, match="401"):
            await desk.deliver("post")
        for _ in range(2):
            await alerter.look()
        loft.before = lambda _: None
        await desk.deliver("post")
        await alerter.look()
        # An account that was left is nobody's state any more.
        await desk.rebind("post")
        await alerter.look()

    assert [(one["destination"], one["plugin"], one["state"]) for one in told] == [
        ("post", "pigeon", "needs attention"),
        ("post", "pigeon", "running"),
    ]
    assert "frontdesk check post" in told[0]["todo"]
    assert "connection" not in told[0]


async def test_a_connection_and_a_destination_are_each_told_by_their_own_name(
    store: Path,
) -> None:
    told: list[dict[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        told.append(json.loads(request.content))
        return httpx.Response(204)

    clock, loft = FixedClock(), Loft()
    prepare(store)
    async with Desk(store, clock=clock) as desk:
        await desk.sync(connected(desk, busy(3), name="oak"))
        await desk.deliver(added(desk, loft, name="post"))
        await desk.pause("oak")
        await desk.pause("post")
        transport = httpx.MockTransport(answer)
        settings = AlertSettings(url=URL)
        for _ in range(2):
            await Alerter(desk.store, clock, desk.connections, settings, transport).look()

    assert [one.get("connection") for one in told] == ["oak", None]
    assert [one.get("destination") for one in told] == [None, "post"]
    assert [set(one) & {"connector", "plugin"} for one in told] == [{"connector"}, {"plugin"}]


def test_an_alert_by_mail_names_the_destination() -> None:
    now = FixedClock().now()
    alert = Alert("post", "pigeon", "paused", "", now, "frontdesk resume post", "destination")

    assert alert.title == "frontdesk: post paused"
    assert "post (pigeon): paused since" in alert.text()


async def test_readyz_shows_destinations(store: Path) -> None:
    loft = Loft()
    prepare(store)
    async with Desk(store, clock=FixedClock()) as desk:
        await desk.sync(connected(desk, busy(3), name="oak"))
        added(desk, loft, name="post")
        added(desk, Loft("loft-2"), name="nest", live=False)
        added(desk, Loft("loft-3"), name="roof")
        await desk.deliver("post")
        await desk.pause("post")
        transport = httpx.ASGITransport(desk.asgi())
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
            said = (await http.get("/readyz")).json()

    assert said["status"] == "ready"
    assert said["destinations"] == {
        "post": "paused",
        "nest": "in test mode",
        "roof": "not opened yet",
    }


async def test_a_destination_that_a_held_store_did_not_know_starts_held(store: Path) -> None:
    """Law 9. Seen to fail when a new destination always begins running."""
    from frontdesk.errors import PausedError
    from frontdesk.store import moving

    loft = Loft()
    prepare(store)
    clock = FixedClock()
    async with Desk(store, clock=clock) as desk:
        await desk.sync(connected(desk, busy(3), name="oak"))
    copied = store.with_name("copied.db")
    moving.copy(store, copied, clock.now())
    async with Desk(copied, clock=clock) as desk:
        connected(desk, busy(3), name="oak")
        added(desk, loft, name="post")
        with pytest.raises(PausedError, match="held"):
            await desk.deliver("post")
        with pytest.raises(PausedError, match="held"):
            await desk.deliver("post", only="ada@example.com")
        assert loft.batches == []

        await desk.resume("post")
        await desk.deliver("post")

    assert loft.batches
