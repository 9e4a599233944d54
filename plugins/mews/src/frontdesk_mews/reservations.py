"""What a reservation tells: events by its state, and its neutral shape."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from frontdesk.errors import RecordError, SkipRecord
from frontdesk.model import (
    Context,
    Event,
    Origin,
    Payload,
    Record,
    Reservation,
    Site,
)
from frontdesk.rows import before
from frontdesk_mews import tables
from frontdesk_mews.money import UNKNOWN, Worth, worth
from frontdesk_mews.properties import properties
from frontdesk_mews.rows import instant, joined, part, required, required_instant, strings, text

#: What each state proves to have happened. Mews shows the present state only.
PROVEN: Final[Mapping[str, tuple[str, ...]]] = {
    "Inquired": (tables.INQUIRED,),
    "Requested": (tables.REQUESTED,),
    "Optional": (),
    "Confirmed": (tables.CONFIRMED,),
    "Started": (tables.CONFIRMED, tables.CHECKED_IN),
    "Processed": (tables.CONFIRMED, tables.CHECKED_IN, tables.CHECKED_OUT),
    "Canceled": (tables.CANCELLED,),
}
_PENDING: Final = frozenset({"Inquired", "Requested", "Optional"})
#: Metrics with a time of their own: that time, and the planned one history may fall back on.
_STAMPS: Final[Mapping[str, tuple[str, str]]] = {
    tables.CHECKED_IN: ("ActualStartUtc", "ScheduledStartUtc"),
    tables.CHECKED_OUT: ("ActualEndUtc", "ScheduledEndUtc"),
    tables.CANCELLED: ("CancelledUtc", "UpdatedUtc"),
}
_STATUS: Final = {
    "Inquired": "requested",
    "Requested": "requested",
    "Optional": "requested",
    "Confirmed": "confirmed",
    "Started": "arrived",
    "Processed": "departed",
    "Canceled": "cancelled",
}


def events(record: Record, previous: Record | None, context: Context) -> list[Event]:
    """Tell all the row proves, oldest first; core drops what it has already logged."""
    row = record.payload
    state = _state(row)
    required(row, "Id")
    happened = _happened(record, state, before(record, previous))
    guest = _guest(row)
    if guest is None:
        raise SkipRecord("company")
    if _sold_by_agency(row, context):
        raise SkipRecord("ota_reservation")
    if not happened:
        return []
    site = _site(row, context)
    value, currency = _worth(row, state, site, context)
    shown = properties(row, site)
    return [
        Event(
            metric,
            guest,
            time,
            value=value,
            currency=currency,
            properties=shown,
            occurrence=occurrence,
            site=site.id if site else None,
        )
        for time, metric, occurrence in happened
    ]


def _state(row: Payload) -> str:
    state = required(row, "State")
    if state not in PROVEN:
        raise RecordError("State is none frontdesk-mews knows")
    return state


def _guest(row: Payload) -> str | None:
    """Return whose reservation it is; one owned by a company may be nobody's."""
    kind = required(row, "AccountType")
    owner = required(row, "AccountId")
    if kind == "Customer":
        return owner
    if kind != "Company":
        raise RecordError("AccountType is none frontdesk-mews knows")
    return text(row, "BookerId") or next(iter(strings(joined(row), "Companions")), None)


def _sold_by_agency(row: Payload, context: Context) -> bool:
    return bool(context.settings.skip_ota_reservations) and row.get("Origin") == "ChannelManager"


def _happened(
    record: Record, state: str, earlier: Payload | None
) -> list[tuple[datetime, str, str]]:
    row = record.payload
    created = required_instant(row, "CreatedUtc")
    updated = required_instant(row, "UpdatedUtc")
    was = None if earlier is None else earlier.get("State")
    found: list[tuple[datetime, str, str]] = []
    for metric in PROVEN[state]:
        if metric in _STAMPS:
            found.append(_stamped(record, metric, updated))
        else:
            # Mews does not tell when: the row that shows the change is the nearest we have.
            changed = was in _PENDING and metric not in PROVEN[was]
            found.append((updated if changed else created, metric, ""))
    if was == "Canceled" and earlier is not None and tables.CONFIRMED in PROVEN[state]:
        # Mews lets staff restore a cancellation: that confirms the stay a second time.
        undone = text(earlier, "CancelledUtc") or ""
        found.append((updated, tables.CONFIRMED, f"restored:{undone}"))
    found.sort(key=_time)
    return found


def _time(entry: tuple[datetime, str, str]) -> datetime:
    return entry[0]


def _stamped(record: Record, metric: str, updated: datetime) -> tuple[datetime, str, str]:
    actual, planned = _STAMPS[metric]
    time = instant(record.payload, actual)
    if time is None and record.origin is Origin.HISTORY:
        time = instant(record.payload, planned)
    return time or updated, metric, text(record.payload, actual) or ""


def _site(row: Payload, context: Context) -> Site | None:
    """Return the property: a reservation names only its service, which names it."""
    service = part(joined(row), "Service") or {}
    return context.account.site(text(service, "EnterpriseId"))


def _worth(row: Payload, state: str, site: Site | None, context: Context) -> Worth:
    items = joined(row).get("Items")
    if items is None:
        return UNKNOWN
    return worth(items, state, context.settings.value_basis, site.currency if site else None)


def _status(row: Payload, state: str) -> str:
    missed = state == "Canceled" and row.get("CancellationReason") == "NoShow"
    return "no_show" if missed else _STATUS[state]


def reservation(record: Record, context: Context) -> Reservation | None:
    """Return the neutral shape, or None where :func:`events` passes the record over."""
    row = record.payload
    state = _state(row)
    guest = _guest(row)
    if guest is None or _sold_by_agency(row, context):
        return None
    site = _site(row, context)
    amount, currency = _worth(row, state, site, context)
    return Reservation(
        number=text(row, "Number") or record.id,
        guest=guest,
        status=_status(row, state),
        site=site.id if site else None,
        from_=instant(row, "ScheduledStartUtc"),
        to=instant(row, "ScheduledEndUtc"),
        checked_in=state in {"Started", "Processed"},
        amount=amount,
        currency=currency,
        channel=text(row, "Origin"),
        created=instant(row, "CreatedUtc"),
        updated=instant(row, "UpdatedUtc"),
    )
