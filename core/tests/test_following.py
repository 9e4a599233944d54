"""The service follows connections: history, changes and webhooks meet without gap or double."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx
import inn
import pytest
from hooked import about, hooked, signed
from inn import asked, busy, connected, stay
from stepping import SteppedClock, until

from frontdesk import Desk
from frontdesk.client._pacing import in_background
from frontdesk.servicing import AlertSettings, ServiceSettings

pytestmark = pytest.mark.anyio
LATER = "2026-11-01T12:00:30Z"


@asynccontextmanager
async def served(
    store: Path, *houses: inn.Inn, clock: SteppedClock, **options: Any
) -> AsyncGenerator[Desk]:
    """A desk that is at work."""
    inn.prepare(store)
    # A service that ends has read what it did not commit, and counts it nowhere.
    inn.Counting.others.add(str(store))
    made = {name: options.pop(name) for name in ("service", "alerts") if name in options}
    connector = options.pop("connector", None) or hooked()
    async with Desk(store, clock=clock, **made) as desk:
        for house in houses:
            connected(desk, house, connector, name=house.id, **options)
        async with desk.service():
            yield desk


async def send(desk: Desk, name: str, *news: Any) -> int:
    headers, body = signed(*news)
    return (await desk.receive(name, headers=headers, body=body)).status


def counted(store: Path, metric: str) -> int:
    return inn.metrics(store).get(metric, 0)


async def state(desk: Desk) -> tuple[str, str]:
    (row,) = await desk.status()
    return row.state, row.reason


async def test_history_changes_and_webhooks_each_show_an_action_once(store: Path) -> None:
    house, clock = busy(5), SteppedClock()
    async with served(store, house, clock=clock) as desk:

        async def synced() -> bool:
            return counted(store, "Booked Stay") == 5

        await until(clock, synced)
        house.rows["stays"][0] |= {"cancelled": LATER, "changed": LATER}
        assert await send(desk, house.id, about("stays", "s0")) == 200

        async def seen() -> bool:
            return counted(store, "Cancelled Stay") == 1

        before = clock.at
        await until(clock, seen)
        assert (clock.at - before).total_seconds() <= 5
        # Polling finds the same again, and a stay of which no delivery told.
        house.rows["stays"].append(stay("quiet", changed=LATER))
        await clock.advance(700)

    assert inn.metrics(store)["Cancelled Stay"] == 1
    assert inn.metrics(store)["Booked Stay"] == 6


async def test_who_is_called_asks_for_changes_at_once(store: Path) -> None:
    """Without a service nobody hears it. Seen to fail when pollers sleep through the bell, and when
    only the first of the streams hears it.
    """
    house, clock = busy(2), SteppedClock()
    async with served(store, house, clock=clock) as desk:

        async def synced() -> bool:
            return counted(store, "Booked Stay") == 2 and counted(store, "Joined Club") == 2

        await until(clock, synced)
        await clock.advance(1)
        house.rows["stays"].append(stay("quiet", changed=LATER))
        house.rows["clubs"].append(inn.club("c3"))
        before = clock.at

        assert desk.call(house.id)
        assert not desk.call("elm")

        async def seen() -> bool:
            return counted(store, "Booked Stay") == 3 and counted(store, "Joined Club") == 3

        await until(clock, seen)
        assert (clock.at - before).total_seconds() <= 5


async def test_deliveries_of_a_moment_are_fetched_together(store: Path) -> None:
    """Seen to fail when each delivery is drained as it comes: three requests."""
    house, clock = busy(5), SteppedClock()
    settings = ServiceSettings(collect=4)
    async with served(store, house, clock=clock, service=settings) as desk:

        async def synced() -> bool:
            return counted(store, "Booked Stay") == 5 and counted(store, "Joined Club") == 2

        await until(clock, synced)
        await clock.advance(1)
        house.forget_requests()
        for id in ("s0", "s1", "s2"):
            await send(desk, house.id, about("stays", id))
            await clock.advance(1)
        assert not [q for q in house.asked("stays") if "ids" in q]
        await clock.advance(4)

        assert [q["ids"] for q in house.asked("stays") if "ids" in q] == ["s0,s1,s2"]


async def test_deliveries_wait_in_the_store_while_the_platform_is_away(store: Path) -> None:
    """Seen to fail when a delivery ends with the failure of its fetch."""
    house, clock = busy(2), SteppedClock()
    async with served(store, house, clock=clock) as desk:

        async def synced() -> bool:
            return counted(store, "Booked Stay") == 2

        await until(clock, synced)
        house.rows["stays"].append(stay("new"))
        house.before = lambda _: httpx.Response(503)
        await send(desk, house.id, about("stays", "new"))

        async def postponed() -> bool:
            return bool(asked(store, "SELECT 1 FROM deliveries WHERE tries > 0"))

        await until(clock, postponed, step=5)
        assert (await state(desk))[0] == "waiting"
        house.before = lambda _: None

        async def seen() -> bool:
            return counted(store, "Booked Stay") == 3

        await until(clock, seen, step=5)

        async def running() -> bool:
            return (await state(desk))[0] == "running"

        await until(clock, running, step=5)
        (box,) = await desk.inboxes()
    assert (box.drained, box.pending) == (1, 0)


async def test_credentials_that_are_refused_stop_one_connection_and_no_other(store: Path) -> None:
    good, bad, clock = busy(2), inn.Inn("elm-1"), SteppedClock()
    bad.token = "another"
    async with served(store, good, bad, clock=clock):

        async def synced() -> bool:
            return counted(store, "Booked Stay") == 2

        await until(clock, synced)
        bad.forget_requests()
        await clock.advance(300)
        # Tried again now and then, ever more rarely.
        assert 1 <= len(bad.requests) <= 4


async def test_a_pause_stops_following_and_resuming_goes_on(store: Path) -> None:
    house, clock = busy(2), SteppedClock()
    async with served(store, house, clock=clock) as desk:

        async def synced() -> bool:
            return counted(store, "Booked Stay") == 2

        await until(clock, synced)
        await desk.pause(house.id)
        # Seen to fail when only a commit looks at the state: polls went on for minutes.
        await clock.advance(20)
        house.forget_requests()
        house.rows["stays"].append(stay("new", changed=LATER))
        assert await send(desk, house.id, about("stays", "new")) == 200
        await clock.advance(900)
        assert not house.requests
        assert counted(store, "Booked Stay") == 2

        await desk.resume(house.id)

        async def seen() -> bool:
            return counted(store, "Booked Stay") == 3

        await until(clock, seen, step=5)


async def test_intervals_of_polling_can_be_set_for_a_connection(store: Path) -> None:
    """Seen to fail when the manifest's interval is used whatever the connection says."""
    house, clock = busy(1), SteppedClock()
    polling = {"stays": {"every": 60, "overlap": 30}}
    async with served(store, house, clock=clock, polling=polling):
        await clock.advance(30)
        house.forget_requests()
        await clock.advance(600)
        polled = {stream: len(house.asked(stream)) for stream in ("stays", "guests")}

    assert 9 <= polled["stays"] <= 12
    assert 1 <= polled["guests"] <= 3


