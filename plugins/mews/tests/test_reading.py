"""Reading: windows, cursors, batches, joins, and what Mews may refuse or be too slow for."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
import respx

import frontdesk_mews as mews
from frontdesk.client import Client
from frontdesk.connection import connect
from frontdesk.errors import (
    AuthenticationError,
    ConfigurationError,
    RefusedError,
    UnavailableError,
    UnexpectedResponseError,
)
from frontdesk.model import Account, Page, Purpose, Query, Record, Site, Unreadable
from frontdesk.registry import adopt

URL = "https://mews.example/api/connector/v1/"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
HOUSE = Account("house", "Lake House", (Site("house", "Lake House", currency="CZK"),), clock=NOW)
CHAIN = Account(
    "chain",
    "Lakes",
    (Site("house", "Lake House", currency="CZK"), Site("inn", "Inn", currency="EUR")),
    clock=NOW,
)

#: Operation: the key of its rows, and its filters by id with the field they look at.
KEYS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "customers/getAll": ("Customers", {"CustomerIds": "Id", "ChainIds": "ChainId"}),
    "reservations/getAll/2023-06-06": ("Reservations", {"ReservationIds": "Id"}),
    "services/getAll": ("Services", {"ServiceIds": "Id"}),
    "ageCategories/getAll": ("AgeCategories", {"AgeCategoryIds": "Id"}),
    "companies/getAll": ("Companies", {"Ids": "Id"}),
    "vouchers/getAll": ("Vouchers", {"VoucherIds": "Id", "ServiceIds": "ServiceId"}),
    "reservationGroups/getAll": ("ReservationGroups", {"ReservationGroupIds": "Id"}),
    "addresses/getAll": ("Addresses", {"AccountIds": "AccountId"}),
    "orderItems/getAll": ("OrderItems", {"ServiceOrderIds": "ServiceOrderId"}),
    "companionships/getAll": ("Companionships", {"ReservationIds": "ReservationId"}),
    "enterprises/getAll": ("Enterprises", {"EnterpriseIds": "Id"}),
}


class Mews:
    """As much of Mews as reading it needs: filters, pages newest first, and its moods."""

    def __init__(self, rows: Mapping[str, Sequence[dict[str, Any]]]) -> None:
        self.rows = rows
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.denied: set[str] = set()
        self.refused: set[str] = set()
        self.slow: Callable[[dict[str, Any]], bool] = lambda _: False
        self.silent = False
        self.broken = 0
        self.configuration: dict[str, Any] = {
            "NowUtc": "2026-06-01T00:00:00Z",
            "Enterprise": {"Id": "house", "Name": "Lake House"},
        }
        router = respx.MockRouter(base_url=URL, assert_all_called=False)
        router.route(method="POST").mock(side_effect=self._answer)
        self.transport = httpx.MockTransport(router.async_handler)

    def asked(self, path: str) -> list[dict[str, Any]]:
        return [body for called, body in self.calls if called == path]

    def counts(self) -> Counter[str]:
        return Counter(path for path, _ in self.calls)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = str(request.url).removeprefix(URL)
        body = json.loads(request.content)
        assert (body.pop("ClientToken"), body.pop("AccessToken")) == ("client", "access")
        assert body.pop("Client").startswith("frontdesk ")
        assert all(value != [] for value in body.values()), "Mews refuses empty lists"
        self.calls.append((path, body))
        status = self._mood(path, body)
        if status != 200:
            return httpx.Response(status, json={"Message": None, "RequestId": "r"})
        if path == "configuration/get":
            return httpx.Response(200, json=self._configured(body))
        if path == "countries/getAll":
            assert not body
            return httpx.Response(200, json={"Countries": list(self.rows.get(path, ()))})
        if self.silent:
            return httpx.Response(204)
        return httpx.Response(200, json=self._page(path, body))

    def _configured(self, body: dict[str, Any]) -> dict[str, Any]:
        if "EnterpriseId" not in body:
            return self.configuration
        own = {"CZK": "house", "EUR": "inn"}
        currencies = [{"Currency": c, "IsDefault": own[c] == body["EnterpriseId"]} for c in own]
        rows = self.rows["enterprises/getAll"]
        row = next(row for row in rows if row["Id"] == body["EnterpriseId"])
        return {"NowUtc": "2026-06-01T00:00:00Z", "Enterprise": row | {"Currencies": currencies}}

    def _mood(self, path: str, body: dict[str, Any]) -> int:
        if path in self.denied or "*" in self.denied:
            return 401
        ids = {key for value in body.values() if isinstance(value, list) for key in value}
        if ids & self.refused or ("*" in self.refused and path != "configuration/get"):
            return 400
        return 408 if self.slow(body) else self.broken or 200

    def _page(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        key, filters = KEYS[path]
        limitation = body["Limitation"]
        assert 1 <= limitation["Count"] <= 1000
        found = list(self.rows.get(path, ()))
        for name, field in filters.items():
            if name in body:
                assert len(body[name]) <= 1000
                found = [row for row in found if row.get(field) in body[name]]
        if "UpdatedUtc" in body:
            start, end = body["UpdatedUtc"]["StartUtc"], body["UpdatedUtc"]["EndUtc"]
            found = [row for row in found if start <= row["UpdatedUtc"] < end]
        found.sort(key=lambda row: (row.get("UpdatedUtc", ""), row["Id"]), reverse=True)
        if limitation["Cursor"]:
            ids = [row["Id"] for row in found]
            found = found[ids.index(limitation["Cursor"]) + 1 :]
        page = found[: limitation["Count"]]
        return {key: page, "Cursor": page[-1]["Id"] if page else None}


class Hurry:
    """A clock for which waiting is over at once."""

    def __init__(self) -> None:
        self.time = 0.0

    def monotonic(self) -> float:
        return self.time

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.time)

    async def sleep(self, seconds: float) -> None:
        self.time += seconds


class Desk:
    """A client of the miniature, with lookups answered the way core does."""

    def __init__(self, platform: Mews, account: Account = HOUSE) -> None:
        connector = adopt("mews", mews)
        values = {"client_token": "client", "access_token": "access", "base_url": URL}
        connection = connect(connector, "lake", values, transport=platform.transport)
        self.client: Client[Any] = connection.client(clock=Hurry(), lookup=self._lookup)
        self.client.account = account
        self._known: dict[tuple[str, str], Record | None] = {}

    async def _lookup(
        self, stream: str, ids: Sequence[str], *, max_age: timedelta | None
    ) -> Mapping[str, Record | None]:
        assert max_age == timedelta(days=1)
        missing = tuple(key for key in ids if (stream, key) not in self._known)
        if missing:
            found = await self.read(stream, Purpose.IDS, ids=missing)
            self._known.update({(stream, key): None for key in missing})
            self._known.update({(stream, r.id): r for r in records(found)})
        return {key: self._known[stream, key] for key in ids}

    async def read(
        self, stream: str, purpose: Purpose = Purpose.HISTORY, **query: Any
    ) -> list[Page]:
        pages: AsyncIterator[Page] = mews.fetch_history(
            self.client, Query(stream, purpose, **{"overlap": mews.reading.OVERLAP, **query})
        )
        return [page async for page in pages]


Opener = Callable[..., Desk]


def records(pages: Sequence[Page]) -> list[Record]:
    return [record for page in pages for record in page.records if isinstance(record, Record)]


def stay(number: int, **changes: Any) -> dict[str, Any]:
    at = datetime(2026, 5, 1, tzinfo=UTC) + timedelta(minutes=number)
    return {
        "Id": f"stay-{number:04}",
        "AccountId": f"guest-{number:04}",
        "AccountType": "Customer",
        "ServiceId": "beds",
        "GroupId": f"group-{number:04}",
        "State": "Confirmed",
        "CreatedUtc": "2026-04-01T00:00:00Z",
        "UpdatedUtc": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "PersonCounts": [{"AgeCategoryId": "grown", "Count": 2}],
    } | changes


def item(number: int, order: str, **changes: Any) -> dict[str, Any]:
    amount = {"Currency": "CZK", "GrossValue": 121.5, "NetValue": 100, "TaxValues": []}
    return {
        "Id": f"item-{number:04}",
        "ServiceOrderId": order,
        "Type": "SpaceOrder",
        "AccountingState": "Open",
        "Amount": amount,
        "UnitAmount": amount,
        "Options": {"CanceledWithReservation": False},
    } | changes


def house(stays: Sequence[dict[str, Any]] = (), **tables: Any) -> Mews:
    rows: dict[str, Any] = {
        "reservations/getAll/2023-06-06": stays,
        "services/getAll": [
            {"Id": "beds", "EnterpriseId": "house", "Name": "Rooms", "Options": {}},
            {"Id": "tables", "EnterpriseId": "inn", "Name": "Supper"},
        ],
        "ageCategories/getAll": [{"Id": "grown", "Classification": "Adult"}],
        "reservationGroups/getAll": [
            {"Id": row["GroupId"], "Name": row["GroupId"].title()} for row in stays
        ],
        "orderItems/getAll": [item(n, row["Id"]) for n, row in enumerate(stays)],
    }
    return Mews(rows | {path.replace("_", "/"): found for path, found in tables.items()})


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def desk() -> AsyncIterator[Opener]:
    opened: list[Desk] = []

    def open_(platform: Mews, account: Account = HOUSE) -> Desk:
        opened.append(Desk(platform, account))
        return opened[-1]

    yield open_
    for each in opened:
        await each.client.aclose()


pytestmark = pytest.mark.anyio


def length(span: dict[str, str]) -> timedelta:
    return datetime.fromisoformat(span["EndUtc"]) - datetime.fromisoformat(span["StartUtc"])


def days_of(platform: Mews) -> list[int]:
    """Return how many whole days each window asked for was long, in order."""
    spans = [{"StartUtc": start, "EndUtc": end} for start, end in intervals(platform)]
    return [length(span).days for span in spans]


def intervals(
    platform: Mews, path: str = "reservations/getAll/2023-06-06"
) -> list[tuple[str, str]]:
    asked = [body["UpdatedUtc"] for body in platform.asked(path)]
    return list(dict.fromkeys((span["StartUtc"], span["EndUtc"]) for span in asked))


class TestWindows:
    async def test_history_is_read_in_windows_up_to_the_clock_of_the_account(
        self, desk: Opener
    ) -> None:
        platform = house([stay(0), stay(60 * 24 * 20)])
        pages = await desk(platform).read("reservations", since=datetime(2026, 4, 30, tzinfo=UTC))
        spans = intervals(platform)
        assert spans[0][0] == "2026-04-30T00:00:00Z"
        assert spans[-1][1] == "2026-06-01T00:00:00Z"
        assert all(before[1] == after[0] for before, after in pairwise(spans))
        assert len(spans) == len(pages)
        assert [record.id for record in records(pages)] == ["stay-0000", "stay-28800"]
        days = [(p.progress.done, p.progress.total) for p in pages if p.progress]
        assert days == [(7, 32), (32, 32)]
        assert "configuration/get" not in platform.counts()

    async def test_every_request_names_all_states(self, desk: Opener) -> None:
        platform = house()
        await desk(platform).read("reservations", since=NOW - timedelta(days=1))
        (asked,) = platform.asked("reservations/getAll/2023-06-06")
        assert len(asked["States"]) == 7

    async def test_the_cursor_advances_at_the_end_of_a_window_only(self, desk: Opener) -> None:
        platform = house([stay(number) for number in range(1100)])
        pages = await desk(platform).read("reservations", since=datetime(2026, 4, 30, tzinfo=UTC))
        assert [len(page.records) for page in pages[:4]] == [500, 500, 100, 0]
        reached = [page.cursor["next"][:10] for page in pages[:4]]
        assert reached == ["2026-04-30", "2026-04-30", "2026-05-07", "2026-05-14"]
        assert {page.cursor["until"][:10] for page in pages} == {"2026-06-01"}
        assert len(records(pages)) == len({record.id for record in records(pages)}) == 1100

    async def test_history_resumes_at_the_window_it_was_in_and_keeps_its_end(
        self, desk: Opener
    ) -> None:
        cursor = {
            "v": 1,
            "until": "2026-05-20T00:00:00+00:00",
            "next": "2026-05-14T00:00:00+00:00",
        }
        platform = house([stay(0)])
        since = datetime(2026, 4, 30, tzinfo=UTC)
        pages = await desk(platform).read("reservations", since=since, cursor=cursor)
        assert intervals(platform) == [("2026-05-14T00:00:00Z", "2026-05-20T00:00:00Z")]
        (page,) = pages
        assert page.progress is not None
        assert (page.progress.done, page.progress.total) == (20, 20)
        done = await desk(platform).read("reservations", since=since, cursor=page.cursor)
        assert done == []

    async def test_any_page_is_a_place_to_resume_from(self, desk: Opener) -> None:
        platform = house([stay(number * 30) for number in range(1100)])
        since = datetime(2026, 4, 30, tzinfo=UTC)
        whole = await desk(platform).read("reservations", since=since)
        for number, page in enumerate(whole):
            rest = await desk(platform).read("reservations", since=since, cursor=page.cursor)
            got = {r.id for r in records(whole[: number + 1])} | {r.id for r in records(rest)}
            assert len(got) == 1100

    async def test_changes_end_at_the_clock_of_now_and_begin_before_the_last_end(
        self, desk: Opener
    ) -> None:
        platform = house()
        platform.configuration["NowUtc"] = "2026-06-01T00:20:30.900Z"
        cursor = {
            "v": 1,
            "until": "2026-06-01T00:15:00+00:00",
            "next": "2026-06-01T00:15:00+00:00",
        }
        (page,) = await desk(platform).read("reservations", Purpose.CHANGES, cursor=cursor)
        assert intervals(platform) == [("2026-06-01T00:05:00Z", "2026-06-01T00:20:30Z")]
        assert page.cursor["next"] == page.cursor["until"] == "2026-06-01T00:20:30+00:00"
        assert platform.counts()["configuration/get"] == 1

    async def test_changes_begin_where_following_began(self, desk: Opener) -> None:
        platform = house()
        await desk(platform).read("reservations", Purpose.CHANGES, since=NOW - timedelta(hours=1))
        assert intervals(platform) == [("2026-05-31T22:50:00Z", "2026-06-01T00:00:00Z")]

    async def test_after_a_long_pause_changes_come_in_windows_too(self, desk: Opener) -> None:
        platform = house()
        since = NOW - timedelta(days=200)
        await desk(platform).read("reservations", Purpose.CHANGES, since=since)
        assert days_of(platform) == [7, 28, 84, 81]
        # Ten minutes before, and the rest of the two hundred days.
        assert intervals(platform)[0][0] < since.strftime("%Y-%m-%dT%H:%M:%SZ")

    async def test_windows_widen_where_little_comes_and_narrow_where_much_does(
        self, desk: Opener
    ) -> None:
        quiet = [stay(number * 60 * 24) for number in range(-100, 0)]
        rush = [stay(number * 15) for number in range(96 * 30)]
        platform = house([*quiet, *rush])
        await desk(platform).read("reservations", since=NOW - timedelta(days=130))

        lengths = days_of(platform)
        assert lengths[:3] == [7, 28, 84]
        assert max(lengths) < 89
        assert lengths[-1] < 84

    async def test_windows_stay_short_once_mews_was_too_slow(self, desk: Opener) -> None:
        platform = house()

        def too_long(body: dict[str, Any]) -> bool:
            span = body.get("UpdatedUtc")
            return span is not None and length(span) > timedelta(days=10)

        platform.slow = too_long
        await desk(platform).read("reservations", since=NOW - timedelta(days=60))
        answered = [days for days in days_of(platform) if days <= 10]
        assert max(answered[1:]) == 7

    async def test_without_a_known_clock_history_asks_for_it(self, desk: Opener) -> None:
        platform = house()
        lake = desk(platform)
        lake.client.account = None
        await lake.read("reservations", since=NOW - timedelta(days=1))
        assert platform.counts()["configuration/get"] == 1

    async def test_a_cursor_of_another_version_is_refused_with_what_to_do(
        self, desk: Opener
    ) -> None:
        for cursor in ({"v": 2}, "next"):
            with pytest.raises(ConfigurationError, match="refetch"):
                await desk(house()).read("reservations", cursor=cursor)


class TestSlowness:
    async def test_the_window_is_halved_until_mews_is_quick_enough(self, desk: Opener) -> None:
        platform = house([stay(number * 60) for number in range(24 * 20)])

        def too_long(body: dict[str, Any]) -> bool:
            span = body.get("UpdatedUtc")
            if span is None:
                return False
            start, end = (datetime.fromisoformat(span[key]) for key in ("StartUtc", "EndUtc"))
            return end - start > timedelta(days=2)

        platform.slow = too_long
        since = datetime(2026, 4, 30, tzinfo=UTC)
        pages = await desk(platform).read("reservations", since=since)
        assert len({record.id for record in records(pages)}) == 24 * 20
        assert pages[-1].cursor["next"] == "2026-06-01T00:00:00+00:00"

    async def test_then_the_page_is_halved(self, desk: Opener) -> None:
        platform = house([stay(number) for number in range(130)])
        platform.slow = lambda body: (
            body["Limitation"]["Count"] > 100 if "States" in body else False
        )
        since = datetime(2026, 5, 1, tzinfo=UTC)
        pages = await desk(platform).read("reservations", since=since)
        assert len({record.id for record in records(pages)}) == 130
        assert {len(page.records) for page in pages} == {0, 10, 60}

    async def test_in_the_end_it_is_an_error(self, desk: Opener) -> None:
        platform = house()
        platform.slow = lambda body: "States" in body
        with pytest.raises(UnavailableError) as failure:
            await desk(platform).read("reservations", since=NOW - timedelta(days=1))
        assert failure.value.status == 408
        assert min(body["Limitation"]["Count"] for _, body in platform.calls) < 100

    async def test_a_join_that_is_too_slow_is_halved_and_the_window_is_not(
        self, desk: Opener
    ) -> None:
        platform = house([stay(number) for number in range(90)])
        platform.slow = lambda body: len(body.get("ServiceOrderIds", ())) > 50
        pages = await desk(platform).read("reservations", since=NOW - timedelta(days=40))
        assert all(record.payload["Joined"]["Items"] for record in records(pages))
        assert days_of(platform) == [7, 28, 5]


class TestIds:
    async def test_one_request_brings_a_batch(self, desk: Opener) -> None:
        platform = house([stay(number) for number in range(10)])
        ids = ("stay-0003", "stay-0007")
        (page,) = await desk(platform).read("reservations", Purpose.IDS, ids=ids)
        assert {record.id for record in records([page])} == set(ids)
        assert platform.counts()["reservations/getAll/2023-06-06"] == 1
        assert page.cursor is None

    async def test_an_unknown_id_has_no_record(self, desk: Opener) -> None:
        platform = house([stay(1)])
        pages = await desk(platform).read("reservations", Purpose.IDS, ids=("stay-0001", "gone"))
        assert [record.id for record in records(pages)] == ["stay-0001"]
        assert platform.counts()["reservations/getAll/2023-06-06"] == 1

    async def test_a_refused_id_is_found_by_halving_and_skipped(
        self, desk: Opener, caplog: pytest.LogCaptureFixture
    ) -> None:
        platform = house([stay(number) for number in range(64)])
        platform.refused = {"stay-0041"}
        ids = tuple(f"stay-{number:04}" for number in range(64))
        with caplog.at_level(logging.WARNING, "frontdesk"):
            pages = await desk(platform).read("reservations", Purpose.IDS, ids=ids)
        assert {record.id for record in records(pages)} == set(ids) - {"stay-0041"}
        assert platform.counts()["reservations/getAll/2023-06-06"] == 13
        assert [record.getMessage() for record in caplog.records] == [
            "mews refuses the id stay-0041 in reservations/getAll/2023-06-06: skipped"
        ]

    async def test_if_every_id_is_refused_it_is_not_the_ids(self, desk: Opener) -> None:
        platform = house([stay(1)])
        platform.refused = {"*"}
        ids = tuple(f"stay-{number:04}" for number in range(500))
        with pytest.raises(RefusedError):
            await desk(platform).read("reservations", Purpose.IDS, ids=ids)
        assert len(platform.calls) < 30

    async def test_reference_data_of_a_chain(self, desk: Opener) -> None:
        services = [{"Id": f"s{n}", "EnterpriseId": "house", "Name": "S"} for n in range(1001)]
        vouchers = [{"Id": "v1", "ServiceId": "s1", "Name": "Spring"}]
        platform = house(services_getAll=services, vouchers_getAll=vouchers)
        pages = await desk(platform).read("vouchers", Purpose.IDS, ids=("v1", "v2"))
        assert [record.payload["Name"] for record in records(pages)] == ["Spring"]
        asked = platform.asked("vouchers/getAll")
        assert {len(body["ServiceIds"]) for body in asked} == {1000, 1}
        assert all(body["Extent"] == {"Vouchers": True} for body in asked)
        assert platform.asked("services/getAll")[0]["ServiceType"] == "Bookable"

    async def test_without_services_there_are_no_vouchers(self, desk: Opener) -> None:
        platform = house(services_getAll=[])
        pages = await desk(platform).read("vouchers", Purpose.IDS, ids=("v1",))
        assert records(pages) == []

    async def test_countries_are_read_whole_and_given_as_asked(self, desk: Opener) -> None:
        countries = [{"Code": c, "EnglishName": c.lower()} for c in ("CZ", "AT", "GB")]
        platform = house(countries_getAll=countries)
        pages = await desk(platform).read("countries", Purpose.IDS, ids=("AT", "XX"))
        assert [record.id for record in records(pages)] == ["AT"]

    @pytest.mark.parametrize("stream", ["services", "age_categories", "companies"])
    async def test_reference_streams_ask_for_inactive_rows_too(
        self, desk: Opener, stream: str
    ) -> None:
        platform = house()
        await desk(platform).read(stream, Purpose.IDS, ids=("x",))
        ((_, asked),) = platform.calls
        assert asked.get("ActivityStates") == (
            None if stream == "services" else ["Active", "Deleted"]
        )

    async def test_other_trouble_is_not_answered_by_halving(self, desk: Opener) -> None:
        platform = house([stay(1)])
        platform.broken = 413
        with pytest.raises(RefusedError):
            await desk(platform).read("reservations", Purpose.IDS, ids=("a", "b"))
        assert len(platform.calls) == 1

    async def test_one_id_that_is_too_slow_is_an_error(self, desk: Opener) -> None:
        platform = house([stay(1)])
        platform.slow = lambda body: "ReservationIds" in body
        with pytest.raises(UnavailableError):
            await desk(platform).read("reservations", Purpose.IDS, ids=("a", "b"))


class TestReservationJoins:
    async def test_a_page_costs_few_requests_however_many_rows_it_has(self, desk: Opener) -> None:
        stays = [stay(number) for number in range(450)]
        platform = house(stays)
        pages = await desk(platform).read("reservations", since=datetime(2026, 5, 1, tzinfo=UTC))
        assert len(records(pages)) == 450
        counts = platform.counts()
        assert counts["reservationGroups/getAll"] == 1
        # Batches of 200 reservations.
        assert counts["orderItems/getAll"] == 3
        assert counts["services/getAll"] == counts["ageCategories/getAll"] == 1
        assert "companionships/getAll" not in counts
        assert "vouchers/getAll" not in counts
        for body in platform.asked("orderItems/getAll"):
            assert len(body["ServiceOrderIds"]) <= 200
            assert body["Currency"] == "CZK"
            assert len(body["AccountingStates"]) == 4

    async def test_what_is_joined(self, desk: Opener) -> None:
        row = stay(1, PartnerCompanyId="acme", VoucherId="v1")
        items = [item(2, "stay-0001"), item(1, "stay-0001", Type="CityTax")]
        platform = house(
            [row],
            orderItems_getAll=items,
            companies_getAll=[{"Id": "acme", "Name": "Northwind", "Notes": "owes us"}],
            vouchers_getAll=[{"Id": "v1", "ServiceId": "beds", "Name": "Spring"}],
        )
        pages = await desk(platform).read("reservations", Purpose.IDS, ids=("stay-0001",))
        (found,) = records(pages)
        joined = found.payload["Joined"]
        assert [one["Id"] for one in joined.pop("Items")] == ["item-0001", "item-0002"]
        assert joined == {
            "Service": {"Name": "Rooms", "EnterpriseId": "house"},
            "Group": {"Name": "Group-0001"},
            "PartnerCompany": {"Name": "Northwind"},
            "Voucher": {"Name": "Spring"},
            "AgeCategories": {"grown": "Adult"},
        }

    async def test_items_keep_only_what_the_value_is_made_of(self, desk: Opener) -> None:
        pages = await desk(house([stay(1)])).read("reservations", Purpose.IDS, ids=("stay-0001",))
        (kept,) = records(pages)[0].payload["Joined"]["Items"]
        assert set(kept) == {"Id", "Type", "AccountingState", "CanceledWithReservation", "Amount"}
        assert set(kept["Amount"]) == {"Currency", "NetValue", "GrossValue"}

    async def test_items_of_an_odd_shape_are_read_all_the_same(self, desk: Opener) -> None:
        """Seen to fail when what does not fit the fields that are wanted is an error."""
        items = [item(1, "stay-0001", Amount="free", Options=None), item(2, "stay-0001")]
        platform = house([stay(1)], orderItems_getAll=items)
        pages = await desk(platform).read("reservations", Purpose.IDS, ids=("stay-0001",))
        odd, plain = records(pages)[0].payload["Joined"]["Items"]
        assert (odd["Amount"], odd["CanceledWithReservation"]) == (None, False)
        assert plain["Amount"]["NetValue"] == 100

    async def test_what_mews_does_not_have_is_none(self, desk: Opener) -> None:
        row = stay(1, GroupId="gone", PartnerCompanyId="gone", VoucherId=None, ServiceId=None)
        pages = await desk(house([row], orderItems_getAll=[])).read(
            "reservations", Purpose.IDS, ids=("stay-0001",)
        )
        (found,) = records(pages)
        joined = found.payload["Joined"]
        assert (joined["Group"] or {}).get("Name") in {None, "Gone"}
        assert (joined["Service"], joined["PartnerCompany"], joined["Voucher"]) == (None,) * 3
        assert joined["Items"] == []

    async def test_many_items_are_read_to_the_last_page(self, desk: Opener) -> None:
        items = [item(number, f"stay-{number % 30:04}") for number in range(2500)]
        platform = house([stay(number) for number in range(30)], orderItems_getAll=items)
        pages = await desk(platform).read("reservations", since=datetime(2026, 5, 1, tzinfo=UTC))
        total = sum(len(record.payload["Joined"]["Items"]) for record in records(pages))
        assert total == 2500
        assert platform.counts()["orderItems/getAll"] == 3

    async def test_companions_are_asked_for_only_where_a_company_has_no_booker(
        self, desk: Opener
    ) -> None:
        stays = [stay(0), stay(1, AccountType="Company", BookerId="b")]
        stays += [stay(n, AccountType="Company") for n in range(2, 152)]
        companions = [
            {"Id": f"c{n}", "ReservationId": "stay-0002", "CustomerId": f"friend-{n}"}
            for n in (1, 2)
        ]
        platform = house(stays, companionships_getAll=companions)
        pages = await desk(platform).read("reservations", since=datetime(2026, 5, 1, tzinfo=UTC))
        joined = {record.id: record for record in records(pages)}
        # Rows come newest first, and the first companion is the one that was there first.
        assert joined["stay-0002"].payload["Joined"]["Companions"] == ["friend-1", "friend-2"]
        assert joined["stay-0002"].guests == ("friend-1", "friend-2")
        assert joined["stay-0003"].payload["Joined"]["Companions"] == []
        assert "Companions" not in joined["stay-0001"].payload["Joined"]
        asked = platform.asked("companionships/getAll")
        assert sorted({len(body["ReservationIds"]) for body in asked}) == [50, 100]

    async def test_each_property_is_asked_in_its_own_currency(self, desk: Opener) -> None:
        platform = house([stay(1), stay(2, ServiceId="tables"), stay(3, ServiceId="gone")])
        lake = desk(platform, CHAIN)
        await lake.read("reservations", since=datetime(2026, 5, 1, tzinfo=UTC))
        asked = {
            tuple(body["ServiceOrderIds"]): body.get("Currency")
            for body in platform.asked("orderItems/getAll")
        }
        assert asked == {("stay-0001",): "CZK", ("stay-0002",): "EUR", ("stay-0003",): None}

    async def test_a_row_that_cannot_be_read_does_not_stop_the_page(self, desk: Opener) -> None:
        odd = stay(2, PersonCounts="two", AccountType=None)
        platform = house([stay(1), odd | {"UpdatedUtc": "2026-05-01T00:02:00Z"}])
        rows = platform.rows["reservations/getAll/2023-06-06"]
        answer = {"Reservations": [*rows, "junk", {"Id": 5}, {"Id": "x"}], "Cursor": None}
        real = platform._page

        def answered(path: str, body: dict[str, Any]) -> dict[str, Any]:
            return answer if path.startswith("reservations/") else real(path, body)

        platform._page = answered  # type: ignore[method-assign]
        (page,) = await desk(platform).read("reservations", Purpose.IDS, ids=("stay-0001",))
        reasons = [row.reason for row in page.records if isinstance(row, Unreadable)]
        assert reasons == [
            "the row is no JSON object but a string",
            "Id is not a string",
            "UpdatedUtc is missing",
        ]
        assert len(records([page])) == 2

    async def test_joins_work_without_a_known_account_and_leave_the_currency_to_mews(
        self, desk: Opener
    ) -> None:
        platform = house([stay(1)])
        lake = desk(platform)
        lake.client.account = None
        pages = await lake.read("reservations", Purpose.IDS, ids=("stay-0001",))
        assert records(pages)[0].payload["Joined"]["Items"]
        assert "Currency" not in platform.asked("orderItems/getAll")[0]

    async def test_rows_that_belong_to_nobody_are_left_out(self, desk: Opener) -> None:
        platform = house([stay(1)])
        stray = [item(1, "stay-0001"), item(2, "stay-0001", ServiceOrderId=None), {"Id": 3}]
        real = platform._page

        def answered(path: str, body: dict[str, Any]) -> dict[str, Any]:
            items = {"OrderItems": stray, "Cursor": None}
            return items if path.startswith("orderItems/") else real(path, body)

        platform._page = answered  # type: ignore[method-assign]
        pages = await desk(platform).read("reservations", Purpose.IDS, ids=("stay-0001",))
        assert len(records(pages)[0].payload["Joined"]["Items"]) == 1


class TestGrants:
    @pytest.mark.parametrize(
        ("path", "part"),
        [
            ("orderItems/getAll", "Items"),
            ("reservationGroups/getAll", "Group"),
            ("services/getAll", "Service"),
            ("ageCategories/getAll", "AgeCategories"),
            ("vouchers/getAll", "Voucher"),
            ("companies/getAll", "PartnerCompany"),
            ("companionships/getAll", "Companions"),
        ],
    )
    async def test_an_operation_that_is_not_granted_costs_its_part_only(
        self, desk: Opener, path: str, part: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        row = stay(1, VoucherId="v", PartnerCompanyId="c", AccountType="Company")
        later = row | {"Id": "stay-0002", "UpdatedUtc": "2026-05-20T00:00:00Z"}
        platform = house([row, later])
        lake = desk(platform)
        whole = records(await lake.read("reservations", Purpose.IDS, ids=("stay-0001",)))[0]
        platform.denied = {path}
        platform.calls.clear()
        lake._known.clear()
        with caplog.at_level(logging.WARNING, "frontdesk"):
            found = records(await lake.read("reservations", since=NOW - timedelta(days=40)))
        lacking = {part, "Voucher"} if path == "services/getAll" else {part}
        for one in found:
            assert set(one.payload["Joined"]) == set(whole.payload["Joined"]) - lacking
        # Asked once in a walk, and said once.
        assert platform.counts()[path] <= len(lacking)
        assert sum("does not grant" in r.getMessage() for r in caplog.records) == len(lacking)

    async def test_requests_under_way_at_the_same_time_say_it_once(
        self, desk: Opener, caplog: pytest.LogCaptureFixture
    ) -> None:
        platform = house([stay(1), stay(2, ServiceId="tables")])
        platform.denied = {"orderItems/getAll"}
        with caplog.at_level(logging.WARNING, "frontdesk"):
            await desk(platform, CHAIN).read("reservations", since=NOW - timedelta(days=40))
        assert sum("does not grant" in r.getMessage() for r in caplog.records) == 1

    async def test_a_revoked_token_is_no_missing_grant(self, desk: Opener) -> None:
        platform = house([stay(1)])
        platform.denied = {"orderItems/getAll", "configuration/get"}
        with pytest.raises(AuthenticationError):
            await desk(platform).read("reservations", since=datetime(2026, 5, 1, tzinfo=UTC))

    async def test_what_cannot_be_done_without_is_an_error(self, desk: Opener) -> None:
        platform = house([stay(1)])
        platform.denied = {"reservations/getAll/2023-06-06"}
        with pytest.raises(AuthenticationError):
            await desk(platform).read("reservations", since=datetime(2026, 5, 1, tzinfo=UTC))


def guest(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "Id": f"guest-{number:04}",
        "ChainId": "chain",
        "LastName": "Novak",
        "UpdatedUtc": "2026-05-20T00:00:00Z",
        "AddressId": f"address-{number}",
        "CompanyId": "acme",
        "IsActive": True,
    } | changes


def address(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "Id": f"address-{number}",
        "AccountId": f"guest-{number:04}",
        "Line1": "Dlouha 7",
        "City": "Brno",
        "CountryCode": "CZ",
        "Latitude": 49.2,
        "IsActive": True,
    } | changes


def register(guests: Sequence[dict[str, Any]], **tables: Any) -> Mews:
    return house(
        customers_getAll=guests,
        companies_getAll=[{"Id": "acme", "Name": "Northwind"}],
        countries_getAll=[{"Code": "CZ", "EnglishName": "Czechia"}],
        **tables,
    )


class TestCustomers:
    async def test_addresses_companies_and_countries_are_joined_in_batches(
        self, desk: Opener
    ) -> None:
        guests = [guest(number) for number in range(300)]
        addresses = [address(number) for number in range(300)]
        platform = register(guests, addresses_getAll=addresses)
        pages = await desk(platform).read("customers", since=NOW - timedelta(days=40))
        assert {len(record.guests) for record in records(pages)} == {1}
        assert all(
            record.payload["Joined"]
            == {
                "Address": {"Line1": "Dlouha 7", "City": "Brno", "CountryCode": "CZ"},
                "Company": {"Name": "Northwind"},
                "Country": {"EnglishName": "Czechia"},
            }
            for record in records(pages)
        )
        counts = platform.counts()
        assert counts["addresses/getAll"] == 1
        assert counts["companies/getAll"] == counts["countries/getAll"] == 1
        asked = platform.asked("customers/getAll")[0]
        assert asked["ActivityStates"] == ["Active", "Deleted"]
        assert asked["Extent"] == {"Customers": True, "Addresses": True}
        assert "ChainIds" not in asked

    async def test_only_the_main_address_counts_and_only_while_it_is_active(
        self, desk: Opener
    ) -> None:
        guests = [guest(1), guest(2), guest(3, AddressId=None)]
        addresses = [
            address(9, AccountId="guest-0001", City="Praha"),
            address(1),
            address(2, IsActive=False),
            address(3),
        ]
        platform = register(guests, addresses_getAll=addresses)
        pages = await desk(platform).read("customers", since=NOW - timedelta(days=40))
        found = {record.id: record.payload["Joined"] for record in records(pages)}
        assert found["guest-0001"]["Address"]["City"] == "Brno"
        assert found["guest-0002"]["Address"] is None
        assert found["guest-0003"]["Address"] is None
        assert found["guest-0003"]["Country"] is None

    async def test_where_addresses_are_not_granted_the_embedded_one_is_used(
        self, desk: Opener
    ) -> None:
        platform = register([guest(1, Address={"City": "Brno", "CountryCode": "CZ"})])
        platform.denied = {"addresses/getAll"}
        pages = await desk(platform).read("customers", since=NOW - timedelta(days=40))
        (found,) = records(pages)
        assert "Address" not in found.payload["Joined"]
        assert found.payload["Joined"]["Country"] == {"EnglishName": "Czechia"}

    async def test_a_portfolio_is_asked_by_its_chains(self, desk: Opener) -> None:
        guests = [guest(1), guest(2, ChainId="other"), guest(3, ChainId="stranger")]
        enterprises = [
            {"Id": "house", "ChainId": "chain"},
            {"Id": "inn", "ChainId": "other"},
            {"Id": "barn", "ChainId": "stranger"},
        ]
        platform = register(guests, enterprises_getAll=enterprises)
        lake = desk(platform, CHAIN)
        pages = await lake.read("customers", since=NOW - timedelta(days=40))
        assert {record.id for record in records(pages)} == {"guest-0001", "guest-0002"}
        assert {tuple(b["ChainIds"]) for b in platform.asked("customers/getAll")} == {
            ("chain", "other")
        }
        (page,) = await lake.read("customers", Purpose.IDS, ids=("guest-0001",))
        assert len(page.records) == 1
        assert platform.counts()["enterprises/getAll"] == 1

    async def test_a_portfolio_of_unknown_properties_is_asked_by_its_own_id(
        self, desk: Opener
    ) -> None:
        platform = register([guest(1)])
        pages = await desk(platform, CHAIN).read("customers", since=NOW - timedelta(days=40))
        assert len(records(pages)) == 1
        assert platform.asked("customers/getAll")[0]["ChainIds"] == ["chain"]


ENTERPRISE = {
    "Id": "house",
    "ChainId": "chain",
    "ChainName": "Lakes",
    "LinkedUtc": "2025-05-05T00:00:00Z",
    "Name": "Lake House",
    "TimeZoneIdentifier": "Europe/Prague",
    "DefaultLanguageCode": "cs-CZ",
    "Address": {"CountryCode": "CZ"},
}
INN = ENTERPRISE | {
    "Id": "inn",
    "ChainId": "another",
    "LinkedUtc": "2026-01-01T00:00:00Z",
    "Name": "Inn",
    "TimeZoneIdentifier": "Europe/Vienna",
    "Address": {"CountryCode": "AT"},
}


class TestAccount:
    async def test_a_property_is_its_own_account_and_site(self, desk: Opener) -> None:
        platform = house()
        currencies = [
            {"Currency": "EUR", "IsDefault": False},
            {"Currency": "CZK", "IsDefault": True},
        ]
        platform.configuration["Enterprise"] = ENTERPRISE | {
            "Currencies": currencies,
            "IsPortfolio": False,
        }
        account = await mews.open_account(desk(platform).client)
        site = Site("house", "Lake House", "Europe/Prague", "CZK", "CZ", "cs-CZ")
        assert account == Account("house", "Lake House", (site,), clock=NOW)
        assert len(platform.calls) == 1

    async def test_a_portfolio_is_known_by_the_chain_linked_first(self, desk: Opener) -> None:
        platform = house(enterprises_getAll=[INN, ENTERPRISE])
        platform.configuration["Enterprise"] = {"Id": "dummy", "Name": "", "IsPortfolio": True}
        account = await mews.open_account(desk(platform).client)
        assert (account.id, account.title) == ("chain", "Lakes")
        assert account.sites == (
            Site("house", "Lake House", "Europe/Prague", "CZK", "CZ", "cs-CZ"),
            Site("inn", "Inn", "Europe/Vienna", "EUR", "AT", "cs-CZ"),
        )

    async def test_a_portfolio_of_nothing_is_an_error(self, desk: Opener) -> None:
        platform = house()
        platform.configuration["Enterprise"] = {"Id": "dummy", "Name": "", "IsPortfolio": True}
        with pytest.raises(UnexpectedResponseError, match="no property"):
            await mews.open_account(desk(platform).client)

    @pytest.mark.parametrize(
        "answer",
        [
            {},
            [],
            {"NowUtc": "2026-06-01T00:00:00Z", "Enterprise": {}},
            {"NowUtc": "noon", "Enterprise": ENTERPRISE},
            {"NowUtc": None, "Enterprise": ENTERPRISE},
        ],
    )
    async def test_an_answer_that_cannot_be_read_is_an_error(
        self, desk: Opener, answer: Any
    ) -> None:
        platform = house()
        platform.configuration = answer
        lake = desk(platform)
        with pytest.raises(UnexpectedResponseError):
            await mews.open_account(lake.client)

    @pytest.mark.parametrize(
        "clock",
        [{"NowUtc": "noon"}, {"NowUtc": None}],
    )
    async def test_changes_need_a_clock_that_can_be_read(self, desk: Opener, clock: Any) -> None:
        platform = house()
        platform.configuration |= clock
        with pytest.raises(UnexpectedResponseError):
            await desk(platform).read("reservations", Purpose.CHANGES, since=NOW)

    async def test_an_answer_without_rows_is_an_error_and_an_empty_one_is_not(
        self, desk: Opener
    ) -> None:
        platform = house()
        answers: dict[str, Any] = {"Customers": {}, "Cursor": None}
        platform._page = lambda *_: answers  # type: ignore[method-assign]
        with pytest.raises(UnexpectedResponseError, match="without a list of Reservations"):
            await desk(platform).read("reservations", since=NOW - timedelta(days=1))

    async def test_an_empty_answer_is_an_empty_page(self, desk: Opener) -> None:
        platform = house()
        platform.silent = True
        pages = await desk(platform).read("reservations", since=NOW - timedelta(days=1))
        assert [list(page.records) for page in pages] == [[]]
