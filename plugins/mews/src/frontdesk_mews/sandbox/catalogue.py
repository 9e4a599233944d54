"""The operations that list rows: their filters, limits and what they insist on."""

from __future__ import annotations

from typing import Final, Literal

import attrs

from frontdesk_mews.sandbox.filters import Among, Colliding, Filter, Within
from frontdesk_mews.sandbox.plans import STATES as STAY_STATES


@attrs.frozen(kw_only=True)
class Listing:
    """An operation that answers with a page of rows."""

    #: The world's table, or the ledger for order items, which are in no table.
    table: str
    #: The array of the answer.
    key: str
    filters: dict[str, Filter]
    #: Filters that must be there, and those of which one must be.
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    exclusive: tuple[tuple[str, str], ...] = ()
    #: The parts an answer may consist of; then the request must say which.
    extent: tuple[str, ...] = ()
    #: The parameter by which the token of a whole chain narrows what it sees.
    scope: Literal["EnterpriseIds", "ChainIds"] = "EnterpriseIds"


def _names(*values: str) -> dict[str, object]:
    return {value: value for value in values}


_ACTIVITY: Final = Among(
    field="is_active", choices={"Active": True, "Deleted": False}, default=(True,)
)
_SERVICES: Final = Among(field="service_id", of="services", strict=True)
_BOOKABLES: Final = Among(field="service_id", of="services", strict=True, bookable=True)
_CREATED: Final = Within(column="created_utc")
_UPDATED: Final = Within(column="updated_utc")
_STATES: Final = Among(
    field="state",
    choices=_names(*STAY_STATES),
    # What the version of 2017 did; for this one it is not documented.
    default=("Confirmed", "Started", "Processed"),
)
_ACCOUNTING: Final = Among(
    field="accounting_state",
    choices=_names("Open", "Closed", "Inactive", "Canceled"),
    default=("Open", "Closed"),
)
_TYPES: Final = Among(
    field="type",
    choices=_names(
        *("CancellationFee", "NightRebate", "ProductOrderRebate", "AdditionalExpenseRebate"),
        *("Deposit", "ExchangeRateDifference", "CustomItem", "ServiceCharge", "CityTax"),
        *("CityTaxDiscount", "SpaceOrder", "ProductOrder", "Surcharge", "TaxCorrection"),
        *("ResourceUpgradeFee", "InvoiceFee", "MulticurrencyFee", "AllowanceDiscount"),
        *("AllowanceBreakage", "AllowanceContraBreakage"),
    ),
)

RESERVATIONS: Final = Listing(
    table="reservations",
    key="Reservations",
    filters={
        "ReservationIds": Among(field="id", of="reservations"),
        "ServiceIds": _BOOKABLES,
        "ReservationGroupIds": Among(field="group_id", of="groups"),
        "AccountIds": Among(field="account_id"),
        "PartnerCompanyIds": Among(field="partner_company_id", of="companies", limit=100),
        "TravelAgencyIds": Among(field="travel_agency_id", of="companies", limit=100),
        "Numbers": Among(field="number", text=True),
        "ChannelNumbers": Among(field="channel_number", text=True, limit=100),
        "AssignedResourceIds": Among(field="assigned_resource_id"),
        "AvailabilityBlockIds": Among(field="availability_block_id", limit=100),
        "CreatedUtc": _CREATED,
        "UpdatedUtc": _UPDATED,
        "CollidingUtc": Colliding(),
        "ScheduledStartUtc": Within(column="scheduled_start_utc"),
        "ActualStartUtc": Within(column="actual_start_utc"),
        "ScheduledEndUtc": Within(column="scheduled_end_utc"),
        "ActualEndUtc": Within(column="actual_end_utc"),
        "States": _STATES,
    },
    exclusive=(("ScheduledStartUtc", "ActualStartUtc"), ("ScheduledEndUtc", "ActualEndUtc")),
)
CUSTOMERS: Final = Listing(
    table="customers",
    key="Customers",
    filters={
        "CustomerIds": Among(field="id", of="customers"),
        "CompanyIds": Among(field="company_id", of="companies", limit=1),
        "Emails": Among(field="email", text=True),
        "FirstNames": Among(field="first_name", text=True),
        "LastNames": Among(field="last_name", text=True),
        "LoyaltyCodes": Among(field="loyalty_code", text=True),
        "CreatedUtc": _CREATED,
        "UpdatedUtc": _UPDATED,
        "DeletedUtc": Within(column="deleted_utc", sorted=False),
        "ActivityStates": _ACTIVITY,
    },
    one_of=(
        *("CustomerIds", "CompanyIds", "Emails", "FirstNames", "LastNames", "LoyaltyCodes"),
        *("CreatedUtc", "UpdatedUtc", "DeletedUtc"),
    ),
    extent=("Customers", "Addresses", "Documents"),
    scope="ChainIds",
)
COMPANIONSHIPS: Final = Listing(
    table="companionships",
    key="Companionships",
    filters={
        "CompanionshipIds": Among(field="id", of="companionships"),
        "ReservationIds": Among(field="reservation_id", of="reservations"),
        "CustomerIds": Among(field="customer_id", of="customers"),
        "ReservationGroupIds": Among(field="reservation_group_id", of="groups"),
        "UpdatedUtc": _UPDATED,
    },
    one_of=("CompanionshipIds", "ReservationIds", "CustomerIds", "ReservationGroupIds"),
    extent=("Reservations", "ReservationGroups", "Customers"),
)
BY_CODE: Final = Among(field="id", text=True)
VOUCHERS: Final = Listing(
    table="vouchers",
    key="Vouchers",
    filters={
        "ServiceIds": _SERVICES,
        "VoucherIds": Among(field="id", of="vouchers"),
        "CompanyIds": Among(field="company_id", of="companies"),
        # Resolved to the vouchers' ids before the search.
        "VoucherCodeValues": BY_CODE,
        "ExternalIdentifiers": Among(field="external_identifier", text=True),
        "UpdatedUtc": _UPDATED,
        "ActivityStates": _ACTIVITY,
    },
    required=("ServiceIds",),
    extent=("Vouchers", "VoucherCodes", "VoucherAssignments", "Rates", "Companies"),
)
ORDER_ITEMS: Final = Listing(
    table="ledger",
    key="OrderItems",
    filters={
        "OrderItemIds": Among(field="id"),
        "AccountIds": Among(field="account_id", limit=100),
        "ServiceOrderIds": Among(field="service_order_id", of="reservations"),
        "ServiceIds": _SERVICES,
        "BillIds": Among(field="bill_id"),
        "CreatedUtc": _CREATED,
        "UpdatedUtc": _UPDATED,
        "ConsumedUtc": Within(column="consumed_utc"),
        "CanceledUtc": Within(column="canceled_utc"),
        "ClosedUtc": Within(column="closed_utc"),
        "AccountingStates": _ACCOUNTING,
        "Types": _TYPES,
    },
    one_of=(
        *("OrderItemIds", "AccountIds", "ServiceOrderIds", "ServiceIds", "BillIds"),
        *("CreatedUtc", "UpdatedUtc", "ConsumedUtc", "CanceledUtc", "ClosedUtc"),
    ),
)

