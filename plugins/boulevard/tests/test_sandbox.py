"""The emulated Boulevard: its world, its signatures, its lists and its prices."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import httpx
import msgspec
import pytest

from frontdesk.serving import served
from frontdesk_boulevard.sandbox import (
    CANARY,
    PREFIX,
    Options,
    Platform,
    authorization,
    create,
)
from frontdesk_boulevard.sandbox.diary import REASONS, STATES
from frontdesk_boulevard.sandbox.order_rows import OrderProductLine

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def shared() -> Platform:
    """A world that no test of this module changes."""
    return Platform(Options(now=NOW, points=0), wall=lambda: NOW)


def made(**options: Any) -> Platform:
    """Make a small world to change."""
    return Platform(
        Options(now=NOW, **{"appointments": 150, "points": 0, **options}), wall=lambda: NOW
    )


async def sent(platform: Platform, content: Any, **headers: str) -> httpx.Response:
    """Send what may be no query at all."""
    transport = httpx.ASGITransport(platform.app)
    known = {"authorization": authorization(platform.keys, SECONDS)}
    async with httpx.AsyncClient(transport=transport, base_url="http://boulevard.test") as client:
        return await client.post(PREFIX, json=content, headers={**known, **headers})


def door(platform: Platform) -> Ask:
    """Ask queries; keywords are variables."""

    async def ask(query: str, **variables: Any) -> dict[str, Any]:
        answer = await sent(platform, {"query": query, "variables": variables})
        told: dict[str, Any] = answer.json()
        return told

    return ask


def nodes(answer: dict[str, Any]) -> list[Any]:
    (found,) = answer["data"].values()
    return [edge["node"] for edge in found["edges"]]


async def everything(
    ask: Ask, field: str, wanted: str, arguments: str = "", size: int = 500
) -> Any:
    """Follow a list's cursors to its end."""
    rows: list[Any] = []
    after = None
    for _ in range(200):
        answer = await ask(
            f"query($first: Int, $after: String) {{ {field}(first: $first, after: $after {arguments})"
            f" {{ edges {{ node {{ {wanted} }} }} pageInfo {{ hasNextPage endCursor }} }} }}",
            first=size,
            after=after,
        )
        rows += nodes(answer)
        page = answer["data"][field]["pageInfo"]
        if not page["hasNextPage"]:
            return rows
        after = page["endCursor"]
    raise AssertionError("the pages do not end")


# --- the world -----------------------------------------------------------------------------


def test_same_options_make_the_same_world() -> None:
    one, two = (made().world for _ in range(2))

    for table in ("clients", "appointments", "orders", "memberships", "locations", "staff"):
        rows = (msgspec.json.encode(getattr(world, table).rows) for world in (one, two))
        assert len(set(rows)) == 1
    assert made().keys == made().keys
    assert not set(one.clients.numbers) & set(made(seed=8).world.clients.numbers)


def test_even_a_tiny_world_has_every_state() -> None:
    world = made(appointments=8, memberships=7).world

    assert {row.state for row in world.appointments} == set(STATES)
    statuses = {row.status for row in world.memberships}
    assert statuses == {"ACTIVE", "CANCELLED", "PAST_DUE", "PAUSED"}


def test_appointments_are_cancelled_for_every_reason(shared: Platform) -> None:
    rows = shared.world.appointments

    assert {row.cancellation.reason for row in rows if row.cancellation} == set(REASONS)


def test_times_follow_from_the_state(shared: Platform) -> None:
    for row in shared.world.appointments:
        assert row.created_at < row.start_at < row.end_at
        assert row.created_at < NOW
        assert (row.cancellation is not None) is (row.state == "CANCELLED")
        if row.cancellation:
            assert row.created_at < row.cancellation.cancelled_at < min(row.start_at, NOW)
        if row.state == "FINAL":
            assert row.start_at < NOW
        local = row.start_at.astimezone(shared.world.house.zone(row.location_id))
        assert row.state in {"ARRIVED", "ACTIVE"} or 9 <= local.hour < 18


def test_years_are_behind_and_weeks_ahead(shared: Platform) -> None:
    starts = [row.start_at for row in shared.world.appointments]

    assert min(starts) < NOW - timedelta(days=800)
    assert max(starts) > NOW + timedelta(days=50)


