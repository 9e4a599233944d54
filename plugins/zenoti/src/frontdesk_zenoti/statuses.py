"""Zenoti's numbers and words for where something stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from frontdesk.model import Json
from frontdesk_zenoti import tables

#: Of appointments and their groups; the last three are known from one integration only.
GROUP: Final[Mapping[int, str]] = {
    -2: "NoShow",
    -1: "Cancelled",
    0: "New",
    1: "Closed",
    2: "Checkin",
    4: "Confirm",
    10: "Break",
    11: "NotSpecified",
    20: "Available",
    21: "Voided",
    -3: "Void",
    7: "Deleted",
    8: "Refund",
}
NO_SHOW: Final = -2
CANCELLED: Final = -1
CLOSED: Final = 1
CHECKED_IN: Final = 2
BREAK: Final = 10
#: Which of them are a metric of their own, and what the action is called in event ids.
TOLD: Final[Mapping[int, tuple[str, str]]] = {
    -2: (tables.MISSED, "missed"),
    -1: (tables.CANCELLED, "cancelled"),
    1: (tables.CLOSED, "closed"),
    2: (tables.CHECKED_IN, "checked in"),
    4: (tables.CONFIRMED, "confirmed"),
}
#: How far a group has come; what is cancelled or void is out of the way.
STEPS: Final[Mapping[int, int]] = {0: 0, 4: 1, 2: 2, 1: 3}

#: Of memberships. Pages disagree on -1: it is Default as a recurrence, Cancelled as a status.
MEMBERSHIP: Final[Mapping[int, str]] = {
    1: "Active",
    2: "InActive",
    3: "Frozen",
    4: "Cancelled",
    5: "Expired",
    6: "Closed",
    7: "NotStarted",
    8: "Suspended",
    9: "Refund",
    10: "Deleted",
    12: "Failed",
    -1: "Default",
}
_CODES: Final[Mapping[str, int]] = {
    **{name.casefold(): code for code, name in MEMBERSHIP.items()},
    "canceled": 4,
    "freeze": 3,
    "froze": 3,
    "refunded": 9,
}

#: Types of invoice items, by number and by the sales report's words.
SERVICE: Final = 0
PACKAGE: Final = 4
GIFT_CARD: Final = 6
PACKAGE_WORDS: Final = frozenset({"package"})
GIFT_WORDS: Final = frozenset({"gift card", "giftcard", "pre-paid card", "prepaid card"})

#: Where something was sold or booked.
SOURCES: Final[Mapping[int, str]] = {
    0: "Web",
    1: "CustomerApp",
    2: "WebStore",
    3: "Imports",
    4: "Offline",
    5: "Dunning",
    6: "EmployeeApp",
    7: "ManagerApp",
    8: "AutoCollection",
    11: "Take5",
    12: "TherapistAppAndroid",
    13: "TherapistAppIos",
    14: "MobilePosAndroid",
    15: "MobilePosiOS",
    19: "InstoreApp",
    20: "ApiDirect",
    21: "Unknown",
    22: "Extension",
    23: "Queue",
    24: "Kiosk",
    25: "KioskCMA",
    26: "KioskWeb",
}


def membership_code(value: Json) -> int | None:
    """Return the number of a membership's status, given as a number or as a word."""
    if isinstance(value, str):
        return _CODES.get(value.strip().casefold())
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def membership_name(value: Json, *, recurrence: bool = False) -> str | None:
    """Return the word for a membership's status; an unknown word stays what it is."""
    code = membership_code(value)
    if code is None:
        return value.strip() or None if isinstance(value, str) else None
    if code == CANCELLED and not recurrence:
        return "Cancelled"
    return MEMBERSHIP.get(code)
