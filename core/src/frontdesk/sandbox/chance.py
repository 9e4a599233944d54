"""Chance that repeats itself: ids, choices and times drawn from a seeded generator."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from typing import Final, TypeVar

T = TypeVar("T")
DAY: Final = 86_400.0


def uuid(rng: Random) -> str:
    """Draw an id with the version and variant marks of a random UUID."""
    bits = f"{rng.getrandbits(128):032x}"
    return f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-a{bits[17:20]}-{bits[20:]}"


def cousin(identity: str, mark: str) -> str:
    """Derive another id from one, so that it need not be stored."""
    return f"{mark}{identity[len(mark) :]}"


def noise(identity: str) -> int:
    """Read 48 bits of chance that belong to an id and never change."""
    return int(identity[-12:], 16)


def pick(rng: Random, pool: Sequence[T]) -> T:
    """Choose one."""
    # Random.choice is three times slower, and this is called millions of times.
    return pool[int(rng.random() * len(pool))]


def happens(rng: Random, share: float) -> bool:
    """Say whether something that happens in this share of cases does now."""
    return rng.random() < share


def spread(shares: dict[T, int]) -> tuple[T, ...]:
    """Repeat each value by its share, so that *pick* chooses with these weights."""
    return tuple(value for value, share in shares.items() for _ in range(share))


def covering(rng: Random, shares: dict[T, int], count: int) -> list[T]:
    """Draw a column in which each value comes once before chance decides."""
    first = list(shares)[:count]
    return first + rng.choices(list(shares), list(shares.values()), k=count - len(first))


def moment(seconds: float) -> datetime:
    """Turn epoch seconds into the whole second an API shows."""
    return datetime.fromtimestamp(int(seconds), UTC)