LISTINGS: Final = {
    "reservations/getAll/2023-06-06": RESERVATIONS,
    "customers/getAll": CUSTOMERS,
    "companionships/getAll": COMPANIONSHIPS,
    "vouchers/getAll": VOUCHERS,
    "orderItems/getAll": ORDER_ITEMS,
    "enterprises/getAll": Listing(
        table="enterprises",
        key="Enterprises",
        filters={
            "ExternalIdentifiers": Among(field="external_identifier", text=True),
            "LinkedUtc": Within(column="linked_utc"),
            "UpdatedUtc": _UPDATED,
        },
    ),
    "services/getAll": Listing(
        table="services",
        key="Services",
        filters={
            "ServiceIds": Among(field="id", of="services"),
            "ServiceType": Among(
                field="kind", choices=_names("Bookable", "Additional"), single=True
            ),
            "UpdatedUtc": _UPDATED,
        },
    ),
    "ageCategories/getAll": Listing(
        table="age_categories",
        key="AgeCategories",
        filters={
            "AgeCategoryIds": Among(field="id", of="age_categories"),
            "ServiceIds": _BOOKABLES,
            "UpdatedUtc": _UPDATED,
            "ActivityStates": _ACTIVITY,
        },
    ),
    "addresses/getAll": Listing(
        table="addresses",
        key="Addresses",
        filters={
            "AccountIds": Among(field="account_id"),
            "AddressIds": Among(field="id", of="addresses"),
            "UpdatedUtc": _UPDATED,
            "ActivityStates": _ACTIVITY,
        },
        one_of=("AccountIds", "AddressIds", "UpdatedUtc"),
        scope="ChainIds",
    ),
    "companies/getAll": Listing(
        table="companies",
        key="Companies",
        filters={
            "Ids": Among(field="id", of="companies"),
            "MotherCompanyIds": Among(field="mother_company_id", of="companies"),
            "Names": Among(field="name", text=True),
            "ExternalIdentifiers": Among(field="external_identifier", text=True),
            "CreatedUtc": _CREATED,
            "UpdatedUtc": _UPDATED,
            "ActivityStates": _ACTIVITY,
        },
        scope="ChainIds",
    ),
    "reservationGroups/getAll": Listing(
        table="groups",
        key="ReservationGroups",
        filters={
            "ReservationGroupIds": Among(field="id", of="groups"),
            "UpdatedUtc": _UPDATED,
        },
        one_of=("ReservationGroupIds", "UpdatedUtc"),
    ),
    "voucherCodes/getAll": Listing(
        table="voucher_codes",
        key="VoucherCodes",
        filters={
            "VoucherIds": Among(field="voucher_id", of="vouchers"),
            "VoucherCodeIds": Among(field="id", of="voucher_codes"),
            "UpdatedUtc": _UPDATED,
        },
        required=("VoucherIds",),
    ),
}