def test_locations_lie_in_several_zones_and_one_is_no_place(shared: Platform) -> None:
    rows = shared.world.locations.rows

    assert len({row.tz for row in rows}) >= 3
    assert [row.is_remote for row in rows].count(True) == 1


def test_clients_of_every_kind_exist(shared: Platform) -> None:
    rows = list(shared.world.clients)
    emails = Counter(row.email for row in rows if row.email)

    assert any(row.email is None and row.mobile_phone is None for row in rows)
    assert any(row.email is None and row.mobile_phone for row in rows)
    assert any(row.email and row.mobile_phone is None for row in rows)
    assert any(not row.active and row.merged_into_client_id is None for row in rows)
    assert max(emails.values()) > 1
    assert any("<script>" in (row.first_name or "") for row in rows)
    assert any(row.name is None for row in rows)
    assert all(row.created_at <= row.updated_at <= NOW for row in rows)


def test_merges_make_chains_and_no_circles(shared: Platform) -> None:
    clients = shared.world.clients
    merged = {row.id: row.merged_into_client_id for row in clients if row.merged_into_client_id}

    assert any(target in merged for target in merged.values())
    for start in merged:
        seen, step = set[str](), start
        while step in merged:
            assert step not in seen
            seen.add(step)
            step = merged[step] or ""


def test_settings_come_in_either_order_alone_or_not_at_all(shared: Platform) -> None:
    shapes = {
        tuple(setting.type for setting in row.marketing_settings) for row in shared.world.clients
    }

    assert shapes == {
        (),
        ("MARKETING",),
        ("MARKETING", "APPOINTMENT_REMINDER"),
        ("APPOINTMENT_REMINDER", "MARKETING"),
    }


def test_orders_of_every_kind_exist(shared: Platform) -> None:
    orders = list(shared.world.orders)
    lines = {type(line).__name__ for row in orders for g in row.line_groups for line in g.lines}

    assert lines == {
        "OrderServiceLine",
        "OrderProductLine",
        "OrderGiftCardLine",
        "OrderGratuityLine",
        "OrderAccountCreditLine",
        "OrderProductCardLine",
    }
    assert any(row.closed_at is None for row in orders)
    assert any(row.client_id is None for row in orders)
    assert any(row.refunds for row in orders)
    assert any(row.closed_at and row.closed_by_id is None for row in orders)
    assert any(one.voucher.product_id for row in orders for one in row.applied_vouchers)
    assert any(row.fee_lines for row in orders)
    assert len({row.number for row in orders}) == len(orders)


def test_orders_add_up_and_refunds_lower_only_what_is_current(shared: Platform) -> None:
    """Seen to fail when a refund lowered the initial amounts too."""
    for row in shared.world.orders:
        told = row.summary
        assert told.initial_total == (
            told.initial_subtotal
            + told.initial_tax_amount
            + told.initial_gratuity_amount
            + told.initial_fee_amount
        )
        given = sum(one.summary.refund_total for one in row.refunds)
        assert told.initial_total - told.current_total == given == told.refund_amount
        assert (given > 0) is bool(row.refunds)
        for one in row.refunds:
            assert row.closed_at is not None
            assert one.closed_at is not None
            assert row.closed_at <= one.closed_at <= row.updated_at


def test_appointments_name_their_orders(shared: Platform) -> None:
    orders = shared.world.orders
    for row in shared.world.appointments:
        order = orders.find(row.order_id)
        assert (order is not None) is (row.order_id is not None)
        if order is not None:
            assert (order.client_id, order.location_id) == (row.client_id, row.location_id)
            assert (order.closed_at is not None) is (row.state == "FINAL")


def test_memberships_have_dates_that_fit(shared: Platform) -> None:
    for row in shared.world.memberships:
        today = shared.world.club.today(row.location_id, NOW)
        assert date.fromisoformat(row.start_on) <= date.fromisoformat(row.end_on)
        if row.status == "CANCELLED":
            assert row.cancel_on is None or row.cancel_on <= today
        if row.status == "ACTIVE" and row.cancel_on:
            assert row.cancel_on > today
        assert (row.unpause_on is not None) is (row.status == "PAUSED")
    assert any(row.status == "ACTIVE" and row.cancel_on for row in shared.world.memberships)
    assert any(row.vouchers for row in shared.world.memberships)


