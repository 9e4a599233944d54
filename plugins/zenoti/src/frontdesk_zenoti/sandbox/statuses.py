"""Zenoti's numbers for where something stands."""

from __future__ import annotations

from typing import Final

#: Of appointments and their groups.
NO_SHOW, CANCELLED, NEW, CLOSED, CHECKIN, CONFIRM, BREAK = -2, -1, 0, 1, 2, 4, 10
HIDDEN: Final = frozenset({NO_SHOW, CANCELLED})

#: Of memberships.
ACTIVE, FROZEN, ENDED, EXPIRED, OVER, NOT_STARTED, SUSPENDED, REFUNDED, DEFAULT = (
    1,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    -1,
)
MEMBERSHIP: Final = {
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
#: Types of lines of an invoice, and what the sales report calls them.
SERVICE, PRODUCT, MEMBERSHIP_SOLD, PACKAGE, CARD = 0, 2, 3, 4, 6
ITEM: Final = {0: "Service", 2: "Product", 3: "Membership", 4: "Package", 6: "Gift card"}
