"""Reservations become events: what, when, whose, and under which identity."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import frontdesk_mews as mews
from frontdesk.errors import RecordError, SkipRecord
from frontdesk.manifest import without_secrets
from frontdesk.model import Account, Context, Event, Origin, Record, Site

TOKENS: dict[str, Any] = {"client_token": "kept", "access_token": "quiet"}
CREATED = "2026-02-01T09:00:00Z"
UPDATED = "2026-03-04T12:30:00Z"
ARRIVED = "2026-03-02T15:05:00.120Z"
LEFT = "2026-03-04T10:00:00Z"
CANCELLED = "2026-02-20T08:00:00Z"

REQUESTED, INQUIRED, CONFIRMED, CHECKED_IN, CHECKED_OUT, CANCEL = (
    metric.name for metric in mews.manifest.metrics
)


def context(**settings: Any) -> Context:
    chosen = mews.Settings(**TOKENS, **settings)
    site = Site("house", "Lake House", "Europe/Prague", "CZK", "CZ", "cs-CZ")
    return Context(without_secrets(chosen), Account("house", "Lake House", (site,)))


def stay(state: str = "Confirmed", **changes: Any) -> dict[str, Any]:
    return {
        "Id": "stay-1",
        "ServiceId": "beds",
        "AccountId": "guest-1",
        "AccountType": "Customer",
        "BookerId": None,
        "Number": "1044",
        "State": state,
        "Origin": "Distributor",
        "CommanderOrigin": None,
        "CreatedUtc": CREATED,
        "UpdatedUtc": UPDATED,
        "CancelledUtc": None,
        "VoucherId": None,
        "Options": {"OwnerCheckedIn": False},
        "GroupId": "group-1",
        "PartnerCompanyId": None,
        "CancellationReason": None,
        "ReleasedUtc": None,
        "ScheduledStartUtc": "2026-03-02T14:00:00Z",
        "ScheduledEndUtc": "2026-03-04T11:00:00Z",
        "ActualStartUtc": None,
        "ActualEndUtc": None,
        "Purpose": "Leisure",
        "PersonCounts": [
            {"AgeCategoryId": "grown", "Count": 2},
            {"AgeCategoryId": "small", "Count": 1},
            {"AgeCategoryId": "forgotten", "Count": 1},
        ],
    } | changes


JOINED = {
    "Service": {"Names": {"en-GB": "Rooms", "cs-CZ": "Pokoje"}, "EnterpriseId": "house"},
    "Group": {"Name": "Novak family"},
    "PartnerCompany": {"Name": "Northwind"},
    "Voucher": {"Name": "Spring"},
    "AgeCategories": {"grown": "Adult", "small": "Child"},
    "Items": [],
}


def record(row: dict[str, Any], origin: Origin = Origin.HISTORY) -> Record:
    return attrs.evolve(mews.build_record("reservations", row), origin=origin)


def events(
    row: dict[str, Any],
    previous: dict[str, Any] | None = None,
    *,
    origin: Origin = Origin.HISTORY,
    **settings: Any,
) -> list[Event]:
    before = None if previous is None else record(previous)
    return list(mews.parse_event(record(row, origin), before, context(**settings)))


def told(*args: Any, **kwargs: Any) -> list[tuple[str, str, str]]:
    return [
        (event.metric, event.time.isoformat().replace("+00:00", "Z"), event.occurrence)
        for event in events(*args, **kwargs)
    ]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (stay("Requested"), [(REQUESTED, CREATED, "")]),
        (stay("Inquired"), [(INQUIRED, CREATED, "")]),
        (stay("Optional"), []),
        (stay("Confirmed"), [(CONFIRMED, CREATED, "")]),
        (
            stay("Started", ActualStartUtc=ARRIVED),
            [(CONFIRMED, CREATED, ""), (CHECKED_IN, "2026-03-02T15:05:00.120000Z", ARRIVED)],
        ),
        (
            stay("Processed", ActualStartUtc=ARRIVED, ActualEndUtc=LEFT),
            [
                (CONFIRMED, CREATED, ""),
                (CHECKED_IN, "2026-03-02T15:05:00.120000Z", ARRIVED),
                (CHECKED_OUT, LEFT, LEFT),
            ],
        ),
        (stay("Canceled", CancelledUtc=CANCELLED), [(CANCEL, CANCELLED, CANCELLED)]),
    ],
    ids=["Requested", "Inquired", "Optional", "Confirmed", "Started", "Processed", "Canceled"],
)
def test_first_sight_tells_all_the_state_proves(
    row: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    assert told(row) == expected
    assert told(row, origin=Origin.LIVE) == expected


@pytest.mark.parametrize(
    ("origin", "arrival", "departure"),
    [
        (Origin.HISTORY, "2026-03-02T14:00:00Z", "2026-03-04T11:00:00Z"),
        (Origin.LIVE, UPDATED, UPDATED),
    ],
)
def test_without_actual_times_history_takes_the_planned_and_live_the_last_change(
    origin: Origin, arrival: str, departure: str
) -> None:
    found = told(stay("Processed"), origin=origin)
    assert found[1:] == [(CHECKED_IN, arrival, ""), (CHECKED_OUT, departure, "")]


def test_a_cancellation_without_its_time_is_as_old_as_the_last_change() -> None:
    assert told(stay("Canceled")) == [(CANCEL, UPDATED, "")]


@pytest.mark.parametrize("earlier", ["Optional", "Inquired", "Requested"])
def test_a_change_to_confirmed_happened_when_it_shows(earlier: str) -> None:
    before = stay(earlier, UpdatedUtc="2026-02-10T00:00:00Z")
    assert told(stay(), before) == [(CONFIRMED, UPDATED, "")]


def test_a_change_between_requests_happened_when_it_shows() -> None:
    assert told(stay("Requested"), stay("Inquired")) == [(REQUESTED, UPDATED, "")]
    assert told(stay("Requested"), stay("Requested")) == [(REQUESTED, CREATED, "")]


def test_a_restored_reservation_is_confirmed_once_more() -> None:
    before = stay("Canceled", CancelledUtc=CANCELLED, UpdatedUtc=CANCELLED)
    assert told(stay(), before) == [
        (CONFIRMED, CREATED, ""),
        (CONFIRMED, UPDATED, f"restored:{CANCELLED}"),
    ]


def test_several_things_at_once_are_told_oldest_first() -> None:
    row = stay("Started", ActualStartUtc=ARRIVED)
    assert [metric for metric, _, _ in told(row, stay("Optional"))] == [CHECKED_IN, CONFIRMED]


def test_an_older_version_that_arrives_late_restores_nothing() -> None:
    later = stay("Canceled", CancelledUtc=UPDATED, UpdatedUtc="2026-03-05T00:00:00Z")
    assert told(stay(), later) == [(CONFIRMED, CREATED, "")]


def test_a_bare_row_has_all_of_its_own_properties_and_no_joined_one() -> None:
    (event,) = events(stay(VoucherId="v"))
    assert (event.value, event.currency) == (None, None)
    assert event.properties == {
        "Reservation ID": "stay-1",
        "Reservation Number": "1044",
        "Account Type": "Customer",
        "Service Sender Origin": "Distributor",
        "Commander Origin": None,
        "Used Voucher": True,
        "Check In Status": "Not Checked In",
        "Cancellation Reason": None,
        "Release Date": None,
        "Scheduled Start Time": "2026-03-02T14:00:00Z",
        "Scheduled End Time": "2026-03-04T11:00:00Z",
        "Actual Start Time": None,
        "Actual End Time": None,
        "Reservation Purpose": "Leisure",
        "Reservation Person Counts": 4,
    }


def test_joined_parts_complete_the_properties() -> None:
    (event,) = events(stay(Joined=JOINED))
    names = {p.name for p in mews.manifest.metrics[0].properties if not p.of}
    assert set(event.properties) == names
    assert event.properties["Service Name"] == "Pokoje"
    assert event.properties["Reservation Group Name"] == "Novak family"
    assert event.properties["Partner Company Name"] == "Northwind"
    assert event.properties["Voucher Names"] == ["Spring"]
    assert event.properties["Reservation Person Counts"] == 4
    assert event.properties["Reservation Adult Counts"] == 2
    assert event.properties["Reservation Child Counts"] == 1


def test_an_event_happened_at_the_property_its_service_names() -> None:
    """Seen to fail when events name no site: a chain's days would all be its first house's."""
    one = context()
    chain = Account("chain", "Lakes", (Site("other", "Other"), *one.account.sites))
    for row, expected in ((stay(Joined=JOINED), "house"), (stay(), None)):
        (event,) = mews.parse_event(record(row), None, attrs.evolve(one, account=chain))
        assert event.site == expected


def test_what_mews_says_is_not_there_is_none() -> None:
    nothing = {"Service": None, "Group": {"Name": ""}, "PartnerCompany": None, "Voucher": None}
    (event,) = events(stay(Joined=nothing))
    assert event.properties["Service Name"] is None
    assert event.properties["Reservation Group Name"] is None
    assert event.properties["Partner Company Name"] is None
    assert event.properties["Voucher Names"] == []
    assert "Reservation Adult Counts" not in event.properties


def test_a_field_the_row_lacks_is_no_property() -> None:
    row = stay()
    for field in ("Purpose", "VoucherId", "Options", "PersonCounts"):
        del row[field]
    (event,) = events(row)
    absent = {"Reservation Purpose", "Used Voucher", "Check In Status"}
    assert not {*absent, "Reservation Person Counts"} & set(event.properties)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"OwnerCheckedIn": True, "AllCompanionsCheckedIn": True}, "All Checked In"),
        ({"OwnerCheckedIn": True, "AllCompanionsCheckedIn": False}, "Owner Checked In"),
        ({"OwnerCheckedIn": False, "AnyCompanionCheckedIn": True}, "Companion Checked In"),
        # Without companions, all of them have checked in.
        ({"OwnerCheckedIn": False, "AllCompanionsCheckedIn": True}, "Not Checked In"),
        (None, None),
    ],
)
def test_check_in_status(options: Any, expected: str | None) -> None:
    assert events(stay(Options=options))[0].properties["Check In Status"] == expected


@pytest.mark.parametrize(
    ("names", "language", "expected"),
    [
        ({"de-DE": "Zimmer", "en-GB": "Rooms"}, "de-DE", "Zimmer"),
        ({"en-GB": "Rooms", "de-CH": "Zimmer"}, "de-DE", "Zimmer"),
        ({"fr-FR": "Chambres", "en-GB": "Rooms", "en-US": "Lodging"}, "de-DE", "Lodging"),
        ({"fr-FR": "Chambres", "en-GB": "Rooms"}, None, "Rooms"),
        ({"fr-FR": "Chambres"}, "de-DE", "Chambres"),
        ({}, "de-DE", "Plain"),
        (None, "de-DE", "Plain"),
    ],
)
def test_a_name_is_in_the_language_of_the_property_or_the_next_best(
    names: Any, language: str | None, expected: str
) -> None:
    where = context()
    site = Site("house", "Lake House", language=language)
    where = Context(where.settings, Account("house", "Lake House", (site,)))
    service = {"Names": names, "Name": "Plain", "EnterpriseId": "house"}
    row = record(stay(Joined={"Service": service}))
    (event,) = mews.parse_event(row, None, where)
    assert event.properties["Service Name"] == expected


@pytest.mark.parametrize(
    ("changes", "guest"),
    [
        ({}, "guest-1"),
        ({"BookerId": "booker"}, "guest-1"),
        ({"AccountType": "Company", "AccountId": "acme", "BookerId": "booker"}, "booker"),
        (
            {"AccountType": "Company", "AccountId": "acme", "Joined": {"Companions": ["c1", "c2"]}},
            "c1",
        ),
    ],
)
def test_whose_reservation_it_is(changes: dict[str, Any], guest: str) -> None:
    row = stay(**changes)
    assert events(row)[0].guest == guest
    assert "acme" not in record(row).guests
    assert guest in record(row).guests
    assert mews.map_reservation(record(row), context()).guest == guest  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("row", "settings", "rule"),
    [
        (stay(AccountType="Company"), {}, "company"),
        (stay(AccountType="Company", Joined={"Companions": []}), {}, "company"),
        (stay(Origin="ChannelManager"), {"skip_ota_reservations": True}, "ota_reservation"),
    ],
)
def test_skipped_by_a_rule_the_manifest_names(
    row: dict[str, Any], settings: dict[str, Any], rule: str
) -> None:
    with pytest.raises(SkipRecord) as skip:
        events(row, **settings)
    assert skip.value.rule == rule
    assert rule in {exclusion.name for exclusion in mews.manifest.exclusions}
    assert mews.map_reservation(record(row), context(**settings)) is None


def test_stays_sold_by_agencies_are_told_unless_the_setting_says_otherwise() -> None:
    assert events(stay(Origin="ChannelManager"))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"State": "Vanished"}, "State is none"),
        ({"State": None}, "State is missing"),
        ({"State": 7}, "State is not a string"),
        ({"AccountId": None}, "AccountId is missing"),
        ({"AccountType": ""}, "AccountType is missing"),
        ({"AccountType": "Robot"}, "AccountType is none"),
        ({"CreatedUtc": None}, "CreatedUtc is missing"),
        ({"CreatedUtc": "yesterday"}, "CreatedUtc is not a time"),
        ({"CreatedUtc": "2026-02-01T09:00:00"}, "CreatedUtc is a time without a zone"),
        ({"PersonCounts": 3}, "PersonCounts is not a list of objects"),
        ({"PersonCounts": [{"AgeCategoryId": "a", "Count": "2"}]}, "Count of PersonCounts"),
        ({"Options": ["OwnerCheckedIn"]}, "Options is not an object"),
        ({"Joined": "x"}, "Joined is not an object"),
        ({"Number": 12}, "Number is not a string"),
    ],
)
def test_an_unusable_row_is_refused_by_the_name_of_its_field(
    changes: dict[str, Any], reason: str
) -> None:
    row = stay(**changes)
    with pytest.raises(RecordError, match=reason):
        mews.parse_event(
            Record("reservations", "stay-1", row, version=datetime(2026, 3, 1, tzinfo=UTC)),
            None,
            context(),
        )


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (stay(Id=None), "Id is missing"),
        (stay(Id=5), "Id is not a string"),
        (stay(UpdatedUtc=None), "UpdatedUtc is missing"),
        (stay(UpdatedUtc="soon"), "UpdatedUtc is not a time"),
    ],
)
def test_no_record_without_id_and_version(row: dict[str, Any], reason: str) -> None:
    with pytest.raises(RecordError, match=reason):
        mews.build_record("reservations", row)


def test_other_streams_tell_nothing() -> None:
    company = mews.build_record("companies", {"Id": "c", "Name": "Northwind"})
    assert company.version is None
    assert list(mews.parse_event(company, None, context())) == []
    assert mews.map_reservation(company, context()) is None


@pytest.mark.parametrize(
    ("row", "status"),
    [
        (stay("Inquired"), "requested"),
        (stay("Requested"), "requested"),
        (stay("Optional"), "requested"),
        (stay("Confirmed"), "confirmed"),
        (stay("Started"), "arrived"),
        (stay("Processed"), "departed"),
        (stay("Canceled"), "cancelled"),
        (stay("Canceled", CancellationReason="NoShow"), "no_show"),
        # What a restored reservation may still carry.
        (stay("Confirmed", CancellationReason="NoShow"), "confirmed"),
    ],
)
def test_the_neutral_shape(row: dict[str, Any], status: str) -> None:
    shape = mews.map_reservation(record(row), context())
    assert shape is not None
    assert (shape.number, shape.status, shape.site) == ("1044", status, "house")
    assert shape.checked_in == (status in {"arrived", "departed"})
    assert shape.from_ == datetime(2026, 3, 2, 14, tzinfo=UTC)
    assert shape.channel == "Distributor"


# What Mews may do to a reservation; back moves are rare but happen.
MOVES = {
    "Inquired": ["Requested", "Optional", "Confirmed", "Canceled"],
    "Requested": ["Optional", "Confirmed", "Canceled"],
    "Optional": ["Confirmed", "Canceled"],
    "Confirmed": ["Started", "Canceled"],
    "Started": ["Processed", "Confirmed"],
    "Processed": ["Started"],
    "Canceled": ["Confirmed", "Optional", "Started"],
}


@st.composite
def lives(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw the versions of one reservation."""
    state = draw(st.sampled_from(["Inquired", "Requested", "Optional", "Confirmed"]))
    keeps_cancelled, row = draw(st.booleans()), stay(state, UpdatedUtc=CREATED)
    versions = [row]
    for hour in range(draw(st.integers(0, 8))):
        at = (datetime(2026, 2, 2, tzinfo=UTC) + timedelta(hours=hour)).isoformat()
        state = draw(st.sampled_from([*MOVES[state], state]))
        row = row | {"State": state, "UpdatedUtc": at}
        if state == "Canceled":
            row["CancelledUtc"] = row["CancelledUtc"] or at
        elif not keeps_cancelled:
            row["CancelledUtc"] = None
        if state == "Started":
            row["ActualStartUtc"] = draw(st.sampled_from([at, row["ActualStartUtc"]]))
        if state == "Processed":
            row["ActualEndUtc"] = draw(st.sampled_from([at, None]))
        versions.append(row)
    return versions


