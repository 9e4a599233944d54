"""The emulated Zenoti: its world, its doors, its pages, its dates, its quota."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import httpx
import msgspec
import pytest

from frontdesk.sandbox import Sandbox
from frontdesk.serving import served
from frontdesk.settings import structure
from frontdesk_zenoti.sandbox import CANARY, PREFIX, Options, Platform, create
from frontdesk_zenoti.sandbox.names import NEVER, NOBODY, PLACES

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def shared() -> Platform:
    """A world that no test of this module changes."""
    return Platform(Options(now=NOW, groups=900, centers=7, rate_window=0))


def fresh(**options: Any) -> Platform:
    """A small world to change."""
    return Platform(Options(**{"now": NOW, "groups": 150, "rate_window": 0, **options}))


def door(platform: Platform, authorization: str | None = None) -> Ask:
    """Call endpoints with the platform's key, or another header."""
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(platform.app), base_url="http://zenoti.test"
    )
    header = f"apikey {platform.keys.current}" if authorization is None else authorization

    async def ask(path: str, *, json: Any = None, **query: Any) -> httpx.Response:
        method = "GET" if json is None else "POST"
        return await client.request(
            method, PREFIX + path, params=query, json=json, headers={"Authorization": header}
        )

    return ask


async def everything(ask: Ask, path: str, key: str, **query: Any) -> list[Any]:
    """Read pages until one is not full, as a client has to."""
    rows: list[Any] = []
    body = query.pop("json", None)
    for page in range(1, 200):
        answer = (await ask(path, json=body, page=page, size=100, **query)).json()
        rows += answer[key]
        if len(answer[key]) < 100:
            return rows
    raise AssertionError("the pages do not end")


async def a_year(ask: Ask, center: str, **query: Any) -> list[Any]:
    rows: list[Any] = []
    day = NOW.date() - timedelta(days=385)
    while day < NOW.date() + timedelta(days=60):
        end = day + timedelta(days=7)
        window = {"start_date": str(day), "end_date": str(end), "center_id": center}
        rows += (await ask("appointments", **window, **query)).json()
        day = end
    return rows


# --- the world -------------------------------------------------------------------------------


def frozen(platform: Platform) -> bytes:
    world = platform.world
    rows = [world.guests.rows, world.groups.rows, world.invoices.rows, world.cards.rows]
    return msgspec.json.encode([rows, world.memberships.rows, world.packages.rows])


def test_same_options_make_the_same_world_and_the_same_play() -> None:
    one, two = (fresh() for _ in range(2))
    for platform in (one, two):
        platform.play(60)

    assert frozen(one) == frozen(two)
    assert list(one.journal) == list(two.journal)
    assert one.keys.current == two.keys.current
    other = fresh(seed=8)
    assert not set(one.world.groups.numbers) & set(other.world.groups.numbers)


def test_thirty_centers_and_a_year_are_made_in_seconds() -> None:
    began = time.monotonic()
    platform = fresh(groups=40_000, centers=30)

    assert time.monotonic() - began < 15
    assert len(platform.world.groups) == 40_000
    assert len(platform.world.guests) == 20_000


async def test_a_big_world_answers_pages_without_looking_through_it() -> None:
    ask = door(platform := fresh(groups=20_000, centers=30))
    centers = [center.id for center in platform.world.centers]
    window = {"start_date": "2026-05-01", "end_date": "2026-05-08", "include_no_show_cancel": "1"}
    began = time.monotonic()
    for center in centers * 4:
        await ask("guests", center_id=center, size=100, page=2)
        await ask("appointments", center_id=center, **window)

    assert time.monotonic() - began < 5


def test_everything_is_linked_and_of_the_past(shared: Platform) -> None:
    world = shared.world
    now = int(NOW.timestamp())
    for group in world.groups:
        invoice = world.invoices.rows[group.invoice]
        assert world.groups.rows[invoice.group or 0] is group
        assert invoice.guest == group.guest
        assert group.created <= group.updated <= now
        items = {item.id for item in invoice.items}
        assert {visit.item_id for visit in group.visits} <= items
        assert (invoice.closed is not None) == (group.status == 1)
    for held in world.memberships:
        assert world.invoices.rows[held.invoice].items[0].type == 3
        assert held.sold <= held.updated <= now
    for card in world.cards:
        assert world.invoices.rows[card.invoice].items[0].id == card.item_id
    assert {group.status for group in world.groups} == {-2, -1, 0, 1, 2, 4}
    assert {held.status for held in world.memberships} == {-1, 1, 3, 4, 5, 6, 7, 8, 9}


