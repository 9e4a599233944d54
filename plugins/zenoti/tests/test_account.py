"""The key and its successor, what it may read, and answers that are not what they seem."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import respx

import frontdesk_zenoti as zenoti
from frontdesk.client import Answer, Client
from frontdesk.errors import (
    AuthenticationError,
    PlatformError,
    RateLimitedError,
    RefusedError,
    UnavailableError,
    UnexpectedResponseError,
)
from frontdesk.testing._clock import StillClock
from frontdesk_zenoti.account import Keys, zone_name
from frontdesk_zenoti.judging import Fault, fault, judge

pytestmark = pytest.mark.anyio
BASE = "https://api.zenoti.com/v1/"
CENTERS = {
    "centers": [
        {"id": "B", "name": "Later", "location": {"time_zone": {"name": "Europe/Paris"}}},
        {
            "id": "A",
            "name": "First",
            "display_name": "First of all",
            "currency": {"code": "usd"},
            "country": {"code": "US"},
            "location": {"time_zone": {"standard_name": "Pacific Standard Time"}},
        },
    ]
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def client(**settings: Any) -> Client[Any]:
    made = zenoti.Settings(**{"api_key": "one", **settings})
    return Client(
        settings=made,
        base_url=BASE,
        auth=zenoti.manifest.authenticate(made),
        judge=zenoti.manifest.judge,
        clock=StillClock(datetime(2026, 5, 1, tzinfo=UTC)),
        connector="zenoti",
    )


def keyed(*good: str) -> Callable[[httpx.Request], httpx.Response]:
    """Answer whoever has one of these keys."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["authorization"] in {f"apikey {key}" for key in good}:
            return httpx.Response(200, json=CENTERS)
        denied = "Authorization has been denied for this request."
        return httpx.Response(401, json={"StatusCode": 401, "Message": denied})

    return answer


async def test_the_key_is_sent_as_zenoti_wants_it() -> None:
    with respx.mock(base_url=BASE) as zen:
        route = zen.get("centers").mock(side_effect=keyed("one"))
        async with client() as asked:
            await asked.get("centers")
    assert route.calls.last.request.headers["authorization"] == "apikey one"


async def test_a_refused_key_is_followed_by_the_other_once_and_then_forgotten() -> None:
    """Seen to fail when the key that works is not put first."""
    with respx.mock(base_url=BASE) as zen:
        route = zen.get("centers").mock(side_effect=keyed("two"))
        async with client(next_api_key="two") as asked:
            await asked.get("centers")
            assert route.call_count == 2
            await asked.get("centers")
    assert route.call_count == 3


@pytest.mark.parametrize(("next_key", "calls"), [("", 1), ("one", 1), ("two", 2)])
async def test_two_refused_keys_are_an_end_of_it(next_key: str, calls: int) -> None:
    with respx.mock(base_url=BASE) as zen:
        route = zen.get("centers").mock(side_effect=keyed("three"))
        async with client(next_api_key=next_key) as asked:
            with pytest.raises(AuthenticationError):
                await asked.get("centers")
    assert route.call_count == calls


def test_keys_show_nothing() -> None:
    assert "one" not in repr(Keys("one", "two"))


async def test_centres_are_sites_and_the_first_stands_for_the_organization() -> None:
    with respx.mock(base_url=BASE) as zen:
        zen.get("centers").mock(side_effect=keyed("one"))
        zen.route().respond(200, json={"guests": [], "members": [], "sales": []})
        async with client() as asked:
            account = await zenoti.open_account(asked)
        async with client(organization="zenandco") as asked:
            named = await zenoti.open_account(asked)
    assert (account.id, named.id) == ("a", "zenandco")
    assert [site.id for site in account.sites] == ["a", "b"]
    first, later = account.sites
    assert (first.name, first.currency, first.country) == ("First", "USD", "US")
    assert (first.time_zone, later.time_zone) == ("America/Los_Angeles", "Europe/Paris")
    assert account.missing == ()


@pytest.mark.parametrize("answer", [{"centers": []}, {"other": 1}, {"centers": [{"id": None}]}])
async def test_an_organization_without_a_readable_centre_is_refused(answer: Any) -> None:
    with respx.mock(base_url=BASE) as zen:
        zen.get("centers").respond(200, json=answer)
        async with client() as asked:
            with pytest.raises(UnexpectedResponseError):
                await zenoti.open_account(asked)


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("guests", 403, {"error": {"code": 403, "message": "Forbidden"}}),
        ("appointments", 502, {"error": {"code": 502, "message": "You are not permitted."}}),
        ("reports/sales/accrual_basis/flat_file", 401, {"Message": "Authorization denied"}),
        ("centers/a/members", 200, {"error": {"code": 403, "message": "no permission"}}),
    ],
)
async def test_what_the_key_may_not_read_is_missing(path: str, status: int, said: Any) -> None:
    with respx.mock(base_url=BASE) as zen:
        zen.route(url__startswith=f"{BASE}{path}").respond(status, json=said)
        zen.get("centers").mock(side_effect=keyed("one"))
        zen.route().respond(200, json={})
        async with client() as asked:
            account = await zenoti.open_account(asked)
    (missing,) = account.missing
    assert path.replace("centers/a", "centers/ID") in missing


