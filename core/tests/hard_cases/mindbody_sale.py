"""Mindbody: a sale that arrives whole in its delivery, with several items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from frontdesk import jsons
from frontdesk.hooks import hookimpl
from frontdesk.model import Context, Delivery, Event, Json, Payload, Record

PLACED: Final = "Placed Order"
ORDERED: Final = "Ordered Product"

#: Keys of an item, as marketers know them and as Mindbody spells them.
ITEM: Final = {
    "itemId": "itemId",
    "Type": "type",
    "Name": "name",
    "amountPaid": "amountPaid",
    "amountDiscounted": "amountDiscounted",
    "quantity": "quantity",
    "recipientClientId": "recipientClientId",
    "paymentReferenceId": "paymentReferenceId",
    "giftCardBarcodeId": "giftCardBarcodeId",
}

PRODUCT: Final = {
    "Item ID": "itemId",
    "Type": "type",
    "Name": "name",
    "Price": "amountPaid",
    "Discount": "amountDiscounted",
    "Quantity": "quantity",
}


@hookimpl
def read_webhook(delivery: Delivery, context: Context) -> Iterable[Record]:
    """Turn a message into the sale it carries."""
    message = jsons.decode(delivery.body)
    sale = message["eventData"]
    site = str(sale["siteId"])
    # One subscription brings the messages of every site of the developer account.
    if message["eventId"] != "clientSale.created" or context.account.site(site) is None:
        return
    happened = message["eventInstanceOriginationDateTime"]
    yield Record(
        "sales",
        str(sale["saleId"]),
        {**sale, "happened": happened},
        site=site,
        version=datetime.fromisoformat(happened),
        guests=tuple(dict.fromkeys(_clients(sale))),
    )


@hookimpl
def parse_event(record: Record, context: Context) -> Iterable[Event]:
    """Tell one order for the purchaser, and one product for each line of it."""
    sale = record.payload
    if _is_return(sale):
        return
    site = context.account.site(record.site)
    guest, time = sale["purchasingClientId"], datetime.fromisoformat(sale["happened"])
    currency = site.currency if site else None
    yield Event(
        PLACED,
        guest,
        time,
        value=sale["totalAmountPaid"],
        currency=currency,
        properties=_order(sale),
    )
    for line, item in _lines(sale["items"]):
        yield Event(
            ORDERED,
            guest,
            time,
            value=item["amountPaid"],
            currency=currency,
            properties={name: item[field] for name, field in PRODUCT.items()},
            occurrence=line,
        )


def _clients(sale: Payload) -> Iterator[str]:
    """Yield everybody the sale speaks of."""
    yield sale["purchasingClientId"]
    for item in sale["items"]:
        yield item["recipientClientId"]


def _is_return(sale: Payload) -> bool:
    """Tell whether the sale gives money or goods back."""
    return sale["totalAmountPaid"] < 0 or all(item["quantity"] <= 0 for item in sale["items"])


def _lines(items: Iterable[Payload]) -> Iterator[tuple[str, Payload]]:
    """Name every line by facts of its own, not by its place in the list.

    The item's id alone would make one event of two gift cards for two recipients; lines
    that agree in everything are told apart by how many there are.
    """
    copies: Counter[str] = Counter()
    for item in items:
        facts = (item["itemId"], item["paymentReferenceId"], item["recipientClientId"])
        line = ":".join(map(str, facts))
        copies[line] += 1
        yield (line if copies[line] == 1 else f"{line}#{copies[line]}"), item


def _order(sale: Payload) -> dict[str, Json]:
    """Return the properties of the order."""
    items = sale["items"]
    return {
        "Sold By": sale["soldByName"],
        "Location": sale["locationId"],
        "Items": [
            {name: item[field] for name, field in ITEM.items() if field in item} for item in items
        ],
        "Quantity": sum(item["quantity"] for item in items),
        **{
            name: _one_or_all(item[name] for item in items if item.get(name) is not None)
            for name in ("recipientClientId", "paymentReferenceId", "giftCardBarcodeId")
            if any(name in item for item in items)
        },
    }


def _one_or_all(values: Iterable[Json]) -> Json:
    """Return the one value all lines share, else every distinct one; None without any."""
    distinct = list(dict.fromkeys(values))
    return distinct if len(distinct) > 1 else next(iter(distinct), None)
