"""Numbers of changes, which let the connector read what is new; keys and days."""

from __future__ import annotations

import hashlib
import uuid
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, update

from frontdesk.annex import Annex
from frontdesk.sql import insert_into
from frontdesk_guestlist.schema import properties

_NOTHING_READ: Final = b"{}"


def next_change(db: Connection, property: str, now: datetime, count: int = 1) -> int:
    """Return a number for what is about to be changed, greater than all before.

    The property's row stays locked until the commit: what reads by number misses none.

    Args:
        count: How many are needed; the last of them is returned. None needed: whoever else
            would change something waits all the same.
    """
    drawn = (
        update(properties)
        .where(properties.c.property == property)
        .values(change=properties.c.change + count)
        .returning(properties.c.change)
    )
    found = db.execute(drawn).scalar()
    if found is None:
        fresh = insert_into(db, properties).on_conflict_do_nothing()
        row = {"property": property, "created": now, "positions": _NOTHING_READ, "change": 0}
        db.execute(fresh, row)
        found = db.execute(drawn).scalar_one()
    number: int = found
    return number


def zone(annex: Annex) -> ZoneInfo:
    """Return the property's zone, in which its days begin and end."""
    return ZoneInfo(annex.settings.time_zone)


def today(annex: Annex) -> date:
    """Return which day it is at the property."""
    return annex.clock.now().astimezone(zone(annex)).date()


def made_of(*parts: str) -> str:
    """Return an id that stands for *parts*, the same in every store."""
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


def chosen() -> str:
    """Return a random id, for what nothing but the guest list knows."""
    return uuid.uuid4().hex
