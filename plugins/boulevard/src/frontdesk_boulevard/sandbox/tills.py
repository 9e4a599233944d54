"""The orders: what visits cost, what is bought beside them, how it was paid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Final

from frontdesk.sandbox.chance import happens, pick, uuid
from frontdesk_boulevard.sandbox import ids, names
from frontdesk_boulevard.sandbox.clock import moment
from frontdesk_boulevard.sandbox.houses import House
from frontdesk_boulevard.sandbox.lines import Counter
from frontdesk_boulevard.sandbox.order_rows import (
    Order,
    OrderAppointmentLineGroup,
    OrderFeeLine,
    OrderGratuityLine,
    OrderLine,
    OrderLineGroup,
    OrderPaymentGroup,
    OrderProductLine,
    OrderRetailLineGroup,
    OrderServiceLine,
    OrderSummary,
    OrderVoucher,
    Voucher,
)
from frontdesk_boulevard.sandbox.payments import Purse
from frontdesk_boulevard.sandbox.rows import Appointment, Client

_TAX: Final = 0.0825


class Till:
    """Writes orders."""

    def __init__(self, rng: Random, house: House, *, group_is_appointment: bool) -> None:
        self._rng = rng
        self._house = house
        self._counter = Counter(rng, house)
        self._purse = Purse(rng, house)
        self._group_is_appointment = group_is_appointment
        self._written = 0

    def visit(
        self, appointment: Appointment, client: Client, created: float, closed: float | None
    ) -> Order:
        """Write the order of a visit; the appointment then names it."""
        rng = self._rng
        redeemed = closed is not None and happens(rng, 0.12)
        lines = self._counter.services(appointment, redeemed=redeemed)
        group_id = ids.bare(appointment.id) if self._group_is_appointment else uuid(rng)
        groups: list[OrderLineGroup] = [OrderAppointmentLineGroup(id=group_id, lines=tuple(lines))]
        if happens(rng, 0.25):
            groups.append(self._retail())
        order = self._order(groups, appointment.location_id, client, created, closed)
        if closed is not None and redeemed:
            order.applied_vouchers = (self._voucher(appointment, moment(closed)),)
        appointment.order_id = order.id
        return order

    def walk_in(
        self, place: int, client: Client | None, created: float, closed: float | None
    ) -> Order:
        """Write an order without a visit; often nobody knows by whom."""
        return self._order(
            [self._retail()], self._house.locations[place].id, client, created, closed
        )

    def _retail(self) -> OrderRetailLineGroup:
        return OrderRetailLineGroup(id=uuid(self._rng), lines=tuple(self._counter.retail()))

    def _voucher(self, appointment: Appointment, at: datetime) -> OrderVoucher:
        first = appointment.appointment_services[0]
        product = pick(self._rng, self._house.products).id if happens(self._rng, 0.2) else None
        return OrderVoucher(
            id=uuid(self._rng),
            voucher=Voucher(
                id=ids.new(self._rng, "Voucher"),
                expires_on=f"{at.year + 1}-12-31" if happens(self._rng, 0.8) else None,
                redeemed_at=at.replace(microsecond=0),
                service_ids=() if product else (first.service_id,),
                product_id=product,
            ),
        )

    def _order(
        self,
        groups: Sequence[OrderLineGroup],
        location_id: str,
        client: Client | None,
        created: float,
        closed: float | None,
    ) -> Order:
        rng = self._rng
        self._written += 1
        identity = ids.new(rng, "Order")
        fees = self._fees()
        order = Order(
            id=identity,
            number=str(10_000 + self._written),
            location_id=location_id,
            client_id=None if client is None else client.id,
            created_at=moment(created),
            updated_at=moment(closed or created),
            summary=summarise(groups, fees),
            line_groups=tuple(groups),
            note=pick(rng, names.ORDER_NOTES) if happens(rng, 0.15) else None,
            fee_lines=fees,
        )
        if closed is not None:
            self.close(order, moment(closed), client)
        return order

    def close(self, order: Order, at: datetime, client: Client | None) -> None:
        """Take the money."""
        order.closed_at = order.updated_at = at
        # An order that was paid online is closed by nobody.
        order.closed_by_id = (
            pick(self._rng, self._house.staff).id if happens(self._rng, 0.85) else None
        )
        order.payment_groups = (self._paid(order, client),)

    def _paid(self, order: Order, client: Client | None) -> OrderPaymentGroup:
        total = order.summary.initial_total
        merchant = uuid(self._rng)
        voucher = any(
            isinstance(line, OrderServiceLine) and line.is_paid_by_voucher
            for group in order.line_groups
            for line in group.lines
        )
        return OrderPaymentGroup(
            id=uuid(self._rng),
            merchant_id=merchant,
            merchant_name=self._house.business.name,
            payments=self._purse.pay(order.id, merchant, total, client, voucher=voucher),
            total=total,
            total_fees=order.summary.initial_fee_amount,
            total_paid=total,
            total_unpaid=0,
        )

    def _fees(self) -> tuple[OrderFeeLine, ...]:
        if happens(self._rng, 0.9):
            return ()
        amount = 100 + int(self._rng.random() * 400)
        return (
            OrderFeeLine(
                id=uuid(self._rng),
                label=pick(self._rng, names.FEES),
                calculated_amount=amount,
                absolute_amount=amount,
                type="BLVD_OFFSET",
            ),
        )


def summarise(groups: Sequence[OrderLineGroup], fees: Sequence[OrderFeeLine]) -> OrderSummary:
    """Add an order up: the tip stands beside the subtotal, tax is on products only."""
    lines = [line for group in groups for line in group.lines]
    goods = [line for line in lines if not isinstance(line, OrderGratuityLine)]
    before = _sums(goods, lines, "initial")
    after = _sums(goods, lines, "current")
    fee = sum(line.calculated_amount for line in fees)
    initial_total, current_total = (
        before[0] + sum(before[2:]) + fee,
        after[0] + sum(after[2:]) + fee,
    )
    return OrderSummary(
        initial_subtotal=before[0],
        initial_discount_amount=before[1],
        initial_tax_amount=before[2],
        initial_gratuity_amount=before[3],
        initial_fee_amount=fee,
        initial_total=initial_total,
        current_subtotal=after[0],
        current_discount_amount=after[1],
        current_tax_amount=after[2],
        current_gratuity_amount=after[3],
        current_fee_amount=fee,
        current_total=current_total,
        refund_amount=initial_total - current_total,
    )


def _sums(
    goods: Sequence[OrderLine], lines: Sequence[OrderLine], when: str
) -> tuple[int, int, int, int]:
    """Add up subtotal, discount, tax and tip, before or after refunds."""
    subtotal, discount = f"{when}_subtotal", f"{when}_discount_amount"
    taxed = sum(getattr(one, subtotal) for one in goods if isinstance(one, OrderProductLine))
    tips = (getattr(one, subtotal) for one in lines if isinstance(one, OrderGratuityLine))
    return (
        sum(getattr(one, subtotal) for one in goods),
        sum(getattr(one, discount) for one in goods),
        round(taxed * _TAX),
        sum(tips),
    )
