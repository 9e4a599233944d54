"""What a stay is worth, by its order items."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontdesk.errors import RecordError
from frontdesk_mews.money import COUNTED, EXCLUDED, worth

STATES = tuple(COUNTED)


def item(gross: Any = "100.00", state: str = "Open", **changes: Any) -> dict[str, Any]:
    gross = Decimal(gross) if isinstance(gross, str) else gross
    amount = {"Currency": changes.pop("currency", "EUR"), "GrossValue": gross, "NetValue": 80}
    return {
        "Id": "i",
        "Type": "SpaceOrder",
        "AccountingState": state,
        "CanceledWithReservation": False,
        "Amount": amount,
    } | changes


ALL = [
    item("1.00", "Inactive"),
    item("10.00", "Open"),
    item("100.00", "Closed"),
    item("1000.00", "Canceled"),
    item("10000.00", "Canceled", CanceledWithReservation=True),
]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("Requested", "111.00"),
        ("Inquired", "111.00"),
        ("Optional", "111.00"),
        ("Confirmed", "110.00"),
        ("Started", "110.00"),
        ("Processed", "110.00"),
        ("Canceled", "10000.00"),
    ],
)
def test_which_items_count_depends_on_the_state(state: str, expected: str) -> None:
    assert worth(ALL, state, "gross", "EUR") == (Decimal(expected), "EUR")


def test_net_leaves_the_taxes_out() -> None:
    assert worth([item(), item()], "Confirmed", "net", "EUR") == (Decimal("160.00"), "EUR")


@pytest.mark.parametrize("kind", sorted(EXCLUDED))
def test_bookkeeping_is_not_the_stay(kind: str) -> None:
    assert worth([item(), item(Type=kind)], "Confirmed", "gross", "EUR")[0] == Decimal("100.00")


@pytest.mark.parametrize("kind", ["CityTax", "NightRebate", "AllowanceDiscount", "SomethingNew"])
def test_everything_else_is(kind: str) -> None:
    found, _ = worth([item(), item("-12.50", Type=kind)], "Confirmed", "gross", "EUR")
    assert found == Decimal("87.50")


@pytest.mark.parametrize(
    ("items", "own", "expected"),
    [
        ([], "EUR", ("0.00", "EUR")),
        ([], None, ("0", None)),
        ([item(state="Inactive")], "EUR", ("0.00", "EUR")),
        ([item()], None, ("100.00", "EUR")),
        ([item(currency="GBP")], "EUR", ("100.00", "GBP")),
        ([item(currency="GBP"), item("7.00")], "EUR", ("7.00", "EUR")),
        ([item(currency="GBP"), item("7.00")], "CZK", ("100.00", "GBP")),
        ([item(currency="GBP"), item("7.00")], None, ("100.00", "GBP")),
    ],
)
def test_the_currency(
    items: list[dict[str, Any]], own: str | None, expected: tuple[str, str | None]
) -> None:
    total, currency = worth(items, "Confirmed", "gross", own)
    assert (str(total), currency) == expected


@pytest.mark.parametrize(
    ("currency", "value", "expected"),
    [
        ("EUR", "0.005", "0.01"),
        ("EUR", 12, "12.00"),
        ("EUR", 0.1, "0.10"),
        ("JPY", "1200.5", "1201"),
        ("KWD", "1.2345", "1.235"),
        ("KWD", "-1.2345", "-1.235"),
    ],
)
def test_sums_have_the_decimals_of_their_currency(currency: str, value: Any, expected: str) -> None:
    total, _ = worth([item(value, currency=currency)], "Confirmed", "gross", currency)
    assert str(total) == expected


@pytest.mark.parametrize(
    "amount",
    [
        None,
        {"GrossValue": 1},
        {"Currency": "EUR"},
        {"Currency": "EUR", "GrossValue": "1"},
        {"Currency": "EUR", "GrossValue": True},
        {"Currency": "EUR", "GrossValue": Decimal("NaN")},
        {"Currency": "EUR", "GrossValue": Decimal("1e40")},
    ],
)
def test_an_unusable_amount_is_refused(amount: Any) -> None:
    with pytest.raises(RecordError):
        worth([item(Amount=amount)], "Confirmed", "gross", "EUR")


cents = st.integers(-(10**9), 10**9)
entries = st.tuples(
    cents,
    st.sampled_from(["Inactive", "Open", "Closed", "Canceled"]),
    st.sampled_from(["SpaceOrder", "CityTax", "Deposit", "NightRebate"]),
    st.booleans(),
)


@given(st.lists(entries), st.sampled_from(STATES), st.randoms(use_true_random=False))
def test_sums_are_exact_and_know_no_order(
    drawn: list[tuple[int, str, str, bool]], state: str, chance: Any
) -> None:
    items = [
        item(str(Decimal(value) / 100), accounting, Type=kind, CanceledWithReservation=cancelled)
        for value, accounting, kind, cancelled in drawn
    ]
    expected = sum(
        value
        for value, accounting, kind, cancelled in drawn
        if kind != "Deposit" and accounting in COUNTED[state] and (cancelled or state != "Canceled")
    )
    assert worth(items, state, "gross", "EUR") == (Decimal(expected) / 100, "EUR")
    chance.shuffle(items)
    assert worth(items, state, "gross", "EUR") == (Decimal(expected) / 100, "EUR")
