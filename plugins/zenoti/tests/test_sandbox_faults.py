"""What can be made to go wrong with the emulated Zenoti, and the door for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import httpx
import pytest

from frontdesk.serving import served
from frontdesk_zenoti.sandbox import PREFIX, REMOVE, Options, Platform, faults

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(name="platform")
def _platform() -> Platform:
    return Platform(Options(now=NOW, groups=120, rate_window=0))


def client(platform: Platform, address: str | None = None) -> httpx.AsyncClient:
    headers = {"Authorization": f"apikey {platform.keys.current}"}
    if address is not None:
        return httpx.AsyncClient(base_url=address + PREFIX[1:], headers=headers)
    transport = httpx.ASGITransport(platform.app)
    return httpx.AsyncClient(
        transport=transport, base_url=f"http://zenoti.test{PREFIX}", headers=headers
    )


def guests(platform: Platform) -> str:
    return f"guests?center_id={platform.world.centers[0].id}"


async def test_a_status_comes_once_with_what_it_says(platform: Platform) -> None:
    platform.faults.add(
        faults.Status(operation="guests", status=503, retry_after=7, message="Busy", shape="flat")
    )
    async with client(platform) as ask:
        other, bad, good = [await ask.get(p) for p in ("centers", *[guests(platform)] * 2)]

    assert (other.status_code, bad.status_code, good.status_code) == (200, 503, 200)
    assert bad.headers["Retry-After"] == "7"
    assert bad.json() == {"code": 503, "message": "Busy"}


async def test_a_key_is_revoked_in_the_middle(platform: Platform) -> None:
    """Seen to fail when *after* is not counted."""
    platform.faults.add(faults.RevokedKey(after=3))
    async with client(platform) as ask:
        statuses = [(await ask.get("centers")).status_code for _ in range(5)]

    assert statuses == [200, 200, 200, 401, 401]


async def test_only_the_named_key_is_revoked(platform: Platform) -> None:
    platform.faults.add(faults.RevokedKey(key=platform.keys.current))
    async with client(platform) as old:
        assert (await old.get("centers")).status_code == 401
        platform.rotate()
        async with client(platform) as new:
            assert (await new.get("centers")).status_code == 200


async def test_an_endpoint_that_is_not_permitted_is_alone(platform: Platform) -> None:
    platform.faults.add(faults.Forbidden(operation="centers/{center}/members", code=502))
    center = platform.world.centers[0].id
    async with client(platform) as ask:
        answers = [await ask.get(f"centers/{center}/members") for _ in range(2)]
        other = await ask.get(f"centers/{center}/services")

    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].json()["error"]["code"] == 502
    assert other.is_success


async def test_a_good_status_may_hide_an_error(platform: Platform) -> None:
    platform.faults.add(faults.SoftError(operation="guests", code=500, message="Oops"))
    async with client(platform) as ask:
        answer = await ask.get(guests(platform))

    assert answer.status_code == 200
    assert answer.json()["error"] == {"code": 500, "message": "Oops"}
    assert answer.json()["guests"] == []


async def test_rows_are_doubled_changed_and_taken_apart(platform: Platform) -> None:
    async with client(platform) as ask:
        plain = (await ask.get(guests(platform))).json()["guests"]
        platform.faults.add(faults.Duplicate(operation="guests"))
        platform.faults.mutate("guests", 2, "personal_info.email", 7)
        platform.faults.mutate("guests", 3, "id", REMOVE)
        spoiled = (await ask.get(guests(platform))).json()["guests"]
        platform.faults.add(faults.Shuffle())
        shuffled = (await ask.get(guests(platform))).json()["guests"]

    assert spoiled[0] == spoiled[1] == plain[0]
    assert spoiled[2]["personal_info"]["email"] == 7
    assert "id" not in spoiled[3]
    assert shuffled != plain
    assert sorted(row["id"] for row in shuffled) == sorted(row["id"] for row in plain)


async def test_pages_stick_and_go_round(platform: Platform) -> None:
    path = f"{guests(platform)}&page=2"
    async with client(platform) as ask:
        first, second = [(await ask.get(p)).json()["guests"] for p in (guests(platform), path)]
        platform.faults.add(faults.StuckPage())
        stuck = (await ask.get(path)).json()["guests"]
        platform.faults.add(faults.CircularPages())
        far = (await ask.get(f"{guests(platform)}&page=400")).json()["guests"]

    assert first != second
    assert stuck == first
    assert far


async def test_answers_are_slow_broken_and_cut_off_over_real_http(platform: Platform) -> None:
    with served(platform.app) as address:
        async with client(platform, address) as ask:
            platform.faults.add(faults.Malformed())
            with pytest.raises(json.JSONDecodeError):
                (await ask.get("centers")).json()
            for cut in (faults.Drop(), faults.Truncate()):
                platform.faults.add(cut)
                with pytest.raises(httpx.RemoteProtocolError):
                    await ask.get("centers")
            platform.faults.add(faults.Huge(size=100_000))
            big = await ask.get("centers")
            assert len(big.content) > 100_000
            assert big.json()["centers"]
            platform.faults.add(faults.Slow(seconds=0.01))
            assert (await ask.get("centers")).is_success
    assert platform.calls["centers"] == 5


async def test_slowness_is_slept_by_the_one_who_was_given(platform: Platform) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await anyio.lowlevel.checkpoint()

    patient = Platform(platform.options, sleep=sleep)
    patient.faults.add(faults.Slow(seconds=30))
    async with client(patient) as ask:
        await ask.get("centers")

    assert slept == [30]


# --- the door for tests ----------------------------------------------------------------------


async def test_the_sandbox_has_a_door_of_its_own(platform: Platform) -> None:
    transport = httpx.ASGITransport(platform.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://zenoti.test") as ask:

        async def post(path: str, **body: Any) -> Any:
            answer = await ask.post(f"/sandbox/{path}", json=body)
            assert answer.is_success, answer.text
            return answer.json()

        await post("faults", kind="status", status=500)
        assert (await ask.get("/sandbox/faults")).json()["faults"][0]["kind"] == "status"
        assert (await ask.delete("/sandbox/faults")).json() == {"faults": []}
        guest = next(g.id for g in platform.world.guests if not g.deleted)
        group = (await post("move", move="book", id=guest))["id"]
        await post("move", move="cancel", id=group)
        await post("advance", seconds=60, changes=2)
        actions = (await ask.get("/sandbox/journal?since=1")).json()["actions"]
        assert actions[0]["kind"] == "group.cancelled"
        old = (await ask.get("/sandbox/keys")).json()["current"]
        rotated = await post("keys")
        assert rotated["previous"] == old
        await ask.delete("/sandbox/keys")
        refused = await ask.get(f"{PREFIX}centers", headers={"Authorization": f"apikey {old}"})
        assert refused.status_code == 401
        await post("others", requests=3)
        for path, body in (("move", {"move": "fly", "id": guest}), ("advance", {"seconds": -1})):
            assert (await ask.post(f"/sandbox/{path}", json=body)).status_code == 400
        assert (await ask.post("/sandbox/faults", json={"kind": "none"})).status_code == 400
        assert (await ask.get("/sandbox/nothing")).status_code == 404

    assert platform.now > NOW + timedelta(seconds=60)
