"""Who stays where and when: drawn first, because a guest is as old as the first booking."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from functools import lru_cache
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from frontdesk.sandbox.chance import DAY, covering, happens, pick, spread
from frontdesk_mews.sandbox.houses import House

STATES: Final = {
    "Processed": 640,
    "Canceled": 140,
    "Confirmed": 130,
    "Started": 40,
    "Optional": 20,
    "Inquired": 18,
    "Requested": 12,
}
#: When a stay of each state lies: over (P), now (N) or still to come (F).
_ERAS: Final = {
    "Processed": "P",
    "Canceled": "PPPF",
    "Confirmed": "F" * 15 + "P",
    "Started": "N",
    "Optional": "FFFFP",
    "Inquired": "FFP",
    "Requested": "F",
}
_NIGHTS: Final = spread({1: 25, 2: 30, 3: 20, 4: 10, 5: 6, 7: 6, 10: 2, 14: 1})
_HISTORY: Final = 900
_AHEAD: Final = 150
_LEAD: Final = 120
_EPOCH: Final = date(1970, 1, 1).toordinal()


class Plan(msgspec.Struct, gc=False):
    """A stay before it is a reservation; guests are numbers."""

    house: int
    state: str
    created: float
    day: int
    nights: int
    owner: int
    company: bool
    booker: int | None
    companions: tuple[int, ...]
    #: Made together with the plan before it.
    joined: bool

    @property
    def guests(self) -> tuple[int, ...]:
        """List everyone the property gets to know."""
        return (self.owner, *self.companions, *(() if self.booker is None else (self.booker,)))


@lru_cache(maxsize=16_384)
def local(zone: ZoneInfo, day: int, hour: int) -> float:
    """Give the instant of a full hour on the property's clock; *day* counts from 1970."""
    wall = datetime.combine(date.fromordinal(_EPOCH + day), time(hour), zone)
    return wall.astimezone(UTC).timestamp()


def draw(rng: Random, houses: list[House], *, count: int, guests: int, now: float) -> list[Plan]:
    """Plan the stays of about two and a half years and the coming months."""
    plans: list[Plan] = []
    before: Plan | None = None
    for state in covering(rng, STATES, count):
        if before and before.state == state and happens(rng, 0.15):
            before = _together(rng, before, guests)
        else:
            before = _plan(rng, houses, state, guests, now)
        plans.append(before)
    return plans


def _together(rng: Random, before: Plan, guests: int) -> Plan:
    owner = before.owner if happens(rng, 0.7) else _guest(rng, guests)
    return Plan(
        before.house, before.state, before.created, before.day, before.nights,
        owner, before.company, before.booker, (), True,
    )  # fmt: skip


def _plan(rng: Random, houses: list[House], state: str, guests: int, now: float) -> Plan:
    owner = _guest(rng, guests)
    # Most guests are faithful to one property; the others make the chain visible.
    house = owner % len(houses) if happens(rng, 0.9) else int(rng.random() * len(houses))
    nights = pick(rng, _NIGHTS)
    day = _day(rng, pick(rng, _ERAS[state]), nights, int(now // DAY))
    latest = min(now, local(houses[house].zone, day, 15)) - 60
    created = latest - rng.random() ** 2 * _LEAD * DAY
    return Plan(
        house, state, created, day, nights,
        owner, happens(rng, 0.03), _maybe(rng, 0.06, guests), _companions(rng, guests), False,
    )  # fmt: skip


def _day(rng: Random, era: str, nights: int, today: int) -> int:
    if era == "P":
        return today - nights - 1 - int(rng.random() * _HISTORY)
    if era == "N":
        return today - int(rng.random() * nights)
    return today + 1 + int(rng.random() ** 2 * _AHEAD)


def _guest(rng: Random, guests: int) -> int:
    # The exponent makes regulars of the first guests.
    return int(rng.random() ** 1.3 * guests)


def _maybe(rng: Random, chance: float, guests: int) -> int | None:
    return _guest(rng, guests) if rng.random() < chance else None


def _companions(rng: Random, guests: int) -> tuple[int, ...]:
    if not happens(rng, 0.35):
        return ()
    return tuple(_guest(rng, guests) for _ in range(2 if happens(rng, 0.2) else 1))
