"""The emulated Mews: its world, its checks, its pages, its moves."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import httpx
import msgspec
import pytest

from frontdesk.sandbox import Sandbox
from frontdesk_mews.sandbox import CANARY, PREFIX, Options, Platform, create
from frontdesk_mews.sandbox.kinds import BLANK
from frontdesk_mews.sandbox.plans import STATES
from frontdesk_mews.sandbox.refusal import Refusal
from frontdesk_mews.sandbox.rows import Customer
from frontdesk_mews.sandbox.tables import Table

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
STAYS = "reservations/getAll/2023-06-06"
ALL = {"States": list(STATES)}
PAGE = {"Limitation": {"Count": 1000}}
NOBODY = "00000000-0000-4000-8000-000000000000"
Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def shared() -> Platform:
    """A world that no test of this module changes."""
    return Platform(Options(now=NOW, rate_window=0))


@pytest.fixture
def fresh() -> Platform:
    """A small world to change."""
    return Platform(Options(now=NOW, reservations=150, rate_window=0))


def door(platform: Platform, token: str | None = None) -> Ask:
    """Call operations; a keyword that is None is sent as null, *drop* leaves keys out."""
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(platform.app), base_url="http://mews.test"
    )
    auth = {
        "ClientToken": platform.tokens.client,
        "AccessToken": token or platform.tokens.portfolio.value,
        "Client": "tests 1",
    }

    async def ask(
        operation: str, *, drop: str = "", headers: dict[str, str] | None = None, **body: Any
    ) -> httpx.Response:
        content = {name: value for name, value in {**auth, **body}.items() if name != drop}
        return await client.post(PREFIX + operation, json=content, headers=headers)

    return ask


def between(start: datetime, end: datetime) -> dict[str, str]:
    return {"StartUtc": start.isoformat(), "EndUtc": end.isoformat()}


def lately(days: int = 80) -> dict[str, str]:
    return between(NOW - timedelta(days=days), NOW + timedelta(days=1))


async def everything(ask: Ask, operation: str, key: str, **body: Any) -> list[Any]:
    """Follow the cursor to the end; *count* sets the size of the pages."""
    count = body.pop("count", 1000)
    rows: list[Any] = []
    cursor: str | None = None
    for _ in range(200):
        limit = {"Limitation": {"Count": count, "Cursor": cursor}}
        answer = (await ask(operation, **body, **limit)).json()
        rows += answer[key]
        cursor = answer["Cursor"]
        if cursor is None:
            return rows
    raise AssertionError("the pages do not end")


# --- the world -----------------------------------------------------------------------------


def test_same_options_make_the_same_world() -> None:
    one, two = (Platform(Options(now=NOW, reservations=80)) for _ in range(2))

    assert msgspec.json.encode(one.world.reservations.rows) == msgspec.json.encode(
        two.world.reservations.rows
    )
    assert msgspec.json.encode(one.world.customers.rows) == msgspec.json.encode(
        two.world.customers.rows
    )
    assert one.tokens == two.tokens
    other = Platform(Options(now=NOW, reservations=80, seed=8))
    assert not set(one.world.reservations.numbers) & set(other.world.reservations.numbers)


def test_even_a_tiny_world_has_every_state() -> None:
    world = Platform(Options(now=NOW, reservations=7)).world

    assert {row.state for row in world.reservations} == set(STATES)


def test_times_follow_from_the_state(shared: Platform) -> None:
    for row in shared.world.reservations:
        assert row.created_utc <= row.updated_utc <= NOW
        assert (row.actual_start_utc is not None) == (row.state in {"Started", "Processed"})
        assert (row.actual_end_utc is not None) == (row.state == "Processed")
        assert (row.cancelled_utc is not None) == (row.state == "Canceled")
        times = (row.created_utc, row.actual_start_utc, row.actual_end_utc, row.cancelled_utc)
        known = [time for time in times if time]
        assert known == sorted(known)
        assert known[-1] <= row.updated_utc


def test_two_years_cut_something_off_and_something_is_still_to_come(shared: Platform) -> None:
    rows = shared.world.reservations.rows

    assert any(row.updated_utc < NOW - timedelta(days=730) for row in rows)
    assert any(row.scheduled_start_utc > NOW + timedelta(days=30) for row in rows)


def test_guests_of_every_kind_exist(shared: Platform) -> None:
    guests = shared.world.customers.rows

    def some(fits: Callable[[Customer], object]) -> bool:
        return any(fits(guest) for guest in guests)

    assert some(lambda guest: guest.has_ota_email)
    assert some(lambda guest: not guest.has_ota_email and "booking.com" in (guest.email or ""))
    assert some(lambda guest: guest.is_active and guest.email is None)
    assert some(lambda guest: guest.merge_target_id)
    assert some(lambda guest: not guest.is_active and not guest.merge_target_id)
    assert some(lambda guest: "SendMarketingEmails" in guest.options)
    assert some(lambda guest: "Blacklist" in guest.classifications)
    assert some(lambda guest: "PaymasterAccount" in guest.classifications)
    assert some(lambda guest: guest.passport and CANARY in (guest.passport.number or ""))
    assert some(lambda guest: guest.dietary_requirements)
    assert some(lambda guest: guest.company_id)


def test_merges_never_go_in_a_circle(shared: Platform) -> None:
    customers = shared.world.customers
    for guest in customers:
        steps = 0
        target = guest
        while target.merge_target_id:
            found = customers.find(target.merge_target_id)
            assert found is not None
            target, steps = found, steps + 1
            assert steps < 50


def test_deleting_names_only_fields_that_exist() -> None:
    assert set(BLANK) <= {field.name for field in msgspec.structs.fields(Customer)}


def test_reservations_are_linked(shared: Platform) -> None:
    world = shared.world
    for row in world.reservations:
        owners = world.customers if row.account_type == "Customer" else world.companies
        assert owners.find(row.account_id)
        assert world.groups.find(row.group_id)
        assert world.services.find(row.service_id)
        assert all(world.age_categories.find(one.age_category_id) for one in row.person_counts)
    assert len(world.groups) < len(world.reservations)
    companies = [row for row in world.reservations if row.account_type == "Company"]
    assert any(row.booker_id for row in companies)
    assert any(row.booker_id is None for row in companies)
    deleted = {age.id for age in world.age_categories if not age.is_active}
    assert any(
        one.age_category_id in deleted for r in world.reservations for one in r.person_counts
    )


@pytest.mark.parametrize(
    "options",
    [
        Options(now=NOW, reservations=0),
        Options(now=NOW, reservations=30, properties=1, customers=1),
        Options(now=NOW, reservations=30, properties=5),
    ],
    ids=["empty", "one", "five"],
)
async def test_a_world_can_be_of_any_size(options: Options) -> None:
    platform = Platform(options)
    platform.play(30)
    rows = await everything(door(platform), STAYS, "Reservations", **ALL)

    assert len(rows) == len(platform.world.reservations) > options.reservations
    assert len(platform.tokens.properties) == options.properties


def test_options_describe_themselves() -> None:
    assert all(field.metadata["help"] for field in attrs.fields(Options))
    with pytest.raises(ValueError, match="aware"):
        Options(now=datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize("portfolio", [True, False])
async def test_create_makes_a_sandbox(portfolio: bool) -> None:
    sandbox = create(Options(now=NOW, reservations=20, portfolio=portfolio))

    assert isinstance(sandbox, Sandbox)
    platform = Platform(Options(now=NOW, reservations=20))
    tokens = platform.tokens
    token = tokens.portfolio if portfolio else tokens.properties[0]
    assert sandbox.settings == {
        "client_token": tokens.client,
        "access_token": token.value,
        "webhook_token": tokens.webhook,
    }


# --- D.1 and D.2: where and who ------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/connector/v1/reservations/getAll"),
        ("POST", "/api/connector/v1/reservations/getall/2023-06-06"),
        ("POST", "/api/connector/v1/configuration/get/"),
        ("GET", "/api/connector/v1/configuration/get"),
        ("POST", "/configuration/get"),
        ("POST", "/"),
        ("GET", "/sandbox/nothing"),
    ],
)
async def test_anything_else_is_not_found(shared: Platform, method: str, path: str) -> None:
    transport = httpx.ASGITransport(shared.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://mews.test") as client:
        answer = await client.request(method, path)

    assert answer.status_code == 404
    assert answer.json()["RequestId"] == answer.headers["Request-Id"]


async def test_every_answer_has_its_own_request_id(shared: Platform) -> None:
    ask = door(shared)
    good, bad = await ask("configuration/get"), await ask("configuration/get", AccessToken="x")

    assert good.headers["Request-Id"] != bad.headers["Request-Id"]
    assert bad.json() == {
        "Message": "Invalid AccessToken.",
        "RequestId": bad.headers["Request-Id"],
        "Details": None,
    }


async def test_checks_come_in_their_order() -> None:
    clock = itertools.count()
    platform = Platform(
        Options(now=NOW, reservations=7, rate_limit=1), monotonic=lambda: float(next(clock)) / 100
    )
    transport = httpx.ASGITransport(platform.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://mews.test") as client:
        broken = await client.post(PREFIX + STAYS, content=b'{"ClientToken": "x",}')
    ask = door(platform)
    nobody = await ask(STAYS, drop="AccessToken")
    first, second = await ask(STAYS), await ask(STAYS)

    assert (broken.status_code, broken.json()["Message"]) == (400, "Invalid JSON.")
    assert nobody.status_code == 401
    # The first request is let in and found to lack a limitation, the second is not let in.
    assert (first.status_code, second.status_code) == (400, 429)


@pytest.mark.parametrize("drop", ["ClientToken", "AccessToken"])
async def test_a_missing_token_is_refused(shared: Platform, drop: str) -> None:
    assert (await door(shared)("configuration/get", drop=drop)).status_code == 401


# --- D.3: what is refused ------------------------------------------------------------------

LONG = between(NOW - timedelta(days=93), NOW)
IDS = [NOBODY] * 1001
EXTENT = {"Extent": {"Customers": True}}
CHAIN = {"ChainIds": [NOBODY]}
REFUSED: list[tuple[str, dict[str, Any]]] = [
    (STAYS, {}),
    (STAYS, {"Limitation": {}}),
    (STAYS, {"Limitation": {"Count": 0}}),
    (STAYS, {"Limitation": {"Count": 1001}}),
    (STAYS, {"Limitation": {"Count": True}}),
    (STAYS, {"Limitation": {"Count": 5, "Cursor": "x"}}),
    (STAYS, {"Limitation": {"Count": 5, "Cursor": NOBODY}}),
    (STAYS, {**PAGE, "ReservationIds": []}),
    (STAYS, {**PAGE, "ReservationIds": IDS}),
    (STAYS, {**PAGE, "ReservationIds": ["x"]}),
    (STAYS, {**PAGE, "ReservationIds": NOBODY}),
    (STAYS, {**PAGE, "PartnerCompanyIds": IDS[:101]}),
    (STAYS, {**PAGE, "States": []}),
    (STAYS, {**PAGE, "States": ["Enquired"]}),
    (STAYS, {**PAGE, "Numbers": [1]}),
    (STAYS, {**PAGE, "UpdatedUtc": LONG}),
    (STAYS, {**PAGE, "UpdatedUtc": {"StartUtc": NOW.isoformat()}}),
    (STAYS, {**PAGE, "UpdatedUtc": {"StartUtc": "2026-01-01", "EndUtc": "2026-01-02"}}),
    (STAYS, {**PAGE, "UpdatedUtc": between(NOW, NOW - timedelta(days=1))}),
    (STAYS, {**PAGE, "ScheduledStartUtc": lately(), "ActualStartUtc": lately()}),
    (STAYS, {**PAGE, "ScheduledEndUtc": lately(), "ActualEndUtc": lately()}),
    (STAYS, {**PAGE, "ServiceIds": [NOBODY]}),
    (STAYS, {**PAGE, "LanguageCode": "en-GB"}),
    (STAYS, {**PAGE, "CultureCode": "en-GB"}),
    (STAYS, {**PAGE, "Client": None}),
    ("customers/getAll", {**PAGE, **CHAIN, "UpdatedUtc": lately()}),
    ("customers/getAll", {**PAGE, **CHAIN, **EXTENT}),
    ("customers/getAll", {**PAGE, **EXTENT, "UpdatedUtc": lately()}),
    ("customers/getAll", {**PAGE, **CHAIN, **EXTENT, "DeletedUtc": lately()}),
    ("customers/getAll", {**PAGE, **CHAIN, **EXTENT, "CompanyIds": [NOBODY, NOBODY]}),
    ("addresses/getAll", PAGE),
    ("reservationGroups/getAll", PAGE),
    ("vouchers/getAll", {**PAGE, "Extent": {"Vouchers": True}}),
    ("voucherCodes/getAll", PAGE),
    ("orderItems/getAll", {**PAGE, "AccountingStates": ["Open"]}),
    ("orderItems/getAll", {**PAGE, "AccountIds": IDS[:101]}),
    ("orderItems/getAll", {**PAGE, "UpdatedUtc": lately(), "Types": ["Lunch"]}),
    ("orderItems/getAll", {**PAGE, "UpdatedUtc": lately(), "Currency": "XXX"}),
    ("companionships/getAll", {**PAGE, "Extent": {}, "UpdatedUtc": lately()}),
    ("companionships/getAll", {**PAGE, "ReservationIds": [NOBODY]}),
    ("configuration/get", {"EnterpriseId": NOBODY}),
    ("reservations/confirm", {}),
    ("reservations/confirm", {"ReservationIds": []}),
    ("reservations/start", {"ReservationId": NOBODY}),
    ("reservations/cancel", {"ReservationIds": [NOBODY], "Notes": "x"}),
]


@pytest.mark.parametrize(
    ("operation", "body"),
    REFUSED,
    ids=[f"{n}-{o.split('/')[0]}" for n, (o, _) in enumerate(REFUSED)],
)
async def test_what_is_wrong_is_refused(
    shared: Platform, operation: str, body: dict[str, Any]
) -> None:
    answer = await door(shared)(operation, **body)

    assert answer.status_code == 400, answer.text
    assert answer.json()["RequestId"] == answer.headers["Request-Id"]


async def test_three_calendar_months_are_allowed(shared: Platform) -> None:
    window = between(datetime(2026, 8, 21, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))

    assert (await door(shared)(STAYS, **PAGE, UpdatedUtc=window)).status_code == 200


async def test_a_service_that_takes_no_reservations_is_unfit(shared: Platform) -> None:
    restaurant = shared.world.houses[0].services[2].id

    answer = await door(shared)(STAYS, **PAGE, ServiceIds=[restaurant])

    assert (answer.status_code, answer.json()["Message"]) == (400, "Invalid ServiceIds.")


@pytest.mark.parametrize(("manner", "status"), [("omit", 200), ("refuse", 400)])
async def test_unknown_ids_are_omitted_or_refused(manner: Any, status: int) -> None:
    platform = Platform(Options(now=NOW, reservations=20, unknown_ids=manner))
    known = platform.world.reservations.rows[0].id

    answer = await door(platform)(STAYS, **PAGE, **ALL, ReservationIds=[known, NOBODY])

    assert answer.status_code == status
    if status == 200:
        assert [row["Id"] for row in answer.json()["Reservations"]] == [known]


async def test_null_is_as_good_as_left_out(shared: Platform) -> None:
    answer = await door(shared)(STAYS, **PAGE, ReservationIds=None, UpdatedUtc=None, States=None)

    assert answer.status_code == 200


# --- D.4: filters and pages ----------------------------------------------------------------


async def test_intervals_are_half_open(shared: Platform) -> None:
    ask, row = door(shared), shared.world.reservations.rows[500]
    at, second = row.updated_utc, timedelta(seconds=1)

    async def seen(start: datetime, end: datetime) -> bool:
        answer = await ask(STAYS, **PAGE, **ALL, UpdatedUtc=between(start, end))
        return row.id in {one["Id"] for one in answer.json()["Reservations"]}

    assert await seen(at, at + second)
    assert not await seen(at - second, at)
    assert await seen(at, at), "equal ends are that very instant"


async def test_pages_go_from_the_newest_to_the_oldest_without_gaps(shared: Platform) -> None:
    ask = door(shared)
    rows = await everything(ask, STAYS, "Reservations", count=70, **ALL)

    assert len(rows) == len(shared.world.reservations)
    keys = [(row["CreatedUtc"], row["Id"]) for row in rows]
    assert keys == sorted(keys, reverse=True)


async def test_the_cursor_is_the_last_id_and_null_at_the_end(shared: Platform) -> None:
    ask = door(shared)
    page = (await ask(STAYS, **ALL, Limitation={"Count": 3})).json()
    end = (await ask(STAYS, **PAGE, ReservationIds=[NOBODY])).json()

    assert page["Cursor"] == page["Reservations"][-1]["Id"]
    assert end == {"Reservations": [], "Cursor": None}


@pytest.mark.parametrize(
    ("parameter", "field", "interval"),
    [
        ("ScheduledStartUtc", "scheduled_start_utc", True),
        ("ActualEndUtc", "actual_end_utc", True),
        ("CreatedUtc", "created_utc", True),
        ("AccountIds", "account_id", False),
        ("ReservationGroupIds", "group_id", False),
        ("Numbers", "number", False),
        ("AssignedResourceIds", "assigned_resource_id", False),
    ],
)
async def test_filters_find_what_a_full_scan_finds(
    shared: Platform, parameter: str, field: str, interval: bool
) -> None:
    rows = shared.world.reservations.rows
    start, end = NOW - timedelta(days=60), NOW
    value = getattr(rows[100], field)
    wanted = between(start, end) if interval else [value]
    expected = {
        row.id
        for row in rows
        if (found := getattr(row, field)) is not None
        and (start <= found < end if interval else found == value)
    }

    found = await everything(door(shared), STAYS, "Reservations", **ALL, **{parameter: wanted})

    assert expected
    assert {row["Id"] for row in found} == expected


async def test_colliding_reservations_touch_the_interval(shared: Platform) -> None:
    window = between(NOW, NOW + timedelta(hours=1))
    found = await everything(
        door(shared), STAYS, "Reservations", CollidingUtc=window, States=["Started"]
    )

    assert {row["Id"] for row in found} <= {
        row.id for row in shared.world.reservations if row.state == "Started"
    }
    assert found


async def test_without_a_filter_by_state_some_rows_are_hidden(shared: Platform) -> None:
    rows = await everything(door(shared), STAYS, "Reservations")
    lenient = Platform(Options(now=NOW, reservations=50, narrow_defaults=False))

    assert {row["State"] for row in rows} == {"Confirmed", "Started", "Processed"}
    assert len(await everything(door(lenient), STAYS, "Reservations")) == 50


async def test_customers_come_by_many_filters(shared: Platform) -> None:
    ask, chain = door(shared), {"ChainIds": [shared.world.chain], **EXTENT, **PAGE}
    guest = next(g for g in shared.world.customers if g.email and g.is_active and g.address_id)

    by_email = (await ask("customers/getAll", **chain, Emails=[guest.email])).json()
    embedded = (
        await ask(
            "customers/getAll",
            **{**chain, "Extent": {"Customers": True, "Addresses": True, "Documents": True}},
            CustomerIds=[guest.id],
        )
    ).json()
    gone = await everything(
        ask,
        "customers/getAll",
        "Customers",
        ChainIds=[shared.world.chain],
        Extent={"Customers": True},
        DeletedUtc=lately(),
        ActivityStates=["Deleted"],
    )
    nothing = (
        await ask("customers/getAll", **{**chain, "Extent": {}}, CustomerIds=[guest.id])
    ).json()

    assert by_email["Customers"][0]["Id"] == guest.id
    assert by_email["Customers"][0]["Address"] is None
    assert embedded["Customers"][0]["Address"]["Id"] == guest.address_id
    assert embedded["Documents"] == []
    assert gone
    assert not any(row["IsActive"] for row in gone)
    assert nothing["Customers"] == []


async def test_vouchers_come_with_their_codes(shared: Platform) -> None:
    house = shared.world.houses[0]
    code = house.codes[0]
    extent = {"Vouchers": True, "VoucherCodes": True, "VoucherAssignments": True}

    answer = (
        await door(shared)(
            "vouchers/getAll",
            **PAGE,
            Extent=extent,
            ServiceIds=[house.services[0].id],
            VoucherCodeValues=[code.value],
        )
    ).json()

    assert [row["Id"] for row in answer["Vouchers"]] == [code.voucher_id]
    assert code.id in {row["Id"] for row in answer["VoucherCodes"]}
    assert answer["VoucherAssignments"]
    assert answer["Rates"] is None


async def test_companionships_come_with_their_guests(shared: Platform) -> None:
    row = shared.world.companionships.rows[0]
    extent = {"Customers": True, "ReservationGroups": True}

    answer = (
        await door(shared)(
            "companionships/getAll", **PAGE, Extent=extent, ReservationIds=[row.reservation_id]
        )
    ).json()

    assert row.id in {one["Id"] for one in answer["Companionships"]}
    assert row.customer_id in {one["Id"] for one in answer["Customers"]}
    assert answer["ReservationGroups"][0]["Id"] == row.reservation_group_id


async def test_services_come_by_type(shared: Platform) -> None:
    rows = await everything(door(shared), "services/getAll", "Services", ServiceType="Additional")

    assert {row["Name"] for row in rows} == {"Restaurant"}


async def test_empty_answers_can_be_minimal(shared: Platform) -> None:
    ask, minimal = door(shared), {"Prefer": "return=minimal"}
    empty = await ask(STAYS, headers=minimal, **PAGE, ReservationIds=[NOBODY])
    full = await ask(STAYS, headers=minimal, **PAGE)

    assert (empty.status_code, empty.content) == (204, b"")
    assert "content-type" not in empty.headers
    assert "request-id" in empty.headers
    assert full.status_code == 200


# --- order items ---------------------------------------------------------------------------

BOOKED = {"AccountingStates": ["Open", "Closed", "Inactive", "Canceled"]}


async def items_of(platform: Platform, state: str, **body: Any) -> list[Any]:
    ids = [row.id for row in platform.world.reservations if row.state == state][:300]
    return await everything(
        door(platform), "orderItems/getAll", "OrderItems", ServiceOrderIds=ids, **BOOKED, **body
    )


@pytest.mark.parametrize(
    ("state", "accounting"),
    [
        ("Inquired", {"Inactive"}),
        ("Optional", {"Inactive"}),
        ("Confirmed", {"Open"}),
        ("Started", {"Open"}),
        ("Processed", {"Open", "Closed"}),
        ("Canceled", {"Canceled"}),
    ],
)
async def test_items_are_in_the_state_their_reservation_implies(
    shared: Platform, state: str, accounting: set[str]
) -> None:
    items = await items_of(shared, state)
    ordinary = [
        item
        for item in items
        if item["Amount"]["GrossValue"] and item["Type"] not in {"CancellationFee", "CustomItem"}
    ]

    assert {item["AccountingState"] for item in ordinary} == accounting
    for item in ordinary:
        assert item["Options"]["CanceledWithReservation"] == (state == "Canceled")
        assert (item["CanceledUtc"] is not None) == (state == "Canceled")
        assert (item["ClosedUtc"] is not None) == (item["AccountingState"] == "Closed")


async def test_items_are_of_many_types_and_two_currencies(shared: Platform) -> None:
    items = await items_of(shared, "Processed") + await items_of(shared, "Canceled")
    types = {item["Type"] for item in items}

    assert {"SpaceOrder", "ProductOrder", "CityTax", "NightRebate", "Deposit"} <= types
    assert "CancellationFee" in types
    assert all(i["Amount"]["GrossValue"] < 0 for i in items if i["Type"] == "NightRebate")
    assert any(not item["Amount"]["GrossValue"] for item in items), "a complimentary stay"
    by_stay: dict[str, set[str]] = {}
    for item in items:
        by_stay.setdefault(item["ServiceOrderId"], set()).add(item["Amount"]["Currency"])
    assert any(len(currencies) == 2 for currencies in by_stay.values())


async def test_items_can_be_converted(shared: Platform) -> None:
    items = await items_of(shared, "Processed", Currency="EUR")

    assert {item["Amount"]["Currency"] for item in items} == {"EUR"}
    assert {item["OriginalAmount"]["Currency"] for item in items} > {"EUR"}
    for item in items:
        money = item["Amount"]
        taxes = sum(tax["Value"] for tax in money["TaxValues"])
        assert money["GrossValue"] == pytest.approx(money["NetValue"] + taxes)


@pytest.mark.parametrize(
    "column", ["CreatedUtc", "UpdatedUtc", "ConsumedUtc", "CanceledUtc", "ClosedUtc"]
)
async def test_items_by_time_are_those_of_a_full_scan(shared: Platform, column: str) -> None:
    start, end = NOW - timedelta(days=20), NOW
    name = {"CreatedUtc": "created_utc", "UpdatedUtc": "updated_utc"}.get(
        column, column.replace("Utc", "_utc").lower()
    )
    expected = {
        item.id
        for number in range(len(shared.world.reservations))
        for item in shared.world.ledger.items(number)
        if (when := getattr(item, name)) is not None and start <= when < end
    }

    items = await everything(
        door(shared),
        "orderItems/getAll",
        "OrderItems",
        count=300,
        **BOOKED,
        **{column: between(start, end)},
    )

    assert expected
    assert {item["Id"] for item in items} == expected
    assert len(items) == len(expected)


async def test_items_come_by_their_own_and_their_bills_ids(shared: Platform) -> None:
    ask = door(shared)
    item = next(one for one in await items_of(shared, "Processed") if one["BillId"])

    by_id = await everything(
        ask, "orderItems/getAll", "OrderItems", OrderItemIds=[item["Id"], NOBODY], **BOOKED
    )
    by_bill = await everything(
        ask, "orderItems/getAll", "OrderItems", BillIds=[item["BillId"]], **BOOKED
    )

    assert [one["Id"] for one in by_id] == [item["Id"]]
    assert item["Id"] in {one["Id"] for one in by_bill}
    assert {one["BillId"] for one in by_bill} == {item["BillId"]}


# --- D.5: rate limits ----------------------------------------------------------------------


async def test_the_limit_slides_and_is_counted_for_each_token() -> None:
    seconds = [0.0]
    platform = Platform(
        Options(now=NOW, reservations=7, rate_limit=3), monotonic=lambda: seconds[0]
    )
    ask, other = door(platform), door(platform, platform.tokens.properties[0].value)
    statuses = []
    for at in (0.0, 10.0, 20.0, 21.0):
        seconds[0] = at
        answer = await ask("configuration/get")
        statuses.append(answer.status_code)

    assert statuses == [200, 200, 200, 429]
    assert answer.headers["Retry-After"] == "9"
    assert (await other("configuration/get")).status_code == 200
    seconds[0] = 30.0
    assert (await ask("configuration/get")).status_code == 200
    assert (await ask("configuration/get")).status_code == 429


async def test_retry_after_can_be_left_out() -> None:
    platform = Platform(
        Options(now=NOW, reservations=7, rate_limit=0, retry_after=False), monotonic=lambda: 0.0
    )
    answer = await door(platform)("configuration/get")

    assert answer.status_code == 429
    assert "retry-after" not in answer.headers


# --- D.6 and D.9: languages and properties -------------------------------------------------


async def test_languages_come_in_pairs(shared: Platform) -> None:
    answer = await door(shared)("configuration/get", LanguageCode="en", CultureCode="en-GB")

    assert answer.status_code == 200


async def test_the_chains_token_belongs_to_a_dummy(shared: Platform) -> None:
    ask, house = door(shared), shared.world.houses[1]
    dummy = (await ask("configuration/get")).json()["Enterprise"]
    real = (await ask("configuration/get", EnterpriseId=house.enterprise.id)).json()["Enterprise"]
    enterprises = await everything(ask, "enterprises/getAll", "Enterprises")

    assert dummy["IsPortfolio"] is True
    assert (real["IsPortfolio"], real["Id"]) == (False, house.enterprise.id)
    assert {row["Id"] for row in enterprises} == {h.enterprise.id for h in shared.world.houses}
    assert dummy["Id"] not in {row["Id"] for row in enterprises}


async def test_the_chains_token_sees_everything_and_can_look_at_one_property(
    shared: Platform,
) -> None:
    ask, house = door(shared), shared.world.houses[0]
    everywhere = await everything(ask, STAYS, "Reservations", **ALL)
    here = await everything(ask, STAYS, "Reservations", **ALL, EnterpriseIds=[house.enterprise.id])
    services = {service.id for service in house.services}

    assert 0 < len(here) < len(everywhere)
    assert {row["ServiceId"] for row in here} <= services
    assert "EnterpriseId" not in here[0]


async def test_a_property_never_sees_ids_of_another(shared: Platform) -> None:
    world = shared.world
    ask = door(shared, shared.tokens.properties[0].value)
    mine, theirs = world.houses
    foreign = {
        theirs.enterprise.id,
        *theirs.rates,
        *theirs.rooms,
        *theirs.staff,
        *(service.id for service in theirs.services),
        *(voucher.id for voucher in theirs.vouchers),
    }
    tables: list[Table[Any]] = [
        world.reservations,
        world.groups,
        world.companionships,
        world.customers,
    ]
    for table in tables:
        foreign.update(
            row.id
            for row, mask in zip(table.rows, table.masks, strict=True)
            if not mask & mine.mask
        )
    stays = await everything(ask, STAYS, "Reservations", **ALL)
    answers: list[Any] = [stays, (await ask("configuration/get")).json()]
    ids = [row["Id"] for row in stays]
    for operation, key, body in (
        ("enterprises/getAll", "Enterprises", {}),
        ("services/getAll", "Services", {}),
        ("ageCategories/getAll", "AgeCategories", {}),
        ("companies/getAll", "Companies", {}),
        ("vouchers/getAll", "Vouchers", {"ServiceIds": [mine.services[0].id], "Extent": {"Vouchers": True}}),
        ("reservationGroups/getAll", "ReservationGroups", {"UpdatedUtc": lately()}),
        ("addresses/getAll", "Addresses", {"UpdatedUtc": lately()}),
        ("customers/getAll", "Customers", {"UpdatedUtc": lately(), "Extent": {"Customers": True}, "ActivityStates": ["Active", "Deleted"]}),
        ("companionships/getAll", "Companionships", {"ReservationIds": ids[:1000], "Extent": {}}),
        ("orderItems/getAll", "OrderItems", {"UpdatedUtc": lately(), **BOOKED}),
    ):  # fmt: skip
        answers.append(await everything(ask, operation, key, **body))
    text = msgspec.json.encode(answers).decode()

    assert len(foreign) > 1000
    assert not [one for one in foreign if one in text]


async def test_a_property_cannot_ask_for_rows_of_another(shared: Platform) -> None:
    ask = door(shared, shared.tokens.properties[0].value)
    theirs = shared.world.houses[1]
    row = next(r for r in shared.world.reservations if r.service_id == theirs.services[0].id)

    stays = await ask(STAYS, **PAGE, **ALL, ReservationIds=[row.id])
    items = await ask("orderItems/getAll", **PAGE, **BOOKED, ServiceOrderIds=[row.id])
    services = await ask(STAYS, **PAGE, ServiceIds=[theirs.services[0].id])
    enterprises = await ask(STAYS, **PAGE, EnterpriseIds=[theirs.enterprise.id])
    configuration = await ask("configuration/get", EnterpriseId=theirs.enterprise.id)
    start = await ask("reservations/start", ReservationId=row.id)

    assert stays.json()["Reservations"] == []
    assert items.json()["OrderItems"] == []
    assert services.status_code == 400
    assert enterprises.json()["Reservations"] == []
    assert configuration.status_code == 400
    assert start.status_code == 400


# --- D.7: moves ----------------------------------------------------------------------------


def one(platform: Platform, state: str) -> str:
    return next(row.id for row in platform.world.reservations if row.state == state)


async def stay(platform: Platform, identity: str) -> Any:
    answer = await door(platform)(STAYS, **PAGE, **ALL, ReservationIds=[identity])
    return answer.json()["Reservations"][0]


async def states(platform: Platform, identity: str) -> set[str]:
    items = await everything(
        door(platform), "orderItems/getAll", "OrderItems", ServiceOrderIds=[identity], **BOOKED
    )
    return {i["AccountingState"] for i in items if i["Amount"]["GrossValue"]}


async def test_a_reservation_goes_through_its_life(fresh: Platform) -> None:
    ask, identity = door(fresh), one(fresh, "Inquired")
    times = []
    for operation, body in (
        ("confirm", {"ReservationIds": [identity]}),
        ("start", {"ReservationId": identity}),
        ("process", {"ReservationId": identity}),
    ):
        fresh.advance(timedelta(hours=1))
        answer = await ask(f"reservations/{operation}", **body)
        assert answer.status_code == 200, answer.text
        row = await stay(fresh, identity)
        times.append(row["UpdatedUtc"])

    assert row["State"] == "Processed"
    assert [row["ActualStartUtc"], row["ActualEndUtc"]] == times[1:]
    assert [action.kind for action in fresh.journal] == [
        "reservation.confirmed",
        "reservation.started",
        "reservation.processed",
    ]


async def test_items_open_on_confirmation_and_are_found_as_updated(fresh: Platform) -> None:
    ask, identity = door(fresh), one(fresh, "Optional")
    assert await states(fresh, identity) <= {"Inactive", "Canceled"}
    fresh.advance(timedelta(days=1))

    await ask("reservations/confirm", ReservationIds=[identity])
    window = between(NOW + timedelta(hours=1), NOW + timedelta(days=2))
    items = await everything(ask, "orderItems/getAll", "OrderItems", UpdatedUtc=window)

    assert "Open" in await states(fresh, identity)
    assert {item["ServiceOrderId"] for item in items} == {identity}


async def test_a_cancellation_takes_its_items_along_and_can_be_restored(fresh: Platform) -> None:
    ask, identity = door(fresh), one(fresh, "Confirmed")
    fresh.advance(timedelta(minutes=5))
    cancelled = await ask(
        "reservations/cancel", ReservationIds=[identity], Notes="", PostCancellationFee=True
    )
    items = await everything(
        ask, "orderItems/getAll", "OrderItems", ServiceOrderIds=[identity], **BOOKED
    )
    row = await stay(fresh, identity)

    assert cancelled.json() == {"ReservationIds": [identity]}
    assert (row["State"], row["CancelledUtc"]) == ("Canceled", row["UpdatedUtc"])
    assert {i["Type"] for i in items if i["AccountingState"] == "Open"} == {"CancellationFee"}
    lost = [item for item in items if item["Options"]["CanceledWithReservation"]]
    assert {item["CanceledUtc"] for item in lost} == {row["UpdatedUtc"]}

    fresh.restore(identity)
    row = await stay(fresh, identity)

    assert (row["State"], row["CancelledUtc"]) == ("Confirmed", None)
    assert "Open" in await states(fresh, identity)


async def test_restoring_can_leave_the_time_of_the_cancellation() -> None:
    platform = Platform(Options(now=NOW, reservations=50, keep_cancelled=True))
    identity = one(platform, "Canceled")
    platform.restore(identity)

    assert (await stay(platform, identity))["CancelledUtc"] is not None


@pytest.mark.parametrize(
    ("operation", "state"),
    [
        ("confirm", "Processed"),
        ("start", "Started"),
        ("process", "Confirmed"),
        ("cancel", "Started"),
    ],
)
async def test_a_move_from_the_wrong_state_is_forbidden(
    fresh: Platform, operation: str, state: str
) -> None:
    identity = one(fresh, state)
    answer = await door(fresh)(
        f"reservations/{operation}", ReservationId=identity, ReservationIds=[identity], Notes="x"
    )

    assert answer.status_code == 403
    assert not len(fresh.journal)


async def test_of_several_moves_either_all_happen_or_none(fresh: Platform) -> None:
    good, bad = one(fresh, "Optional"), one(fresh, "Started")
    answer = await door(fresh)("reservations/confirm", ReservationIds=[good, bad])

    assert answer.status_code == 403
    assert (await stay(fresh, good))["State"] == "Optional"


async def test_check_in_can_be_answered_minimally(fresh: Platform) -> None:
    answer = await door(fresh)(
        "reservations/start",
        headers={"Prefer": "return=minimal"},
        ReservationId=one(fresh, "Confirmed"),
    )

    assert answer.status_code == 204


def test_what_is_not_cancelled_cannot_be_restored(fresh: Platform) -> None:
    with pytest.raises(Refusal):
        fresh.restore(one(fresh, "Started"))
    with pytest.raises(Refusal):
        fresh.restore(NOBODY)


async def test_play_changes_the_world_and_writes_it_down(fresh: Platform) -> None:
    before = fresh.now
    fresh.play(400)
    kinds = {action.kind for action in fresh.journal}
    window = between(before, fresh.now + timedelta(seconds=1))
    seen = await everything(door(fresh), STAYS, "Reservations", **ALL, UpdatedUtc=window)
    told = {a.id for a in fresh.journal if a.kind.startswith("reservation.")}

    assert fresh.now > before
    assert {row["Id"] for row in seen} == told
    assert kinds >= {
        "reservation.created",
        "reservation.confirmed",
        "reservation.started",
        "reservation.processed",
        "reservation.cancelled",
        "customer.created",
        "customer.updated",
        "address.updated",
    }


async def test_after_play_every_filter_still_finds_what_a_full_scan_finds(fresh: Platform) -> None:
    ask = door(fresh)
    # Asked before, so that the indexes exist and have to be kept.
    for _ in range(2):
        for state, column in (("Started", "ActualStartUtc"), ("Canceled", "UpdatedUtc")):
            window = between(fresh.now - timedelta(days=60), fresh.now + timedelta(seconds=1))
            found = await everything(ask, STAYS, "Reservations", States=[state], **{column: window})
            name = {"ActualStartUtc": "actual_start_utc", "UpdatedUtc": "updated_utc"}[column]
            since = fresh.now - timedelta(days=60)
            expected = {
                row.id
                for row in fresh.world.reservations
                if row.state == state and getattr(row, name) >= since
            }
            assert {row["Id"] for row in found} == expected
        fresh.play(300)


def test_play_is_the_same_for_the_same_seed() -> None:
    journals = []
    for _ in range(2):
        platform = Platform(Options(now=NOW, reservations=40))
        platform.play(60)
        journals.append(list(platform.journal))

    assert journals[0] == journals[1]


def test_the_journal_tells_whoever_listens(fresh: Platform) -> None:
    heard: list[str] = []
    fresh.journal.listeners.append(lambda action: heard.append(action.kind))
    fresh.play(5)

    assert heard == [action.kind for action in fresh.journal]


def test_the_clock_does_not_go_back(fresh: Platform) -> None:
    with pytest.raises(ValueError, match="go back"):
        fresh.advance(timedelta(seconds=-1))
