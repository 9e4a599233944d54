"""A Mindbody sale is one order and a product per line, however often it is delivered."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from frontdesk.model import Account, Context, Event, Json, Record, Site

from . import mindbody_sale as mindbody
from .driving import check_purity, delivered, follow, parse, receive

BUYER, FRIEND = "100200301", "A-77"
CONTEXT = Context(
    settings=None,
    account=Account("pilates-group", "Pilates Group", sites=(Site("-99", "Loft", currency="EUR"),)),
)
HAPPENED = datetime(2026, 5, 4, 11, 59, tzinfo=UTC)


def line(item: int, paid: float, reference: int, **fields: Any) -> dict[str, Json]:
    """Return one line of the sale."""
    return {
        "itemId": item,
        "type": "Product",
        "name": f"Thing {item}",
        "amountPaid": paid,
        "amountDiscounted": 2.5,
        "quantity": 1,
        "recipientClientId": BUYER,
        "paymentReferenceId": reference,
    } | fields


MAT = line(501, 39.9, 9001, quantity=2)
CARD = line(502, 25.1, 9002, recipientClientId=FRIEND, giftCardBarcodeId="GC-1")


def message(*items: Json, message_id: str = "one", **fields: Any) -> dict[str, Json]:
    """Return a sale as Mindbody delivers it."""
    return {
        "messageId": message_id,
        "eventId": "clientSale.created",
        "eventSchemaVersion": 1,
        "eventInstanceOriginationDateTime": "2026-05-04T11:59:00Z",
        "eventData": {
            "siteId": -99,
            "saleId": 4711,
            "purchasingClientId": BUYER,
            "payments": [],
            "saleDateTime": "2026-05-04T13:59:00Z",
            "soldById": 3,
            "soldByName": "Robin Vale",
            "locationId": 2,
            "totalAmountPaid": 65.0,
            "items": list(items),
        }
        | fields,
    }


def sold(*items: Json, **fields: Any) -> Record:
    """Return the record of a delivered sale."""
    (record,) = receive(mindbody, [delivered(message(*items, **fields))], context=CONTEXT)
    return record


def test_a_delivery_is_the_whole_sale() -> None:
    record = sold(MAT, CARD)

    assert (record.stream, record.site, record.id) == ("sales", "-99", "4711")
    assert record.version == HAPPENED
    assert record.guests == (BUYER, FRIEND)
    assert not record.partial


def test_the_purchaser_placed_the_order() -> None:
    order, *_ = parse(mindbody, sold(MAT, CARD), context=CONTEXT)

    assert order == Event(
        "Placed Order",
        BUYER,
        HAPPENED,
        value=Decimal("65.0"),
        currency="EUR",
        properties={
            "Sold By": "Robin Vale",
            "Location": 2,
            "Items": [
                {
                    "itemId": 501,
                    "Type": "Product",
                    "Name": "Thing 501",
                    "amountPaid": Decimal("39.9"),
                    "amountDiscounted": Decimal("2.5"),
                    "quantity": 2,
                    "recipientClientId": BUYER,
                    "paymentReferenceId": 9001,
                },
                {
                    "itemId": 502,
                    "Type": "Product",
                    "Name": "Thing 502",
                    "amountPaid": Decimal("25.1"),
                    "amountDiscounted": Decimal("2.5"),
                    "quantity": 1,
                    "recipientClientId": FRIEND,
                    "paymentReferenceId": 9002,
                    "giftCardBarcodeId": "GC-1",
                },
            ],
            "Quantity": 3,
            "recipientClientId": [BUYER, FRIEND],
            "paymentReferenceId": [9001, 9002],
            "giftCardBarcodeId": "GC-1",
        },
    )


def test_every_line_is_a_product_the_purchaser_ordered() -> None:
    _, mat, card = parse(mindbody, sold(MAT, CARD), context=CONTEXT)

    assert (mat.occurrence, card.occurrence) == (f"501:9001:{BUYER}", f"502:9002:{FRIEND}")
    assert card == Event(
        "Ordered Product",
        BUYER,
        HAPPENED,
        value=Decimal("25.1"),
        currency="EUR",
        properties={
            "Item ID": 502,
            "Type": "Product",
            "Name": "Thing 502",
            "Price": Decimal("25.1"),
            "Discount": Decimal("2.5"),
            "Quantity": 1,
        },
        occurrence=f"502:9002:{FRIEND}",
    )


def test_a_delivery_repeated_under_another_message_and_order_of_lines_adds_nothing() -> None:
    messages = [message(MAT, CARD), message(CARD, MAT, message_id="two")]

    records = list(receive(mindbody, map(delivered, messages), context=CONTEXT))

    assert follow(mindbody, records, context=CONTEXT) == follow(
        mindbody, records[:1], context=CONTEXT
    )


def test_the_same_item_for_two_recipients_is_two_products() -> None:
    gift = CARD | {"recipientClientId": BUYER}

    assert len(follow(mindbody, [sold(CARD, gift)], context=CONTEXT)) == 3


def test_lines_that_agree_in_everything_are_counted_not_lost() -> None:
    _, first, second = parse(mindbody, sold(MAT, MAT), context=CONTEXT)

    assert second.occurrence == f"{first.occurrence}#2"


def test_the_same_sale_number_at_another_site_is_another_sale() -> None:
    sites = (Site("-99", "Loft"), Site("12", "Barn"))
    both = Context(settings=None, account=Account("pilates-group", "Pilates", sites=sites))
    messages = [message(MAT), message(MAT, siteId=12)]

    records = receive(mindbody, map(delivered, messages), context=both)

    assert len(follow(mindbody, records, context=both)) == 4


def test_a_free_sale_is_an_order() -> None:
    order, _ = parse(mindbody, sold(MAT, totalAmountPaid=0), context=CONTEXT)

    assert order.value == Decimal(0)


def test_a_return_is_no_order() -> None:
    assert parse(mindbody, sold(MAT, totalAmountPaid=-39.9), context=CONTEXT) == ()
    assert parse(mindbody, sold(MAT | {"quantity": -2}), context=CONTEXT) == ()


def test_a_message_of_a_foreign_site_brings_nothing() -> None:
    foreign = delivered(message(MAT, siteId=5))

    assert list(receive(mindbody, [foreign], context=CONTEXT)) == []


def test_mapping_is_pure() -> None:
    check_purity(mindbody, sold(MAT, CARD), context=CONTEXT)
