"""The operations of Zenoti's API that are used: where they are, and how their answers look."""

from __future__ import annotations

from typing import Final

import attrs


@attrs.frozen
class Operation:
    """One operation.

    Args:
        path: Behind ``v1/``, with ``{id}`` where an id belongs, ``{center}`` where a centre's.
        rows: The keys under which its answers may list rows; the first is the documented one.
        meaning: What is missing without it, in words for whoever must ask.
        report: It is asked with a body.
    """

    path: str
    rows: tuple[str, ...] = ()
    meaning: str = ""
    report: bool = False


CENTERS: Final = Operation("centers", ("centers",), "centres (GET centers)")
GUESTS: Final = Operation("guests", ("guests",), "guests (GET guests)")
MERGES: Final = Operation(
    "guests/merge_history", ("guests", "merge_history", "merged_guests"), "merges of guests"
)
GUEST: Final = Operation("guests/{id}")
APPOINTMENTS: Final = Operation(
    "appointments", ("appointments",), "appointments (GET appointments)"
)
APPOINTMENT: Final = Operation("appointments/{id}", ("appointments",))
INVOICE: Final = Operation("invoices/{id}")
SALES: Final = Operation(
    "reports/sales/accrual_basis/flat_file",
    ("sales",),
    "values of the past (POST reports/sales/accrual_basis/flat_file)",
    report=True,
)
MEMBERS: Final = Operation(
    "centers/{center}/members",
    ("members", "memberships", "center_members", "guest_memberships"),
    "memberships (GET centers/ID/members)",
)
PACKAGES: Final = Operation(
    "guests/{id}/packages",
    ("packages", "guest_packages", "user_packages"),
    "packages (GET guests/ID/packages)",
)
GIFT_CARDS: Final = Operation(
    "guests/{id}/gift_cards", ("gift_cards",), "gift cards (GET guests/ID/gift_cards)"
)
SERVICES: Final = Operation(
    "centers/{center}/services", ("services",), "services (GET centers/ID/services)"
)
SERVICE: Final = Operation("centers/{center}/services/{id}")
COUNTRIES: Final = Operation("countries", ("countries",), "countries (GET countries)")

#: What is tried whenever the account is opened.
PROBED: Final = (GUESTS, APPOINTMENTS, SALES, MEMBERS)