def test_guests_are_of_all_kinds(shared: Platform) -> None:
    guests = shared.world.guests.rows
    mails = Counter(guest.email for guest in guests)

    assert any(guest.virtual for guest in guests)
    assert any(guest.merged_into for guest in guests)
    assert any(guest.deleted and not guest.merged_into for guest in guests)
    assert any(not guest.email and not guest.phone and not guest.virtual for guest in guests)
    assert max(n for mail, n in mails.items() if mail) > 1
    assert any("<" in guest.first for guest in guests)


# --- who may come in -------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["", "apikey nonsense", "Basic x", "apikey", "apikey  x"])
async def test_strangers_are_refused(shared: Platform, header: str) -> None:
    answer = await door(shared, header)("centers")

    assert answer.status_code == 401
    assert answer.json()["Message"] == "Authorization has been denied for this request."


async def test_two_keys_are_good_during_a_rotation_and_one_after() -> None:
    """Seen to fail when the old key lives on."""
    platform = fresh()
    old = door(platform)
    platform.rotate()
    new = door(platform)

    assert [(await ask("centers")).status_code for ask in (old, new)] == [200, 200]
    platform.advance(timedelta(days=7))
    assert [(await ask("centers")).status_code for ask in (old, new)] == [401, 200]
    platform.advance(timedelta(days=360))
    assert (await new("centers")).status_code == 401


async def test_a_rotation_can_be_under_way_from_the_start() -> None:
    platform = fresh(rotated=True)

    assert platform.keys.previous
    assert (await door(platform, f"apikey {platform.keys.previous}")("centers")).is_success


@pytest.mark.parametrize("nested", [True, False])
async def test_a_bearer_token_is_given_and_expires(nested: bool) -> None:
    platform = fresh(login_answer="credentials" if nested else "flat", token_hours=1)
    given = (await door(platform, "")("tokens", json=platform.keys.asked())).json()
    token = (given["credentials"] if nested else given)["access_token"]
    ask = door(platform, f"bearer {token}")

    assert (await ask("centers")).is_success
    platform.advance(timedelta(hours=1))
    assert (await ask("centers")).status_code == 401
    wrong = {**platform.keys.asked(), "password": "x"}
    assert (await door(platform, "")("tokens", json=wrong)).status_code == 401
    assert (await door(platform, "")("tokens", json={})).status_code == 400


async def test_what_is_handed_out_opens_the_door_over_real_http() -> None:
    made = create(Options(groups=20))
    assert isinstance(made, Sandbox)
    with served(made.app) as address:
        headers = {"Authorization": f"apikey {made.settings['api_key']}"}
        async with httpx.AsyncClient(headers=headers) as client:
            answer = await client.get(f"{address}{made.path}Centers")

    assert answer.is_success
    assert set(made.settings) == {"api_key", "webhook_secret"}
    assert "3 centers" in made.title


# --- paths and pages -------------------------------------------------------------------------


async def test_paths_do_not_mind_capital_letters(shared: Platform) -> None:
    center = shared.world.centers[0].id
    ask = door(shared)
    answers = [await ask(path) for path in (f"Centers/{center.upper()}", f"CENTERS/{center}/")]

    assert [answer.json()["id"] for answer in answers] == [center, center]
    assert (await ask("nothing/here")).status_code == 404


async def test_pages_have_ten_rows_and_at_most_a_hundred(shared: Platform) -> None:
    ask, center = door(shared), shared.world.centers[0].id
    first = (await ask("guests", center_id=center)).json()
    refused = await ask("guests", center_id=center, size=101)

    assert len(first["guests"]) == 10
    assert first["page_Info"]["page"] == 1
    assert first["page_Info"]["size"] == 10
    assert "page_info" not in first
    assert refused.status_code == 422
    assert refused.json() == {"code": 422, "message": "You cannot request more than 100 items."}
    assert "page_info" in (await ask("centers")).json()


