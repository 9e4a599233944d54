"""Times as Zenoti writes them: of a centre's wall, of UTC, or a day as its midnight."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, tzinfo
from typing import Final

from frontdesk.errors import RecordError
from frontdesk.model import Json

#: Zenoti has nothing before that: such dates stand for none.
_FIRST_YEAR: Final = 1901


def written(value: Json, field: str) -> datetime | None:
    """Read a time as it is written, with or without a zone; a date that means none is None.

    Raises:
        RecordError: It is no time. The message does not quote it.
    """
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise RecordError(f"{field} is not a string")
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        raise RecordError(f"{field} is not a time") from None
    return moment if moment.year >= _FIRST_YEAR else None


def in_utc(value: Json, field: str) -> datetime | None:
    """Read a time of UTC, which webhooks write without a Z."""
    moment = written(value, field)
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def on_wall(value: Json, field: str, zone: tzinfo) -> datetime | None:
    """Read a time of a centre's wall; one with a zone is what it says."""
    moment = written(value, field)
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def dated(value: Json, field: str, zone: tzinfo) -> datetime | None:
    """Read what may be a time of UTC or a plain day: midnight without a zone is the centre's.

    Days come both ways: as midnight, which is the centre's own, and as the moment in UTC at
    which the centre's day begins.
    """
    moment = written(value, field)
    if moment is None:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone if moment.time() == time() else UTC)
    return moment.astimezone(UTC)


def day(value: Json, field: str, zone: tzinfo) -> date | None:
    """Return the centre's day of what :func:`dated` reads."""
    moment = dated(value, field, zone)
    return None if moment is None else moment.astimezone(zone).date()


def shown(moment: datetime | None) -> str | None:
    """Write a time for a property."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
