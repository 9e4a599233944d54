"""Events arrive whole, once, in their time, and none spoils the others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from frontdesk.outgoing import Load, Outcome, OutgoingEvent
from frontdesk_klaviyo.events import requests
from frontdesk_klaviyo.lines import Line, Writer
from frontdesk_klaviyo.sandbox import Options

pytestmark = pytest.mark.anyio

LIVE, HISTORY = Load.LIVE_EVENTS, Load.HISTORY_EVENTS


def event(bench: Any, number: int = 1, **given: Any) -> OutgoingEvent:
    properties = given.pop("properties", {"Reservation Number": "52"})
    values = {
        "id": f"{number:064x}",
        "metric": "Confirmed Reservation",
        "time": bench.clock.now() - timedelta(days=3),
        "email": "ada@hotel.cz",
        "value": Decimal("412.50"),
        "currency": "eur",
        "integration": "Mews",
        "site": "Grand Hotel",
        "body": msgspec.json.encode(properties),
    }
    return OutgoingEvent(**{**values, **given})


def bodies(bench: Any, endpoint: str = "bulk_create_events") -> list[Any]:
    return [json.loads(asked.body) for asked in bench.asked(endpoint)]


def groups(body: Any) -> list[Any]:
    return body["data"]["attributes"]["events-bulk-create"]["data"]


def sent(body: Any) -> list[Any]:
    return [e for group in groups(body) for e in group["attributes"]["events"]["data"]]


async def test_an_event_is_stored_as_it_was(bench: Any) -> None:
    item = event(bench)

    receipts = await bench.deliver(LIVE, item)

    (kept,) = bench.platform.account.events.of("ada@hotel.cz")
    assert receipts[item.id].outcome is Outcome.ACCEPTED
    assert receipts[item.id].reason == ""
    assert (kept.metric.name, kept.unique_id, kept.backfill) == (item.metric, item.id, False)
    assert kept.properties == {
        "Integration": "Mews",
        "Property": "Grand Hotel",
        "Reservation Number": "52",
    }
    assert kept.time == item.time
    assert (kept.value, kept.currency) == (412.5, "EUR")


async def test_check_13_a_request_has_at_most_1000_events(bench: Any) -> None:
    """Check 13. Seen to fail when a request may have 1001."""
    items = [event(bench, n, email=f"guest{n % 700}@hotel.cz") for n in range(2500)]

    await bench.deliver(HISTORY, *items)

    assert sorted(len(sent(body)) for body in bodies(bench)) == [500, 1000, 1000]
    assert len(bench.platform.account.events) == 2500


async def test_check_13_a_request_has_at_most_5_mb(bench: Any) -> None:
    """Check 13, with multibyte text in events of 8 KB: bytes count, not signs."""
    text = {"Notes": "ž" * 4000}
    items = [
        event(bench, n, email=f"g{n}@hotel.cz", body=json.dumps(text, ensure_ascii=False).encode())
        for n in range(1000)
    ]

    await bench.deliver(HISTORY, *items)

    sizes = [asked.size for asked in bench.asked("bulk_create_events")]
    assert max(sizes) <= 5_000_000
    assert max(sizes) > 4_900_000
    assert len(bench.platform.account.events) == 1000


async def test_check_17_nothing_is_twice_in_a_request(bench: Any) -> None:
    """Check 17. Klaviyo refuses the whole request otherwise."""
    item = event(bench)

    receipts = await bench.deliver(LIVE, item, event(bench, 2), item)

    assert bench.statuses("bulk_create_events") == [202]
    assert {one.outcome for one in receipts.values()} == {Outcome.ACCEPTED}
    assert len(bench.platform.account.events) == 2


async def test_the_same_id_under_another_metric_is_another_event(bench: Any) -> None:
    await bench.deliver(LIVE, event(bench), event(bench, metric="Cancelled Reservation"))

    assert len(bench.platform.account.events) == 2


async def test_check_18_time_is_that_of_the_action(bench: Any) -> None:
    """Check 18: with its offset, on both sides of a change of clocks, and to the second."""
    prague = ZoneInfo("Europe/Prague")
    times = [datetime(2025, 10, 26, 2, 30, 1, 999_999, prague, fold=fold) for fold in (0, 1)]

    await bench.deliver(HISTORY, *[event(bench, n, time=time) for n, time in enumerate(times)])

    written = [one["attributes"]["time"] for one in sent(bodies(bench)[0])]
    assert written == ["2025-10-26T02:30:01+02:00", "2025-10-26T02:30:01+01:00"]
    first, second = bench.platform.account.events
    assert second.time - first.time == timedelta(hours=1)


async def test_check_27_an_address_is_written_plainly(bench: Any) -> None:
    """Check 27."""
    await bench.deliver(LIVE, event(bench, email=" Ada@Hotel.CZ "))

    assert [e.profile.email for e in bench.platform.account.events] == ["ada@hotel.cz"]


async def test_check_50_requests_are_made_while_events_come(bench: Any) -> None:
    """Check 50: no more is written down than the next request holds.

    Seen to fail when all events are written before the first request.
    """
    writer = Writer("{metric}", bench.clock.now(), history=True)
    taken: list[int] = []

    def lines() -> Iterator[Line]:
        for number in range(10_000):
            taken.append(number)
            line = writer.line(event(bench, number))
            assert isinstance(line, Line)
            yield line

    first = next(requests(lines()))

    assert len(first) == 1000
    assert len(taken) == 1001


async def test_check_16_a_history_twice_is_there_once(bench: Any) -> None:
    """Check 16."""
    items = [event(bench, n) for n in range(50)]

    await bench.deliver(HISTORY, *items)
    await bench.deliver(HISTORY, *items)

    assert len(bench.platform.account.events) == 50


async def test_what_was_sent_before_may_be_refused_in_bulk(open_bench: Any) -> None:
    """Klaviyo tells in two ways what a repeated id does; both must end well."""
    options = Options(bulk_repeated_unique_id="fail_stored", rate_limits=False)
    async with open_bench(options) as bench:
        items = [event(bench, n) for n in range(20)]
        await bench.deliver(HISTORY, *items[:10])

        receipts = await bench.deliver(HISTORY, *items)

        assert {one.outcome for one in receipts.values()} == {Outcome.ACCEPTED}
        assert len(bench.platform.account.events) == 20
        assert all(e.backfill for e in bench.platform.account.events)


async def test_check_19_only_history_carries_backfill(bench: Any) -> None:
    """Check 19: on the event and on its group, since nobody knows which counts."""
    await bench.deliver(HISTORY, event(bench, 1))
    await bench.deliver(LIVE, event(bench, 2))

    history, _ = bodies(bench)
    assert groups(history)[0]["attributes"]["backfill"] is True
    assert sent(history)[0]["attributes"]["backfill"] is True
    assert b"backfill" not in bench.asked("bulk_create_events")[1].body


async def test_check_23_an_event_carries_nothing_but_an_identifier(bench: Any) -> None:
    """Check 23."""
    await bench.deliver(HISTORY, event(bench, 1), event(bench, 2, email=None, phone_number=PHONE))

    people = [g["attributes"]["profile"]["data"]["attributes"] for g in groups(bodies(bench)[0])]
    assert people == [{"email": "ada@hotel.cz"}, {"phone_number": PHONE}]


PHONE = "+420601234567"


async def test_events_go_in_their_order(bench: Any) -> None:
    emails = ["a@hotel.cz", "a@hotel.cz", "b@hotel.cz", "a@hotel.cz"]
    items = [event(bench, n, email=email) for n, email in enumerate(emails)]

    await bench.deliver(HISTORY, *items)

    assert [e["attributes"]["unique_id"] for e in sent(bodies(bench)[0])] == [i.id for i in items]
    assert len(groups(bodies(bench)[0])) == 3


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("0.1", b'"value":0.1,'),
        ("412.50", b'"value":412.50,'),
        ("0", b'"value":0,'),
        ("-3", b'"value":-3,'),
        ("1E+3", b'"value":1000,'),
        ("0.30000000000000004", b'"value":0.30000000000000004,'),
    ],
)
async def test_check_20_a_value_is_written_as_it_is(bench: Any, value: str, written: bytes) -> None:
    """Check 20: a number, without the noise of floats."""
    await bench.deliver(LIVE, event(bench, value=Decimal(value)))

    body = bench.asked("bulk_create_events")[0].body
    assert written in body
    assert b'"value_currency":"EUR"' in body


async def test_check_20_an_absent_value_stays_absent(bench: Any) -> None:
    """Check 20."""
    await bench.deliver(LIVE, event(bench, value=None))

    assert b'"value' not in bench.asked("bulk_create_events")[0].body


async def test_a_currency_that_is_none_is_left_out_and_said(bench: Any) -> None:
    receipts = await bench.deliver(LIVE, event(bench, currency="Kč"))

    (receipt,) = receipts.values()
    assert receipt.outcome is Outcome.ACCEPTED
    assert receipt.reason == "value_currency left out: it is no ISO 4217 code"


async def test_check_22_an_events_own_words_win(bench: Any) -> None:
    """Check 22: the source is told at the top level, unless the event says something there."""
    await bench.deliver(LIVE, event(bench, properties={"Property": "Spa"}))
    await bench.deliver(LIVE, event(bench, 2, site="", properties={}))

    first, second = (e.properties for e in bench.platform.account.events)
    assert first == {"Integration": "Mews", "Property": "Spa"}
    assert second == {"Integration": "Mews"}


async def test_check_22_metrics_may_name_their_integration(open_bench: Any) -> None:
    """Check 22."""
    async with open_bench(metric_name="{integration}: {metric}") as bench:
        await bench.deliver(LIVE, event(bench))

        (kept,) = bench.platform.account.events
        assert kept.metric.name == "Mews: Confirmed Reservation"


@pytest.mark.parametrize(
    "email",
    ["a@example.com", "a@mail.example.org", "a@test.com", "a@hotel.test", "a@x.invalid"],
)
async def test_check_24_test_domains_will_be_dropped(bench: Any, email: str) -> None:
    """Check 24: never counted as delivered, and not sent."""
    item = event(bench, email=email)

    screened = bench.screen(LIVE, item)
    delivered = await bench.deliver(LIVE, item)

    assert screened == delivered
    assert screened[item.id].outcome is Outcome.DROPPED
    assert "will drop" in screened[item.id].reason
    assert not bench.asked("bulk_create_events")


async def test_test_domains_can_be_told(open_bench: Any) -> None:
    """Guests of a sandbox live at example.com, and an emulated Klaviyo may take them."""
    async with open_bench(test_domains=["hotel.cz"]) as bench:
        ours, theirs = event(bench, 1, email="a@mail.hotel.cz"), event(bench, 2, email="a@x.test")

        screened = bench.screen(LIVE, ours, theirs)

        assert [(name, one.outcome) for name, one in screened.items()] == [
            (ours.id, Outcome.DROPPED)
        ]


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "old": ({"time": "1999-12-31T23:59:59+00:00"}, "time is before 2000-01-01"),
    "far": ({"time": "2027-05-05T12:00:00+00:00"}, "time is more than a year ahead"),
    "metric": ({"metric": "M" * 128}, "the metric's name has 128 characters, not 1 to 127"),
    "id": ({"id": "x" * 256}, "unique_id has 256 characters"),
    "no id": ({"id": ""}, "unique_id has 0 characters"),
    "nobody": ({"email": None}, "neither email nor phone_number is known"),
    "email": ({"email": "no address"}, "email is no valid address"),
    "long email": ({"email": "a" * 50 + "@" + "b" * 50 + ".cz"}, "email is longer than 100"),
    "phone": ({"email": None, "phone_number": "0601234567"}, "not written in E.164"),
    "value": ({"value": Decimal("NaN")}, "value is no number"),
    "text": ({"properties": {"Notes": "x" * 100_001}}, "property 'Notes' holds a text"),
    "bytes": ({"properties": {"Notes": "ž" * 50_001}}, "property 'Notes' holds a text"),
    "list": ({"properties": {"Names": [1] * 4001}}, "property 'Names' holds a list"),
    "depth": ({"properties": {"Deep": json.loads("[" * 10 + "]" * 10)}}, "nested more than 10"),
    "size": ({"properties": {f"p{n}": "x" * 90_000 for n in range(60)}}, "larger than 5 MB"),
}


@pytest.mark.parametrize(("given", "why"), FAULTS.values(), ids=FAULTS)
async def test_check_14_what_is_beyond_a_limit_is_refused_and_the_rest_goes(
    bench: Any, given: dict[str, Any], why: str
) -> None:
    """Check 14: the reason names field and limit; the batch is not spoilt."""
    if isinstance(time := given.get("time"), str):
        given = {"time": datetime.fromisoformat(time)}
    bad, good = event(bench, 1, **given), event(bench, 2)

    screened = bench.screen(HISTORY, bad, good)
    delivered = await bench.deliver(HISTORY, bad, good)

    assert list(screened) == [bad.id]
    assert screened[bad.id].outcome is Outcome.REFUSED
    assert why in screened[bad.id].reason
    assert delivered[bad.id] == screened[bad.id]
    assert delivered[good.id].outcome is Outcome.ACCEPTED
    assert bench.statuses("bulk_create_events") == [202]


@pytest.mark.parametrize(
    "properties",
    [
        {f"p{n:03}": n for n in range(398)},
        {"Names": ["x"] * 4000},
        {"Notes": "x" * 100_000},
        {"Deep": json.loads("[" * 9 + "]" * 9)},
        {"Number": 2**63 - 1, "Id": "1" * 30},
        {"Lines": [{"Name": f"Line {n}", "Price": 1.5} for n in range(100)]},
    ],
    ids=["names", "list", "text", "depth", "number", "objects"],
)
async def test_what_is_just_within_the_limits_goes_as_it_is(bench: Any, properties: Any) -> None:
    item = event(bench, properties=properties)

    receipts = await bench.deliver(LIVE, item)

    (kept,) = bench.platform.account.events
    assert receipts[item.id].outcome is Outcome.ACCEPTED
    assert {**kept.properties} == {"Integration": "Mews", "Property": "Grand Hotel", **properties}
    assert bench.statuses("bulk_create_events") == [202]


async def test_a_number_beyond_64_bits_becomes_a_text(bench: Any) -> None:
    await bench.deliver(LIVE, event(bench, properties={"Number": 2**63, "Small": 7}))

    (kept,) = bench.platform.account.events
    assert kept.properties["Number"] == str(2**63)
    assert kept.properties["Small"] == 7


@pytest.mark.parametrize("count", ["nested", "top"])
async def test_check_14_too_many_properties_hide_under_extra(open_bench: Any, count: str) -> None:
    """Check 14: the largest go, the same every time, whatever Klaviyo counts."""
    options = Options(property_count=count, rate_limits=False, keep_bodies=True)
    properties = {f"p{n:03}": "x" * n for n in range(450)}
    async with open_bench(options) as bench:
        item = event(bench, properties=properties)
        assert bench.screen(LIVE, item) == {}

        receipts = await bench.deliver(LIVE, item, event(bench, 2))

        kept = next(e for e in bench.platform.account.events if e.unique_id == item.id)
        assert receipts[item.id].outcome is Outcome.ACCEPTED
        assert "under $extra" in receipts[item.id].reason
        assert len(kept.properties) == 400
        hidden = kept.properties["$extra"]
        if count == "nested":
            hidden = json.loads(hidden)
        assert sorted(hidden) == [f"p{n:03}" for n in range(397, 450)]
        top = {name: text for name, text in kept.properties.items() if name != "$extra"}
        assert {**top, **hidden} == {"Integration": "Mews", "Property": "Grand Hotel", **properties}


#: Addresses Klaviyo will not have, and we cannot know it: whether it takes letters with accents
#: is written nowhere.
def odd(number: int) -> str:
    return f"žofie{number}@hotel.cz"


async def test_check_31_a_refused_event_does_not_sink_the_others(bench: Any) -> None:
    """Check 31: only what Klaviyo points at is left out; the rest goes once more."""
    good = [event(bench, n, email=f"g{n}@hotel.cz") for n in range(10)]
    bad = [event(bench, 100 + n, email=odd(n)) for n in range(3)]

    receipts = await bench.deliver(LIVE, *bad[:1], *good[:5], *bad[1:2], *good[5:], *bad[2:])

    assert {receipts[item.id].outcome for item in good} == {Outcome.ACCEPTED}
    assert {receipts[item.id].outcome for item in bad} == {Outcome.REFUSED}
    assert receipts[bad[0].id].reason == "Klaviyo refuses email: Invalid email address"
    assert bench.statuses("bulk_create_events") == [400, 202]
    assert len(bench.platform.account.events) == 10


async def test_check_31_more_are_wrong_than_an_answer_names(bench: Any) -> None:
    """Check 31: Klaviyo may name the first hundred only."""
    good = [event(bench, n, email=f"g{n}@hotel.cz") for n in range(500)]
    bad = [event(bench, 1000 + n, email=odd(n)) for n in range(450)]

    receipts = await bench.deliver(HISTORY, *good[:200], *bad, *good[200:])

    assert {receipts[item.id].outcome for item in good} == {Outcome.ACCEPTED}
    assert {receipts[item.id].outcome for item in bad} == {Outcome.REFUSED}
    assert len(bench.statuses("bulk_create_events")) < 30


async def test_every_body_is_what_klaviyo_publishes(open_bench: Any, published: Any) -> None:
    async with open_bench(Options(sms_regions="CZ", keep_bodies=True)) as bench:
        await bench.deliver(HISTORY, event(bench), event(bench, 2, email=None, phone_number=PHONE))
        await bench.deliver(LIVE, event(bench, 3, value=None), event(bench, 4, email="b@hotel.cz"))

        assert bench.statuses("bulk_create_events") == [202, 202]
        assert [published("EventsBulkCreateJob", body) for body in bodies(bench)] == [None, None]


async def test_an_event_alone_is_what_klaviyo_publishes(open_bench: Any, published: Any) -> None:
    options = Options(bulk_repeated_unique_id="fail_stored", keep_bodies=True)
    async with open_bench(options) as bench:
        await bench.deliver(HISTORY, event(bench))
        await bench.deliver(HISTORY, event(bench))

        (body,) = bodies(bench, "create_event")
        assert published("EventCreateQueryV2", body) is None
        assert body["data"]["attributes"]["backfill"] is True


async def test_the_same_event_is_written_the_same(bench: Any) -> None:
    items = [event(bench, n, email=f"g{n % 7}@hotel.cz") for n in range(30)]

    await bench.deliver(LIVE, *items)
    await bench.deliver(LIVE, *items)

    first, second = bench.asked("bulk_create_events")
    assert first.body == second.body