async def test_what_must_not_be_carried_bears_a_mark(shared: Platform) -> None:
    ask = door(shared)
    place = next(iter(shared.world.locations)).id
    at = f', locationId: "{place}"'
    visits = await everything(ask, "appointments", "notes clientMessage manageUrl", at)
    cards = "paymentGroups { payments { ... on OrderCardPayment { cardLast4 cardAuthCode } } }"
    paid = json.dumps(await everything(ask, "orders", cards, at))

    assert all(row["notes"].startswith(CANARY) for row in visits if row["notes"])
    assert any(row["clientMessage"] for row in visits)
    assert all(CANARY in row["manageUrl"] for row in visits)
    assert paid.count(CANARY) == 2 * paid.count("cardLast4") > 0


def test_twenty_thousand_clients_are_made_without_a_thought() -> None:
    world = made(appointments=20_000, clients=20_000).world

    assert len(world.clients) == 20_000
    assert len({row.id for row in world.clients}) == 20_000


# --- the door ------------------------------------------------------------------------------


async def test_a_signed_request_is_let_in(shared: Platform) -> None:
    answer = await sent(shared, {"query": "{ business { id name tz } }"})

    assert answer.status_code == 200
    assert answer.json()["data"]["business"]["id"] == shared.world.business.id


@pytest.mark.parametrize(
    ("age", "good"), [(0, True), (59, True), (61, False), (-5, True), (-60, False)]
)
async def test_a_token_is_good_for_a_short_while(shared: Platform, age: int, good: bool) -> None:
    """Seen to fail when the token's time was not looked at."""
    header = authorization(shared.keys, SECONDS - age)
    answer = await sent(shared, {"query": "{ business { id } }"}, authorization=header)

    assert (answer.status_code == 200) is good
    if not good:
        assert answer.status_code == 401
        assert answer.json()["errors"][0]["code"] == "UNAUTHENTICATED"


async def test_the_window_and_the_clock_can_be_chosen() -> None:
    patient, fast = made(token_lifetime=0), made(clock_skew=300)
    old = authorization(patient.keys, 1)
    query = {"query": "{ business { id } }"}

    assert (await sent(patient, query, authorization=old)).status_code == 200
    refused = await sent(fast, query)
    assert refused.status_code == 401
    assert refused.headers["date"] == "Mon, 01 Jun 2026 12:05:00 GMT"
    right = authorization(fast.keys, SECONDS + 300)
    assert (await sent(fast, query, authorization=right)).status_code == 200


def forged(platform: Platform, **changes: str) -> str:
    return authorization(attrs.evolve(platform.keys, **changes), SECONDS)


async def test_wrong_credentials_are_refused(shared: Platform) -> None:
    """Seen to fail when the signature was not compared."""
    other = base64.b64encode(b"another secret").decode()
    wrong = [
        "",
        "Basic",
        "Basic !!!",
        f"Basic {base64.b64encode(b'no colon').decode()}",
        f"Bearer {shared.keys.api_key}",
        forged(shared, api_secret=other),
        forged(shared, api_key="00000000-0000-4000-8000-000000000000"),
        forged(shared, business_id="00000000-0000-4000-8000-000000000000"),
    ]
    for header in wrong:
        answer = await sent(shared, {"query": "{ business { id } }"}, authorization=header)
        assert answer.status_code == 401, header


async def test_an_application_that_was_taken_away_is_refused() -> None:
    platform = made()
    platform.uninstall()

    assert (await sent(platform, {"query": "{ business { id } }"})).status_code == 401
    assert [action.kind for action in platform.journal] == ["api_application.uninstalled"]


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        {"query": 1},
        {"query": "{ business { id } }", "variables": []},
        {"query": "{ business { id } }", "variables": "x"},
    ],
)
async def test_what_is_no_request_is_a_400(shared: Platform, content: Any) -> None:
    assert (await sent(shared, content)).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "{",
        "{ appointments(first: 1) { edges { node { id } } } }",
        '{ appointment(id: "x") { id updatedAt } }',
        "query A { business { id } } query B { business { id } }",
        "mutation { createWebhook { webhook { id } } }",
    ],
)
async def test_what_is_no_good_query_is_told_with_200(shared: Platform, query: str) -> None:
    answer = await sent(shared, {"query": query})

    assert answer.status_code == 200
    assert answer.json().keys() == {"errors"}