async def test_what_is_read_again_to_be_sure_asks_in_the_background(store: Path) -> None:
    """Seen to fail when all changes are asked for like what is live."""
    house, clock, seen = busy(2), SteppedClock(), list[tuple[str, bool]]()

    def note(request: httpx.Request) -> None:
        if "offset" in request.url.params:
            seen.append((request.url.path.strip("/"), in_background()))

    house.before = note
    manifest = hooked().manifest
    streams = [attrs.evolve(s, history="none", spare=s.name == "stays") for s in manifest.streams]
    calm = hooked()
    calm.manifest = attrs.evolve(manifest, streams=tuple(streams))  # type: ignore[attr-defined]
    async with served(store, house, clock=clock, connector=calm):
        await clock.advance(400)

    assert {("stays", True), ("guests", False)} <= set(seen)
    assert not {("stays", False), ("guests", True)} & set(seen)


async def test_what_waits_for_what_others_leave_over_is_no_state(store: Path) -> None:
    """Seen to fail when the connection is noted as waiting."""
    house, clock = busy(2), SteppedClock()
    limited = httpx.Response(429, headers={"retry-after": "4000"})
    house.before = lambda r: (
        limited if r.url.path == "/stays" and "offset" in r.url.params else None
    )
    spared = hooked()
    streams = [attrs.evolve(s, history="none", spare=True) for s in spared.manifest.streams]
    spared.manifest = attrs.evolve(spared.manifest, streams=tuple(streams))  # type: ignore[attr-defined]
    async with served(store, house, clock=clock, connector=spared) as desk:
        await clock.advance(100)
        assert await state(desk) == ("running", "")
    assert house.asked("stays")


async def test_each_change_of_state_is_told_once(store: Path) -> None:
    """Seen to fail when what was told is kept in memory only: told again by the next process."""
    told: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        import json

        told.append(json.loads(request.content))
        return httpx.Response(204)

    from frontdesk.ingest.alerts import Alerter

    house, clock = busy(1), SteppedClock()
    transport = httpx.MockTransport(answer)
    settings = AlertSettings(url="https://alerts.example/CANARY")
    inn.prepare(store)
    async with Desk(store, clock=clock) as desk:
        connected(desk, house, name="oak", key_expires="2026-11-20")

        def alerter() -> Alerter:
            return Alerter(desk.store, clock, desk.connections, settings, transport)

        await alerter().look()
        await desk.sync("oak")
        await alerter().look()
        house.token = "changed"
        with pytest.raises(Exception, match="401"):
            await desk.sync("oak")
        for _ in range(2):
            await alerter().look()
        house.token = inn.TOKEN
        await desk.sync("oak")
        await alerter().look()

    assert [(one["connection"], one["state"]) for one in told] == [
        ("oak", "key expires"),
        ("oak", "needs attention"),
        ("oak", "running"),
    ]
    assert "frontdesk check oak" in told[1]["todo"]


