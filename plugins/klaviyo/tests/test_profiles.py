"""Profiles arrive with what is known, lose what is cleared, and keep the rest."""

from __future__ import annotations

import itertools
import json
from typing import Any

import anyio
import pytest

from frontdesk.errors import UnavailableError
from frontdesk.outgoing import Load, Outcome, OutgoingProfile
from frontdesk_klaviyo.sandbox import Options

pytestmark = pytest.mark.anyio

PHONE = "+420601234567"
OTHER = "+420602345678"


def person(number: int = 1, **given: Any) -> OutgoingProfile:
    values: dict[str, Any] = {"id": f"p{number}", "email": f"guest{number}@hotel.cz"}
    return OutgoingProfile(**{**values, **given})


def profile(bench: Any, who: str) -> Any:
    return bench.platform.account.profiles.get(who)


def imported(bench: Any) -> list[list[Any]]:
    bodies = [json.loads(asked.body) for asked in bench.asked("bulk_import_profiles")]
    return [body["data"]["attributes"]["profiles"]["data"] for body in bodies]


async def test_a_profile_arrives(bench: Any, published: Any) -> None:
    attributes = {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "title": "Countess",
        "locale": "en-GB",
        "location": {"address1": "12 St James", "city": "London", "zip": "SW1Y"},
        "properties": {"VIP": True, "Stays": 0},
    }

    receipts = await bench.deliver(Load.PROFILES, person(attributes=attributes))

    kept = profile(bench, "guest1@hotel.cz")
    assert receipts["p1"].outcome is Outcome.ACCEPTED
    assert kept.fields["first_name"] == "Ada"
    assert kept.location["city"] == "London"
    assert kept.properties == {"VIP": True, "Stays": 0}
    body = json.loads(bench.asked("bulk_import_profiles")[0].body)
    assert published("ProfileImportJobCreateQuery", body) is None


@pytest.mark.parametrize("live", [True, False])
async def test_check_26_only_a_deliberate_clear_is_null(bench: Any, live: bool) -> None:
    """Check 26: what is absent stays."""
    before = {"first_name": "Ada", "last_name": "L", "properties": {"VIP": True, "Floor": 3}}
    after = {"last_name": None, "properties": {"Floor": None}}
    await bench.deliver(Load.PROFILES, person(attributes=before))

    await bench.deliver(Load.PROFILES, person(attributes=after, live=live))

    kept = profile(bench, "guest1@hotel.cz")
    assert kept.fields == {"first_name": "Ada"}
    assert kept.properties == {"VIP": True}


async def test_check_25_what_is_live_goes_by_profile_import(bench: Any, published: Any) -> None:
    """Check 25."""
    await bench.deliver(Load.PROFILES, person(live=True, attributes={"first_name": "Ada"}))

    (asked,) = bench.asked("create_or_update_profile")
    assert published("ProfileUpsertQuery", json.loads(asked.body)) is None
    assert not imported(bench)
    assert profile(bench, "guest1@hotel.cz").fields["first_name"] == "Ada"


async def test_many_that_are_live_go_in_bulk(bench: Any) -> None:
    people = [person(n, live=True) for n in range(51)]

    await bench.deliver(Load.PROFILES, *people)

    assert [len(job) for job in imported(bench)] == [51]


@pytest.mark.parametrize("live", [True, False])
async def test_a_phone_of_another_profile_is_left_out(bench: Any, live: bool) -> None:
    """Check 25: the 409 names whose it is."""
    await bench.deliver(Load.PROFILES, person(1, phone_number=PHONE))
    receipts = await bench.deliver(Load.PROFILES, person(2), person(3, phone_number=OTHER))
    assert {one.reason for one in receipts.values()} == {""}

    receipts = await bench.deliver(
        Load.PROFILES,
        person(2, phone_number=PHONE, attributes={"first_name": "Bea"}, live=live),
        person(3, attributes={"first_name": "Cleo"}, live=live),
    )

    assert receipts["p2"].outcome is Outcome.ACCEPTED
    assert receipts["p2"].reason == "phone_number left out: it belongs to another profile"
    assert receipts["p3"].reason == ""
    assert profile(bench, "guest2@hotel.cz").fields["first_name"] == "Bea"
    assert profile(bench, PHONE).email == "guest1@hotel.cz"


@pytest.mark.parametrize("live", [True, False])
async def test_check_28_a_wrong_phone_does_not_sink_the_profile(bench: Any, live: bool) -> None:
    """Check 28: with an e-mail address it is left out and said, without one it is refused."""
    items = (
        person(1, phone_number="+42012", live=live),
        person(2, email=None, phone_number="601234567", live=live),
    )

    screened = bench.screen(Load.PROFILES, *items)
    receipts = await bench.deliver(Load.PROFILES, *items)

    assert list(screened) == ["p2"]
    assert receipts["p1"].outcome is Outcome.ACCEPTED
    assert receipts["p1"].reason.startswith("phone_number left out: ")
    assert receipts["p2"].outcome is Outcome.REFUSED
    assert profile(bench, "guest1@hotel.cz").phone_number is None


async def test_check_27_nobody_without_an_identifier(bench: Any) -> None:
    """Check 27."""
    receipts = await bench.deliver(Load.PROFILES, person(1, email=None), person(2, email="x"))

    assert receipts["p1"].reason == "neither email nor phone_number is known"
    assert receipts["p2"].reason == "email is no valid address"
    assert not imported(bench)


