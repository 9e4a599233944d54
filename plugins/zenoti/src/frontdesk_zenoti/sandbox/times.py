"""How Zenoti writes times and sums of money."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from frontdesk_zenoti.sandbox.refusal import bad


def local(seconds: int | None, zone: ZoneInfo) -> str | None:
    """Write a time on the wall of a center, without an offset."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, zone).strftime("%Y-%m-%dT%H:%M:%S")


def utc(seconds: int | None) -> str | None:
    """Write a time of UTC, without a Z."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def local_day(seconds: int, zone: ZoneInfo) -> date:
    """Tell the day of a center."""
    return datetime.fromtimestamp(seconds, zone).date()


def midnight(day: date, zone: ZoneInfo) -> int:
    """Find the first second of a day of a center."""
    return int(datetime.combine(day, time(), zone).timestamp())


def day_text(seconds: int | None, zone: ZoneInfo) -> str | None:
    """Write a day of a center as its midnight, on its own wall."""
    if seconds is None:
        return None
    return f"{local_day(seconds, zone)}T00:00:00"


def midnight_utc(seconds: int | None, zone: ZoneInfo) -> str | None:
    """Write a day of a center as its midnight, in UTC."""
    if seconds is None:
        return None
    return utc(midnight(local_day(seconds, zone), zone))


def money(hundredths: int) -> int | float:
    """Write a sum, whole where it is."""
    whole, rest = divmod(hundredths, 100)
    return hundredths / 100 if rest else whole


def read_day(text: str, name: str) -> date:
    """Read the day at the beginning of a date or a time.

    Raises:
        Refusal: It is none.
    """
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise bad(f"invalid {name}.") from None


def later(day: date, days: int) -> date:
    """Give the day so many days later."""
    return day + timedelta(days=days)
