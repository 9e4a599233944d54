"""Zones and days of a property."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from frontdesk.columns import EPOCH
from frontdesk.model import Account, Site

_EPOCH: Final = EPOCH.toordinal()


def zone_of(account: Account, *ids: str | None) -> tzinfo:
    """Return the zone of the first of these sites the account has, else of its first site.

    UTC where that is unknown.
    """
    site = site_of(account, *ids) or next(iter(account.sites), None)
    return UTC if site is None else zone_at(site)


def site_of(account: Account, *ids: str | None) -> Site | None:
    """Return the first of these sites that the account has, else its only one."""
    known = (site for id in ids if id is not None and (site := account.site(id)))
    return next(known, None) or account.site(None)


def zone_at(site: Site) -> tzinfo:
    """Return a site's zone; UTC where it is unknown."""
    try:
        return ZoneInfo(site.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def day_of(time: datetime, zone: tzinfo) -> int:
    """Return the day of *time* on a calendar in *zone*, as days since 1970."""
    return time.astimezone(zone).toordinal() - _EPOCH