async def test_an_alert_that_could_not_be_told_is_told_later(
    store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from frontdesk.ingest.alerts import Alerter

    answers = [httpx.Response(500), httpx.Response(200)]
    house, clock = busy(1), SteppedClock()
    settings = AlertSettings(url="https://alerts.example/CANARY")
    transport = httpx.MockTransport(lambda _: answers.pop(0))
    inn.prepare(store)
    async with Desk(store, clock=clock) as desk:
        connected(desk, house, name="oak")
        await desk.sync("oak")
        await desk.pause("oak")
        alerter = Alerter(desk.store, clock, desk.connections, settings, transport)
        for _ in range(3):
            await alerter.look()

    assert not answers
    assert "CANARY" not in caplog.text


@pytest.mark.parametrize("standing", ["open", "closed"])
@pytest.mark.parametrize("lets_in", [True, False])
async def test_the_platforms_answer_counts_and_not_a_delivery_about_the_connection(
    store: Path, standing: str, lets_in: bool
) -> None:
    """Whoever knows the URL could claim anything.

    Seen to fail when a notice sets the state by itself.
    """
    from frontdesk import Notice, Standing

    def read_webhook(delivery: Any) -> list[Any]:
        return [Notice(Standing(standing), "somebody switched it")]

    house, clock = busy(1), SteppedClock()
    connector = hooked(read_webhook=read_webhook)
    async with served(store, house, clock=clock, connector=connector) as desk:

        async def synced() -> bool:
            return counted(store, "Booked Stay") == 1 and counted(store, "Joined Club") == 2

        await until(clock, synced)
        # The polls of the beginning are over, and the next are minutes away.
        await clock.advance(5)
        house.token = inn.TOKEN if lets_in else "another"
        house.forget_requests()
        await send(desk, house.id, about("stays", "s0"))

        async def asked_again() -> bool:
            return "/account" in [r.url.path for r in house.requests]

        await until(clock, asked_again)
        await clock.advance(1)
        found = await state(desk)

    if lets_in:
        assert found == ("running", "")
    else:
        assert found[0] == "needs attention"
        assert "401" in found[1]
        assert found[1].endswith("somebody switched it")


async def test_a_change_that_a_person_must_see_to_is_shown_and_work_goes_on(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from frontdesk import Notice, Ref, Standing

    def read_webhook(delivery: Any) -> list[Any]:
        return [Notice(Standing.CHANGED, "a key was made"), Ref("stays", "new")]

    # A day is long, step by step.
    monkeypatch.setattr("frontdesk.ingest.following.ANEW", 120.0)

    house, clock = busy(1), SteppedClock()
    connector = hooked(read_webhook=read_webhook)
    async with served(store, house, clock=clock, connector=connector) as desk:

        async def synced() -> bool:
            return counted(store, "Booked Stay") == 1

        await until(clock, synced)
        house.rows["stays"].append(stay("new"))
        await send(desk, house.id, about("stays", "new"))

        async def seen() -> bool:
            return counted(store, "Booked Stay") == 2

        await until(clock, seen)
        assert await state(desk) == ("needs attention", "a key was made")
        # Seen to fail when the end of a session notes that all is well.
        await clock.advance(200)
        assert await state(desk) == ("needs attention", "a key was made")


async def test_what_fails_as_soon_as_it_is_begun_is_tried_ever_more_rarely(store: Path) -> None:
    """The account opens, and one stream is refused: it does not run, whatever else does.

    Seen to fail when an open account alone counts as success: tried every half minute, and
    told as running in between.
    """
    house, clock = busy(1), SteppedClock()

    def refuse(request: httpx.Request) -> httpx.Response | None:
        forbidden = request.url.path == "/clubs"
        return httpx.Response(403, json={"Message": "no clubs for you"}) if forbidden else None

    house.before = refuse
    states: set[str] = set()
    async with served(store, house, clock=clock) as desk:
        for _ in range(60):
            await clock.advance(5)
            states.add((await state(desk))[0])

    assert states == {"needs attention"}
    assert len([r for r in house.requests if r.url.path == "/account"]) <= 4


async def test_what_another_process_received_is_found_by_the_holder(store: Path) -> None:
    """Seen to fail when the inbox is only looked into once something was received here."""
    house, clock = busy(1), SteppedClock()
    async with served(store, house, clock=clock) as desk, Desk(store, clock=clock) as other:
        connected(other, house, hooked(), name=house.id)

        async def synced() -> bool:
            return counted(store, "Booked Stay") == 1 and counted(store, "Joined Club") == 2

        await until(clock, synced)
        await clock.advance(5)
        house.rows["stays"].append(stay("new"))
        assert not other.serving
        assert await send(other, house.id, about("stays", "new")) == 200
        await clock.advance(2 + desk.service_settings.collect + 1)

        assert counted(store, "Booked Stay") == 2
