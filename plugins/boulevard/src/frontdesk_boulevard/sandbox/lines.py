"""The lines of an order, of every kind there is."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, Final

from frontdesk.sandbox.chance import happens, pick, spread, uuid
from frontdesk_boulevard.sandbox import names
from frontdesk_boulevard.sandbox.houses import House
from frontdesk_boulevard.sandbox.order_rows import (
    DiscountReason,
    OrderAccountCreditLine,
    OrderGiftCardLine,
    OrderGratuityLine,
    OrderLine,
    OrderLineDiscount,
    OrderProductCardLine,
    OrderProductLine,
    OrderServiceLine,
)
from frontdesk_boulevard.sandbox.rows import Appointment

_RETAIL: Final = spread({"product": 70, "gift": 14, "credit": 8, "card": 8})


class Counter:
    """Writes lines."""

    def __init__(self, rng: Random, house: House) -> None:
        self._rng = rng
        self._house = house
        self._services = {service.id: service for service in house.services}

    def services(self, appointment: Appointment, *, redeemed: bool) -> Iterator[OrderLine]:
        """Write a line for each service of a visit, and the tip."""
        total = 0
        for number, done in enumerate(appointment.appointment_services):
            total += done.price
            yield OrderServiceLine(
                **self._money(done.price, 1),
                name=self._services[done.service_id].name,
                service_id=done.service_id,
                initial_staff_id=done.staff_id,
                is_paid_by_voucher=redeemed and number == 0,
                unit_list_price=done.price or None,
            )
        if happens(self._rng, 0.5):
            yield OrderGratuityLine(
                **self._money(total // 5, 1, reducible=False),
                initial_staff_id=appointment.appointment_services[0].staff_id,
            )

    def retail(self) -> Iterator[OrderLine]:
        """Write a few lines of what is taken home."""
        for _ in range(1 + int(self._rng.random() * 2)):
            yield self._bought(pick(self._rng, _RETAIL))

    def _bought(self, kind: str) -> OrderLine:
        rng = self._rng
        if kind == "product":
            product = pick(rng, self._house.products)
            seller = pick(rng, self._house.staff).id if happens(rng, 0.7) else None
            return OrderProductLine(
                **self._money(product.unit_price, 1 + int(rng.random() * 3)),
                name=product.name,
                product_id=product.id,
                seller_id=seller,
            )
        money = self._money(pick(rng, (5_000, 10_000, 25_000)), 1, reducible=False)
        if kind == "gift":
            return OrderGiftCardLine(
                **money,
                gift_card_id=uuid(rng),
                gift_card_code=f"{names.CANARY}-{rng.getrandbits(24)}",
            )
        return (
            OrderAccountCreditLine(**money) if kind == "credit" else OrderProductCardLine(**money)
        )

    def _money(self, price: int, quantity: int, *, reducible: bool = True) -> dict[str, Any]:
        rng, full = self._rng, price * quantity
        discounts: tuple[OrderLineDiscount, ...] = ()
        if reducible and happens(rng, 0.15):
            share = pick(rng, (5.0, 10.0, 50.0))
            reason = DiscountReason(id=uuid(rng), name=pick(rng, names.DISCOUNTS))
            discounts = (
                OrderLineDiscount(
                    id=uuid(rng),
                    description=reason.name,
                    discount_amount=round(full * share / 100),
                    discount_percentage=share,
                    discount_reason=reason,
                ),
            )
        off = sum(discount.discount_amount for discount in discounts)
        return {
            "id": uuid(rng), "quantity": quantity, "discounts": discounts,
            "initial_price": price, "initial_discount_amount": off, "initial_subtotal": full - off,
            "current_price": price, "current_discount_amount": off, "current_subtotal": full - off,
        }  # fmt: skip
