"""Requests counted over 24 hours, by all processes that use the store.

They are kept by the hour. An hour that has begun counts whole until 24 hours after its end, so
that there are never more than allowed in any 24 hours, whichever zone a platform's day is in.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import attrs
from sqlalchemy import Connection as Db
from sqlalchemy import delete, func, select, update

from frontdesk.client import Counted
from frontdesk.store.schema import requests
from frontdesk.store.upserts import add_up

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(hours=24)
_COLUMNS: Final = requests.c


@attrs.frozen
class Used:
    """How much of a day's quota is used up.

    Attributes:
        used: Requests that count now.
        allowed: How many may be sent in 24 hours.
    """

    used: int
    allowed: int


class Full(Exception):  # noqa: N818  # a signal, not an error
    """There is no room for another request.

    Attributes:
        until: When there is, unless others come first.
    """

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


def take(db: Db, connector: str, counted: Counted, now: datetime) -> None:
    """Count one request.

    Raises:
        Full: There is no room for it; the transaction must not be committed.
    """
    hour = _hour(now)
    row = {
        "digest": counted.digest,
        "hour": hour,
        "connector": connector,
        "label": counted.label,
        "used": 1,
        "allowed": counted.limit,
    }
    # Written before it is summed: two processes that do so at once wait here for each other.
    add_up(db, requests, [row], sums=("used",))
    mine = _COLUMNS.digest == counted.digest
    found = db.execute(
        select(_COLUMNS.hour, _COLUMNS.used)
        .where(mine, _COLUMNS.hour > now - _DAY - _HOUR)
        .order_by(_COLUMNS.hour)
    ).all()
    over = sum(one.used for one in found) - counted.limit
    for one in found if over > 0 else ():
        over -= one.used
        if over <= 0:
            raise Full(one.hour + _HOUR + _DAY)
    db.execute(delete(requests).where(mine, _COLUMNS.hour <= now - _DAY - _HOUR))
    # A background request knows only of its own part.
    newest = mine & (_COLUMNS.hour == hour) & (_COLUMNS.allowed < counted.limit)
    db.execute(update(requests).where(newest).values(allowed=counted.limit))


def used(db: Db, now: datetime) -> dict[str, dict[str, Used]]:
    """Return what is used up now, by connector and label."""
    asked = db.execute(
        select(
            _COLUMNS.connector,
            _COLUMNS.label,
            func.sum(_COLUMNS.used),
            func.max(_COLUMNS.allowed),
        )
        .where(_COLUMNS.hour > now - _DAY - _HOUR)
        .group_by(_COLUMNS.connector, _COLUMNS.label)
    )
    found: dict[str, dict[str, Used]] = {}
    for connector, label, number, allowed in asked:
        found.setdefault(connector, {})[label] = Used(int(number), int(allowed))
    return found


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)
