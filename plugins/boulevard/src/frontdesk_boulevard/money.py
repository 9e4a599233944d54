"""Money: whole numbers of the smallest unit, in a currency Boulevard never names."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Final

from iso4217 import Currency

from frontdesk.errors import RecordError, SettingsError
from frontdesk.model import Payload
from frontdesk_boulevard.rows import whole

_TOO_MUCH: Final = 10**14


@cache
def digits(currency: str) -> int:
    """Return how many digits of a currency's amounts are behind the point.

    Raises:
        SettingsError: There is no such currency, or nothing is sold in it.
    """
    try:
        exponent = Currency(currency).exponent
    except ValueError:
        exponent = None
    if exponent is None:
        raise SettingsError(f"currency is {currency!r}: write its ISO 4217 code, as in USD")
    return exponent


def money(row: Payload, field: str, currency: str) -> Decimal | None:
    """Read an amount in units of *currency*: 4210 is 42.10 USD, and 4210 JPY."""
    amount = whole(row, field)
    if amount is None:
        return None
    if abs(amount) >= _TOO_MUCH:
        raise RecordError(f"{field} is no sum of money")
    return Decimal(amount).scaleb(-digits(currency))