async def test_pages_end_and_show_each_guest_once(shared: Platform) -> None:
    ask = door(shared)
    alive = {guest.id for guest in shared.world.guests if not guest.deleted}
    found: list[str] = []
    for center in shared.world.centers:
        rows = await everything(ask, "guests", "guests", center_id=center.id)
        assert all(row["center_id"] == center.id for row in rows)
        found += [row["id"] for row in rows]

    assert sorted(found) == sorted(alive)


async def test_guests_who_changed_since_a_day_are_found() -> None:
    platform = fresh()
    center = platform.world.centers[0]
    ask = door(platform)
    platform.advance(timedelta(days=5))
    guest = platform.moves.create_guest()
    day = str(platform.now.astimezone(center.zone).date())
    lately = (await ask("guests", center_id=center.id, last_updated=day)).json()["guests"]
    later = str(platform.now.date() + timedelta(days=2))

    assert [row["id"] for row in lately] == [guest]
    assert not (await ask("guests", center_id=center.id, last_updated=later)).json()["guests"]
    assert (await ask("guests", center_id=center.id, last_updated="soon")).status_code == 400


@pytest.mark.parametrize(
    ("form", "good"), [("date", "2026-05-01"), ("datetime", "2026-05-01T00:00")]
)
async def test_only_one_form_of_last_updated_may_be_read(form: Any, good: str) -> None:
    platform = fresh(last_updated=form)
    ask, center = door(platform), platform.world.centers[0].id
    other = "2026-05-01T00:00" if form == "date" else "2026-05-01"

    assert (await ask("guests", center_id=center, last_updated=good)).is_success
    assert (await ask("guests", center_id=center, last_updated=other)).status_code == 400


async def test_a_search_needs_a_center_unless_told_otherwise(shared: Platform) -> None:
    guest = next(g for g in shared.world.guests if g.email and not g.deleted)
    home = shared.world.centers[guest.center].id
    found = await door(shared)("guests/search", center_id=home, email=guest.email.upper())

    assert guest.id in [row["id"] for row in found.json()["guests"]]
    assert (await door(shared)("guests/search", email=guest.email)).status_code == 502
    across = fresh(search_across=True)
    mail = next(g.email for g in across.world.guests if g.email and not g.deleted)
    assert (await door(across)("guests/search", email=mail)).json()["guests"]


async def test_packages_have_pages_of_their_own_kind() -> None:
    platform = fresh(first_page=0, packages_key="guest_packages")
    guest = platform.world.guests.rows[0].id
    for _ in range(3):
        platform.moves.create_package(guest)
    ask = door(platform)
    first = (await ask(f"guests/{guest}/Packages", page_size=2)).json()
    second = (await ask(f"guests/{guest}/packages", page_size=2, page_num=1)).json()

    ids = [row["user_package_id"] for row in first["guest_packages"] + second["guest_packages"]]
    assert len(set(ids)) == len(ids) >= 3
    assert first["page_info"]["page"] == 0


# --- appointments ----------------------------------------------------------------------------


async def test_a_year_of_appointments_is_read_in_windows_of_seven_days(shared: Platform) -> None:
    ask = door(shared)
    rows = [
        row
        for c in shared.world.centers
        for row in await a_year(ask, c.id, include_no_show_cancel="true")
    ]
    visits = [row["appointment_id"] for row in rows if row["service"]]

    assert Counter(visits) == Counter(v.id for g in shared.world.groups for v in g.visits)


