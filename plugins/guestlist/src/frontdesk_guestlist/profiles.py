"""What is known of a guest, as frontdesk is told it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from frontdesk import addresses
from frontdesk.model import Context, Gone, Json, Merged, Payload, Profile, Record
from frontdesk_guestlist import tables
from frontdesk_guestlist.activities import MERGED
from frontdesk_guestlist.records import ACTIVITIES, DEPARTURES
from frontdesk_guestlist.reflecting import ROOM_TYPE


def profile(record: Record, context: Context) -> Profile | Merged | Gone | None:
    """Return what a guest's row says of the person, or who became a part of whom."""
    row = record.payload
    if record.stream == DEPARTURES:
        return Gone(row["profile"], erase=True)
    if record.stream == ACTIVITIES:
        details = row["details"]
        return Merged(details["old"], details["into"]) if row["kind"] == MERGED else None
    return made(
        row["profile"],
        row,
        country=context.settings.country,
        room_type=row["room_type"] if _is_of_channel(row, context) else "",
        excluded=tables.KEPT_BACK if row["excluded"] else None,
    )


def made(
    guest: str,
    known: Mapping[str, Any],
    *,
    country: str | None,
    room_type: str,
    excluded: str | None = None,
) -> Profile:
    """Make a profile of names, addresses and the like.

    Args:
        country: Phone numbers without a prefix are read as this country's.
    """
    own = known["country"] or None
    return Profile(
        guest=guest,
        email=addresses.email(known["email"]),
        phone_number=addresses.phone(known["phone"], own or country),
        first_name=known["first_name"] or None,
        last_name=known["last_name"] or None,
        organization=known["company"] or None,
        locale=known["language"] or None,
        location={"country": own} if own else {},
        properties=_properties(room_type),
        excluded=excluded,
    )


def _properties(room_type: str) -> dict[str, Json]:
    return {ROOM_TYPE: room_type} if room_type else {}


def _is_of_channel(row: Payload, context: Context) -> bool:
    """Tell whether the person is known by this one reservation, which a channel sent."""
    return bool(row["source"] == f"guestlist:{context.account.id}")
