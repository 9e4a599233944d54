"""The emulated Mews, broken on purpose, and the doors through which it is driven."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import httpx
import pytest
import uvicorn

from frontdesk_mews.sandbox import PREFIX, REMOVE, Options, Platform, faults

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
STAYS = "reservations/getAll/2023-06-06"
Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def platform(slept: list[float]) -> Platform:
    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    options = Options(now=NOW, reservations=60, rate_window=0)
    return Platform(options, sleep=sleep, wall=lambda: NOW)


@pytest.fixture
async def client(platform: Platform) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(platform.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://mews.test") as client:
        yield client


@pytest.fixture
def ask(platform: Platform, client: httpx.AsyncClient) -> Ask:
    def ask(operation: str = STAYS, **body: Any) -> Awaitable[httpx.Response]:
        return client.post(PREFIX + operation, json=content(platform, **body))

    return ask


@contextmanager
def served(platform: Platform) -> Iterator[httpx.Client]:
    """Serve over a real connection; the socket listens before the server does."""
    # In a thread, with a blocking client: under a measurement of coverage that is limited to
    # some sources, Python 3.11 breaks the way in which anyio connects.
    server = uvicorn.Server(uvicorn.Config(platform.app, log_level="critical", ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}") as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


def content(platform: Platform, **body: Any) -> dict[str, Any]:
    return {
        "ClientToken": platform.tokens.client,
        "AccessToken": platform.tokens.portfolio.value,
        "Client": "tests 1",
        "Limitation": {"Count": 20},
        **body,
    }


def rows(answer: httpx.Response) -> list[Any]:
    found: list[Any] = answer.json()["Reservations"]
    return found


@pytest.mark.parametrize("status", [400, 401, 403, 408, 413, 429, 500, 503])
async def test_a_status_comes_so_many_times(platform: Platform, ask: Ask, status: int) -> None:
    platform.faults.add(faults.Status(status=status, times=2))
    statuses = [(await ask()).status_code for _ in range(3)]

    assert statuses == [status, status, 200]


async def test_a_time_out_says_what_mews_says(platform: Platform, ask: Ask) -> None:
    platform.faults.add(faults.Status(status=408))
    answer = await ask()

    assert answer.json()["Message"] == "Transaction has timed out"
    assert answer.json()["RequestId"] == answer.headers["Request-Id"]


@pytest.mark.parametrize(
    ("fault", "header"),
    [
        (faults.Status(status=429), None),
        (faults.Status(status=429, retry_after=12), "12"),
        (faults.Status(status=503, retry_after="soon"), "soon"),
        (faults.Status(status=429, retry_date=60), "Sat, 21 Nov 2026 12:01:00 GMT"),
    ],
)
async def test_retry_after_takes_every_form(
    platform: Platform, ask: Ask, fault: faults.Status, header: str | None
) -> None:
    platform.faults.add(fault)

    assert (await ask()).headers.get("Retry-After") == header


async def test_a_fault_hits_its_operation_only(platform: Platform, ask: Ask) -> None:
    platform.faults.add(faults.Status(status=500, operation="configuration/get", times=None))

    assert (await ask()).status_code == 200
    assert (await ask("configuration/get")).status_code == 500
    assert (await ask("configuration/get")).status_code == 500


async def test_faults_that_end_a_request_wait_for_each_other(platform: Platform, ask: Ask) -> None:
    platform.faults.add(faults.Status(status=408), faults.Status(status=500))

    assert [(await ask()).status_code for _ in range(3)] == [408, 500, 200]


async def test_a_slow_answer_uses_the_given_sleep(
    platform: Platform, ask: Ask, slept: list[float]
) -> None:
    platform.faults.add(faults.Slow(seconds=45))
    answer = await ask()

    assert answer.status_code == 200
    assert slept == [45]


async def test_malformed_json_is_complete_but_wrong(platform: Platform, ask: Ask) -> None:
    platform.faults.add(faults.Malformed())
    answer = await ask()

    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|delimiter"):
        answer.json()


async def test_a_stuck_cursor_repeats_the_first_page(platform: Platform, ask: Ask) -> None:
    platform.faults.add(faults.StuckCursor(times=None))
    first = (await ask(Limitation={"Count": 5})).json()
    again = (await ask(Limitation={"Count": 5, "Cursor": first["Cursor"]})).json()

    assert first == again
    assert first["Cursor"]


async def test_circular_pages_are_always_full(platform: Platform, ask: Ask) -> None:
    platform.faults.add(faults.CircularPages(times=None))
    cursor, seen = None, []
    for _ in range(10):
        answer = (await ask(Limitation={"Count": 17, "Cursor": cursor})).json()
        assert len(answer["Reservations"]) == 17
        cursor = answer["Cursor"]
        seen += [row["Id"] for row in answer["Reservations"]]

    assert len(seen) > len(set(seen))


async def test_circular_pages_of_nothing_stay_empty(platform: Platform, ask: Ask) -> None:
    platform.faults.add(faults.CircularPages(times=None))

    assert rows(await ask(Numbers=["none such"])) == []


async def test_rows_come_twice_or_in_another_order(platform: Platform, ask: Ask) -> None:
    plain = rows(await ask())
    platform.faults.add(faults.Duplicate(rows=2))
    doubled = rows(await ask())
    platform.faults.add(faults.Shuffle())
    shuffled = rows(await ask())

    assert doubled == plain[:2] + plain
    assert shuffled != plain
    assert sorted(row["Id"] for row in shuffled) == sorted(row["Id"] for row in plain)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("State", "Teleported"),
        ("UpdatedUtc", None),
        ("Number", 52),
        ("SomethingNew", {"a": 1}),
        ("Options.OwnerCheckedIn", "yes"),
        ("AccountId", REMOVE),
    ],
)
async def test_one_field_of_one_row_is_mutated(
    platform: Platform, ask: Ask, field: str, value: Any
) -> None:
    plain = rows(await ask())
    platform.faults.mutate(STAYS, 3, field, value)
    spoiled = rows(await ask())

    place = spoiled[3]
    *path, name = field.split(".")
    for step in path:
        place = place[step]
    assert place.get(name, REMOVE) == value
    assert spoiled[:3] + spoiled[4:] == plain[:3] + plain[4:]
    assert rows(await ask()) == plain, "the world itself is unharmed"


async def test_a_row_that_is_not_there_is_not_mutated(platform: Platform, ask: Ask) -> None:
    platform.faults.mutate(STAYS, 900, "State", None)

    assert (await ask()).status_code == 200


async def test_an_operation_can_lose_its_grant(platform: Platform, ask: Ask) -> None:
    platform.faults.add(faults.Ungranted(operation="countries/getAll"))

    assert (await ask("countries/getAll")).status_code == 401
    assert (await ask("languages/getAll")).status_code == 200
    platform.faults.clear()
    assert (await ask("countries/getAll")).status_code == 200


async def test_a_token_can_be_revoked(platform: Platform, ask: Ask) -> None:
    platform.faults.add(faults.RevokedToken(token=platform.tokens.portfolio.value))
    other = platform.tokens.properties[0].value

    assert (await ask()).status_code == 401
    assert (await ask(AccessToken=other)).status_code == 200


async def test_a_grant_can_come_back_by_itself(platform: Platform, ask: Ask) -> None:
    platform.faults.add(faults.Ungranted(operation=STAYS, times=1))

    assert [(await ask()).status_code for _ in range(2)] == [401, 200]


def test_a_huge_answer_is_streamed(platform: Platform) -> None:
    platform.faults.add(faults.Huge(size=3_000_000))
    url = PREFIX + "languages/getAll"
    with served(platform) as client, client.stream("POST", url, json=content(platform)) as answer:
        received = sum(len(chunk) for chunk in answer.iter_raw())

    assert received > 3_000_000
    assert int(answer.headers["Content-Length"]) == received


@pytest.mark.parametrize("fault", [faults.Drop(), faults.Truncate(), faults.Truncate(keep=1)])
def test_a_connection_is_lost(platform: Platform, fault: faults.AnyFault) -> None:
    platform.faults.add(fault)
    with served(platform) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            client.post(PREFIX + STAYS, json=content(platform))
        assert client.post(PREFIX + STAYS, json=content(platform)).status_code == 200


@pytest.mark.parametrize("operation", [STAYS, "reservations/start"])
def test_an_endless_answer_ends_when_the_client_hangs_up(
    platform: Platform, operation: str
) -> None:
    row = next(row for row in platform.world.reservations if row.state == "Confirmed")
    platform.faults.add(faults.Endless())
    body, received = content(platform, ReservationId=row.id), 0
    with served(platform) as client:
        with client.stream("POST", PREFIX + operation, json=body) as answer:
            for chunk in answer.iter_raw():
                received += len(chunk)
                if received > 2_000_000:
                    break
        assert client.post(PREFIX + STAYS, json=content(platform)).status_code == 200

    assert received > 2_000_000


# --- the doors over HTTP -------------------------------------------------------------------


async def test_faults_come_and_go_over_http(client: httpx.AsyncClient, ask: Ask) -> None:
    fault = {"kind": "status", "operation": STAYS, "status": 503, "times": None}
    added = await client.post("/sandbox/faults", json=fault)
    broken = await ask()
    cleared = await client.delete("/sandbox/faults")

    assert added.json()["Faults"][0]["status"] == 503
    assert broken.status_code == 503
    assert cleared.json() == {"Faults": []}
    assert (await client.get("/sandbox/faults")).json() == {"Faults": []}
    assert (await ask()).status_code == 200


async def test_a_mutation_without_a_value_removes_over_http(
    client: httpx.AsyncClient, ask: Ask
) -> None:
    for fault in ({"field": "State"}, {"field": "Number", "value": None}):
        added = await client.post("/sandbox/faults", json={"kind": "mutate", **fault})
        assert added.status_code == 200
    row = rows(await ask())[0]

    assert "State" not in row
    assert row["Number"] is None


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", b'{"kind": "earthquake"}'),
        ("faults", b"{"),
        ("advance", b'{"seconds": -1}'),
        ("advance", b'{"hours": 1}'),
        ("restore", b"{}"),
        ("restore", b'{"ReservationIds": ["nobody"]}'),
    ],
)
async def test_nonsense_at_a_door_is_refused(
    client: httpx.AsyncClient, path: str, body: bytes
) -> None:
    answer = await client.post(f"/sandbox/{path}", content=body)

    assert answer.status_code == 400
    assert answer.json()["Message"]


async def test_advancing_moves_the_clock_and_plays(
    platform: Platform, ask: Ask, client: Any
) -> None:
    body = {"seconds": 3600, "changes": 25}
    told = (await client.post("/sandbox/advance", json=body)).json()["NowUtc"]
    journal = (await client.get("/sandbox/journal")).json()["Actions"]
    rest = (await client.get("/sandbox/journal?since=10")).json()["Actions"]

    assert platform.now > NOW + timedelta(hours=1)
    assert told == (await ask("configuration/get")).json()["NowUtc"]
    assert len(journal) >= 25
    assert set(journal[0]) == {"Number", "Time", "Kind", "Id", "Mask", "Before", "After"}
    assert rest == journal[10:]
    assert (await client.get("/sandbox/journal?since=x")).status_code == 400


async def test_restoring_over_http(platform: Platform, client: httpx.AsyncClient) -> None:
    row = next(row for row in platform.world.reservations if row.state == "Canceled")
    answer = await client.post("/sandbox/restore", json={"ReservationIds": [row.id]})
    again = await client.post("/sandbox/restore", json={"ReservationIds": [row.id]})

    assert answer.json() == {"ReservationIds": [row.id]}
    assert row.state == "Confirmed"
    assert again.status_code == 403


async def test_tokens_can_be_asked_for(platform: Platform, client: httpx.AsyncClient) -> None:
    told = (await client.get("/sandbox/tokens")).json()

    assert told["ClientToken"] == platform.tokens.client
    assert list(told["Properties"].values()) == [one.value for one in platform.tokens.properties]


async def test_calls_are_counted(platform: Platform, ask: Ask) -> None:
    await ask()
    await ask(AccessToken="wrong")

    assert platform.calls == {STAYS: 2}


async def test_a_request_that_is_too_large_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post(PREFIX + STAYS, content=b" " * (17 * 1024 * 1024))

    assert answer.status_code == 413
