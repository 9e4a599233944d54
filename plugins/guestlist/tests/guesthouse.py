"""A house with a guest list, in a store of each database."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import attrs
from inn import FixedClock
from sqlalchemy import insert

from frontdesk import Desk
from frontdesk.annex import Annex
from frontdesk_guestlist import adding, changes, rowing
from frontdesk_guestlist.guests import Guest
from frontdesk_guestlist.schema import guests

NOW = datetime(2026, 6, 1, 22, 30, tzinfo=UTC)
#: In Paris it is the next day already.
TODAY = date(2026, 6, 2)
_numbers = itertools.count(1)


@attrs.frozen
class House:
    """A desk that is open, and the part of its store that the guest list has."""

    desk: Desk
    annex: Annex
    clock: FixedClock

    async def read(self, question: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Answer *question* of the guest list."""
        return await self.annex.read(lambda db: question(db, self.annex, *args, **more))

    async def write(self, change: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Change something in the guest list."""
        return await self.annex.write(lambda db: change(db, self.annex, *args, **more))

    async def add(self, *, anyway: bool = True, **typed: str) -> Guest:
        """Add a guest who arrives today for a night, as a form would."""
        draft = adding.read({**stay(), "last_name": "Lovelace", **typed}, self.annex)
        assert isinstance(draft, adding.Draft), draft
        added: Guest = await self.write(adding.add, draft, "form", "Grace", anyway=anyway)
        return added

    async def put(self, *rows: dict[str, Any]) -> list[str]:
        """Put rows into the list past all checks, as a source would; return their uids."""
        whole = [self._whole(row) for row in rows]

        def change(db: Any) -> None:
            property = self.annex.settings.property
            last = changes.next_change(db, property, self.clock.now(), len(whole))
            for number, row in enumerate(whole, last - len(whole) + 1):
                row["change"] = number
            db.execute(insert(guests), whole)

        await self.annex.write(change)
        return [row["uid"] for row in whole]

    def _whole(self, row: dict[str, Any]) -> dict[str, Any]:
        number, now = next(_numbers), self.clock.now()
        blank = {
            "property": self.annex.settings.property,
            "uid": f"uid{number}",
            "profile": f"profile{number}",
            "origin": "source",
            "source": "mews:1",
            "source_record": str(number),
            "number": str(10_000 + number),
            "first_name": "Ada",
            "last_name": "Lovelace",
            "email": "",
            "phone": "",
            "country": "",
            "language": "",
            "arrival": TODAY,
            "departure": TODAY + timedelta(days=1),
            "nights": 1,
            "status": "confirmed",
            "checked_in": False,
            "amount": None,
            "currency": None,
            "channel": "",
            "room_type": "",
            "company": "",
            "duplicate_of": "",
            "created": now,
            "updated": now,
            "listed": now,
            "stopped": "",
            "hidden": None,
            "rating": None,
        }
        whole = blank | row
        whole["address"] = rowing.address(whole["email"])
        whole["name_folded"] = rowing.folded(whole["first_name"], whole["last_name"])
        whole["emailable"] = rowing.emailable(whole)
        return whole


def stay(nights: int = 1, arrival: date = TODAY) -> dict[str, str]:
    """Return the days of a stay as they are typed."""
    return {
        "arrival": arrival.isoformat(),
        "departure": (arrival + timedelta(days=nights)).isoformat(),
    }


@asynccontextmanager
async def opened(store: str, **settings: Any) -> AsyncIterator[House]:
    """Open a house in Paris on a store."""
    clock = FixedClock(NOW)
    own: dict[str, Any] = {
        "property": "grand",
        "title": "Grand Hotel",
        "time_zone": "Europe/Paris",
        "currency": "EUR",
        "country": "FR",
        **settings,
    }
    async with Desk(store, clock=clock) as desk:
        made = desk.connect("guestlist", name=own.pop("name", "grand"), **own)
        yield House(desk, desk.annex(made), clock)
