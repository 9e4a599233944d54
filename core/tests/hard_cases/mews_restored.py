"""Mews: a reservation that is confirmed, cancelled and restored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

import attrs

from frontdesk.hooks import hookimpl
from frontdesk.model import Context, Event, Json, Origin, Payload, Record

REQUESTED: Final = "Requested Reservation"
INQUIRED: Final = "Inquired about Reservation"
CONFIRMED: Final = "Confirmed Reservation"
CHECKED_IN: Final = "Checked In to Reservation"
CHECKED_OUT: Final = "Checked Out of Reservation"
CANCELLED: Final = "Cancelled Reservation"

ASKED: Final = {"Requested": REQUESTED, "Inquired": INQUIRED}
TENTATIVE: Final = frozenset({"Requested", "Inquired", "Optional"})
CERTAIN: Final = frozenset({"Confirmed", "Started", "Processed"})
ARRIVED: Final = frozenset({"Started", "Processed"})

#: Properties that are a field of the reservation as it stands.
FIELDS: Final = {
    "Reservation ID": "Id",
    "Reservation Number": "Number",
    "Account Type": "AccountType",
    "Service Sender Origin": "Origin",
    "Commander Origin": "CommanderOrigin",
    "Cancellation Reason": "CancellationReason",
    "Release Date": "ReleasedUtc",
    "Scheduled Start Time": "ScheduledStartUtc",
    "Scheduled End Time": "ScheduledEndUtc",
    "Actual Start Time": "ActualStartUtc",
    "Actual End Time": "ActualEndUtc",
    "Reservation Purpose": "Purpose",
}

#: Until a reservation is confirmed all its items are inactive.
PRICED: Final = {
    REQUESTED: frozenset({"Inactive", "Open", "Closed"}),
    INQUIRED: frozenset({"Inactive", "Open", "Closed"}),
    CANCELLED: frozenset({"Canceled"}),
}
BOOKED: Final = frozenset({"Open", "Closed"})
#: Bookkeeping, not the stay.
NOT_THE_STAY: Final = frozenset({"CancellationFee", "Deposit", "InvoiceFee", "TaxCorrection"})


@attrs.frozen
class Action:
    """What happened to a reservation, when, and which time it was."""

    metric: str
    time: str
    occurrence: str = ""


@hookimpl
def parse_event(record: Record, previous: Record | None, context: Context) -> Iterable[Event]:
    """Tell everything the version shows to have happened, and what its change shows."""
    stay = record.payload
    guest = _guest(stay)
    if guest is None:
        return
    for action in (*_shown(record, previous), *_restored(stay, previous)):
        yield Event(
            action.metric,
            guest,
            datetime.fromisoformat(action.time),
            value=_value(stay, action.metric),
            currency=_currency(stay, context),
            properties=_properties(stay),
            occurrence=action.occurrence,
        )


def _shown(record: Record, previous: Record | None) -> Iterator[Action]:
    """Tell what the version shows by itself, whatever came before it."""
    stay = record.payload
    state = stay["State"]
    live = record.origin is Origin.LIVE
    if state in ASKED:
        yield Action(ASKED[state], stay["CreatedUtc"] if previous is None else stay["UpdatedUtc"])
    if state in CERTAIN:
        yield Action(CONFIRMED, _confirmed_at(stay, previous))
    if state in ARRIVED:
        arrived = stay["ActualStartUtc"]
        expected = stay["UpdatedUtc" if live else "ScheduledStartUtc"]
        yield Action(CHECKED_IN, arrived or expected, arrived or "")
    if state == "Processed":
        left = stay["ActualEndUtc"]
        expected = stay["UpdatedUtc" if live else "ScheduledEndUtc"]
        yield Action(CHECKED_OUT, left or expected, left or "")
    if state == "Canceled":
        cancelled = stay["CancelledUtc"]
        yield Action(CANCELLED, cancelled or stay["UpdatedUtc"], cancelled or "")


def _restored(stay: Payload, previous: Record | None) -> Iterator[Action]:
    """Tell a restore, which only the cancelled version before it can prove."""
    if previous is None or previous.payload["State"] != "Canceled":
        return
    if stay["State"] in CERTAIN:
        cancelled = previous.payload["CancelledUtc"] or ""
        yield Action(CONFIRMED, stay["UpdatedUtc"], f"restored:{cancelled}")


def _confirmed_at(stay: Payload, previous: Record | None) -> str:
    """Return the change that confirmed, if it was seen; Mews keeps no such time."""
    seen = previous is not None and previous.payload["State"] in TENTATIVE
    return str(stay["UpdatedUtc"] if seen else stay["CreatedUtc"])


def _guest(stay: Payload) -> str | None:
    """Return whose stay it is: a company's belongs to the person who booked it."""
    guest: str | None = stay["AccountId" if stay["AccountType"] == "Customer" else "BookerId"]
    return guest


def _value(stay: Payload, metric: str) -> Decimal:
    """Add up the items that make the price of the stay at this moment."""
    states = PRICED.get(metric, BOOKED)
    return sum(
        (
            Decimal(item["Amount"]["GrossValue"])
            for item in stay["OrderItems"]
            if item["AccountingState"] in states and item["Type"] not in NOT_THE_STAY
        ),
        Decimal(0),
    )


def _currency(stay: Payload, context: Context) -> str | None:
    """Return the currency of the property the stay is at."""
    site = context.account.site(stay["Service"]["EnterpriseId"])
    return site.currency if site else None


def _properties(stay: Payload) -> dict[str, Json]:
    """Return the properties that every reservation metric carries."""
    return {
        **{name: stay[field] for name, field in FIELDS.items()},
        "Service Name": stay["Service"]["Name"],
        "Used Voucher": stay["Voucher"] is not None,
        "Voucher Names": [stay["Voucher"]["Name"]] if stay["Voucher"] else [],
        "Check In Status": _check_in_status(stay["Options"]),
        "Reservation Group Name": _name(stay["Group"]),
        "Partner Company Name": _name(stay["PartnerCompany"]),
        "Reservation Person Counts": sum(count["Count"] for count in stay["PersonCounts"]),
        "Reservation Adult Counts": _count(stay, "Adult"),
        "Reservation Child Counts": _count(stay, "Child"),
    }


def _name(thing: Payload | None) -> str | None:
    """Return the name of a group or company, if there is one."""
    return thing["Name"] if thing else None


def _count(stay: Payload, classification: str) -> int:
    """Count the persons whose age category is of this class."""
    return sum(
        count["Count"]
        for count in stay["PersonCounts"]
        if stay["AgeCategories"].get(count["AgeCategoryId"]) == classification
    )


def _check_in_status(options: Payload) -> str:
    """Say how much of the party has checked in."""
    if options["OwnerCheckedIn"] and options["AllCompanionsCheckedIn"]:
        return "All Checked In"
    if options["OwnerCheckedIn"]:
        return "Owner Checked In"
    return "Companion Checked In" if options["AnyCompanionCheckedIn"] else "Not Checked In"
