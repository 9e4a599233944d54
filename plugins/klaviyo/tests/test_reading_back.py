"""What Klaviyo shows of consent is read to the end, and means what it says."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from frontdesk.model import Channel, ConsentState
from frontdesk.outgoing import Load, OptOut, OutgoingConsent, OutgoingProfile, Subscription
from frontdesk_klaviyo.calls import any_of, ask
from frontdesk_klaviyo.endpoints import PROFILES
from frontdesk_klaviyo.sandbox import Options, faults
from frontdesk_klaviyo.sandbox.filters import Kind, parse
from frontdesk_klaviyo.subscriptions import subscription

pytestmark = pytest.mark.anyio

PHONE = "+420601234567"
ANY = Kind(many=frozenset({"any"}))
UNSUBSCRIBED, SUBSCRIBED = ConsentState.UNSUBSCRIBED, ConsentState.SUBSCRIBED


def consent(id: str, address: str, state: ConsentState = SUBSCRIBED) -> OutgoingConsent:
    channel = Channel.SMS if address.startswith("+") else Channel.EMAIL
    return OutgoingConsent(id=id, channel=channel, state=state, address=address, integration="M")


async def shown(bench: Any, *addresses: str) -> dict[str, Subscription]:
    asked = [consent(address, address) for address in addresses]
    return dict(
        await bench.destination.hooks.read_subscriptions(bench.client, asked, bench.context)
    )


async def opted_out(bench: Any, cursor: Any = None) -> tuple[list[OptOut], Any]:
    said: list[OptOut] = []
    async for page in bench.destination.hooks.read_consent(bench.client, cursor, bench.context):
        said += page.said
        cursor = page.cursor
    return said, cursor


async def test_check_37_what_klaviyo_shows_before_an_opt_in(open_bench: Any) -> None:
    """Check 37."""
    async with open_bench(Options(rate_limits=False, sms_regions="CZ")) as bench:
        made = bench.platform.account.lists.add("News", bench.clock.now(), "single_opt_in").id
        profiles = [
            OutgoingProfile(id="1", email="never@hotel.cz"),
            OutgoingProfile(id="2", email="in@hotel.cz", phone_number=PHONE),
        ]
        await bench.deliver(Load.PROFILES, *profiles)
        outs = [consent("a", "out@hotel.cz", UNSUBSCRIBED), consent("b", PHONE, UNSUBSCRIBED)]
        await bench.deliver(Load.OPT_OUTS, *outs)
        ins = OutgoingConsent(
            id="c",
            channel=Channel.EMAIL,
            state=SUBSCRIBED,
            address="in@hotel.cz",
            subscribers=made,
            integration="Mews",
        )
        await bench.deliver(Load.OPT_INS, ins)

        found = await shown(
            bench, "out@hotel.cz", "never@hotel.cz", "in@hotel.cz", "nobody@hotel.cz", PHONE
        )

        assert {address: one.state for address, one in found.items()} == {
            "out@hotel.cz": UNSUBSCRIBED,
            "never@hotel.cz": None,
            "in@hotel.cz": SUBSCRIBED,
            "nobody@hotel.cz": None,
            PHONE: UNSUBSCRIBED,
        }
        assert isinstance(found["out@hotel.cz"].at, datetime)
        assert isinstance(found["in@hotel.cz"].at, datetime)
        assert "UNSUBSCRIBE" in found["out@hotel.cz"].evidence


@pytest.mark.parametrize("text", ['"', "\\", "+", "'", "&", "%", "=", ")", " ", '\\"', ","])
async def test_check_12_any_text_survives_a_filter(bench: Any, text: str) -> None:
    """Check 12: as the platform reads it."""
    params = {"filter": any_of("external_id", [f"Guest{text}List", "x"])}

    answer = await ask(bench.client, PROFILES, params=params)

    assert answer.json["data"] == []
    (asked,) = bench.asked("get_profiles")
    (condition,) = parse(parse_qs(asked.query)["filter"][0], {"external_id": ANY})
    assert condition.value == (f"Guest{text}List", "x")


async def test_what_is_no_address_is_not_asked_for(bench: Any) -> None:
    found = await shown(bench, 'a"b@hotel.cz', "+42x", "x")

    assert {one.state for one in found.values()} == {None}
    assert not bench.asked("get_profiles")


async def test_what_klaviyo_cannot_read_does_not_spoil_the_question(bench: Any) -> None:
    """Seen to fail when a refused question is the end of it."""
    await bench.deliver(Load.OPT_OUTS, consent("a", "out@hotel.cz", UNSUBSCRIBED))
    fault = faults.Status(path="/api/profiles", status=400, times=2)
    bench.platform.faults.add(fault)

    found = await shown(bench, "žofie@hotel.cz", "out@hotel.cz")

    assert bench.statuses("get_profiles") == [400, 400, 200]
    assert found["out@hotel.cz"].state is UNSUBSCRIBED
    assert found["žofie@hotel.cz"].state is None


@pytest.mark.parametrize("sign", ["+", "'", "&", "%", "="])
async def test_check_12_odd_addresses_survive_a_filter(bench: Any, sign: str) -> None:
    """Check 12: nobody else is found, and the filter does not break."""
    address = f"a{sign}b@hotel.cz"

    found = await shown(bench, address, "x@hotel.cz")

    assert found[address].state is None
    (asked,) = bench.asked("get_profiles")
    assert asked.status == 200
    (said,) = parse_qs(asked.query)["filter"]
    assert said == f'any(email,["{address}","x@hotel.cz"])'


async def test_many_are_asked_for_at_once_but_not_too_many(bench: Any) -> None:
    addresses = [f"guest-with-a-long-name-{n}@hotel.cz" for n in range(120)]

    found = await shown(bench, *addresses)

    assert len(found) == 120
    queries = [asked.query for asked in bench.asked("get_profiles")]
    assert 3 <= len(queries) <= 5
    assert max(map(len, queries)) < 4000


@pytest.mark.parametrize(
    ("marketing", "state", "at"),
    [
        ({"consent": "SUBSCRIBED", "consent_timestamp": "2026-01-01T00:00:00Z"}, SUBSCRIBED, 1),
        ({"consent": "NEVER_SUBSCRIBED"}, None, None),
        ({"consent": "SOMETHING_NEW"}, None, None),
        ({"consent": None}, None, None),
        ({}, None, None),
        (
            {
                "consent": "UNSUBSCRIBED",
                "consent_timestamp": "2026-01-01T00:00:00+00:00",
                "last_updated": "2026-01-03T00:00:00+00:00",
                "suppression": [{"reason": "UNSUBSCRIBE", "timestamp": "2026-01-02T00:00:00"}],
            },
            UNSUBSCRIBED,
            3,
        ),
        (
            {
                "consent": "SUBSCRIBED",
                "consent_timestamp": "2026-01-01T00:00:00+00:00",
                "suppression": [{"reason": "HARD_BOUNCE", "timestamp": "2026-01-02T00:00:00Z"}],
            },
            UNSUBSCRIBED,
            2,
        ),
        ({"suppression": [{"reason": "A_NEW_ONE", "timestamp": None}]}, UNSUBSCRIBED, None),
        (
            {
                "consent": "NEVER_SUBSCRIBED",
                "list_suppressions": [{"reason": "UNSUBSCRIBE", "timestamp": "2026-01-02T00:00Z"}],
            },
            None,
            None,
        ),
        ({"consent": "UNSUBSCRIBED", "suppression": ["?", None]}, UNSUBSCRIBED, None),
    ],
)
def test_check_10_what_a_profile_says(
    marketing: Any, state: ConsentState | None, at: int | None
) -> None:
    """Checks 10 and 37: words nobody knows yet are read with care."""
    found = subscription({"subscriptions": {"email": {"marketing": marketing}}}, Channel.EMAIL)

    assert found.state is state
    assert (found.at and found.at.day) == at
    assert "A_NEW_ONE" not in found.evidence


async def test_opt_outs_are_read_page_by_page_and_again_from_the_cursor(open_bench: Any) -> None:
    """Check 11: and what was read is read again for an hour, so that nothing is missed."""
    async with open_bench(Options(rate_limits=False, sms_regions="CZ")) as bench:
        outs = [consent(f"c{n}", f"guest{n}@hotel.cz", UNSUBSCRIBED) for n in range(250)]
        await bench.deliver(Load.OPT_OUTS, *outs, consent("s", PHONE, UNSUBSCRIBED))

        said, cursor = await opted_out(bench)

        assert {one.address for one in said if one.channel is Channel.EMAIL} == {
            one.address for one in outs
        }
        assert [one.address for one in said if one.channel is Channel.SMS] == [PHONE]
        assert all(one.at is not None for one in said)
        assert cursor["version"] == 1

        bench.clock.time += timedelta(hours=3).total_seconds()
        _, cursor = await opted_out(bench, cursor)
        await bench.deliver(Load.OPT_OUTS, consent("n", "new@hotel.cz", UNSUBSCRIBED))
        said, cursor = await opted_out(bench, cursor)
        assert [one.address for one in said] == ["new@hotel.cz"]


async def test_sms_is_read_only_if_wanted(open_bench: Any) -> None:
    async with open_bench(sms_opt_outs=False) as bench:
        await opted_out(bench)

        assert len(bench.asked("get_profiles")) == 1


@pytest.mark.parametrize("cursor", [None, {}, {"version": 2, "email": "?"}, "old", ["x"]])
async def test_a_cursor_nobody_knows_reads_all(bench: Any, cursor: Any) -> None:
    await bench.deliver(Load.OPT_OUTS, consent("a", "out@hotel.cz", UNSUBSCRIBED))
    bench.clock.time += timedelta(days=40).total_seconds()

    said, _ = await opted_out(bench, cursor)

    assert [one.address for one in said] == ["out@hotel.cz"]
