"""What can be made to go wrong with the emulated Mindbody's answers."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from frontdesk.serving import served
from frontdesk_mindbody.sandbox import PREFIX, PUSH_PREFIX, Options, Platform, faults

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOME = -99


@pytest.fixture(scope="module", name="anyio_backend")
def _anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(name="platform")
def _platform() -> Platform:
    return Platform(Options(now=NOW, clients=90))


def headers(platform: Platform) -> dict[str, str]:
    login = platform.tokens.staff
    token = platform.tokens.issue(HOME, login.username, login.password)
    return {
        "Api-Key": platform.tokens.keys.api,
        "SiteId": str(HOME),
        "Authorization": f"Bearer {token.value}",
    }


def client_of(platform: Platform) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(platform.app),
        base_url=f"http://mindbody.test{PREFIX}",
        headers=headers(platform),
    )


async def get(platform: Platform, path: str = "client/clients", **params: Any) -> httpx.Response:
    async with client_of(platform) as client:
        return await client.get(path, params=params)


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        (
            faults.Status(status=429),
            429,
            {"Error": {"Message": "API call limit reached.", "Code": "TooManyRequests"}},
        ),
        (faults.Status(status=500, flat=True), 500, {"Message": "An error has occurred."}),
        (
            faults.Status(status=400, code="InvalidParameter", message="No."),
            400,
            {"Error": {"Message": "No.", "Code": "InvalidParameter"}},
        ),
        (
            faults.Maintenance(),
            503,
            {"Error": {"Message": "The site is being maintained.", "Code": "SQLDBMaintenance"}},
        ),
        (
            faults.Maintenance(status=200),
            200,
            {"Error": {"Message": "The site is being maintained.", "Code": "SQLDBMaintenance"}},
        ),
    ],
)
async def test_errors(
    platform: Platform, fault: faults.AnyFault, status: int, body: dict[str, Any]
) -> None:
    """Also one that says by its code alone that it is one."""
    platform.faults.add(fault)

    answer = await get(platform)
    assert (answer.status_code, answer.json()) == (status, body)
    assert (await get(platform)).status_code == 200


async def test_a_fault_waits_for_its_operation_and_happens_so_often(platform: Platform) -> None:
    platform.faults.add(faults.Status(operation="sale/sales", status=500, times=2))

    assert (await get(platform)).status_code == 200
    found = [(await get(platform, "sale/sales")).status_code for _ in range(3)]
    assert found == [500, 500, 200]
    platform.faults.add(faults.Status(status=503, times=None, retry_after=7))
    answers = [await get(platform) for _ in range(3)]
    assert {one.headers["Retry-After"] for one in answers} == {"7"}
    assert platform.faults.pending
    platform.faults.clear()
    assert (await get(platform)).status_code == 200


async def test_only_one_error_happens_to_a_request(platform: Platform) -> None:
    platform.faults.add(faults.Status(status=500), faults.Html())

    assert (await get(platform)).status_code == 500
    page = await get(platform)
    assert (page.status_code, page.headers["content-type"]) == (502, "text/html")
    assert page.text.startswith("<!DOCTYPE html>")


async def test_half_a_document(platform: Platform) -> None:
    platform.faults.add(faults.Malformed())

    with pytest.raises(ValueError, match=r".+"):
        (await get(platform)).json()


async def test_a_page_padded_with_white_space_is_whole(platform: Platform) -> None:
    platform.faults.add(faults.Huge(size=100_000))

    answer = await get(platform)
    assert len(answer.content) > 100_000
    assert answer.json()["Clients"]


@pytest.mark.parametrize("fault", [faults.Drop(), faults.Truncate()])
async def test_connections_break(platform: Platform, fault: faults.AnyFault) -> None:
    platform.faults.add(fault)
    with served(platform.app) as address:
        async with httpx.AsyncClient(base_url=address, headers=headers(platform)) as client:
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get(PREFIX + "client/clients")
            assert (await client.get(PREFIX + "client/clients")).status_code == 200


async def test_slow_answers_wait_with_the_given_sleep() -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    platform = Platform(Options(now=NOW, clients=30), sleep=sleep)
    platform.faults.add(faults.Slow(seconds=40.0))
    started = time.monotonic()
    assert (await get(platform)).status_code == 200
    assert waits == [40.0]
    assert time.monotonic() - started < 5


async def test_a_short_read_looks_like_the_end(platform: Platform) -> None:
    """Of a page whose size and total are told, rows are missing; or the size is honest."""
    whole = (await get(platform)).json()
    platform.faults.add(faults.ShortRead(keep=2), faults.ShortRead(keep=0, honest=True))

    first = (await get(platform)).json()
    assert len(first["Clients"]) == 0
    assert first["PaginationResponse"]["TotalResults"] == len(whole["Clients"])
    platform.faults.add(faults.ShortRead(keep=2))
    second = (await get(platform)).json()
    assert second["Clients"] == whole["Clients"][:2]
    assert second["PaginationResponse"] == whole["PaginationResponse"]


async def test_rows_are_doubled_and_shuffled(platform: Platform) -> None:
    whole = (await get(platform)).json()["Clients"]
    platform.faults.add(faults.Duplicate(rows=2))
    doubled = (await get(platform)).json()["Clients"]
    platform.faults.add(faults.Shuffle())
    shuffled = (await get(platform)).json()["Clients"]

    assert doubled == whole[:2] + whole
    assert shuffled != whole
    assert sorted(shuffled, key=lambda row: row["UniqueId"]) == whole


async def test_fields_are_spoiled_and_taken_away(platform: Platform) -> None:
    platform.faults.add(faults.UnknownZone())
    platform.faults.mutate("client/clients", 0, "HomeLocation.Name", None)
    platform.faults.mutate("client/clients", 1, "Email")
    platform.faults.mutate("client/clients", 9_999, "Email")
    platform.faults.mutate("class/classvisits", 0, "Class.Id", "x")

    (site,) = (await get(platform, "site/sites", SiteIds=HOME)).json()["Sites"]
    assert site["TimeZone"] == "Mars/Olympus_Mons"
    course = next(iter(platform.world.studio(HOME).courses)).id
    shown = (await get(platform, "class/classvisits", ClassID=course)).json()
    assert shown["Class"]["Id"] == "x"
    home = next(row for row in platform.world.studio(HOME).clients if row.home)
    first, second = (
        await get(platform, UniqueIds=[home.id, home.id + 1], includeInactive=True)
    ).json()["Clients"]
    assert first["HomeLocation"]["Name"] is None
    assert first["HomeLocation"]["Id"] in {1, 2}
    assert "Email" not in second
    again = (await get(platform, UniqueIds=[home.id], includeInactive=True)).json()["Clients"][0]
    assert again["HomeLocation"]["Name"]


async def test_a_spoiled_object_is_spoiled_in_one_row_only(platform: Platform) -> None:
    """Seen to fail when the object itself is changed, which other rows show too."""
    ids = [row.id for row in platform.world.studio(HOME).clients if row.on_file][:2]
    platform.faults.mutate("client/clients", 0, "ClientCreditCard.LastFour", "0000")

    found = (await get(platform, UniqueIds=ids, includeInactive=True)).json()["Clients"]
    assert [one["ClientCreditCard"]["LastFour"] == "0000" for one in found] == [True, False]


async def test_a_token_expires_early(platform: Platform) -> None:
    """Seen to fail when the token is refused once, and then good again."""
    platform.faults.add(faults.ExpiredToken(operation="sale/sales"))
    async with client_of(platform) as client:
        assert (await client.get("client/clients")).status_code == 200
        assert (await client.get("sale/sales")).status_code == 401
        assert (await client.get("client/clients")).status_code == 401
    assert (await get(platform)).status_code == 200
    platform.faults.add(faults.ExpiredToken())
    assert (await get(platform, "site/sites")).status_code == 200
    assert (await get(platform)).status_code == 401


async def test_rights_are_taken_away(platform: Platform) -> None:
    platform.faults.add(faults.UnderPrivileged())

    assert (await get(platform)).json()["Error"]["Code"] == "InvalidUserAccessLevel"
    staff = (await get(platform, "staff/staff")).json()["StaffMembers"]
    assert "ProviderIDs" not in staff[0]
    platform.faults.clear()
    assert (await get(platform)).status_code == 200


async def test_the_push_api_fails_as_well(platform: Platform) -> None:
    platform.faults.add(faults.Status(operation="push/subscriptions", status=500))
    transport = httpx.ASGITransport(platform.app)
    keys = {"API-Key": platform.tokens.keys.webhooks}
    async with httpx.AsyncClient(transport=transport, base_url="http://mindbody.test") as client:
        answer = await client.get(f"{PUSH_PREFIX}subscriptions", headers=keys)
        good = await client.get(f"{PUSH_PREFIX}subscriptions", headers=keys)

    assert answer.status_code == 500
    assert answer.json()["errors"][0]["errorMessage"] == "An error has occurred."
    assert good.json() == {"items": []}


async def test_a_failed_call_counts(platform: Platform) -> None:
    platform.faults.add(faults.Status(status=500))
    await get(platform)

    assert platform.calls[NOW.date(), HOME] == 1
    assert platform.asked["client/clients"] == 1
