"""What is bought, paid and given back, field for field as the API shows it.

Amounts are in minor units of a currency that the API never tells.
"""

from __future__ import annotations

from datetime import datetime

import msgspec


class DiscountReason(msgspec.Struct, kw_only=True, frozen=True):
    """Why something costs less."""

    id: str
    name: str
    hidden: bool = False


class OrderLineDiscount(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """What a line costs less."""

    id: str
    description: str | None
    discount_amount: int
    discount_percentage: float | None = None
    discount_reason: DiscountReason | None = None


class OrderLine(msgspec.Struct, kw_only=True):
    """What every line of an order has."""

    id: str
    quantity: int
    initial_price: int
    initial_discount_amount: int = 0
    initial_subtotal: int
    current_price: int
    current_discount_amount: int = 0
    current_subtotal: int
    discounts: tuple[OrderLineDiscount, ...] = ()


class OrderServiceLine(OrderLine, kw_only=True):
    """A service that was done."""

    name: str
    service_id: str
    initial_staff_id: str
    is_paid_by_voucher: bool = False
    unit_list_price: int | None = None


class OrderProductLine(OrderLine, kw_only=True):
    """A product that was taken home."""

    name: str
    product_id: str
    seller_id: str | None = None
    gift_card_code: str | None = None
    refunds: tuple[OrderRefundLine, ...] = ()


class OrderGiftCardLine(OrderLine, kw_only=True):
    """A gift card."""

    gift_card_id: str
    gift_card_code: str


class OrderGratuityLine(OrderLine, kw_only=True):
    """A tip."""

    initial_staff_id: str


class OrderAccountCreditLine(OrderLine, kw_only=True):
    """Money that is put on the client's account."""


class OrderProductCardLine(OrderLine, kw_only=True):
    """A card for a number of services."""


class OrderLineGroup(msgspec.Struct, kw_only=True):
    """Lines that belong together."""

    id: str
    lines: tuple[OrderLine, ...]


class OrderAppointmentLineGroup(OrderLineGroup, kw_only=True):
    """What a visit costs."""


class OrderRetailLineGroup(OrderLineGroup, kw_only=True):
    """What is bought without a visit."""


class OrderFeeLine(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """What comes on top."""

    id: str
    label: str | None
    calculated_amount: int
    calculated_tax_amount: int = 0
    absolute_amount: int | None = None
    percentage_amount: float | None = None
    type: str | None = None
    refunds: tuple[None, ...] = ()


class Voucher(msgspec.Struct, kw_only=True):
    """What a membership gave, for one service or product."""

    id: str
    expires_on: str | None
    redeemed_at: datetime | None
    service_ids: tuple[str, ...] = ()
    product_id: str | None = None
    originating_order_id: str | None = None


class OrderVoucher(msgspec.Struct, kw_only=True, frozen=True):
    """A voucher that was handed in."""

    id: str
    voucher: Voucher


class OrderPaymentMetadata(msgspec.Struct, frozen=True, gc=False):
    """How a payment is called on the receipt."""

    label: str | None


class OrderPayment(msgspec.Struct, kw_only=True):
    """What every payment has."""

    id: str
    order_id: str
    merchant_id: str
    paid_amount: int
    payment_meta: OrderPaymentMetadata
    refund_amount: int = 0
    refunds: tuple[OrderPaymentRefund, ...] = ()


class OrderPaymentRefund(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """What of a payment was given back."""

    id: str
    refund_id: str
    refund_amount: int
    refunded_at: datetime
    full: bool = False


class OrderCardPayment(OrderPayment, kw_only=True):
    """Paid by card; nothing of this may be carried anywhere."""

    card_brand: str
    card_last4: str
    card_exp_month: int
    card_exp_year: int
    card_auth_code: str | None = None
    auth_entry_method: str | None = None
    emv_application_id: str | None = None
    emv_application_label: str | None = None


class OrderCashPayment(OrderPayment, kw_only=True):
    """Paid in cash."""


class OrderOtherPayment(OrderPayment, kw_only=True):
    """Paid in a way of the salon's own."""

    note: str | None = None


class OrderVoucherPayment(OrderPayment, kw_only=True):
    """Paid with a voucher."""


class OrderGiftCardPayment(OrderPayment, kw_only=True):
    """Paid with a gift card."""

    gift_card_id: str
    gift_card_code: str
    gift_card_balance: int
    gift_card_disabled_at: datetime | None = None


class OrderAccountCreditPayment(OrderPayment, kw_only=True):
    """Paid from the client's account."""

    client_name: str
    client_account_balance: int


class OrderPaymentGroup(msgspec.Struct, kw_only=True):
    """Payments to one merchant."""

    id: str
    merchant_id: str
    merchant_name: str
    payments: tuple[OrderPayment, ...]
    total: int
    total_fees: int
    total_paid: int
    total_unpaid: int
    independent_merchant: bool = False


class OrderRefundSummary(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """What was given back in all."""

    refund_amount: int
    refund_tax: int
    refund_total: int


class OrderRefundCardPayment(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """Given back to a card."""

    id: str
    order_payment_id: str | None
    refund_amount: int
    refund_limit: int


class OrderRefundLine(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """What of a line was given back."""

    id: str
    refund_id: str
    refund_amount: int
    refunded_at: datetime


class OrderRefund(msgspec.Struct, kw_only=True):
    """Money that was given back."""

    id: str
    number: str
    order_id: str
    status: str
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    closed_by_id: str | None
    refund_reason: str | None
    refund_reason_text: str | None
    summary: OrderRefundSummary
    payments: tuple[OrderRefundCardPayment, ...] = ()


class OrderSummary(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """What an order comes to, before and after refunds."""

    initial_subtotal: int
    initial_discount_amount: int
    initial_tax_amount: int
    initial_gratuity_amount: int
    initial_fee_amount: int
    initial_total: int
    current_subtotal: int
    current_discount_amount: int
    current_tax_amount: int
    current_gratuity_amount: int
    current_fee_amount: int
    current_total: int
    refund_amount: int = 0


class Order(msgspec.Struct, kw_only=True):
    """A bill, open or closed."""

    id: str
    number: str
    location_id: str
    created_at: datetime
    updated_at: datetime
    summary: OrderSummary
    line_groups: tuple[OrderLineGroup, ...]
    client_id: str | None = None
    closed_at: datetime | None = None
    closed_by_id: str | None = None
    note: str | None = None
    applied_vouchers: tuple[OrderVoucher, ...] = ()
    fee_lines: tuple[OrderFeeLine, ...] = ()
    payment_groups: tuple[OrderPaymentGroup, ...] = ()
    refunds: tuple[OrderRefund, ...] = ()

    def facts(self) -> dict[str, object]:
        """Tell how far it has come."""
        return {
            "closedAt": self.closed_at,
            "clientId": self.client_id,
            "initialTotal": self.summary.initial_total,
            "currentTotal": self.summary.current_total,
            "refunds": [refund.id for refund in self.refunds],
        }
