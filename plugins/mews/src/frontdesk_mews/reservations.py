"""What a reservation tells: events by its state, and its neutral shape."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from frontdesk.errors import RecordError, SkipRecord
from frontdesk.model import (
    Context,
    Event,
    Json,
    Origin,
    Payload,
    Record,
    Reservation,
    Site,
)

from frontdesk_mews import tables
from frontdesk_mews.money import UNKNOWN, Worth, worth
from frontdesk_mews.rows import (
    before,
    instant,
    joined,
    localized,
    objects,
    part,
    required,
    required_instant,
    strings,
    text,
)

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
#: Property: the field it is read from as it is.
_PLAIN: Final = (
    ("Reservation ID", "Id"),
    ("Reservation Number", "Number"),
    ("Account Type", "AccountType"),
    ("Service Sender Origin", "Origin"),
    ("Commander Origin", "CommanderOrigin"),
    ("Cancellation Reason", "CancellationReason"),
    ("Release Date", "ReleasedUtc"),
    ("Scheduled Start Time", "ScheduledStartUtc"),
    ("Scheduled End Time", "ScheduledEndUtc"),
    ("Actual Start Time", "ActualStartUtc"),
    ("Actual End Time", "ActualEndUtc"),
    ("Reservation Purpose", "Purpose"),
)
#: Property: the joined part whose name it is.
_NAMED: Final = (
    ("Reservation Group Name", "Group"),
    ("Partner Company Name", "PartnerCompany"),
)


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
        )
        for time, metric, occurrence in happened
    ]


def _state(row: Payload) -> str:
    state = required(row, "State")
    if state not in PROVEN:
        raise RecordError(f"State {state!r} is none frontdesk-mews knows")
    return state


def _guest(row: Payload) -> str | None:
    """Return whose reservation it is; one owned by a company may be nobody's."""
    kind = required(row, "AccountType")
    owner = required(row, "AccountId")
    if kind == "Customer":
        return owner
    if kind != "Company":
        raise RecordError(f"AccountType {kind!r} is none frontdesk-mews knows")
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


def properties(row: Payload, site: Site | None) -> dict[str, Json]:
    """Return the properties; one whose source is absent is absent itself."""
    shown: dict[str, Json] = {name: text(row, field) for name, field in _PLAIN if field in row}
    if "VoucherId" in row:
        shown["Used Voucher"] = text(row, "VoucherId") is not None
    if "Options" in row:
        shown["Check In Status"] = _check_in_status(part(row, "Options"))
    _add_joined(shown, joined(row), site)
    _add_persons(shown, row)
    return shown


def _add_joined(shown: dict[str, Json], parts: Payload, site: Site | None) -> None:
    for name, key in _NAMED:
        if key in parts:
            shown[name] = text(part(parts, key) or {}, "Name")
    if "Service" in parts:
        service = part(parts, "Service") or {}
        shown["Service Name"] = localized(service, site.language if site else None)
    if "Voucher" in parts:
        voucher = text(part(parts, "Voucher") or {}, "Name")
        shown["Voucher Names"] = [voucher] if voucher else []


def _check_in_status(options: Payload | None) -> str | None:
    if options is None:
        return None
    if options.get("OwnerCheckedIn"):
        everyone = options.get("AllCompanionsCheckedIn")
        return "All Checked In" if everyone else "Owner Checked In"
    return "Companion Checked In" if options.get("AnyCompanionCheckedIn") else "Not Checked In"


def _add_persons(shown: dict[str, Json], row: Payload) -> None:
    if row.get("PersonCounts") is None:
        return
    counts = _persons(row)
    shown["Reservation Person Counts"] = sum(counts.values())
    classes = part(joined(row), "AgeCategories")
    if classes is None:
        return
    # A category Mews no longer tells of counts as a person, neither adult nor child.
    for name in ("Adult", "Child"):
        total = sum(n for key, n in counts.items() if classes.get(key) == name)
        shown[f"Reservation {name} Counts"] = total


def _persons(row: Payload) -> dict[str, int]:
    counts: dict[str, int] = {}
    for entry in objects(row, "PersonCounts"):
        category, count = required(entry, "AgeCategoryId"), entry.get("Count")
        if type(count) is not int:
            raise RecordError("Count of PersonCounts is not a whole number")
        counts[category] = counts.get(category, 0) + count
    return counts


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
