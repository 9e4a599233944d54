"""Events of orders, and money of any currency."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontdesk.errors import RecordError, SettingsError, SkipRecord
from frontdesk.model import Event
from frontdesk_boulevard.money import digits, money

from .made import connector, order, record, urn

STREAM = "orders"


def events(**fields: Any) -> list[Event]:
    settings = {"currency": fields.pop("currency")} if "currency" in fields else {}
    found = connector(**settings).parse_event(record(STREAM, order(**fields)))
    return [event for event in found if isinstance(event, Event)]


def test_an_order_is_placed_when_it_is_closed() -> None:
    (event,) = events()
    assert event.metric == "Placed Order"
    assert event.time == datetime(2026, 6, 1, 11, 5, tzinfo=UTC)
    assert (event.value, event.currency) == (Decimal("129.51"), "USD")
    assert (event.guest, event.site) == (urn("Client"), urn("Location"))


def test_an_open_order_tells_nothing_yet() -> None:
    assert events(closedAt=None) == []
    assert events(closedAt=None, clientId=None) == []


def test_an_order_of_nobody_is_passed_over() -> None:
    with pytest.raises(SkipRecord, match="walk_in"):
        events(clientId=None)


def test_properties_are_those_of_the_page() -> None:
    lines = [
        {
            "__typename": "OrderServiceLine",
            "name": "Facial",
            "quantity": 1,
            "initialPrice": 9950,
            "initialSubtotal": 9950,
            "initialDiscountAmount": 0,
            "isPaidByVoucher": True,
        },
        {"__typename": "OrderGratuityLine", "quantity": 1, "initialPrice": 2000},
    ]
    (event,) = events(
        note="Prefers e-mail",
        lineGroups=[{"__typename": "OrderAppointmentLineGroup", "lines": lines}],
        refunds=[
            {
                "number": "1042-R1",
                "status": "CLOSED",
                "closedAt": "2026-06-03T12:00:00Z",
                "refundReason": "OTHER",
                "summary": {"refundAmount": 500, "refundTax": 0, "refundTotal": 500},
            }
        ],
        appliedVouchers=[
            {
                "voucher": {
                    "id": urn("Voucher"),
                    "expiresOn": "2026-12-31",
                    "redeemedAt": "2026-06-01T04:05:00-07:00",
                    "services": [{"name": "Facial"}],
                    "product": None,
                }
            }
        ],
    )
    assert event.properties == {
        "Closed By": "Robin K.",
        "Order ID": urn("Order"),
        "Location Name": "Old Mill",
        "Location ID": urn("Location"),
        "Order Number": "1042",
        "Note": "Prefers e-mail",
        "Summary": {
            "subtotal": Decimal("109.50"),
            "discount": Decimal("0.00"),
            "tax": Decimal("0.01"),
            "gratuity": Decimal("20.00"),
            "fee": Decimal("0.00"),
            "total": Decimal("129.51"),
        },
        "Applied Vouchers": [
            {
                "id": urn("Voucher"),
                "expires_on": "2026-12-31",
                "redeemed_at": "2026-06-01T11:05:00Z",
                "services": ["Facial"],
                "product": None,
            }
        ],
        "Line Groups": [
            {
                "group": "OrderAppointmentLineGroup",
                "type": "OrderServiceLine",
                "name": "Facial",
                "quantity": 1,
                "price": Decimal("99.50"),
                "subtotal": Decimal("99.50"),
                "discount": Decimal("0.00"),
                "paid_by_voucher": True,
            },
            {
                "group": "OrderAppointmentLineGroup",
                "type": "OrderGratuityLine",
                "name": None,
                "quantity": 1,
                "price": Decimal("20.00"),
                "subtotal": None,
                "discount": None,
            },
        ],
        "Refunds": [
            {
                "number": "1042-R1",
                "status": "CLOSED",
                "closed_at": "2026-06-03T12:00:00Z",
                "reason": "OTHER",
                "amount": Decimal("5.00"),
                "tax": Decimal("0.00"),
                "total": Decimal("5.00"),
            }
        ],
    }


def test_what_is_not_told_is_absent() -> None:
    (event,) = events(summary=None, refunds=None, lineGroups=None, appliedVouchers=None)
    assert event.value is None
    assert not {"Summary", "Refunds", "Line Groups", "Applied Vouchers"} & set(event.properties)


@pytest.mark.parametrize(
    ("currency", "amount"), [("USD", "129.51"), ("JPY", "12951"), ("KWD", "12.951")]
)
def test_amounts_are_in_the_currencys_own_smallest_unit(currency: str, amount: str) -> None:
    """Seen to fail when everything was divided by a hundred."""
    (event,) = events(currency=currency)
    assert (event.value, event.currency) == (Decimal(amount), currency)
    assert str(event.value) == amount


@given(st.integers(-(10**14) + 1, 10**14 - 1), st.sampled_from(["USD", "JPY", "KWD", "GBP"]))
def test_no_amount_loses_a_digit(amount: int, currency: str) -> None:
    found = money({"x": amount}, "x", currency)
    assert found is not None
    assert found * 10 ** digits(currency) == amount
    assert found.as_tuple().exponent == -digits(currency)


@pytest.mark.parametrize("amount", [10**14, -(10**14), 1.5, "12", True, [], Decimal("1.5")])
def test_what_is_no_amount_is_refused(amount: object) -> None:
    with pytest.raises(RecordError):
        money({"x": amount}, "x", "USD")


@pytest.mark.parametrize("currency", ["", "usd", "DOLLARS", "XAU"])
def test_what_is_no_currency_is_refused(currency: str) -> None:
    with pytest.raises(SettingsError, match="ISO 4217"):
        digits(currency)
