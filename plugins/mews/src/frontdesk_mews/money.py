"""What a reservation is worth: its order items, since Mews puts no price on the row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal, TypeAlias

from frontdesk.errors import RecordError
from frontdesk.model import Payload
from frontdesk.rows import as_row

Basis: TypeAlias = Literal["gross", "net"]
Worth: TypeAlias = tuple[Decimal | None, str | None]

UNKNOWN: Final[Worth] = (None, None)
#: Bookkeeping that is not the stay.
EXCLUDED: Final = frozenset(
    {
        "CancellationFee",
        "Deposit",
        "ExchangeRateDifference",
        "TaxCorrection",
        "InvoiceFee",
        "MulticurrencyFee",
        "AllowanceBreakage",
        "AllowanceContraBreakage",
    }
)
# Until a reservation is confirmed, all its items are Inactive; afterwards only free ones are.
_PENDING: Final = frozenset({"Inactive", "Open", "Closed"})
_BOOKED: Final = frozenset({"Open", "Closed"})
_LOST: Final = frozenset({"Canceled"})
#: State of the reservation: accounting states of the items that count.
COUNTED: Final[Mapping[str, frozenset[str]]] = {
    "Inquired": _PENDING,
    "Requested": _PENDING,
    "Optional": _PENDING,
    "Confirmed": _BOOKED,
    "Started": _BOOKED,
    "Processed": _BOOKED,
    "Canceled": _LOST,
}
_FIELDS: Final[Mapping[Basis, str]] = {"gross": "GrossValue", "net": "NetValue"}

_WHOLE: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_MILLS: Final = "BHD IQD JOD KWD LYD OMN TND"
_CENT: Final = Decimal("0.01")
_TOO_MUCH: Final = Decimal(10) ** 15
_UNITS: Final = {
    **dict.fromkeys(_WHOLE.split(), Decimal(1)),
    **dict.fromkeys(_MILLS.split(), Decimal("0.001")),
}


def worth(items: Sequence[Payload], state: str, basis: Basis, currency: str | None) -> Worth:
    """Sum the items that count in this state; *currency* is the property's own.

    Mews is asked to convert all items to that currency. Where it did not and they are
    mixed, only those in it are summed.
    """
    states, lost = COUNTED[state], state == "Canceled"
    counted = [
        _amount(item)
        for item in items
        if item.get("AccountingState") in states
        and item.get("Type") not in EXCLUDED
        and (not lost or item.get("CanceledWithReservation") is True)
    ]
    chosen = _currency({amount["Currency"]: None for amount in counted}, currency)
    if chosen is None:
        return UNKNOWN if counted else (Decimal(0), None)
    field, total = _FIELDS[basis], Decimal(0)
    for amount in counted:
        if amount["Currency"] == chosen:
            total += _number(amount, field)
    return total.quantize(_UNITS.get(chosen, _CENT), ROUND_HALF_UP), chosen


def _amount(item: Payload) -> Payload:
    amount = as_row(item.get("Amount"))
    if amount is None or not isinstance(amount.get("Currency"), str):
        raise RecordError("Amount of an order item is missing or has no currency")
    return amount


def _currency(used: Mapping[str, None], own: str | None) -> str | None:
    """Choose the one in use; if there are several, the property's own, else the first."""
    if len(used) == 1 or (used and own not in used):
        return next(iter(used))
    return own


def _number(amount: Payload, field: str) -> Decimal:
    value = amount.get(field)
    if type(value) is Decimal:
        return _measured(value, field)
    if isinstance(value, float):  # JSON that was read elsewhere
        value = str(value)
    elif isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise RecordError(f"{field} of an order item is not a number")
    return _measured(Decimal(value), field)


def _measured(number: Decimal, field: str) -> Decimal:
    if not number.is_finite() or abs(number) >= _TOO_MUCH:
        raise RecordError(f"{field} of an order item is no sum of money")
    return number
