"""Money that is given back: the order's current amounts go down, its initial ones stay."""

from __future__ import annotations

from random import Random
from typing import Final

from frontdesk.sandbox.chance import pick, uuid
from frontdesk_boulevard.sandbox import ids
from frontdesk_boulevard.sandbox.clock import moment
from frontdesk_boulevard.sandbox.order_rows import (
    Order,
    OrderPaymentRefund,
    OrderProductLine,
    OrderRefund,
    OrderRefundCardPayment,
    OrderRefundLine,
    OrderRefundSummary,
)
from frontdesk_boulevard.sandbox.tills import summarise

_REASONS: Final = ("CUSTOMER_SERVICE", "DEFECTIVE_PRODUCT", "OTHER", "STAFF_ERROR", None)


def refund(rng: Random, order: Order, at: float) -> OrderRefund | None:
    """Give back what one line of a closed order cost; None if nothing is left to give."""
    left = [line for group in order.line_groups for line in group.lines if line.current_subtotal]
    if not left:
        return None
    line, identity, when = pick(rng, left), ids.new(rng, "OrderRefund"), moment(at)
    amount, total = line.current_subtotal, order.summary.current_total
    line.current_subtotal = line.current_discount_amount = 0
    if isinstance(line, OrderProductLine):
        line.refunds += (
            OrderRefundLine(
                id=uuid(rng), refund_id=identity, refund_amount=amount, refunded_at=when
            ),
        )
    order.summary = summarise(order.line_groups, order.fee_lines)
    given = total - order.summary.current_total
    reason = pick(rng, _REASONS)
    made = OrderRefund(
        id=identity,
        number=f"R{order.number}-{len(order.refunds) + 1}",
        order_id=order.id,
        status="CLOSED",
        created_at=when,
        updated_at=when,
        closed_at=when,
        closed_by_id=order.closed_by_id,
        refund_reason=reason,
        refund_reason_text="Colour ran" if reason == "OTHER" else None,
        summary=OrderRefundSummary(
            refund_amount=amount, refund_tax=given - amount, refund_total=given
        ),
        payments=tuple(_returned(rng, order, identity, given)),
    )
    order.refunds += (made,)
    order.updated_at = when
    return made


def _returned(rng: Random, order: Order, identity: str, given: int) -> list[OrderRefundCardPayment]:
    """Give back through the way it was paid."""
    payments = [one for group in order.payment_groups for one in group.payments][:1]
    for payment in payments:
        payment.refund_amount += given
        payment.refunds += (
            OrderPaymentRefund(
                id=uuid(rng),
                refund_id=identity,
                refund_amount=given,
                refunded_at=order.updated_at,
                full=payment.refund_amount == payment.paid_amount,
            ),
        )
    return [
        OrderRefundCardPayment(
            id=uuid(rng), order_payment_id=one.id, refund_amount=given, refund_limit=one.paid_amount
        )
        for one in payments
    ]
