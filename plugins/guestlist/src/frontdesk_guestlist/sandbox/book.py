"""Reservations as they are made and changed: the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from frontdesk.sandbox.clock import ServerClock
from frontdesk_guestlist.sandbox.options import Options

_FIRST: Final = (
    "Ada",
    "Émile",
    "Grace",
    "Hedy",
    "Jürgen",
    "Lise",
    "Marie",
    "Noor",
    "Sofia",
    "Yves",
)
_LAST: Final = ("Curie", "Dubois", "Hopper", "Lamarr", "Lovelace", "Meitner", "Noether", "Zuse")
_CHANNELS: Final = ("Booking.example", "Expedia.example", "Direct website")
_ROOMS: Final = ("Single", "Double", "Suite")
_LANDS: Final = (("FR", "fr"), ("GB", "en-GB"), ("DE", "de"), ("US", "en-US"))
_SYSTEMS: Final = ("pms", "crs")


class Book:
    """All reservations, as messages show them."""

    def __init__(self, options: Options, clock: ServerClock) -> None:
        self._options, self._clock = options, clock
        self._chance = Random(f"channels of {options.seed}")
        self._rows: list[dict[str, Any]] = []
        for _ in range(options.reservations):
            self._book(earlier=self._chance.randint(0, 60 * 86_400))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(dict(row) for row in self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def change(self) -> dict[str, Any]:
        """Let something happen to a reservation, or somebody make one; return it."""
        standing = [row for row in self._rows if row["status"] == "confirmed"]
        if not standing or self._chance.random() < 0.4:  # noqa: PLR2004  # two of five
            return self._book()
        row = self._chance.choice(standing)
        row["updated"] = self._clock.now.isoformat()
        what = self._chance.choice(("moved", "longer", "room", "cancelled"))
        if what == "cancelled":
            row["status"] = "cancelled"
        elif what == "room":
            row["room_type"] = self._chance.choice(_ROOMS)
        else:
            for name in ("arrival", "departure")[what == "longer" :]:
                row[name] = (date.fromisoformat(row[name]) + timedelta(days=1)).isoformat()
        return dict(row)

    def _book(self, earlier: int = 0) -> dict[str, Any]:
        chance, now = self._chance, self._clock.now
        made = now - timedelta(seconds=earlier)
        arrival = now.date() + timedelta(days=chance.randint(-20 if earlier else 0, 60))
        nights = chance.randint(1, 7)
        if chance.random() < self._options.wrong:
            nights = -nights
        over = arrival + timedelta(days=nights) < now.date()
        number = len(self._rows) + 1
        row: dict[str, Any] = {
            "number": f"SB-{number:06}",
            "channel": chance.choice(_CHANNELS),
            "made_in": "channel",
            "status": "departed" if over and nights > 0 else "confirmed",
            "guest": self._guest(number),
            "arrival": arrival.isoformat(),
            "departure": (arrival + timedelta(days=nights)).isoformat(),
            "amount": f"{abs(nights) * chance.randint(80, 240)}.00",
            "currency": "EUR",
            "room_type": chance.choice(_ROOMS),
            "created": made.isoformat(),
            "updated": made.isoformat(),
        }
        if chance.random() < self._options.inside:
            row["made_in"] = chance.choice(_SYSTEMS)
        if number > 1 and chance.random() < 0.02:  # noqa: PLR2004  # a few are sent twice over
            row["duplicate_of"] = self._rows[-1]["number"]
        self._rows.append(row)
        return dict(row)

    def _guest(self, number: int) -> dict[str, str]:
        chance = self._chance
        first, last = chance.choice(_FIRST), chance.choice(_LAST)
        country, language = chance.choice(_LANDS)
        return {
            "first_name": first,
            "last_name": last,
            "email": f"guest{number}@example.com" if chance.random() < 0.95 else "",  # noqa: PLR2004
            "phone": f"+3361234{number:04}",
            "country": country,
            "language": language,
        }
