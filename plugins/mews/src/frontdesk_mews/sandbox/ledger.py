"""Order items, worked out from the reservation whenever somebody asks.

A million reservations have some six million items. What an item is follows from its
reservation alone (its state, its times, the chance in its id), so none of them is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

import attrs

from frontdesk.sandbox.chance import noise
from frontdesk_mews.sandbox.charges import Charge, amount, charges, fee
from frontdesk_mews.sandbox.houses import House
from frontdesk_mews.sandbox.money_rows import ItemData, ItemOptions, OrderItem, ProductData
from frontdesk_mews.sandbox.money_rows import RebateData as Rebate
from frontdesk_mews.sandbox.rows import Reservation
from frontdesk_mews.sandbox.tables import Table

_UNCONFIRMED: Final = {"Inquired", "Requested", "Optional"}
_KEPT: Final = ItemOptions(canceled_with_reservation=False)
_GONE: Final = ItemOptions(canceled_with_reservation=True)
_SLOTS: Final = 8
#: Slots no ordinary line of a stay can reach.
_BILL, _FEE = 254, 255
#: No item is made or consumed later than this after the stay's scheduled start.
LONGEST: Final = timedelta(days=31)


@attrs.frozen(kw_only=True)
class Billing:
    """What happened to a reservation's items since the world was made."""

    #: When they became open, by a confirmation or a restored cancellation.
    opened: datetime | None = None
    #: Whether a fee was posted; None leaves it to chance.
    fee: bool | None = None


_UNTOUCHED: Final = Billing()


class Ledger:
    """The order items of all reservations."""

    def __init__(
        self, reservations: Table[Reservation], houses: Mapping[str, House], seed: int
    ) -> None:
        self._reservations = reservations
        self._houses = houses
        self._key = (seed * 0x9E3779B97F4A7C15) & 0xFFFF_FFFF_FFFF
        #: By reservation id; only what changed since the start is here.
        self.billings: dict[str, Billing] = {}

    def items(self, number: int) -> list[OrderItem]:
        """Work out the items of one reservation."""
        row = self._reservations.rows[number]
        house = self._houses[row.service_id]
        billing = self.billings.get(row.id, _UNTOUCHED)
        return list(self._items(number, row, house, billing))

    def trace(self, identity: str) -> int | None:
        """Find the number of the reservation behind the id of an item or a bill."""
        number = (int(identity[-12:], 16) ^ self._key) >> _SLOTS
        if number >= len(self._reservations):
            return None
        return number if self._reservations.rows[number].id[:24] == identity[:24] else None

    def locate(self, identity: str) -> OrderItem | None:
        """Find an item by its id."""
        number = self.trace(identity)
        found = [] if number is None else self.items(number)
        return next((item for item in found if item.id == identity), None)

    def _items(
        self, number: int, row: Reservation, house: House, billing: Billing
    ) -> Iterator[OrderItem]:
        chance = noise(row.id)
        for slot, charge in enumerate(charges(row, house, chance)):
            item = self._item(number, slot, row, house, charge)
            bill = None if chance % 20 == 0 else self._identity(row, number, _BILL)
            _settle(item, row, billing, bill)
            if charge.withdrawn:
                item.accounting_state, item.options = "Canceled", _KEPT
                item.canceled_utc, item.closed_utc, item.bill_id = item.created_utc, None, None
            yield item
        due = chance % 4 == 0 if billing.fee is None else billing.fee
        if row.cancelled_utc and row.state == "Canceled" and due:
            yield self._item(number, _FEE, row, house, fee(row, house, chance))

    def _item(
        self, number: int, slot: int, row: Reservation, house: House, charge: Charge
    ) -> OrderItem:
        total = amount(house, charge.currency, charge.price * charge.count)
        unit = total if charge.count == 1 else amount(house, charge.currency, charge.price)
        return OrderItem(
            id=self._identity(row, number, slot),
            enterprise_id=house.enterprise.id,
            account_id=row.account_id,
            account_type=row.account_type,
            service_id=row.service_id,
            service_order_id=row.id,
            accounting_category_id=house.accounts[charge.product % 3],
            billing_name=charge.name,
            unit_count=charge.count,
            unit_amount=unit,
            amount=total,
            original_amount=total,
            revenue_type=charge.revenue,
            creator_profile_id=house.staff[0],
            updater_profile_id=house.staff[1],
            created_utc=charge.created,
            updated_utc=charge.created,
            consumed_utc=charge.consumed,
            start_utc=charge.consumed if charge.type == "SpaceOrder" else None,
            accounting_state="Open" if charge.price else "Inactive",
            type=charge.type,
            options=_KEPT,
            data=self._data(row, number, house, charge),
        )

    def _data(self, row: Reservation, number: int, house: House, charge: Charge) -> ItemData | None:
        product = house.products[charge.product]
        if charge.rebates is not None:
            rebated = self._identity(row, number, charge.rebates)
            rebate = Rebate(product_id=product, rebated_item_id=rebated)
            return ItemData(discriminator="Rebate", rebate=rebate)
        if charge.revenue == "Additional":
            return None
        return ItemData(discriminator="Product", product=ProductData(product_id=product))

    def _identity(self, row: Reservation, number: int, slot: int) -> str:
        # The last group hides the reservation's number, so that an id can be traced back.
        return f"{row.id[:24]}{(number << _SLOTS | slot) ^ self._key:012x}"


def _settle(item: OrderItem, row: Reservation, billing: Billing, bill: str | None) -> None:
    """Give an item the accounting state that its reservation implies."""
    if row.state == "Canceled":
        item.accounting_state, item.options = "Canceled", _GONE
        item.canceled_utc = row.cancelled_utc
    elif row.state in _UNCONFIRMED or not item.amount.gross_value:
        item.accounting_state = "Inactive"
    elif row.state == "Processed" and bill:
        item.accounting_state, item.closed_utc = "Closed", row.actual_end_utc
        item.bill_id = bill
    when = item.canceled_utc or item.closed_utc or billing.opened
    if when and when > item.updated_utc:
        item.updated_utc = when
