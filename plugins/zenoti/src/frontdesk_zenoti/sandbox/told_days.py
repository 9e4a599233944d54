"""Where and on which day something is, as webhooks of sales say it."""

from __future__ import annotations

from typing import Any

from frontdesk_zenoti.sandbox.times import day_text, midnight_utc
from frontdesk_zenoti.sandbox.world import World


def day_of(world: World, center: int, at: int | None) -> str | None:
    """Write a day of a center: its midnight, told in UTC as if that were a date."""
    zone = world.centers[center].zone
    plain = world.options.webhook_dates == "plain"
    return day_text(at, zone) if plain else midnight_utc(at, zone)


def center_of(world: World, center: int) -> dict[str, Any]:
    """Write which center it is."""
    return {"id": world.centers[center].id, "name": world.centers[center].name}
