"""A Mews reservation keeps its ids whichever of its versions were seen."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frontdesk.model import Account, Context, Event, Json, Origin, Record, Site

from . import mews_restored as mews
from .driving import check_purity, follow, ids, parse

STAY = "5d1a2c10-0b5e-4a7e-9a11-b2d700a1c001"
GUEST = "8c33e0d4-7f0a-4f0f-8f3e-b2d700a1c002"
BOOKER = "e0b7b1f2-93d1-45c4-8d53-b2d700a1c003"
HOTEL = "f6c9a0de-5f6d-4c62-9d7b-b2d700a1c004"
CONTEXT = Context(
    settings=None,
    account=Account(HOTEL, "Seaview", sites=(Site(HOTEL, "Seaview", "Europe/Prague", "CZK"),)),
)
CREATED = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def at(hours: int) -> str:
    """Return the time so many hours after the reservation was made."""
    return (CREATED + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")


def item(gross: str, *, state: str, kind: str = "SpaceOrder") -> dict[str, Json]:
    """Return one order item of the stay."""
    return {
        "AccountingState": state,
        "Type": kind,
        "Amount": {"Currency": "CZK", "GrossValue": Decimal(gross)},
    }


def stay(state: str, updated: int = 0, **fields: Any) -> Record:
    """Return one version of the reservation."""
    row = {
        "Id": STAY,
        "Number": "7041",
        "State": state,
        "AccountId": GUEST,
        "AccountType": "Customer",
        "BookerId": BOOKER,
        "Origin": "Distributor",
        "CommanderOrigin": None,
        "CreatedUtc": at(0),
        "UpdatedUtc": at(updated),
        "CancelledUtc": None,
        "CancellationReason": None,
        "ReleasedUtc": None,
        "ScheduledStartUtc": at(240),
        "ScheduledEndUtc": at(288),
        "ActualStartUtc": None,
        "ActualEndUtc": None,
        "Purpose": "Leisure",
        "Options": {
            "OwnerCheckedIn": True,
            "AllCompanionsCheckedIn": False,
            "AnyCompanionCheckedIn": False,
            "ConnectorCheckIn": False,
        },
        "PersonCounts": [
            {"AgeCategoryId": "grown", "Count": 2},
            {"AgeCategoryId": "small", "Count": 1},
            {"AgeCategoryId": "forgotten", "Count": 1},
        ],
        "AgeCategories": {"grown": "Adult", "small": "Child"},
        "Service": {"Name": "Accommodation", "EnterpriseId": HOTEL},
        "Group": {"Name": "Regatta"},
        "PartnerCompany": None,
        "Voucher": {"Name": "Early bird"},
        "OrderItems": [
            item("2400.50", state="Open"),
            item("-100.50", state="Closed", kind="NightRebate"),
            item("500", state="Open", kind="Deposit"),
            item("990", state="Canceled"),
        ],
    }
    version = CREATED + timedelta(hours=updated)
    return Record("reservations", STAY, row | fields, version=version, guests=(GUEST,))


def told(record: Record, previous: Record | None = None) -> list[tuple[str, str]]:
    """Return metric and occurrence of what a version tells."""
    events = parse(mews, record, previous=previous, context=CONTEXT)
    return [(event.metric, event.occurrence) for event in events]


CANCELLED = stay("Canceled", 5, CancelledUtc=at(5), CancellationReason="RequestedByGuest")


def test_a_confirmed_reservation_tells_its_guest_its_value_and_its_properties() -> None:
    (event,) = parse(mews, stay("Confirmed"), context=CONTEXT)

    assert event == Event(
        "Confirmed Reservation",
        GUEST,
        CREATED,
        value=Decimal("2300.00"),
        currency="CZK",
        properties={
            "Reservation ID": STAY,
            "Reservation Number": "7041",
            "Service Name": "Accommodation",
            "Account Type": "Customer",
            "Service Sender Origin": "Distributor",
            "Commander Origin": None,
            "Used Voucher": True,
            "Check In Status": "Owner Checked In",
            "Reservation Group Name": "Regatta",
            "Partner Company Name": None,
            "Voucher Names": ["Early bird"],
            "Cancellation Reason": None,
            "Release Date": None,
            "Scheduled Start Time": at(240),
            "Scheduled End Time": at(288),
            "Actual Start Time": None,
            "Actual End Time": None,
            "Reservation Purpose": "Leisure",
            "Reservation Person Counts": 4,
            "Reservation Adult Counts": 2,
            "Reservation Child Counts": 1,
        },
    )


def test_a_cancellation_tells_when_and_what_was_lost() -> None:
    (event,) = parse(mews, CANCELLED, previous=stay("Confirmed"), context=CONTEXT)

    assert event.metric == "Cancelled Reservation"
    assert event.time == CREATED + timedelta(hours=5)
    assert event.value == Decimal(990)
    assert event.occurrence == at(5)
    assert event.properties["Cancellation Reason"] == "RequestedByGuest"


@pytest.mark.parametrize("cancelled", [None, at(5)], ids=["time blanked", "time kept"])
def test_a_restored_reservation_is_confirmed_a_second_time(cancelled: str | None) -> None:
    restored = stay("Confirmed", 7, CancelledUtc=cancelled)

    first, again = parse(mews, restored, previous=CANCELLED, context=CONTEXT)

    assert (first.metric, first.occurrence) == ("Confirmed Reservation", "")
    assert (again.metric, again.occurrence) == ("Confirmed Reservation", f"restored:{at(5)}")
    assert again.time == CREATED + timedelta(hours=7)


def test_the_whole_walk_is_four_events() -> None:
    walk = [
        stay("Confirmed"),
        CANCELLED,
        stay("Confirmed", 7),
        stay("Canceled", 9, CancelledUtc=at(9)),
    ]

    log = follow(mews, walk, context=CONTEXT)

    assert [(event.metric, event.occurrence) for event in log.values()] == [
        ("Confirmed Reservation", ""),
        ("Cancelled Reservation", at(5)),
        ("Confirmed Reservation", f"restored:{at(5)}"),
        ("Cancelled Reservation", at(9)),
    ]


def test_a_stay_seen_only_after_the_guest_left_tells_all_three_steps() -> None:
    left = stay("Processed", 290, ActualStartUtc=at(241), ActualEndUtc=at(287))

    assert told(left) == [
        ("Confirmed Reservation", ""),
        ("Checked In to Reservation", at(241)),
        ("Checked Out of Reservation", at(287)),
    ]


def test_a_confirmation_seen_live_has_the_time_of_the_change() -> None:
    (event,) = parse(mews, stay("Confirmed", 3), previous=stay("Optional"), context=CONTEXT)

    assert event.time == CREATED + timedelta(hours=3)


def test_an_unknown_arrival_is_expected_in_history_and_noticed_in_live_news() -> None:
    arrived = stay("Started", 242)
    live = attrs.evolve(arrived, origin=Origin.LIVE)

    times = [parse(mews, record, context=CONTEXT)[1].time for record in (arrived, live)]

    assert times == [CREATED + timedelta(hours=240), CREATED + timedelta(hours=242)]


def test_an_optional_reservation_tells_nothing() -> None:
    assert told(stay("Optional")) == []


def test_the_stay_of_a_company_belongs_to_its_booker_or_to_nobody() -> None:
    (event,) = parse(mews, stay("Confirmed", AccountType="Company"), context=CONTEXT)
    nobody = parse(mews, stay("Confirmed", AccountType="Company", BookerId=None), context=CONTEXT)

    assert event.guest == BOOKER
    assert nobody == ()


def test_a_late_confirmation_does_not_look_restored() -> None:
    """The version before the cancellation arrives after it: by webhook, then by polling."""
    log = follow(mews, [CANCELLED, stay("Confirmed", 2)], context=CONTEXT)

    assert [event.occurrence for event in log.values()] == [at(5), ""]


def test_mapping_is_pure() -> None:
    check_purity(mews, stay("Confirmed", 7), previous=CANCELLED, context=CONTEXT)


MOVES = {
    "Inquired": ("Requested", "Optional", "Confirmed", "Canceled"),
    "Requested": ("Optional", "Confirmed", "Canceled"),
    "Optional": ("Confirmed", "Canceled"),
    "Confirmed": ("Confirmed", "Started", "Canceled"),
    "Canceled": ("Confirmed",),
    "Started": ("Processed",),
    "Processed": ("Processed",),
}


@st.composite
def walks(draw: st.DrawFn) -> list[Record]:
    """Draw the versions of one reservation, in the order Mews made them."""
    state = draw(st.sampled_from(["Confirmed", "Optional", "Requested", "Inquired"]))
    fields: dict[str, Json] = {}
    versions = []
    for hour in range(draw(st.integers(1, 12))):
        if hour:
            state = draw(st.sampled_from(MOVES[state]))
        if state == "Canceled":
            fields["CancelledUtc"] = at(hour)
        elif draw(st.booleans()):  # whether a restore blanks it is unconfirmed
            fields.pop("CancelledUtc", None)
        if state in {"Started", "Processed"}:
            fields.setdefault("ActualStartUtc", at(hour))
        if state == "Processed":
            fields.setdefault("ActualEndUtc", at(hour))
        versions.append(stay(state, hour, **fields))
    return versions


@st.composite
def sightings(draw: st.DrawFn) -> tuple[list[Record], list[Record]]:
    """Draw a walk, and some of its versions in any order, repeated, the last among them."""
    walk = draw(walks())
    some = draw(st.lists(st.sampled_from(walk), max_size=12))
    return walk, draw(st.permutations([*some, walk[-1]]))


@settings(max_examples=200)
@given(sightings())
def test_the_last_version_alone_tells_nothing_that_any_path_to_it_misses(
    drawn: tuple[list[Record], list[Record]],
) -> None:
    walk, observed = drawn
    last = walk[-1]

    alone = ids(HOTEL, last, parse(mews, last, context=CONTEXT))

    assert alone <= follow(mews, observed, context=CONTEXT).keys()


@settings(max_examples=200)
@given(sightings())
def test_no_path_invents_an_event(drawn: tuple[list[Record], list[Record]]) -> None:
    walk, observed = drawn
    shown = set().union(
        *(ids(HOTEL, version, parse(mews, version, context=CONTEXT)) for version in walk)
    )

    log = follow(mews, observed, context=CONTEXT)

    proven = {key for key, event in log.items() if _is_proven_restore(event, walk)}
    assert log.keys() == (log.keys() & shown) | proven


def _is_proven_restore(event: Event, walk: list[Record]) -> bool:
    """Tell whether the walk really leads out of the cancellation the event names."""
    kind, _, cancelled = event.occurrence.partition(":")
    return kind == "restored" and any(
        before.payload["State"] == "Canceled"
        and before.payload["CancelledUtc"] == cancelled
        and after.payload["State"] in mews.CERTAIN
        for before, after in itertools.combinations(walk, 2)
    )