async def test_more_than_seven_days_are_refused_and_the_last_is_excluded() -> None:
    """Seen to fail when the end belongs to the window."""
    platform = fresh()
    center = platform.world.centers[0]
    guest = next(g.id for g in platform.world.guests if not g.center and not g.deleted)
    for day in (7, 8):
        noon = datetime(2026, 5, day, 12, tzinfo=center.zone)
        platform.moves.book(guest, start=int(noon.timestamp()), services=1)
    ask = door(platform)
    window = {"center_id": center.id, "start_date": "2026-05-01", "include_no_show_cancel": "true"}
    refused = await ask("appointments", **window, end_date="2026-05-09")

    assert refused.status_code == 400
    assert set(refused.json()["error"]) == {"code", "message"}
    assert (await ask("appointments", **window, end_date="2026-05-01")).json() == []
    week = (await ask("appointments", **window, end_date="2026-05-08")).json()
    assert isinstance(week, list)
    assert max(row["start_time"] for row in week) == "2026-05-07T12:00:00"


async def test_whoever_did_not_come_is_hidden_unless_asked_for(shared: Platform) -> None:
    ask, center = door(shared), shared.world.centers[1].id
    shown = {row["status"] for row in await a_year(ask, center)}
    all_ = {row["status"] for row in await a_year(ask, center, include_no_show_cancel="true")}

    assert not {-1, -2} & shown
    assert all_ - shown == {-1, -2}


async def test_times_are_the_centers_and_twice_told(shared: Platform) -> None:
    zones = set()
    for center in shared.world.centers:
        zone = ZoneInfo(PLACES[center.place][2])
        for row in await a_year(door(shared), center.id, include_no_show_cancel="true"):
            for name in ("start_time", "end_time", "creation_date"):
                wall = datetime.fromisoformat(row[name]).replace(tzinfo=zone)
                utc = datetime.fromisoformat(row[f"{name}_utc"]).replace(tzinfo=UTC)
                assert wall.astimezone(UTC) == utc
                zones.add((center.code, wall.utcoffset()))

    # More offsets than centers: summer time was crossed.
    assert len(zones) > len(shared.world.centers)


async def test_blockouts_and_marks_of_nothing_are_among_the_rows(shared: Platform) -> None:
    rows = await a_year(door(shared), shared.world.centers[0].id, include_no_show_cancel="true")
    blocks = [row for row in rows if row["status"] == 10]

    assert blocks
    assert all(row["guest"] is row["service"] is row["invoice_id"] is None for row in blocks)
    assert all(row["blockout"] for row in blocks)
    assert {row["package_id"] for row in rows} == {NOBODY}
    assert {row["selected_time"] for row in rows} == {NEVER}


async def test_some_rows_belong_to_no_group(shared: Platform) -> None:
    rows = [
        row
        for center in shared.world.centers
        for row in await a_year(door(shared), center.id, include_no_show_cancel="true")
    ]

    assert {row["appointment_group_id"] for row in rows if row["service"]} > {None, NOBODY}


async def test_totals_may_be_wrong() -> None:
    platform = fresh(totals="wrong")
    ask, center = door(platform), platform.world.centers[0].id
    answer = (await ask("guests", center_id=center, size=100)).json()

    assert answer["page_Info"]["total"] < len(answer["guests"])


@pytest.mark.parametrize("form", ["object", "array"])
async def test_one_appointment_is_an_object_or_a_list(form: Any) -> None:
    platform = fresh(appointment_answer=form)
    visit = platform.world.groups.rows[0].visits[0].id
    answer = (await door(platform)(f"appointments/{visit}")).json()

    assert (answer[0] if form == "array" else answer)["appointment_id"] == visit


async def test_a_guests_groups_are_listed(shared: Platform) -> None:
    group = next(g for g in shared.world.groups if len(g.visits) > 1)
    guest = shared.world.guests.rows[group.guest].id
    rows = await everything(door(shared), f"guests/{guest}/appointments", "appointments")
    (row,) = [row for row in rows if row["appointment_group_id"] == group.id]

    assert [s["appointment_id"] for s in row["appointment_services"]] == [
        v.id for v in group.visits
    ]


# --- invoices and reports --------------------------------------------------------------------


