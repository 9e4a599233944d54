"""The rows of a bill: order items and their amounts."""

from __future__ import annotations

from datetime import datetime

from frontdesk_mews.sandbox.rows import Row


class TaxValue(Row, kw_only=True):
    """The tax of an amount at one rate."""

    code: str | None
    value: float


class BreakdownItem(Row, kw_only=True):
    """The part of an amount taxed at one rate."""

    tax_rate_code: str | None
    net_value: float
    tax_value: float


class Breakdown(Row, kw_only=True):
    """An amount by tax rate."""

    items: tuple[BreakdownItem, ...]


class Amount(Row, kw_only=True):
    """Money with its tax; JSON numbers, as Mews sends them."""

    currency: str
    net_value: float
    gross_value: float
    tax_values: tuple[TaxValue, ...]
    breakdown: Breakdown


class ItemOptions(Row, kw_only=True):
    """Whether an item went when its reservation was cancelled."""

    canceled_with_reservation: bool = False


class ProductData(Row, kw_only=True):
    """Which product was sold."""

    product_id: str
    age_category_id: str | None = None
    product_type: str | None = None


class RebateData(Row, kw_only=True):
    """Which item was rebated."""

    product_id: str
    rebated_item_id: str


class ItemData(Row, kw_only=True):
    """What else there is to say of an item; all members but one are null."""

    discriminator: str
    rebate: RebateData | None = None
    product: ProductData | None = None
    allowance_discount: None = None
    allowance_profits: None = None


class OrderItem(Row, kw_only=True):
    """One line of a bill."""

    id: str
    enterprise_id: str
    account_id: str | None = None
    account_type: str | None = None
    service_id: str
    service_order_id: str
    notes: str | None = None
    bill_id: str | None = None
    accounting_category_id: str | None = None
    billing_name: str | None = None
    external_identifier: str | None = None
    unit_count: int = 1
    unit_amount: Amount
    amount: Amount
    original_amount: Amount
    revenue_type: str
    creator_profile_id: str
    updater_profile_id: str
    created_utc: datetime
    updated_utc: datetime
    consumed_utc: datetime
    canceled_utc: datetime | None = None
    closed_utc: datetime | None = None
    start_utc: datetime | None = None
    claimed_utc: datetime | None = None
    accounting_state: str
    type: str
    options: ItemOptions
    data: ItemData | None = None
    tax_exemption_reason: str | None = None
    tax_exemption_legal_reference: str | None = None