def identities(found: list[Event]) -> set[tuple[str, str]]:
    return {(event.action or event.metric, event.occurrence) for event in found}


@given(lives(), st.data())
def test_whatever_was_seen_before_the_final_version_gives_the_same_ids(
    versions: list[dict[str, Any]], data: st.DataObject
) -> None:
    seen = data.draw(st.lists(st.booleans(), min_size=len(versions), max_size=len(versions)))
    path = [row for row, taken in zip(versions[:-1], seen, strict=False) if taken]
    along: set[tuple[str, str]] = set()
    previous = None
    for row in [*path, versions[-1]]:
        found = events(row, previous, origin=Origin.LIVE)
        assert len(identities(found)) == len(found)
        along |= identities(found)
        previous = row
    assert identities(events(versions[-1])) <= along


@given(lives())
def test_a_replay_of_a_path_adds_no_id(versions: list[dict[str, Any]]) -> None:
    pairs = list(zip([None, *versions], versions, strict=False))
    once = {i for before, row in pairs for i in identities(events(row, before))}
    again = {i for before, row in pairs for i in identities(events(row, before))}
    assert once == again


@given(lives())
def test_mapping_depends_on_its_arguments_only_and_leaves_them_alone(
    versions: list[dict[str, Any]],
) -> None:
    row = versions[-1] | {"Joined": JOINED}
    kept = copy.deepcopy(row)
    assert events(row, versions[0]) == events(row, versions[0])
    assert row == kept
