"""Consent arrives on its channel, with its time if it is old, and never by accident."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from frontdesk.errors import ConfigurationError
from frontdesk.model import Channel, ConsentState
from frontdesk.outgoing import Load, Outcome, OutgoingConsent
from frontdesk_klaviyo.sandbox import Options

pytestmark = pytest.mark.anyio

PHONE = "+420601234567"


def consent(number: int = 1, **given: Any) -> OutgoingConsent:
    values: dict[str, Any] = {
        "id": f"c{number}",
        "channel": Channel.EMAIL,
        "state": ConsentState.SUBSCRIBED,
        "address": f"guest{number}@hotel.cz",
        "integration": "Mews",
    }
    return OutgoingConsent(**{**values, **given})


def opt_out(number: int = 1, **given: Any) -> OutgoingConsent:
    return consent(number, state=ConsentState.UNSUBSCRIBED, **given)


def bodies(bench: Any, endpoint: str = "bulk_subscribe_profiles") -> list[Any]:
    return [json.loads(asked.body)["data"] for asked in bench.asked(endpoint)]


def people(body: Any) -> list[Any]:
    return [one["attributes"] for one in body["attributes"]["profiles"]["data"]]


@pytest.fixture(name="newsletter")
def _newsletter(bench: Any) -> str:
    made = bench.platform.account.lists.add("News", bench.clock.now(), "single_opt_in")
    return str(made.id)


async def test_check_35_an_old_opt_in_is_imported(
    bench: Any, newsletter: str, published: Any
) -> None:
    """Check 35: with its time, which has an offset, and asking nobody."""
    at = bench.clock.now() - timedelta(days=100)
    item = consent(history=True, at=at, subscribers=newsletter)

    receipts = await bench.deliver(Load.OPT_INS, item)

    (body,) = bodies(bench)
    assert published("SubscriptionCreateJobCreateQuery", {"data": body}) is None
    assert receipts["c1"].outcome is Outcome.ACCEPTED
    assert body["attributes"]["historical_import"] is True
    assert body["attributes"]["custom_source"] == "Mews"
    assert body["relationships"]["list"]["data"]["id"] == newsletter
    assert people(body) == [
        {
            "email": "guest1@hotel.cz",
            "subscriptions": {
                "email": {"marketing": {"consent": "SUBSCRIBED", "consented_at": at.isoformat()}}
            },
        }
    ]


async def test_check_35_a_live_opt_in_has_no_time(bench: Any, newsletter: str) -> None:
    """Check 35: Klaviyo refuses one without the flag."""
    item = consent(at=bench.clock.now() - timedelta(minutes=1), subscribers=newsletter)

    await bench.deliver(Load.OPT_INS, item)

    (asked,) = bench.asked("bulk_subscribe_profiles")
    assert asked.status == 202
    assert b"consented_at" not in asked.body
    assert b"historical_import" not in asked.body


@pytest.mark.parametrize(
    ("at", "why"), [(None, "consented_at is not known"), (timedelta(0), "does not lie in the past")]
)
async def test_check_35_no_time_is_invented(bench: Any, at: timedelta | None, why: str) -> None:
    """Check 35."""
    item = consent(history=True, at=None if at is None else bench.clock.now() + at)

    screened = bench.screen(Load.OPT_INS, item)
    receipts = await bench.deliver(Load.OPT_INS, item)

    assert screened == receipts
    assert receipts["c1"].outcome is Outcome.REFUSED
    assert why in receipts["c1"].reason
    assert not bench.asked("bulk_subscribe_profiles")


async def test_what_was_only_observed_says_so(bench: Any, newsletter: str) -> None:
    at = bench.clock.now() - timedelta(days=1)
    items = [
        consent(1, history=True, at=at, observed=True, subscribers=newsletter),
        consent(2, history=True, at=at, subscribers=newsletter),
    ]

    await bench.deliver(Load.OPT_INS, *items)

    sources = {body["attributes"]["custom_source"] for body in bodies(bench)}
    assert sources == {"Mews (first seen)", "Mews"}


async def test_check_34_sizes_of_requests(bench: Any, newsletter: str) -> None:
    """Check 34: 1000 subscribe, 100 unsubscribe."""
    await bench.deliver(Load.OPT_INS, *[consent(n, subscribers=newsletter) for n in range(2100)])
    await bench.deliver(Load.OPT_OUTS, *[opt_out(n) for n in range(250)])

    subscribed = [asked.items for asked in bench.asked("bulk_subscribe_profiles")]
    unsubscribed = [asked.items for asked in bench.asked("bulk_unsubscribe_profiles")]
    assert sorted(subscribed) == [100, 1000, 1000]
    assert sorted(unsubscribed) == [50, 100, 100]


async def test_check_39_opt_outs_name_no_list(bench: Any, newsletter: str, published: Any) -> None:
    """Check 39: channels apart, no list, no time, no source."""
    items = [
        opt_out(1, subscribers=newsletter),
        opt_out(2, channel=Channel.SMS, address=PHONE, email="guest2@hotel.cz"),
    ]

    receipts = await bench.deliver(Load.OPT_OUTS, *items)

    sent = bodies(bench, "bulk_unsubscribe_profiles")
    assert {one.outcome for one in receipts.values()} == {Outcome.ACCEPTED}
    assert [published("SubscriptionDeleteJobCreateQuery", {"data": one}) for one in sent] == [
        None,
        None,
    ]
    assert all("relationships" not in body for body in sent)
    assert sorted(list(people(body)[0]) for body in sent) == [
        ["email", "subscriptions"],
        ["phone_number", "subscriptions"],
    ]


async def test_check_40_channels_go_apart(open_bench: Any) -> None:
    """Check 40: a number of a country one cannot write to does not stop the e-mail consent."""
    async with open_bench(Options(sms_regions="CZ", keep_bodies=True)) as bench:
        items = [
            consent(1),
            consent(2, channel=Channel.SMS, address=PHONE, email="guest2@hotel.cz"),
            consent(3, channel=Channel.SMS, address="+447911123456", email="guest3@hotel.cz"),
        ]

        receipts = await bench.deliver(Load.OPT_INS, *items)

        assert receipts["c1"].outcome is Outcome.ACCEPTED
        assert receipts["c2"].outcome is Outcome.ACCEPTED
        assert receipts["c3"].outcome is Outcome.REFUSED
        assert "+44" not in receipts["c3"].reason
        assert all(
            len({*one["subscriptions"]}) == 1 for body in bodies(bench) for one in people(body)
        )


async def test_check_36_a_channel_that_is_not_carried_is_refused(bench: Any) -> None:
    """Check 36."""
    receipts = await bench.deliver(Load.OPT_INS, consent(channel=Channel.PUSH, address="token"))

    assert receipts["c1"].reason == "consent for push is not carried to Klaviyo"


async def test_check_43_nothing_else_goes_along(bench: Any, newsletter: str) -> None:
    """Check 43."""
    await bench.deliver(Load.OPT_INS, consent(subscribers=newsletter, evidence="ticked a box"))

    assert set(people(bodies(bench)[0])[0]) == {"email", "subscriptions"}


async def test_a_list_that_is_not_there_stops_the_delivery(bench: Any) -> None:
    with pytest.raises(ConfigurationError, match="Klaviyo has no list 'GONE1'"):
        await bench.deliver(Load.OPT_INS, consent(subscribers="GONE1"))


async def test_one_address_is_once_in_a_request(bench: Any, newsletter: str) -> None:
    items = [consent(n, address="a@hotel.cz", subscribers=newsletter) for n in range(3)]

    receipts = await bench.deliver(Load.OPT_INS, *items)

    assert [len(people(body)) for body in bodies(bench)] == [1]
    assert {one.outcome for one in receipts.values()} == {Outcome.ACCEPTED}


async def test_check_31_a_refused_consent_does_not_sink_the_others(
    bench: Any, newsletter: str
) -> None:
    """Check 31."""
    items = [consent(n, subscribers=newsletter) for n in range(5)]
    bad = consent(9, address="žofie@hotel.cz", subscribers=newsletter)

    receipts = await bench.deliver(Load.OPT_INS, bad, *items)

    assert receipts["c9"].outcome is Outcome.REFUSED
    assert sum(one.outcome is Outcome.ACCEPTED for one in receipts.values()) == 5
    assert bench.statuses("bulk_subscribe_profiles") == [400, 202]
