"""What can be made to go wrong in the emulated Boulevard."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from frontdesk.serving import served
from frontdesk_boulevard.sandbox import PREFIX, Options, Platform, authorization, faults

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LIST = """query($first: Int = 5, $after: String) { clients(first: $first, after: $after) {
    edges { cursor node { id active email tags { name } } } pageInfo { hasNextPage endCursor } } }"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(name="platform")
def _platform() -> Platform:
    return Platform(Options(now=NOW, appointments=100, points=0), wall=lambda: NOW)


async def sent(platform: Platform, query: str = LIST, **variables: Any) -> httpx.Response:
    transport = httpx.ASGITransport(platform.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://boulevard.test") as client:
        return await client.post(
            PREFIX,
            json={"query": query, "variables": variables},
            headers={"authorization": authorization(platform.keys, int(NOW.timestamp()))},
        )


async def told(platform: Platform, query: str = LIST, **variables: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await sent(platform, query, **variables)).json()
    return answer


def edges(answer: dict[str, Any]) -> Any:
    return answer["data"]["clients"]["edges"]


@pytest.mark.parametrize("status", [401, 403, 429, 500, 502, 503, 504])
async def test_any_status_can_be_answered(platform: Platform, status: int) -> None:
    platform.faults.add(faults.Status(status=status, retry_after=7))
    answer, after = await sent(platform), await sent(platform)

    assert (answer.status_code, answer.headers["retry-after"]) == (status, "7")
    assert answer.json()["errors"][0]["message"]
    assert after.status_code == 200


async def test_a_date_can_say_when_to_come_back(platform: Platform) -> None:
    platform.faults.add(faults.Status(status=503, retry_date=90))

    after = (await sent(platform)).headers["retry-after"]
    assert after == "Mon, 01 Jun 2026 12:01:30 GMT"


async def test_faults_choose_their_operation_and_number(platform: Platform) -> None:
    """Seen to fail when the operation was not looked at."""
    platform.faults.add(faults.Status(status=500, operation="orders", times=2))
    query = "{ business { id } }"

    assert (await sent(platform)).status_code == 200
    place = platform.world.locations.rows[0].id
    orders = f'{{ orders(locationId: "{place}") {{ edges {{ cursor }} }} }}'
    statuses = [(await sent(platform, orders)).status_code for _ in range(3)]
    assert statuses == [500, 500, 200]
    platform.faults.add(faults.Status(status=500, times=None))
    assert {(await sent(platform, query)).status_code for _ in range(5)} == {500}
    platform.faults.clear()
    assert (await sent(platform, query)).status_code == 200


async def test_only_one_way_to_fail_happens_to_a_request(platform: Platform) -> None:
    platform.faults.add(faults.Status(status=500), faults.Status(status=503))

    assert [(await sent(platform)).status_code for _ in range(3)] == [500, 503, 200]


async def test_json_can_be_broken(platform: Platform) -> None:
    platform.faults.add(faults.Malformed())
    answer = await sent(platform)

    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


async def test_white_space_may_go_on_for_long(platform: Platform) -> None:
    platform.faults.add(faults.Huge(size=300_000))
    answer = await sent(platform)

    assert len(answer.content) > 300_000
    assert edges(answer.json())


@pytest.mark.parametrize("fault", [faults.Drop(), faults.Truncate()])
async def test_connections_break(fault: faults.AnyFault) -> None:
    platform = Platform(Options(now=NOW, appointments=20, points=0))
    platform.faults.add(fault)
    with served(platform.app) as address:
        async with httpx.AsyncClient() as client:
            header = authorization(platform.keys, int(datetime.now(UTC).timestamp()))
            with pytest.raises(httpx.RemoteProtocolError):
                await client.post(
                    address + PREFIX.removeprefix("/"),
                    json={"query": LIST},
                    headers={"authorization": header},
                )


async def test_an_answer_can_be_slow() -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    platform = Platform(Options(now=NOW, appointments=20, points=0), wall=lambda: NOW, sleep=sleep)
    platform.faults.add(faults.Slow(seconds=40))

    assert (await sent(platform)).status_code == 200
    assert waited == [40]


async def test_the_bucket_can_be_emptied_by_somebody_else() -> None:
    moment = [0.0]
    platform = Platform(
        Options(now=NOW, appointments=20), wall=lambda: NOW, monotonic=lambda: moment[0]
    )
    platform.faults.add(faults.Limited())
    answer = await told(platform)

    assert answer["data"] is None
    assert "you have 0 points available" in answer["errors"][0]["message"]
    moment[0] = 60.0
    assert edges(await told(platform))


async def test_a_query_can_be_refused_even_where_there_is_no_bucket(platform: Platform) -> None:
    platform.faults.add(faults.Limited())

    assert "API limit exceeded" in (await told(platform))["errors"][0]["message"]
    assert edges(await told(platform))


async def test_an_error_can_stand_beside_good_data(platform: Platform) -> None:
    platform.faults.add(faults.ErrorBeside(message="half of it", code="X", path=("clients", 0)))
    answer = await told(platform)

    assert answer["errors"] == [{"message": "half of it", "code": "X", "path": ["clients", 0]}]
    assert edges(answer)


async def test_an_error_can_stand_alone_with_status_200(platform: Platform) -> None:
    platform.faults.add(faults.ErrorAlone(code="UNAUTHENTICATED"))
    answer = await sent(platform)

    assert answer.status_code == 200
    assert answer.json() == {
        "errors": [{"message": "Internal server error", "code": "UNAUTHENTICATED"}]
    }


async def test_a_field_that_is_not_granted_is_null_beside_the_rest(platform: Platform) -> None:
    """Seen to fail when the error did not name its path."""
    platform.faults.add(faults.Ungranted(type="Client", field="email", times=1))
    answer = await told(platform)

    assert [edge["node"]["email"] for edge in edges(answer)] == [None] * 5
    assert all(edge["node"]["id"] for edge in edges(answer))
    assert [error["path"] for error in answer["errors"]] == [
        ["clients", "edges", number, "node", "email"] for number in range(5)
    ]
    assert "permission" in answer["errors"][0]["message"]


async def test_a_field_that_may_not_be_null_takes_its_row_along(platform: Platform) -> None:
    platform.faults.add(faults.Ungranted(type="Client", field="tags", times=1))
    answer = await told(platform)

    assert [edge["node"] for edge in edges(answer)] == [None] * 5


async def test_a_withheld_permission_is_shown_and_felt(platform: Platform) -> None:
    """Seen to fail when a permission was shown as missing and was not."""
    platform.withhold("client_contact_read")
    platform.withhold("webhook_manage")
    listed = await told(platform, "{ permissions { key enabled } }")
    missing = {row["key"] for row in listed["data"]["permissions"] if not row["enabled"]}

    assert missing == {"client_contact_read", "webhook_manage"}
    assert all(edge["node"]["email"] is None for edge in edges(await told(platform)))
    hooks = await told(platform, "{ webhooks(first: 1) { edges { cursor } } }")
    assert hooks["data"] == {"webhooks": None}
    platform.withhold("client_contact_read", enabled=True)
    assert any(edge["node"]["email"] for edge in edges(await told(platform, first=50)))


async def test_withheld_permissions_leave_the_next_pages_alone(platform: Platform) -> None:
    """Seen to fail when the cursor was taken for something of the guard's own."""
    platform.withhold("client_contact_read")
    first = await told(platform)
    answer = await told(platform, after=first["data"]["clients"]["pageInfo"]["endCursor"])

    assert [edge["node"]["email"] for edge in edges(answer)] == [None] * 5
    ids = {edge["node"]["id"] for edge in edges(first) + edges(answer)}
    assert len(ids) == 10


async def test_edges_and_nodes_can_be_null(platform: Platform) -> None:
    platform.faults.add(faults.NullEdge(row=1), faults.NullNode(row=2))
    found = edges(await told(platform))

    assert found[1] is None
    assert found[2]["node"] is None
    assert found[2]["cursor"]
    assert found[0]["node"]
    platform.faults.add(faults.NullEdges())
    assert edges(await told(platform)) is None


async def test_one_node_of_several_can_be_null(platform: Platform) -> None:
    one, other = (row.id for row in platform.world.clients.rows[:2])
    query = f'{{ n0: client(id: "{one}") {{ id }} n1: client(id: "{other}") {{ id }} }}'
    platform.faults.add(faults.NullNode(operation="client", row=1))

    assert (await told(platform, query))["data"] == {"n0": {"id": one}, "n1": None}


@pytest.mark.parametrize("fault", [faults.StuckCursor(), faults.EmptyPage()])
async def test_pages_may_never_end(platform: Platform, fault: faults.AnyFault) -> None:
    platform.faults.add(fault)
    page = (await told(platform, first=1000))["data"]["clients"]

    assert page["pageInfo"]["hasNextPage"]
    if isinstance(fault, faults.EmptyPage):
        assert (page["edges"], page["pageInfo"]["endCursor"]) == ([], None)


async def test_a_cursor_can_be_refused_but_not_a_first_page(platform: Platform) -> None:
    platform.faults.add(faults.ExpiredCursor(operation="clients"))
    first = await told(platform)
    cursor = first["data"]["clients"]["pageInfo"]["endCursor"]
    second, again = await told(platform, after=cursor), await told(platform, after=cursor)

    assert edges(first)
    assert second["data"] is None
    assert second["errors"][0]["message"] == "cursor has expired"
    assert edges(again)


async def test_rows_come_twice_or_in_another_order(platform: Platform) -> None:
    good = [edge["node"]["id"] for edge in edges(await told(platform))]
    platform.faults.add(faults.Duplicate(rows=2))
    doubled = [edge["node"]["id"] for edge in edges(await told(platform))]
    platform.faults.add(faults.Shuffle())
    shuffled = [edge["node"]["id"] for edge in edges(await told(platform))]

    assert doubled == good[:2] + good
    assert sorted(shuffled) == sorted(good)


async def test_any_field_can_be_given_another_value_or_taken_away(platform: Platform) -> None:
    platform.faults.mutate("clients", 0, "active", "MAYBE")
    platform.faults.mutate("clients", 1, "email")
    found = edges(await told(platform))

    assert found[0]["node"]["active"] == "MAYBE"
    assert "email" not in found[1]["node"]


async def test_what_was_not_asked_for_cannot_be_changed(platform: Platform) -> None:
    for field in ("tags.7.name", "email.at", "nothing.here", "id.0.x"):
        platform.faults.mutate("clients", 0, field, "x")

    assert edges(await told(platform))[0]["node"]["id"].startswith("urn:blvd:Client:")


async def test_an_enumeration_can_grow_and_a_location_lose_its_zone(platform: Platform) -> None:
    visit = platform.world.appointments.rows[0].id
    query = f'{{ appointment(id: "{visit}") {{ state location {{ tz }} }} }}'
    platform.faults.mutate("appointment", 0, "state", "TELEPORTED")
    platform.faults.mutate("appointment", 0, "location.tz", None)

    assert (await told(platform, query))["data"]["appointment"] == {
        "state": "TELEPORTED",
        "location": {"tz": None},
    }


# --- over HTTP -----------------------------------------------------------------------------


async def door(platform: Platform, method: str, path: str, content: Any = None) -> Any:
    transport = httpx.ASGITransport(platform.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://boulevard.test") as client:
        return await client.request(method, f"/sandbox/{path}", json=content)


async def test_faults_can_be_added_over_http(platform: Platform) -> None:
    added = await door(platform, "POST", "faults", {"kind": "null_edge", "operation": "clients"})
    assert added.json()["faults"][0]["kind"] == "null_edge"
    assert edges(await told(platform))[0] is None
    await door(platform, "POST", "faults", {"kind": "status", "status": 500})
    assert len((await door(platform, "GET", "faults")).json()["faults"]) == 1
    assert (await door(platform, "DELETE", "faults")).json() == {"faults": []}
    wrong = await door(platform, "POST", "faults", {"kind": "earthquake"})
    assert wrong.status_code == 400
    assert "earthquake" in wrong.json()["errors"][0]["message"]


async def test_keys_and_permissions_are_had_over_http(platform: Platform) -> None:
    keys = (await door(platform, "GET", "keys")).json()
    withheld = await door(platform, "POST", "permission", {"key": "client_contact_read"})

    assert keys["api_key"] == platform.keys.api_key
    assert withheld.json() == {"key": "client_contact_read", "enabled": False}
    assert all(edge["node"]["email"] is None for edge in edges(await told(platform)))
    assert (await door(platform, "POST", "permission", {"key": "fly"})).status_code == 400


async def test_the_world_can_be_moved_over_http(platform: Platform) -> None:
    row = next(row for row in platform.world.appointments if row.state == "BOOKED")
    moved = {"id": row.id, "move": "cancel", "how": {"reason": "NO_SHOW"}}
    assert (await door(platform, "POST", "move", moved)).json() == {"id": row.id}
    later = await door(platform, "POST", "advance", {"seconds": 60, "changes": 2})
    journal = (await door(platform, "GET", "journal?since=1")).json()["actions"]
    everything = (await door(platform, "GET", "journal")).json()["actions"]

    assert later.json()["now"] > "2026-06-01T12:01:00"
    assert everything[0]["kind"] == "appointment.cancelled"
    assert everything[0]["after"]["reason"] == "NO_SHOW"
    assert everything[1:] == journal
    assert (await door(platform, "POST", "advance", {"seconds": -1})).status_code == 400
    assert (await door(platform, "POST", "move", {"id": row.id, "move": "fly"})).status_code == 400
    assert (await door(platform, "GET", "nowhere")).status_code == 404
