"""What a stay costs, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from frontdesk_mews.sandbox.atlas import PRECISION, convert
from frontdesk_mews.sandbox.houses import House
from frontdesk_mews.sandbox.money_rows import Amount, Breakdown, BreakdownItem, TaxValue
from frontdesk_mews.sandbox.rows import Reservation


class Charge(msgspec.Struct, gc=False, kw_only=True):
    """A line before it is an order item; prices are in the given currency."""

    type: str
    name: str
    currency: str
    price: float
    count: int = 1
    revenue: str = "Additional"
    product: int = 0
    created: datetime
    consumed: datetime
    rebates: int | None = None
    #: Taken off by hand, not because the reservation was cancelled.
    withdrawn: bool = False


def amount(house: House, currency: str, price: float) -> Amount:
    """Split a price into net and tax, as the property quotes it."""
    code, rate = house.tax
    digits = PRECISION[currency]
    gross = price * (1 + rate) if house.enterprise.pricing == "Net" else price
    gross = round(gross, digits)
    net = round(gross / (1 + rate), digits)
    tax = round(gross - net, digits)
    return Amount(
        currency=currency,
        net_value=net,
        gross_value=gross,
        tax_values=(TaxValue(code=code, value=tax),),
        breakdown=Breakdown(
            items=(BreakdownItem(tax_rate_code=code, net_value=net, tax_value=tax),)
        ),
    )


def charges(row: Reservation, house: House, chance: int) -> Iterator[Charge]:
    """List the lines of a stay; *chance* is the reservation's own."""
    nights = max(
        1, round((row.scheduled_end_utc - row.scheduled_start_utc).total_seconds() / 86400)
    )
    # One stay in a hundred is complimentary: its nights are worth nothing and stay inactive.
    rate = 0.0 if chance % 100 == 1 else 60.0 + chance % 240
    yield from _nights(row, house, rate, nights)
    adults = row.person_counts[0].count
    yield _extra(row, house, "CityTax", "City tax", 2.5, count=nights * adults)
    if chance % 3 == 0:
        yield _breakfast(row, house, chance, nights * adults)
    if chance % 13 == 0 and rate:
        yield _rebate(row, house, -round(rate * 0.2, 2))
    if chance % 17 == 0:
        yield _extra(row, house, "Deposit", "Deposit", 50.0)
    if chance % 37 == 0:
        yield _extra(row, house, "ServiceCharge", "Service charge", round(rate * 0.05, 2))
    if chance % 41 == 0:
        yield _extra(row, house, "ResourceUpgradeFee", "Upgrade", 35.0)
    if chance % 43 == 0:
        parking = _extra(row, house, "CustomItem", "Parking", 15.0)
        parking.withdrawn = True
        yield parking
    if row.actual_start_utc and chance % 7 == 0:
        snack = _extra(row, house, "ProductOrder", "Minibar", 4.8, count=1 + chance % 3)
        snack.revenue, snack.product = "Product", 2
        snack.created = snack.consumed = row.actual_start_utc
        yield snack


def fee(row: Reservation, house: House, chance: int) -> Charge:
    """Charge for a cancellation."""
    charge = _extra(row, house, "CancellationFee", "Cancellation fee", 40.0 + chance % 60)
    charge.created = charge.consumed = row.cancelled_utc or row.updated_utc
    return charge


def _nights(row: Reservation, house: House, rate: float, nights: int) -> Iterator[Charge]:
    for night in range(nights):
        # Every third night is a little cheaper, so that not all lines are alike.
        price = rate if (night + 1) % 3 else round(rate * 0.9, 2)
        yield Charge(
            type="SpaceOrder",
            name="Night",
            currency=house.currency,
            price=price,
            revenue="Service",
            created=row.created_utc,
            consumed=row.scheduled_start_utc + timedelta(days=night),
        )


def _extra(
    row: Reservation, house: House, kind: str, name: str, price: float, *, count: int = 1
) -> Charge:
    return Charge(
        type=kind,
        name=name,
        currency=house.currency,
        price=price,
        count=count,
        product=1,
        created=row.created_utc,
        consumed=row.scheduled_start_utc,
    )


def _breakfast(row: Reservation, house: House, chance: int, count: int) -> Charge:
    charge = _extra(row, house, "ProductOrder", "Breakfast", 12.0, count=count)
    charge.revenue, charge.product = "Product", 3
    if chance % 10 == 0:
        # Sold in another currency than the room: one stay, two currencies.
        charge.currency = house.currencies[1]
        charge.price = convert(charge.price, house.currency, charge.currency)
    return charge


def _rebate(row: Reservation, house: House, price: float) -> Charge:
    charge = _extra(row, house, "NightRebate", "Rebate", price)
    charge.revenue, charge.product, charge.rebates = "Service", 0, 0
    return charge
