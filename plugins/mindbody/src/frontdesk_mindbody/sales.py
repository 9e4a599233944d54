"""What a sale tells: one order, and each thing that was bought."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

import attrs

from frontdesk.errors import RecordError, SkipRecord
from frontdesk.model import Context, Event, Json, Payload, Record, Related
from frontdesk.rows import objects
from frontdesk_mindbody import tables
from frontdesk_mindbody.resolving import guest_of, site_of, staff_name
from frontdesk_mindbody.rows import amount, flag, identity, text, whole
from frontdesk_mindbody.times import to_utc, utc, wall, zone_of

#: Of an item: what webhooks call it, and what the API does.
_SERVICE, _PRODUCT = "Service", "Product"
#: Properties of an order that are the items': shown where all items agree.
_SHARED: Final = ("recipientClientId", "paymentReferenceId", "giftCardBarcodeId")


@attrs.frozen(kw_only=True)
class Item:
    """One line of a sale, however it was told."""

    id: int | None
    type: str | None
    name: str | None
    paid: Decimal | None
    discount: Decimal | None
    quantity: int | None
    recipient: str | None
    payment: int | None
    gift_card: str | None
    returned: bool

    @property
    def bought(self) -> bool:
        """Whether it was bought: what is given back is counted below zero."""
        return (self.quantity is None or self.quantity > 0) and not self.returned

    @property
    def shown(self) -> dict[str, Json]:
        """What an order shows of it."""
        return {
            "itemId": self.id,
            "Type": self.type,
            "Name": self.name,
            "amountPaid": self.paid,
            "amountDiscounted": self.discount,
            "quantity": self.quantity,
            "recipientClientId": self.recipient,
            "paymentReferenceId": self.payment,
            "giftCardBarcodeId": self.gift_card,
        }


def events(record: Record, related: Related, context: Context) -> Iterator[Event]:
    """Tell of an order and its items; a sale that only gives back is none.

    Items are told apart by their place: webhooks and the API have no number in common for them.

    Raises:
        SkipRecord: Nothing was bought.
    """
    row, items = record.payload, _items(record.payload)
    total = _total(row, items)
    if (total is not None and total < 0) or (items and not any(i.bought for i in items)):
        raise SkipRecord("return")
    at, guest = _time(record, context), guest_of(record, related)
    site = site_of(record, context)
    currency = site.currency if site else None
    yield Event(
        tables.ORDER,
        guest,
        at,
        value=total,
        currency=currency,
        properties=_order(record, related, items),
    )
    for number, item in enumerate(items):
        if item.bought:
            yield Event(
                tables.PRODUCT,
                guest,
                at,
                value=item.paid,
                currency=currency,
                properties=_product(item),
                occurrence=str(number),
            )


def _time(record: Record, context: Context) -> datetime:
    row, zone = record.payload, zone_of(site_of(record, context))
    told = utc(text(row, "Created"), "Created")
    if told is None:
        # The API ends these times with a Z, and at a site two hours east of Greenwich they
        # were seen to be the site's own all the same.
        read = wall if context.settings.sale_times == "site" else to_utc
        told = read(text(row, "SaleDateTime"), zone, "SaleDateTime")
    if told is None:
        raise RecordError("SaleDateTime is missing")
    return told


def _items(row: Payload) -> list[Item]:
    if "Items" in row:
        return [_told(item) for item in objects(row, "Items")]
    return [_listed(item) for item in objects(row, "PurchasedItems")]


def _told(row: Payload) -> Item:
    """Read an item as a webhook tells it."""
    return Item(
        id=whole(row, "itemId"),
        type=text(row, "type"),
        name=text(row, "name"),
        paid=amount(row, "amountPaid"),
        discount=amount(row, "amountDiscounted"),
        quantity=whole(row, "quantity"),
        recipient=identity(row, "recipientClientId"),
        payment=whole(row, "paymentReferenceId"),
        gift_card=identity(row, "giftCardBarcodeId"),
        returned=False,
    )


def _listed(row: Payload) -> Item:
    """Read an item as the API lists it."""
    service = flag(row, "IsService")
    return Item(
        id=whole(row, "Id"),
        type=None if service is None else _SERVICE if service else _PRODUCT,
        name=text(row, "Description"),
        paid=amount(row, "TotalAmount"),
        discount=amount(row, "DiscountAmount"),
        quantity=whole(row, "Quantity"),
        recipient=identity(row, "RecipientClientId"),
        payment=whole(row, "PaymentRefId"),
        gift_card=identity(row, "GiftCardBarcodeId"),
        returned=bool(flag(row, "Returned")),
    )


def _total(row: Payload, items: Sequence[Item]) -> Decimal | None:
    """Return what was paid: as it is told, else all payments, else all items."""
    told = amount(row, "TotalAmountPaid")
    if told is not None:
        return told
    paid = [amount(one, "Amount") for one in objects(row, "Payments")]
    parts = [one for one in paid if one is not None] or [
        i.paid for i in items if i.paid is not None
    ]
    return sum(parts, Decimal(0)) if parts else None


def _order(record: Record, related: Related, items: Sequence[Item]) -> dict[str, Json]:
    row = record.payload
    shown: dict[str, Json] = {
        "Sold By": text(row, "SoldByName")
        or staff_name(record, related, identity(row, "SalesRepId")),
        "Location": whole(row, "LocationId"),
        "Items": [item.shown for item in items],
        "Quantity": sum(item.quantity or 0 for item in items),
    }
    for name in _SHARED:
        values = {item.shown[name] for item in items}
        if len(values) == 1:
            shown[name] = values.pop()
    return shown


def _product(item: Item) -> dict[str, Json]:
    return {
        "Item ID": item.id,
        "Type": item.type,
        "Name": item.name,
        "Price": item.paid,
        "Discount": item.discount,
        "Quantity": item.quantity,
    }
