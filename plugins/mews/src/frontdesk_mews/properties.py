"""The properties of a reservation's events, read from its row and what was joined to it."""

from __future__ import annotations

from typing import Final

from frontdesk.errors import RecordError
from frontdesk.model import Json, Payload, Site
from frontdesk.rows import objects
from frontdesk_mews.rows import joined, part, required, text, texts

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


def properties(row: Payload, site: Site | None) -> dict[str, Json]:
    """Return the properties; one whose source is absent is absent itself."""
    shown = texts(row, _PLAIN)
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


def localized(named: Payload, language: str | None) -> str | None:
    """Return the name in *language*, or the next best; old services have only ``Name``."""
    names = part(named, "Names") or {}
    for wanted in (language, _same_tongue(names, language), "en-US", "en-GB"):
        if wanted and names.get(wanted):
            return text(names, wanted)
    return text(names, next(iter(names))) if names else text(named, "Name")


def _same_tongue(names: Payload, language: str | None) -> str | None:
    tongue = (language or "").partition("-")[0]
    return next((code for code in names if tongue and code.partition("-")[0] == tongue), None)
