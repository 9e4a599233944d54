"""Column types that mean the same on SQLite and PostgreSQL, and how constraints are named."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import BigInteger, Dialect, Integer
from sqlalchemy.types import TypeDecorator

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_MILLIONTHS: Final = Decimal(1_000_000)

#: How constraints and indexes are named: migrations must be able to name them, too.
CONVENTION: Final[Mapping[str, str]] = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
#: A growing integer key: SQLite only counts up plain INTEGER keys by itself.
Key: Final = BigInteger().with_variant(Integer, "sqlite")


def to_micros(value: datetime) -> int:
    """Return microseconds since 1970 in UTC; *value* must be aware."""
    return (value - EPOCH) // _MICROSECOND


def from_micros(value: int) -> datetime:
    """Return the aware time of *value* microseconds since 1970."""
    return EPOCH + timedelta(microseconds=value)


def maybe_micros(value: datetime | None) -> int | None:
    """Return :func:`to_micros` of a time, if there is one."""
    return None if value is None else (value - EPOCH) // _MICROSECOND


def to_millionths(value: Decimal | None) -> int | None:
    """Return a whole number of millionths, rounded."""
    return None if value is None else int((value * _MILLIONTHS).to_integral_value())


class Instant(TypeDecorator[datetime]):
    """An aware time, kept as microseconds since 1970: exact, ordered, free of zones."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Turn a time into microseconds."""
        return maybe_micros(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Turn microseconds into a time."""
        return None if value is None else from_micros(value)


class Amount(TypeDecorator[Decimal]):
    """Money as a whole number of millionths: sums stay exact in the database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Turn money into millionths."""
        return to_millionths(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        """Turn millionths into money."""
        return None if value is None else Decimal(value) / _MILLIONTHS
