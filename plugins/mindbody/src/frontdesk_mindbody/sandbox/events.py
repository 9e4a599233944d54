"""The events that can be subscribed to."""

from __future__ import annotations

from typing import Final

#: Every event there is; the others of the platform's are of no use here.
EVENTS: Final = frozenset(
    f"{thing}.{what}"
    for thing, whats in {
        "site": "created updated deactivated",
        "siteBusinessDayClosure": "created cancelled",
        "location": "created updated deactivated",
        "appointmentBooking": "created updated cancelled",
        "appointmentAddOn": "created deleted",
        "classSchedule": "created updated cancelled",
        "class": "updated",
        "classRosterBooking": "created cancelled",
        "classRosterBookingStatus": "updated",
        "classWaitlistRequest": "created cancelled",
        "classDescription": "updated",
        "client": "created updated deactivated",
        "clientProfileMerger": "created",
        "clientMembershipAssignment": "created cancelled",
        "clientContract": "created updated cancelled",
        "clientSale": "created",
        "staff": "created updated deactivated",
    }.items()
    for what in whats.split()
)
#: Mentioned once by a third party; nobody else knows it.
ARRIVAL: Final = "clientArrival.created"
