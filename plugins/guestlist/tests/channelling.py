"""A property that channels feed, and what one of them sends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

SETTINGS: Final[Mapping[str, Any]] = {
    "property": "grand",
    "title": "Grand Hotel",
    "time_zone": "Europe/Paris",
    "currency": "EUR",
    "country": "FR",
    "campaigns": True,
}


def reservation(**more: Any) -> dict[str, Any]:
    """Return what a channel sends of a reservation."""
    return {
        "number": "BK-1",
        "channel": "Rooms.example",
        "made_in": "channel",
        "status": "confirmed",
        "guest": {
            "first_name": "Ada",
            "last_name": "Lovelace",
            "email": "ada@example.com",
            "phone": "01 23 45 67 89",
            "country": "FR",
            "language": "fr",
        },
        "company": "Engines",
        "arrival": "2026-06-02",
        "departure": "2026-06-05",
        "amount": "300.00",
        "currency": "EUR",
        "room_type": "Double",
        "created": "2026-05-01T10:00:00Z",
        "updated": "2026-05-01T10:00:00Z",
        **more,
    }
