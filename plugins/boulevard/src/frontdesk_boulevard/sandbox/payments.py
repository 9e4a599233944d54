"""How an order was paid: nothing of this is any marketing tool's business."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from frontdesk.sandbox.chance import pick, spread, uuid
from frontdesk_boulevard.sandbox import names
from frontdesk_boulevard.sandbox.houses import House
from frontdesk_boulevard.sandbox.order_rows import (
    OrderAccountCreditPayment,
    OrderCardPayment,
    OrderCashPayment,
    OrderGiftCardPayment,
    OrderOtherPayment,
    OrderPayment,
    OrderPaymentMetadata,
    OrderVoucherPayment,
)
from frontdesk_boulevard.sandbox.rows import Client

_WAYS: Final = spread({"card": 70, "cash": 15, "gift": 6, "credit": 5, "other": 4})
_BRANDS: Final = ("VISA", "MASTERCARD", "AMEX", "DISCOVER")


class Purse:
    """Pays."""

    def __init__(self, rng: Random, house: House) -> None:
        self._rng = rng
        self._house = house

    def pay(
        self, order_id: str, merchant: str, amount: int, client: Client | None, *, voucher: bool
    ) -> tuple[OrderPayment, ...]:
        """Pay an order, in one way or with a voucher."""
        if not amount:
            return ()
        way = "voucher" if voucher else pick(self._rng, _WAYS)
        meta: dict[str, Any] = {
            "id": uuid(self._rng),
            "order_id": order_id,
            "merchant_id": merchant,
            "paid_amount": amount,
            "payment_meta": OrderPaymentMetadata(way.title()),
        }
        if way == "card":
            return (self._card(meta),)
        if way == "gift":
            code = f"{names.CANARY}-{self._rng.getrandbits(24)}"
            card = uuid(self._rng)
            return (
                OrderGiftCardPayment(
                    **meta, gift_card_id=card, gift_card_code=code, gift_card_balance=0
                ),
            )
        if way == "credit" and client is not None:
            name = f"{names.CANARY} {client.name}"
            return (OrderAccountCreditPayment(**meta, client_name=name, client_account_balance=0),)
        if way == "other":
            return (OrderOtherPayment(**meta, note=f"{names.CANARY} owes us"),)
        return (OrderVoucherPayment(**meta) if voucher else OrderCashPayment(**meta),)

    def _card(self, meta: dict[str, Any]) -> OrderCardPayment:
        return OrderCardPayment(
            **meta,
            card_brand=pick(self._rng, _BRANDS),
            card_last4=f"{names.CANARY}",
            card_exp_month=1 + int(self._rng.random() * 12),
            card_exp_year=2030,
            card_auth_code=f"{names.CANARY}-{self._rng.getrandbits(20)}",
        )