async def test_only_one_path_and_one_method_are_known(shared: Platform) -> None:
    transport = httpx.ASGITransport(shared.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://boulevard.test") as client:
        assert (await client.post("/api/2026-06/admin")).status_code == 404
        assert (await client.get(PREFIX)).status_code == 405


async def test_it_is_served_over_real_http() -> None:
    sandbox = create(Options(appointments=20))
    keys = Platform(Options(appointments=20)).keys

    with served(sandbox.app) as address:
        async with httpx.AsyncClient() as client:
            header = authorization(keys, int(datetime.now(UTC).timestamp()))
            answer = await client.post(
                address + sandbox.path,
                json={"query": "{ business { id } }"},
                headers={"authorization": header},
            )
    assert sandbox.settings.keys() == {"api_key", "api_secret", "business_id"}
    assert answer.json()["data"]["business"]["id"].endswith(str(sandbox.settings["business_id"]))


def test_the_secret_of_webhooks_can_be_another_one() -> None:
    settings = create(Options(appointments=1, webhook_secret_apart=True)).settings

    assert settings["webhook_secret"] != settings["api_secret"]


def test_a_secret_may_be_spelt_otherwise() -> None:
    plain, dotted = (
        str(create(Options(appointments=1, seed=3, secret_dotted=dotted)).settings["api_secret"])
        for dotted in (False, True)
    )

    assert dotted.translate(str.maketrans("._-", "+/=")) == plain
    assert base64.b64decode(plain)


# --- lists ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("cursors", ["offset", "row"])
@pytest.mark.parametrize("order", ["newest", "oldest"])
async def test_pages_of_any_size_give_every_row_once(size: int, cursors: str, order: str) -> None:
    """Seen to fail when a cursor of a row gave that row again."""
    platform = made(appointments=40, cursors=cursors, order=order)
    rows = await everything(door(platform), "clients", "id", size=size)

    expected = [row.id for row in platform.world.clients]
    assert [row["id"] for row in rows] == (expected[::-1] if order == "newest" else expected)


async def test_pages_go_backwards_too(shared: Platform) -> None:
    ask = door(shared)
    query = """query($last: Int, $before: String) { clients(last: $last, before: $before) {
        edges { cursor node { id } } pageInfo { hasPreviousPage startCursor } } }"""
    end = await ask(query, last=3)
    before = await ask(query, last=3, before=end["data"]["clients"]["pageInfo"]["startCursor"])

    expected = [row.id for row in shared.world.clients][::-1]
    found = [row["id"] for row in nodes(before) + nodes(end)]
    assert found == expected[-6:]


async def test_rows_move_between_pages_or_stand_still() -> None:
    for cursors, moved in (("offset", True), ("row", False)):
        platform = made(cursors=cursors)
        ask = door(platform)
        query = """query($after: String) { clients(first: 5, after: $after) {
            edges { node { id } } pageInfo { endCursor } } }"""
        first = await ask(query)
        await ask('mutation { createClient(input: {firstName: "New"}) { client { id } } }')
        second = await ask(query, after=first["data"]["clients"]["pageInfo"]["endCursor"])

        again = {row["id"] for row in nodes(first)} & {row["id"] for row in nodes(second)}
        assert bool(again) is moved


async def test_at_most_a_thousand_rows_come_at_once() -> None:
    query = "{ clients(first: 5000) { edges { node { id } } pageInfo { hasNextPage } } }"
    capped = await door(made(clients=1_200))(query)
    refused = await door(made(clients=1_200, too_many_rows="refuse"))(query)

    assert len(nodes(capped)) == 1_000
    assert capped["data"]["clients"]["pageInfo"]["hasNextPage"]
    assert refused["data"]["clients"] is None
    assert "1000" in refused["errors"][0]["message"]


async def test_cursors_expire_if_they_are_to() -> None:
    """Seen to fail when a cursor did not say when it was made."""
    platform = made(cursor_lifetime=600)
    ask = door(platform)
    query = """query($after: String) { clients(first: 5, after: $after) {
        edges { node { id } } pageInfo { endCursor } } }"""
    cursor = (await ask(query))["data"]["clients"]["pageInfo"]["endCursor"]

    assert "errors" not in await ask(query, after=cursor)
    platform.advance(timedelta(seconds=601))
    late = await ask(query, after=cursor)
    assert late["data"]["clients"] is None
    assert late["errors"][0]["message"] == "cursor has expired"


async def test_a_cursor_belongs_to_its_list(shared: Platform) -> None:
    ask = door(shared)
    other = await ask("{ memberships(first: 1) { pageInfo { endCursor } } }")
    cursor = other["data"]["memberships"]["pageInfo"]["endCursor"]

    for wrong in (cursor, "x", "", base64.b64encode(b"arrayconnection:clients:-5:0").decode()):
        answer = await ask("query($a: String) { clients(after: $a) { edges { cursor } } }", a=wrong)
        assert answer["errors"][0]["message"] == "invalid cursor"


async def test_lists_of_a_location_are_of_that_location(shared: Platform) -> None:
    ask, found = door(shared), 0
    for place in shared.world.locations:
        rows = await everything(ask, "appointments", "locationId", f', locationId: "{place.id}"')
        assert {row["locationId"] for row in rows} == {place.id}
        found += len(rows)
    assert found == len(shared.world.appointments)


async def test_windows_share_the_appointments_out(shared: Platform) -> None:
    ask = door(shared)
    place = shared.world.locations.rows[0].id
    wanted = {row.id for row in shared.world.appointments if row.location_id == place}
    found: list[str] = []
    start = NOW - timedelta(days=1_000)
    while start < NOW + timedelta(days=100):
        end = start + timedelta(days=50)
        text = f"startAt >= '{start:%Y-%m-%dT%H:%M:%SZ}' AND startAt < '{end:%Y-%m-%dT%H:%M:%SZ}'"
        rows = await everything(
            ask, "appointments", "id", f', locationId: "{place}", query: "{text}"'
        )
        found += [row["id"] for row in rows]
        start = end
    assert len(found) == len(set(found))
    assert set(found) == wanted


FILTERS: list[tuple[str, Callable[[Any], bool]]] = [
    ("active = false", lambda row: not row.active),
    ("externalId IS NOT NULL", lambda row: row.external_id is not None),
    ("email IS NULL", lambda row: row.email is None),
    (
        "(active = false OR email IS NULL) AND createdAt < '2026-01-01T00:00:00Z'",
        lambda row: (
            (not row.active or row.email is None)
            and row.created_at < datetime(2026, 1, 1, tzinfo=UTC)
        ),
    ),
    ("'crm-5' = externalId", lambda row: row.external_id == "crm-5"),
    (r"name = 'Bo O\'Connor'", lambda row: row.name == "Bo O'Connor"),
    ("updatedAt > createdAt", lambda row: row.updated_at > row.created_at),
    (
        "'2026-05-01T00:00:00Z' <= updatedAt",
        lambda row: row.updated_at >= datetime(2026, 5, 1, tzinfo=UTC),
    ),
]


@pytest.mark.parametrize(("text", "fits"), FILTERS, ids=[one[0] for one in FILTERS])
async def test_filters_pick_the_rows_they_describe(
    shared: Platform, text: str, fits: Callable[[Any], bool]
) -> None:
    """Seen to fail when AND was read as OR."""
    rows = await everything(door(shared), "clients", "id", f", query: {json.dumps(text)}")
    expected = {row.id for row in shared.world.clients if fits(row)}

    assert {row["id"] for row in rows} == expected
    assert expected


BAD_FILTERS = [
    "state = 'FINAL'",
    "startAt >= yesterday",
    "startAt >= 5",
    "startAt = true",
    "startAt >= '2026-01-01'",
    "startAt >= '2026-01-01T00:00:00'",
    "startAt",
    "startAt = ",
    "cancelled == true",
    "cancelled != true",
    'id = "x"',
    "cancelled = True",
    "(cancelled = true",
    "cancelled = true) ",
    "cancelled = true and cancelled = true",
    "cancelled IS MAYBE",
    "STARTAT > '2026-01-01T00:00:00Z'",
    "cancelled = true;",
    "(" * 60 + "cancelled = true" + ")" * 60,
    "'unfinished",
]


@pytest.mark.parametrize("text", BAD_FILTERS)
async def test_bad_filters_are_refused(shared: Platform, text: str) -> None:
    place = shared.world.locations.rows[0].id
    answer = await door(shared)(
        """query($at: ID!, $q: QueryString) {
            appointments(locationId: $at, query: $q) { edges { node { id } } } }""",
        at=place,
        q=text,
    )
    assert answer["data"]["appointments"] is None
    assert answer["errors"][0]["message"].startswith("Invalid query: ")
    assert answer["errors"][0]["path"] == ["appointments"]


async def test_lenient_filters_take_what_nobody_has_confirmed() -> None:
    ask = door(made(lenient_queries=True))
    query = "query($q: QueryString) { clients(query: $q) { edges { node { active email } } } }"

    assert not any(row["active"] for row in nodes(await ask(query, q="active != true")))
    assert all(row["active"] for row in nodes(await ask(query, q="active == true")))
    one = nodes(await ask(query, q='email != "x"'))
    assert one


async def test_a_comparison_with_nothing_is_false_or_true() -> None:
    text = "closedAt < '2100-01-01T00:00:00Z'"
    for matches in (False, True):
        platform = made(nulls_match=matches)
        place = platform.world.locations.rows[0].id
        rows = await everything(
            door(platform), "orders", "closedAt", f', locationId: "{place}", query: "{text}"'
        )
        assert any(row["closedAt"] is None for row in rows) is matches


async def test_clients_are_found_by_their_ids(shared: Platform) -> None:
    known = [row.id for row in shared.world.clients.rows[:5]]
    asked = [*known[:3], known[3].rpartition(":")[2], "urn:blvd:Client:nobody"]
    answer = await door(shared)(
        "query($ids: [ID!]) { clients(first: 100, clientIds: $ids) { edges { node { id } } } }",
        ids=asked,
    )
    assert {row["id"] for row in nodes(answer)} == set(known[:4])


async def test_clients_are_found_by_their_addresses(shared: Platform) -> None:
    row = next(row for row in shared.world.clients if row.email and row.active)
    ask = door(shared)
    query = """query($emails: [String!], $ids: [ID!]) {
        clients(emails: $emails, clientIds: $ids) { edges { node { id email } } } }"""

    found = nodes(await ask(query, emails=[row.email, "nobody@example.com"]))
    assert row.id in {one["id"] for one in found}
    assert {one["email"] for one in found} == {row.email}
    assert nodes(await ask(query, emails=[row.email], ids=["nobody"])) == []


async def test_the_visits_of_one_client_can_be_listed(shared: Platform) -> None:
    row = shared.world.appointments.rows[0]
    at = f', locationId: "{row.location_id}", clientId: "{row.client_id}"'
    found = await everything(door(shared), "appointments", "id clientId", at)

    assert {one["clientId"] for one in found} == {row.client_id}
    nobody = f', locationId: "{row.location_id}", clientId: "nobody"'
    assert await everything(door(shared), "appointments", "id", nobody) == []
    nowhere = ', locationId: "nowhere"'
    assert await everything(door(shared), "appointments", "id", nowhere) == []


async def test_appointments_are_found_by_who_does_them(shared: Platform) -> None:
    """Seen to fail when only the first service's staff was looked at."""
    row = next(
        row
        for row in shared.world.appointments
        if len({one.staff_id for one in row.appointment_services}) > 1
    )
    wanted = row.appointment_services[1].staff_id
    at = f', locationId: "{row.location_id}", query: "staffId = \'{wanted}\'"'
    found = await everything(door(shared), "appointments", "id", at)

    assert row.id in {one["id"] for one in found}
    assert len(found) < len(shared.world.appointments)


async def test_clients_are_found_by_where_they_are_at_home() -> None:
    platform = made(appointments=300)
    place = platform.world.locations.rows[0].id
    at = f", query: \"primaryLocation = '{place}'\""
    found = await everything(door(platform), "clients", "primaryLocation { id }", at)

    assert {one["primaryLocation"]["id"] for one in found} == {place}


@pytest.mark.parametrize("cursors", ["offset", "row"])
async def test_webhooks_are_paged_like_everything_else(cursors: str) -> None:
    """Seen to fail when webhooks came oldest first while cursors went the other way."""
    platform = made(cursors=cursors)
    for number in range(7):
        given = {"url": f"https://a.example.com/{number}", "subscriptions": []}
        platform.registrar.create(given, NOW, None)
    rows = await everything(door(platform), "webhooks", "url", size=2)

    assert [row["url"][-1] for row in rows] == list("6543210")


async def test_a_node_is_found_by_its_urn_its_uuid_and_no_other_type(shared: Platform) -> None:
    ask, row = door(shared), shared.world.appointments.rows[0]
    query = "query($id: ID!) { appointment(id: $id) { id } }"

    for identity in (row.id, row.id.rpartition(":")[2]):
        assert (await ask(query, id=identity))["data"]["appointment"] == {"id": row.id}
    other = row.id.replace("Appointment", "Order")
    assert (await ask(query, id=other))["data"]["appointment"] is None
    node = await ask("query($id: ID!) { node(id: $id) { __typename id } }", id=row.id)
    assert node["data"]["node"] == {"__typename": "Appointment", "id": row.id}


async def test_memberships_may_have_bare_ids() -> None:
    platform = made(bare_ids=True)
    ask = door(platform)
    rows = await everything(ask, "memberships", "id")

    assert all(":" not in row["id"] for row in rows)
    one = await ask("query($id: ID!) { membership(id: $id) { id } }", id=rows[0]["id"])
    assert one["data"]["membership"] == rows[0]


async def test_counts_and_homes_follow_from_the_visits(shared: Platform) -> None:
    busy = Counter(row.client_id for row in shared.world.appointments).most_common(1)[0][0]
    visits = [row for row in shared.world.appointments if row.client_id == busy]
    kept = sorted((row for row in visits if not row.cancelled), key=lambda row: row.start_at)
    answer = await door(shared)(
        "query($id: ID!) { client(id: $id) { appointmentCount primaryLocation { id } } }", id=busy
    )

    assert answer["data"]["client"]["appointmentCount"] == len(kept)
    home = answer["data"]["client"]["primaryLocation"]["id"]
    assert home in {row.location_id for row in kept[-3:]}


async def test_a_location_may_be_without_a_zone() -> None:
    rows = await everything(door(made(zoneless=True)), "locations", "tz")

    assert [row["tz"] for row in rows].count("") == 1
    for row in rows:
        assert not row["tz"] or ZoneInfo(row["tz"])


async def test_an_erased_client_leaves_holes() -> None:
    """Seen to fail when an erased client was still found."""
    platform = made()
    ask = door(platform)
    visit = platform.world.appointments.rows[0]
    platform.move(visit.client_id, "erase")

    one = await ask("query($id: ID!) { client(id: $id) { id } }", id=visit.client_id)
    assert one["data"]["client"] is None
    held = await ask("query($id: ID!) { appointment(id: $id) { id client { id } } }", id=visit.id)
    assert held["data"]["appointment"] is None
    assert held["errors"][0]["path"] == ["appointment", "client"]
    bare = await ask("query($id: ID!) { appointment(id: $id) { clientId } }", id=visit.id)
    assert bare["data"]["appointment"] == {"clientId": visit.client_id}
    rows = await everything(ask, "clients", "id")
    assert visit.client_id not in {row["id"] for row in rows}
    assert platform.forgotten() == {visit.client_id}


async def test_an_erased_client_may_leave_an_empty_row() -> None:
    platform = made(erased="blank")
    row = next(row for row in platform.world.clients if row.email and row.active)
    platform.move(row.id, "erase")
    answer = await door(platform)(
        "query($id: ID!) { client(id: $id) { active name email mobilePhone } }", id=row.id
    )

    nothing = {"active": False, "name": None, "email": None, "mobilePhone": None}
    assert answer["data"]["client"] == nothing


def test_addresses_are_shared_or_not() -> None:
    for shared in (True, False):
        world = made(appointments=600, shared_emails=shared).world
        emails = Counter(
            row.email for row in world.clients if (row.email or ";").count("@example.com") == 1
        )
        assert (max(emails.values()) > 1) is shared


async def test_a_deleted_location_hides_its_history_or_not() -> None:
    for shown in (False, True):
        platform = made(closed_shown=shown)
        place = platform.world.locations.rows[0].id
        platform.move(place, "delete")
        ask = door(platform)

        assert place not in {row["id"] for row in await everything(ask, "locations", "id")}
        rows = await everything(ask, "appointments", "id", f', locationId: "{place}"')
        assert bool(rows) is shown


# --- prices --------------------------------------------------------------------------------


async def test_a_query_tells_what_it_costs() -> None:
    cheap = await sent(made(points=10_000), {"query": "{ business { id name } }"})
    query = "{ clients(first: 50) { edges { node { id tags { name } } } } }"
    plain = await sent(made(points=10_000), {"query": query})
    dear = await sent(made(points=10_000, cost_multiplied=True), {"query": query})

    assert cheap.headers["x-query-complexity"] == "3"
    assert plain.headers["x-query-complexity"] == str(6 + 50)
    assert dear.headers["x-query-complexity"] == str(1 + 50 * 5 + 50)


async def test_points_run_out_and_come_back() -> None:
    """Seen to fail when points came back ten times as fast."""
    moment = [0.0]
    platform = Platform(
        Options(now=NOW, appointments=20, points=100, cost_multiplied=True),
        wall=lambda: NOW,
        monotonic=lambda: moment[0],
    )
    query = {"query": "{ clients(first: 20) { edges { node { id } } } }"}
    first, second = await sent(platform, query), await sent(platform, query)

    assert first.headers["x-query-complexity"] == second.headers["x-query-complexity"] == "81"
    assert second.status_code == 200
    assert second.json() == {
        "errors": [
            {
                "message": "API limit exceeded. Query cost is 81 and you have 19 points "
                "available. Please wait 1240ms and try again.",
                "path": ["clients"],
                "locations": [{"line": 1, "column": 3}],
            }
        ],
        "data": None,
    }
    moment[0] = 1.23
    assert (await sent(platform, query)).json()["data"] is None
    moment[0] = 1.24
    assert (await sent(platform, query)).json()["data"] is not None


async def test_the_status_of_a_dear_query_can_be_chosen() -> None:
    platform = made(points=10, limit_status=429, limit_retry_after=True)
    answer = await sent(platform, {"query": "{ clients(first: 500) { edges { cursor } } }"})

    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "10"
    assert "API limit exceeded" in answer.json()["errors"][0]["message"]


async def test_queries_may_go_ten_deep_and_no_deeper(shared: Platform) -> None:
    """Seen to fail when fragments were not looked into."""
    query = """query($id: ID!) { order(id: $id) { appliedVouchers { voucher { originatingOrder {
        appliedVouchers { voucher { originatingOrder { client { ...C } } } } } } } } }
        fragment C on Client { primaryLocation { %s } }"""
    one = shared.world.orders.rows[0].id
    ask = door(shared)

    assert "errors" not in await ask(query % "id", id=one)
    deep = await ask(query % "address { city }", id=one)
    assert deep["errors"] == [{"message": "Query depth is 11, which exceeds the limit of 10"}]


def test_options_are_checked() -> None:
    with pytest.raises(ValueError, match="now must be an aware time"):
        Options(now=datetime(2026, 1, 1))  # noqa: DTZ001  # that is what is refused
    with pytest.raises(ValueError, match="this machine only"):
        Options(webhooks="https://hooks.example.com")
    with pytest.raises(ValueError, match="'order' must be in"):
        Options(order="sideways")
    assert all(field.metadata["help"] for field in attrs.fields(Options))


def test_products_bear_the_tax(shared: Platform) -> None:
    for order in shared.world.orders:
        lines = [line for group in order.line_groups for line in group.lines]
        taxed = any(isinstance(one, OrderProductLine) and one.initial_subtotal for one in lines)
        assert bool(order.summary.initial_tax_amount) is taxed
