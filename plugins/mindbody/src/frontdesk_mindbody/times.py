"""Times of Mindbody: one conversion for what comes with an offset and what comes without."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tzlocal.windows_tz import win_tz

from frontdesk.errors import RecordError
from frontdesk.model import Json, Site

#: ``06:45:58:483``: milliseconds behind a colon, as some of Mindbody's own texts have it.
_COLON: Final = re.compile(r"(T\d{2}:\d{2}:\d{2}):(\d+)")
#: What is not set comes as the first day there is.
_UNSET: Final = 1


def to_utc(value: str | None, zone: ZoneInfo | None, field: str) -> datetime | None:
    """Return a time in UTC.

    One with an offset says itself what it means. One without is wall clock at the site: of an
    hour that comes twice it is the first, and one that the clocks skip is as much later.

    Raises:
        RecordError: It is no time, or the zone it is to be read in is not known.
    """
    moment = _parsed(value, field)
    if moment is None or moment.tzinfo is not None:
        return moment if moment is None else _universal(moment, field)
    if zone is None:
        raise RecordError(f"{field} is a time without a zone, and the site's is not known")
    return _universal(moment.replace(tzinfo=zone), field)


def utc(value: str | None, field: str) -> datetime | None:
    """Return a time that is in UTC, whether it says so or not.

    Raises:
        RecordError: It is no time.
    """
    moment = _parsed(value, field)
    if moment is None:
        return None
    return _universal(moment if moment.tzinfo else moment.replace(tzinfo=UTC), field)


def wall(value: str | None, zone: ZoneInfo | None, field: str) -> datetime | None:
    """Return a time that is wall clock at the site, whatever offset it claims."""
    moment = _parsed(value, field)
    return None if moment is None else to_utc(moment.replace(tzinfo=None).isoformat(), zone, field)


def shown(moment: datetime | None) -> str | None:
    """Write a time as the page says: ``2026-08-18T17:12Z``."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def zone_of(site: Site | None) -> ZoneInfo | None:
    """Return the zone of a site; None where that is unknown."""
    return None if site is None else zone_named(site.time_zone)


def zone_named(name: str) -> ZoneInfo | None:
    """Return the zone of this name, IANA's or Windows'; None where there is none."""
    try:
        return ZoneInfo(win_tz.get(name, name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _parsed(value: Json, field: str) -> datetime | None:
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(_COLON.sub(r"\1.\2", value))
    except ValueError:
        # Not chained: the message would quote what may be a guest's data.
        raise RecordError(f"{field} is not a time") from None
    return None if moment.year <= _UNSET else moment


def _universal(moment: datetime, field: str) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise RecordError(f"{field} is out of any calendar") from None