async def test_parts_of_an_invoice_come_only_when_asked_for(shared: Platform) -> None:
    number = next(
        n for n, i in enumerate(shared.world.invoices) if i.closed and i.group is not None
    )
    invoice, ask = shared.world.invoices.rows[number], door(shared)
    bare = (await ask(f"invoices/{invoice.id}")).json()
    some = (await ask(f"invoices/{invoice.id}", expand=["invoiceitems", "Transactions"])).json()

    assert bare["error"] is None
    assert not {"invoice_items", "appointments", "transactions"} & set(bare["invoice"])
    assert {"invoice_items", "transactions"} <= set(some["invoice"])
    assert "appointments" not in some["invoice"]
    total = some["invoice"]["total_price"]["sum_total"]
    assert sum(i["price"]["final"] for i in some["invoice"]["invoice_items"]) == pytest.approx(
        total
    )
    assert some["invoice"]["transactions"][0]["amount_paid"] == total


async def test_the_sales_report_says_what_invoices_say(shared: Platform) -> None:
    """Both dates belong to the report. Seen to fail when the last one does not."""
    ask, world = door(shared), shared.world
    body = {
        "center_ids": [center.id for center in world.centers],
        "start_date": "2026-03-01 00:00:00",
        "end_date": "2026-03-31 23:59:59",
    }
    rows = await everything(ask, "reports/sales/accrual_basis/flat_file", "sales", json=body)
    days = {date.fromisoformat(row["sale_date"][:10]) for row in rows}

    assert min(days) >= date(2026, 3, 1)
    assert max(days) == date(2026, 3, 31)
    closed = {row["invoice_id"] for row in rows if row["status"] == "Closed"}
    for identity in list(closed)[:20]:
        invoice = (await ask(f"invoices/{identity}")).json()["invoice"]
        collected = sum(row["collected"] for row in rows if row["invoice_id"] == identity)
        assert collected == pytest.approx(invoice["total_price"]["sum_total"])
    types = {row["item_type"] for row in rows}
    assert {"Service", "Product", "Membership", "Package", "Gift card"} <= types


@pytest.mark.parametrize("name", ["appointments", "memberships"])
async def test_other_reports_have_pages_as_well(shared: Platform, name: str) -> None:
    centers = [center.id for center in shared.world.centers]
    body = {
        "center_ids": centers, "centers": centers,
        "start_date": "2026-01-01", "end_date": "2026-05-31",
    }  # fmt: skip
    rows = await everything(door(shared), f"reports/{name}/flat_file", name, json=body)

    assert rows
    missing = await door(shared)(f"reports/{name}/flat_file", json={})
    assert missing.status_code == 400


async def test_a_report_may_have_a_longest_span() -> None:
    platform = fresh(report_days=31)
    body = {"center_ids": [platform.world.centers[0].id], "start_date": "2026-01-01"}
    ask = door(platform)
    path = "reports/sales/accrual_basis/flat_file"

    assert (await ask(path, json={**body, "end_date": "2026-01-31"})).is_success
    assert (await ask(path, json={**body, "end_date": "2026-02-28"})).status_code == 400


async def test_members_are_listed_and_found_by_change() -> None:
    platform = fresh()
    center, ask = platform.world.centers[0], door(platform)
    platform.advance(timedelta(days=4))
    guest = next(g for g in platform.world.guests if not g.center and not g.deleted)
    member = platform.moves.activate_membership(guest.id)
    platform.moves.freeze(member)
    day = str(platform.now.date() - timedelta(days=1))
    rows = (await ask(f"centers/{center.id}/members", last_updated_date=day)).json()["members"]
    log = await ask("guests/memberships/change_log", center_id=center.id, guest_id=guest.id)

    assert [row["id"] for row in rows] == [member]
    assert rows[0]["status"] == "Frozen"
    assert rows[0]["freeze_date"]
    assert log.json()["change_log"][-1]["current_status"] == 3
    frozen_ = await everything(ask, f"centers/{center.id}/members", "members", status="Frozen")
    assert member in [row["id"] for row in frozen_]