# -- zones --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        ({"standard_name": "Pacific Standard Time", "name": "(UTC-08:00)"}, "America/Los_Angeles"),
        ({"standard_name": "India Standard Time"}, "Asia/Calcutta"),
        ({"name": "Europe/London"}, "Europe/London"),
        ({"identifier_name": "Asia/Dubai", "standard_name": "x"}, "Asia/Dubai"),
        ({"name": "Nowhere"}, "UTC"),
        ({"name": "../etc/passwd"}, "UTC"),
        ({"name": None}, "UTC"),
        ("PST", "UTC"),
        (None, "UTC"),
    ],
)
def test_zones_may_have_the_names_of_windows(zone: Any, name: str) -> None:
    """Seen to fail when only IANA names are known."""
    assert zone_name({"location": {"time_zone": zone}}) == name


# -- errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (
            {"error": {"code": 502, "message": "invalid center_id."}},
            Fault(502, "invalid center_id."),
        ),
        ({"code": 422, "message": "Too many."}, Fault(422, "Too many.")),
        (
            {"StatusCode": 401, "Message": "Denied.", "InternalMessage": None},
            Fault(401, "Denied."),
        ),
        (
            {"error": {"statusCode": 7, "message": "No.", "internalmessage": ""}},
            Fault(7, "No."),
        ),
        ({"error": "It failed."}, Fault(None, "It failed.")),
        ({"Message": "Denied."}, Fault(None, "Denied.")),
        ({"id": "x", "error": None}, None),
        ({"id": "x", "error": {}}, None),
        ({"error": {"statusCode": 0, "message": ""}}, None),
        ({"id": "x", "code": "A1", "name": "A centre"}, None),
        ([{"error": None}], None),
        (None, None),
        ("x", None),
    ],
)
def test_errors_are_found_in_all_four_forms(body: Any, found: Fault | None) -> None:
    """Seen to fail when the form of the message decides where the number is looked for."""
    assert fault(body) == found


def error(code: int | None, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, error(502, "invalid center_id."), RefusedError),
        (200, error(403, "No."), AuthenticationError),
        (200, error(401, "Denied."), AuthenticationError),
        (200, error(429, "Slow down."), RateLimitedError),
        (200, error(500, "Something went wrong."), UnavailableError),
        (200, error(None, "No such thing."), RefusedError),
        (502, error(502, "invalid center_id."), RefusedError),
        (505, error(505, "invalid guest_id."), RefusedError),
        (502, error(502, "You are not permitted to do that."), AuthenticationError),
        (400, error(400, "Access denied."), AuthenticationError),
        (422, {"code": 422, "message": "You cannot request more than 100 items."}, RefusedError),
        (500, error(500, "Something went wrong."), None),
        (502, {}, None),
        (401, error(401, "Denied."), None),
        (429, {"code": 429, "message": "API rate limit exceeded"}, None),
        (200, {"guests": [], "error": None}, None),
    ],
)
def test_an_answer_is_what_it_says_and_not_its_number(
    status: int, body: Any, kind: type[PlatformError] | None
) -> None:
    """Seen to fail when every 5xx is taken for an outage."""
    verdict = judge(Answer(status, {}, body))
    assert (verdict.error if verdict else None) is kind


@pytest.mark.parametrize(("times", "status", "calls"), [(1, 502, 1), (1, 503, 2)])
async def test_an_unknown_centre_is_not_asked_for_again(
    times: int, status: int, calls: int
) -> None:
    said = error(502, "invalid center_id.") if calls == 1 else error(503, "Try later.")
    answers = [httpx.Response(status, json=said)] * times + [httpx.Response(200, json=CENTERS)]
    with respx.mock(base_url=BASE, assert_all_called=False) as zen:
        route = zen.get("guests").mock(side_effect=answers)
        async with client() as asked:
            if calls == 1:
                with pytest.raises(RefusedError):
                    await asked.get("guests")
            else:
                await asked.get("guests")
    assert route.call_count == calls