async def test_check_29_one_profile_once_in_a_job(bench: Any) -> None:
    """Check 29: merged, and the later word counts."""
    receipts = await bench.deliver(
        Load.PROFILES,
        person(1, email="a@hotel.cz", attributes={"title": "Ms", "properties": {"A": 1, "B": 1}}),
        person(2, email="a@hotel.cz", attributes={"title": "Dr", "properties": {"B": 2}}),
    )

    assert [len(job) for job in imported(bench)] == [1]
    kept = profile(bench, "a@hotel.cz")
    assert kept.fields["title"] == "Dr"
    assert kept.properties == {"A": 1, "B": 2}
    assert set(receipts) == {"p1", "p2"}


async def test_a_phone_number_is_not_twice_in_a_job(bench: Any) -> None:
    people = [person(1, phone_number=PHONE), person(2, phone_number=PHONE), person(3)]

    receipts = await bench.deliver(Load.PROFILES, *people)

    jobs = [[one["attributes"]["email"] for one in job] for job in imported(bench)]
    assert jobs[0] == ["guest1@hotel.cz", "guest3@hotel.cz"]
    assert "another profile" in receipts["p2"].reason


async def test_check_29_jobs_keep_their_limits(bench: Any) -> None:
    """Check 29: 10,000 profiles, 5 MB, 100 KB each."""
    small = [person(n) for n in range(10_001)]
    large = [
        person(n, attributes={"properties": {"Notes": "ž" * 40_000}}) for n in range(20_000, 20_070)
    ]
    huge = person(99_999, attributes={"properties": {"Notes": "ž" * 50_001}})

    receipts = await bench.deliver(Load.PROFILES, *small, *large, huge)

    assert max(len(job) for job in imported(bench)) == 10_000
    assert max(asked.size for asked in bench.asked("bulk_import_profiles")) <= 5_000_000
    assert receipts["p99999"].reason == "it is larger than 100 KB"
    assert sum(one.outcome is Outcome.ACCEPTED for one in receipts.values()) == 10_071


async def test_check_30_a_job_is_waited_for_and_its_errors_read(open_bench: Any) -> None:
    """Check 30: page by page; each error finds its profile."""
    async with open_bench(Options(rate_limits=False, job_delay=20, keep_bodies=True)) as bench:
        owners = [person(n, phone_number=f"+42060200{n:04}") for n in range(1_000, 1_250)]
        await bench.deliver(Load.PROFILES, *owners)
        takers = [person(5_000 + n, phone_number=f"+42060200{n:04}") for n in range(1_000, 1_250)]

        receipts = await bench.deliver(Load.PROFILES, person(1), *takers)

        said = {one.reason for name, one in receipts.items() if name != "p1"}
        assert said == {"phone_number left out: it belongs to another profile"}
        assert receipts["p1"].reason == ""
        assert len(bench.asked("get_errors_for_bulk_import_profiles_job")) == 3
        asked = [asked.moment for asked in bench.asked("get_bulk_import_profiles_job")]
        pauses = [two - one for one, two in itertools.pairwise(asked)]
        assert pauses[:5] == [1, 2, 4, 8, 15]


async def test_check_30_a_job_has_a_deadline(open_bench: Any) -> None:
    """Check 30."""
    async with open_bench(Options(rate_limits=False, job_delay=3600)) as bench:
        with pytest.raises(UnavailableError, match="not complete after 15 minutes"):
            await bench.deliver(Load.PROFILES, person(1))


async def test_check_30_a_cancelled_job_is_tried_again_later(open_bench: Any) -> None:
    """Check 30."""
    async with open_bench(Options(rate_limits=False, job_delay=60)) as bench:
        jobs = bench.platform.account.jobs

        async def cancelled() -> None:
            while not list(jobs):
                await anyio.lowlevel.checkpoint()
            for job in jobs:
                jobs.cancel(job.id)

        async with anyio.create_task_group() as group:
            group.start_soon(cancelled)
            with pytest.raises(UnavailableError, match="cancelled import job"):
                await bench.deliver(Load.PROFILES, person(1))


async def test_check_31_a_refused_profile_does_not_sink_the_job(bench: Any) -> None:
    """Check 31: a field is left out if it can be, else the profile; the rest goes once more."""
    receipts = await bench.deliver(
        Load.PROFILES,
        person(1),
        person(2, email="žofie@hotel.cz"),
        person(3, attributes={"locale": "?!", "location": {"timezone": "Nowhere", "city": "Brno"}}),
        person(4),
    )

    assert receipts["p2"].outcome is Outcome.REFUSED
    assert receipts["p2"].reason == "Klaviyo refuses email: Invalid email address"
    assert receipts["p3"].outcome is Outcome.ACCEPTED
    assert "locale left out: Klaviyo finds it invalid" in receipts["p3"].reason
    assert profile(bench, "guest3@hotel.cz").location == {"city": "Brno"}
    assert profile(bench, "guest4@hotel.cz") is not None


async def test_check_32_names_are_klaviyos(bench: Any) -> None:
    """Check 32: no external id; only parts of an address Klaviyo knows."""
    attributes = {
        "external_id": "42",
        "excluded": "ota",
        "location": {"address1": "A", "district": "B"},
        "properties": {"Mews Title": "Ms"},
    }

    await bench.deliver(Load.PROFILES, person(attributes=attributes))

    ((sent,),) = imported(bench)
    assert sent["attributes"] == {
        "email": "guest1@hotel.cz",
        "location": {"address1": "A"},
        "properties": {"Mews Title": "Ms"},
    }
