"""Zones and days of a property."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from frontdesk.model import Account
from frontdesk.store.types import EPOCH

_EPOCH: Final = EPOCH.toordinal()


def zone_of(account: Account, *ids: str | None) -> tzinfo:
    """Return the zone of the first of these sites the account has, else of its first site.

    UTC where that is unknown.
    """
    known = [site for id in ids if id is not None and (site := account.site(id))]
    site = next(iter((*known, *account.sites)), None)
    if site is None:
        return UTC
    try:
        return ZoneInfo(site.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def day_of(time: datetime, zone: tzinfo) -> int:
    """Return the day of *time* on a calendar in *zone*, as days since 1970."""
    return time.astimezone(zone).toordinal() - _EPOCH