async def test_reference_data_is_there(shared: Platform) -> None:
    ask, center = door(shared), shared.world.centers[0].id
    services = (await ask(f"centers/{center}/services", size=100)).json()["services"]
    whole = (await ask(f"centers/{center}/services", expand="additional_info")).json()["services"]
    category = whole[0]["additional_info"]["category"]["id"]

    assert "additional_info" not in services[0]
    assert (await ask(f"centers/{center}/services/{services[0]['id']}")).is_success
    assert (await ask(f"centers/{center}/categories/{category}")).json()["id"] == category
    assert (await ask(f"centers/{center}/therapists")).json()["therapists"]
    assert (await ask(f"centers/{center}/employees")).json()["employees"]
    countries = (await ask("countries")).json()["countries"]
    assert (await ask(f"countries/{countries[0]['id']}/states")).json()["states"]
    assert "working_hours" in (await ask("centers", expand="working_hours")).json()["centers"][0]


async def test_what_must_be_discarded_is_marked(shared: Platform) -> None:
    ask = door(shared)
    paths = [
        f"guests/{shared.world.guests.rows[5].id}",
        f"centers/{shared.world.centers[0].id}/employees",
        f"guests/{shared.world.guests.rows[shared.world.cards.rows[0].guest].id}/gift_cards",
        f"invoices/{shared.world.invoices.rows[0].id}",
    ]
    for path in paths:
        assert CANARY in (await ask(path)).text.upper()


async def test_scripts_can_do_things_over_rest() -> None:
    platform = fresh()
    world, moves = platform.world, platform.moves
    headers = {"Authorization": f"apikey {platform.keys.current}"}
    transport = httpx.ASGITransport(platform.app)
    group = world.groups.rows[world.groups.numbers[moves.book(moves.create_guest())]]
    invoice = world.invoices.rows[group.invoice].id
    member = next(m for m in world.memberships if m.status == 1)
    mine = f"guests/{world.guests.rows[member.guest].id}/memberships/{member.id}"
    async with httpx.AsyncClient(
        transport=transport, base_url=f"http://zenoti.test{PREFIX}", headers=headers
    ) as client:
        paths = [
            f"invoices/{invoice}/confirm",
            f"invoices/{invoice}/confirm?undo_confirm=true",
            f"appointments/{group.id}/check_in",
            f"appointments/{group.id}/undo_check_in",
            f"invoices/{invoice}/cancel",
            f"appointments/{group.id}/no_show",
        ]
        seen = [((await client.put(path)).status_code, group.status) for path in paths]
        rest = [(await client.put(f"{mine}/{verb}freeze")).json() for verb in ("", "un", "un")]

    assert seen == [(200, 4), (200, 0), (200, 2), (200, 0), (200, -1), (400, -1)]
    assert [answer["error"] and answer["error"]["code"] for answer in rest] == [None, None, 4081]


# --- unconfirmed -----------------------------------------------------------------------------


@pytest.mark.parametrize(("rule", "status"), [("code", 502), ("400", 400), ("200", 200)])
async def test_codes_that_look_like_statuses_may_be_statuses(rule: Any, status: int) -> None:
    answer = await door(fresh(business_status=rule))("guests", center_id="nowhere")

    assert answer.status_code == status
    assert answer.json() == {"error": {"code": 502, "message": "invalid center_id."}}


@pytest.mark.parametrize(
    ("shape", "keys"),
    [
        ("wrapped", {"error"}),
        ("flat", {"code", "message"}),
        ("pascal", {"StatusCode", "Message", "InternalMessage"}),
        ("prepaid", {"error"}),
    ],
)
async def test_errors_have_four_shapes(shape: Any, keys: set[str]) -> None:
    ask = door(fresh(error_shape=shape))
    answers = [await ask("guests", center_id="nowhere"), await ask("nothing")]

    assert [set(answer.json()) for answer in answers] == [keys, keys]


async def test_what_nobody_has_confirmed_can_be_otherwise() -> None:
    platform = fresh(
        center_wrapped=True, center_keys="address1", zone_names="iana", phone_code="never",
        cards_flat=True, members_key="rows", window_status=422,
    )  # fmt: skip
    ask, world = door(platform), platform.world
    center = (await ask(f"centers/{world.centers[0].id}")).json()["center"]
    guest = next(g for g in world.guests if g.phone and not g.deleted)
    phone = (await ask(f"guests/{guest.id}")).json()["personal_info"]["mobile_phone"]
    owner = world.guests.rows[world.cards.rows[0].guest].id
    cards = (await ask(f"guests/{owner}/gift_cards")).json()
    window = {"start_date": "2026-01-01", "end_date": "2026-02-01"}

    assert "address1" in center["address_info"]
    assert center["location"]["time_zone"]["name"] == "America/Los_Angeles"
    assert set(phone) == {"country_code", "number"}
    assert "invoice" in cards
    assert "invoice" not in cards["gift_cards"][0]
    assert "rows" in (await ask(f"centers/{world.centers[0].id}/members")).json()
    refused = await ask("appointments", center_id=world.centers[0].id, **window)
    assert refused.status_code == 422


