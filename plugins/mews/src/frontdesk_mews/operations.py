"""The operations of Mews we use, as data: how each is asked, and where its rows are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypedDict

import attrs

from frontdesk.model import Json, Payload

#: Without these, Mews hides rows: deleted guests, cancelled stays, inactive age categories.
_BOTH: Final[Payload] = {"ActivityStates": ["Active", "Deleted"]}
_STATES: Final = (
    "Inquired",
    "Requested",
    "Optional",
    "Confirmed",
    "Started",
    "Processed",
    "Canceled",
)


class _Amount(TypedDict, total=False):
    Currency: Json
    NetValue: Json
    GrossValue: Json


class _Options(TypedDict, total=False):
    CanceledWithReservation: Json


class _Item(TypedDict, total=False):
    Id: Json
    ServiceOrderId: Json
    Type: Json
    AccountingState: Json
    Options: _Options | None
    Amount: _Amount | None


class _Items(TypedDict, total=False):
    """What of an order item is used: three of four bytes of a history are the rest."""

    OrderItems: list[_Item]
    Cursor: Json


@attrs.frozen
class Operation:
    """One operation that lists rows.

    Args:
        rows: The key under which an answer lists them.
        ids: The filter that takes ids.
        asked: What is asked for in every request. Never an empty list: Mews refuses it.
        batch: How many ids are asked for at once.
        wanted: What is read of an answer, where most of it is not used.
    """

    path: str
    rows: str
    ids: str
    asked: Payload = attrs.field(factory=dict[str, Json], kw_only=True)
    batch: int = attrs.field(default=1000, kw_only=True)
    wanted: Any = attrs.field(default=None, kw_only=True)


CUSTOMERS: Final = Operation(
    "customers/getAll",
    "Customers",
    "CustomerIds",
    # The embedded address is deprecated, but all there is where addresses are not granted.
    asked={"Extent": {"Customers": True, "Addresses": True}, **_BOTH},
    batch=500,
)
RESERVATIONS: Final = Operation(
    "reservations/getAll/2023-06-06",
    "Reservations",
    "ReservationIds",
    asked={"States": list(_STATES)},
    batch=500,
)
ENTERPRISES: Final = Operation("enterprises/getAll", "Enterprises", "EnterpriseIds")
SERVICES: Final = Operation("services/getAll", "Services", "ServiceIds")
AGE_CATEGORIES: Final = Operation(
    "ageCategories/getAll", "AgeCategories", "AgeCategoryIds", asked=_BOTH
)
COMPANIES: Final = Operation("companies/getAll", "Companies", "Ids", asked=_BOTH)
VOUCHERS: Final = Operation(
    "vouchers/getAll", "Vouchers", "VoucherIds", asked={"Extent": {"Vouchers": True}, **_BOTH}
)
GROUPS: Final = Operation("reservationGroups/getAll", "ReservationGroups", "ReservationGroupIds")
ADDRESSES: Final = Operation("addresses/getAll", "Addresses", "AccountIds", asked=_BOTH)
# A long stay has dozens of items, so a batch of reservations has several pages of them.
ITEMS: Final = Operation(
    "orderItems/getAll",
    "OrderItems",
    "ServiceOrderIds",
    asked={"AccountingStates": ["Inactive", "Open", "Closed", "Canceled"]},
    batch=200,
    wanted=_Items,
)
# Larger questions are known to time out.
COMPANIONSHIPS: Final = Operation(
    "companionships/getAll",
    "Companionships",
    "ReservationIds",
    asked={"Extent": {"Reservations": False, "ReservationGroups": False, "Customers": False}},
    batch=100,
)

#: It has neither filters nor pages.
COUNTRIES: Final = Operation("countries/getAll", "Countries", "")

STREAMS: Final[Mapping[str, Operation]] = {
    "customers": CUSTOMERS,
    "reservations": RESERVATIONS,
    "enterprises": ENTERPRISES,
    "services": SERVICES,
    "age_categories": AGE_CATEGORIES,
    "companies": COMPANIES,
    "vouchers": VOUCHERS,
    "countries": COUNTRIES,
}
