"""The model as JSON, and records back again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from inn import NOW

from frontdesk import (
    Channel,
    Consent,
    ConsentState,
    Event,
    Gone,
    Merged,
    Origin,
    Profile,
    Record,
    Ref,
    Reservation,
    Stream,
    jsons,
)
from frontdesk.rows import rows_in
from frontdesk.wire import (
    consent_json,
    event_json,
    leaving_json,
    profile_json,
    record_from,
    record_json,
    ref_json,
    reservation_json,
    time_json,
)

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
times = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts
payloads = st.dictionaries(texts, scalars | st.lists(scalars, max_size=3), max_size=4)
records = st.builds(
    Record,
    texts,
    texts,
    payloads,
    site=st.none() | texts,
    version=st.none() | times,
    guests=st.lists(texts, max_size=3).map(tuple),
    partial=st.booleans(),
    deleted=st.booleans(),
    seen=times,
    origin=st.sampled_from(Origin),
)


@given(records)
def test_a_record_comes_back_as_it_was_written(record: Record) -> None:
    """Seen to fail when ``partial`` is left out."""
    written = jsons.encode(record_json(record))

    assert record == record_from(jsons.decode(written))


def test_times_are_written_in_utc() -> None:
    east = timezone(timedelta(hours=2))

    assert time_json(datetime(2026, 5, 1, 10, tzinfo=east)) == "2026-05-01T08:00:00Z"
    assert time_json(None) is None


def test_an_event_carries_its_id_and_exact_money() -> None:
    event = Event(
        "Booked", "ada", NOW, value=Decimal("10.10"), currency="EUR", properties={"a": None}
    )

    assert jsons.encode(event_json(event, b"\x01\x02")) == (
        b'{"id":"0102","metric":"Booked","time":"2026-11-01T12:00:00Z","value":10.10,'
        b'"currency":"EUR","guest":"ada","site":null,"properties":{"a":null}}'
    )


def test_a_profile_does_not_say_why_its_guest_is_excluded() -> None:
    found = profile_json(Profile(guest="ada", email="a@example.com", excluded="robot"))

    assert (found["guest"], found["email"]) == ("ada", "a@example.com")
    assert "excluded" not in found


def test_the_others_are_plain_too() -> None:
    consent = Consent("ada", "a@example.com", Channel.EMAIL, ConsentState.SUBSCRIBED, None, "form")
    reservation = Reservation(number="1", guest="ada", status="confirmed", from_=NOW)

    assert tuple(consent_json(consent)[name] for name in ("channel", "state", "at")) == (
        "email",
        "subscribed",
        None,
    )
    assert reservation_json(reservation)["from"] == "2026-11-01T12:00:00Z"
    assert ref_json(Ref("stays", "1", max_age=5)) == {"stream": "stays", "id": "1", "site": None}
    assert leaving_json(Merged("a", "b")) == {"old": "a", "into": "b"}
    assert leaving_json(Gone("a", erase=True)) == {"guest": "a", "erase": True}


def test_utc_is_written_short() -> None:
    assert time_json(datetime(1970, 1, 1, tzinfo=UTC)) == "1970-01-01T00:00:00Z"


def test_rows_are_found_where_a_stream_says() -> None:
    """Seen to fail when what is null in a list counts as a row."""
    stream = Stream("stays", rows=("data.stays.edges.node", "data.stay", "items"))
    edges = {"edges": [{"node": {"id": 1}}, None, {"node": None}, {"node": {"id": 2}}]}

    assert rows_in(stream, {"data": {"stays": edges}}) == [{"id": 1}, {"id": 2}]
    assert rows_in(stream, {"data": {"stay": {"id": 3}}}) == [{"id": 3}]
    assert rows_in(stream, {"items": []}) == []
    assert rows_in(stream, {"data": {"stay": None}}) is None
    assert rows_in(stream, [{"id": 4}]) is None
    assert rows_in(Stream("rooms"), {"items": [1]}) is None