async def test_phones_come_with_and_without_a_dialling_code(shared: Platform) -> None:
    rows = await everything(door(shared), "guests", "guests", center_id=shared.world.centers[0].id)
    phones = [row["personal_info"]["mobile_phone"] for row in rows]

    assert {frozenset(phone) for phone in phones if phone} == {
        frozenset({"country_code", "phone_code", "number"}),
        frozenset({"country_code", "number"}),
    }
    assert None in phones


def test_options_are_read_as_a_command_line_or_a_suite_gives_them() -> None:
    given = {"groups": 5, "now": "2026-06-01T12:00:00+00:00", "business_status": "400"}
    options = structure(Options, {**given, "webhook_center": 1, "rate_window": 0.0}, where="here")

    assert options == Options(
        groups=5, now=NOW, business_status="400", webhook_center=1, rate_window=0
    )
    assert "s3cret" not in repr(Options(webhook_secret="s3cret"))


def test_every_option_says_what_it_does() -> None:
    assert [f.name for f in attrs.fields(Options) if not f.metadata.get("help")] == []
    with pytest.raises(ValueError, match="aware"):
        Options(now=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="this machine"):
        Options(webhooks="http://example.com/")
    with pytest.raises(ValueError, match="there are 3 centers"):
        Platform(Options(webhook_center=3))


# --- the quota -------------------------------------------------------------------------------


@attrs.define
class Stopwatch:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


async def test_sixty_requests_a_minute_are_let_in_whatever_the_key() -> None:
    """Seen to fail when the bucket never fills again."""
    watch = Stopwatch()
    platform = Platform(Options(now=NOW, groups=20), monotonic=watch)
    old = door(platform)
    platform.rotate()
    new = door(platform)
    answers = [await (old if n % 2 else new)("centers") for n in range(61)]

    assert [answer.status_code for answer in answers] == [200] * 60 + [429]
    assert answers[0].headers["Organization-RateLimit-Limit"] == "60;w=60;b=60"
    assert answers[0].headers["RateLimit-Remaining"] == "59"
    assert answers[-1].headers["RateLimit-Reset"] == "60"
    assert answers[-1].headers["Retry-After"] == "1"
    watch.now = 2.0
    assert [(await old("centers")).status_code for _ in range(3)] == [200, 200, 429]
    assert platform.limiter.refused == 2
    assert platform.limiter.busiest(60) == 62
    watch.now = 62.0
    assert (await old("centers")).headers["RateLimit-Remaining"] == "59"


async def test_other_programs_use_the_same_bucket() -> None:
    watch = Stopwatch()
    platform = Platform(Options(now=NOW, groups=20, rate_others=30), monotonic=watch)
    ask = door(platform)
    platform.limiter.take(60)

    assert (await ask("centers")).status_code == 429
    watch.now = 10.0
    # Half of what becomes free is others'.
    answers = [(await ask("centers")).status_code for _ in range(6)]
    assert answers == [200] * 5 + [429]


async def test_a_429_may_not_say_when_to_come_back_and_a_demo_has_none() -> None:
    silent = Platform(
        Options(now=NOW, groups=20, rate_limit=1, retry_after=False, rate_headers="both")
    )
    ask = door(silent)
    first, second = [await ask("centers") for _ in range(2)]

    assert second.status_code == 429
    assert "Retry-After" not in second.headers
    assert "Api-RateLimit-Limit" in first.headers
    demo = door(Platform(Options(now=NOW, groups=20, demo=True, rate_limit=1)))
    assert [(await demo("centers")).status_code for _ in range(3)] == [200, 200, 200]
