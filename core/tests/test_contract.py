"""What hooks and readers give is held to the contract: quarantined, and the sync goes on."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import acorn
import attrs
import pytest
from inn import (
    NOW,
    altered,
    asked,
    busy,
    metrics,
    quarantined,
    sync,
)

from frontdesk import Consent, Event, Merged, Page, Profile, Purpose, Record, Reservation
from frontdesk.errors import SkipRecord
from frontdesk.model import Channel, ConsentState

pytestmark = pytest.mark.anyio


def event(**changes: Any) -> Any:
    def parse_event(record: Record) -> Any:
        if record.id == "s0":
            yield Event(**{"metric": "Booked Stay", "guest": "ada", "time": NOW, **changes})

    return altered(parse_event=parse_event)


def profile(**changes: Any) -> Any:
    def map_profile(record: Record) -> Profile | None:
        given = {"guest": "ada", "email": "a@example.com", **changes}
        return Profile(**given) if record.id == "ada" else None

    return altered(map_profile=map_profile)


def consent(**changes: Any) -> Any:
    def sync_consent(record: Record) -> Any:
        given = {"guest": "ada", "address": "a@b.example", "channel": Channel.EMAIL}
        if record.id == "ada":
            yield Consent(**{**given, "state": ConsentState.SUBSCRIBED, **changes})

    return altered(sync_consent=sync_consent)


def reservation(**changes: Any) -> Any:
    def map_reservation(record: Record) -> Any:
        given = {"number": "1", "guest": "ada", "status": "confirmed", **changes}
        return Reservation(**given) if record.id == "s0" else None

    return altered(map_reservation=map_reservation)


def returning(**values: Any) -> Any:
    ((hook, value),) = values.items()

    def answer(record: Record) -> Any:
        return value if record.id == "s0" else None

    return altered(**{hook: answer})


NAIVE = NOW.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("make", "changes", "reason"),
    [
        (event, {"metric": "Bokked"}, "metric 'Bokked', which the manifest does not declare"),
        (event, {"guest": None}, "guest of an event is missing"),
        (event, {"guest": 5}, "guest of an event"),
        (event, {"time": NAIVE}, "no aware datetime"),
        (event, {"time": "2026"}, "no aware datetime"),
        (event, {"time": NOW.replace(year=9999, month=12, day=31)}, "out of any calendar"),
        (event, {"time": NOW.replace(year=1, month=1, day=1)}, "out of any calendar"),
        (event, {"value": 1.5}, "no Decimal"),
        (event, {"value": Decimal("NaN")}, "beyond all measure"),
        (event, {"value": Decimal("1e30")}, "beyond all measure"),
        (event, {"currency": 5}, "currency of 'Booked Stay' is no text"),
        (event, {"occurrence": object()}, "occurrence of 'Booked Stay' is no text"),
        (event, {"properties": {"Room": object()}}, "cannot be written as JSON"),
        (event, {"properties": {"Room": Decimal("NaN")}}, "cannot be written as JSON"),
        (profile, {"guest": ""}, "guest of a profile is missing"),
        (profile, {"email": 5}, "email of a profile is no text"),
        (profile, {"properties": {"x": object()}}, "cannot be written as JSON"),
        (profile, {"excluded": "dull"}, "exclusion 'dull', which the manifest does not declare"),
        (consent, {"channel": "email"}, "no Channel"),
        (consent, {"channel": Channel.SMS}, "which stays a property"),
        (consent, {"state": "subscribed"}, "no ConsentState"),
        (consent, {"address": ""}, "address of a consent is missing"),
        (consent, {"guest": None}, "guest of a consent is missing"),
        (consent, {"at": NAIVE}, "no aware datetime"),
        (reservation, {"guest": None}, "guest of a reservation is missing"),
        (reservation, {"from_": NAIVE}, "from of a reservation is no aware datetime"),
        (reservation, {"amount": 1.5}, "amount of a reservation is no Decimal"),
        (reservation, {"channel": object()}, "cannot be written as JSON"),
        (returning, {"parse_event": [5]}, "gave a int, not an Event or a Ref"),
        (returning, {"parse_event": 5}, "TypeError"),
        (returning, {"map_profile": {}}, "gave a dict, not a Profile"),
        (returning, {"map_profile": Merged("ada", "")}, "is missing"),
        (returning, {"map_profile": Merged("ada", "ada")}, "merged into itself"),
        (returning, {"sync_consent": [5]}, "gave a int, not a Consent"),
        (returning, {"map_reservation": "s0"}, "gave a str, not a Reservation"),
    ],
)
async def test_what_breaks_the_contract_is_quarantined_and_the_sync_goes_on(
    store: Path, make: Any, changes: dict[str, Any], reason: str
) -> None:
    """Seen to fail, most of them by ending the sync, when ``_Run`` checks nothing."""
    inn = busy(2)

    report = await sync(store, inn, make(**changes))

    assert report.quarantined == 1
    ((found,),) = asked(store, "SELECT reason FROM quarantine")
    assert reason in found
    assert asked(store, "SELECT count(*) FROM records JOIN payloads ON record_id = id")[0][0] >= 4


async def test_an_unknown_rule_is_no_reason_to_skip_a_record(store: Path) -> None:
    def parse_event(record: Record) -> Any:
        if record.stream == "stays":
            raise SkipRecord("mood")
        return ()

    await sync(store, busy(1), altered(parse_event=parse_event))

    assert quarantined(store) == [("s0", "parse_event")]


@pytest.mark.parametrize(
    ("built", "reason"),
    [
        ({"id": 5}, "id of a record"),
        ({"id": ""}, "id of a record"),
        ({"guests": (5,)}, "guest of a record"),
        ({"version": NAIVE}, "no aware datetime"),
        ({"site": 5}, "site of a record"),
        ({"payload": ["x"]}, "payload is no JSON object"),
        ({"payload": {"x": object()}}, "is no JSON"),
    ],
)
async def test_a_record_that_is_none_is_set_aside(
    store: Path, built: dict[str, Any], reason: str
) -> None:
    def build_record(stream: str, row: Any) -> Record:
        record = acorn.build_record(stream, row)
        return attrs.evolve(record, **built) if row["id"] == "s0" else record

    async def fetch_history(client: Any, query: Any) -> Any:
        if query.purpose is Purpose.HISTORY:
            yield Page([build_record(query.stream, row) for row in inn.rows[query.stream]])

    inn = busy(2)
    report = await sync(store, inn, altered(fetch_history=fetch_history))

    assert report.quarantined == 1
    assert reason in asked(store, "SELECT reason FROM quarantine")[0][0]
    assert metrics(store) == {"Booked Stay": 1, "Joined Club": 2}
