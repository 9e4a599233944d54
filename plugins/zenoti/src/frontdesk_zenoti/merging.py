"""Guests who became part of others, as a webhook or the list of merges tells it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from frontdesk.model import Payload, Record
from frontdesk_zenoti.rows import guid_at

#: Whom a merge makes disappear, and into whom: nobody shows its fields.
_LOSERS: Final = ("merged_guest_id", "source_guest_id", "secondary_guest_id", "from_guest_id")
_WINNERS: Final = ("guest.id", "target_guest_id", "guest_id", "primary_guest_id", "id")


def merged(row: Payload) -> tuple[str, str] | None:
    """Return who became part of whom, if a row tells."""
    old = next((id for way in _LOSERS if (id := guid_at(row, way))), None)
    into = next((id for way in _WINNERS if (id := guid_at(row, way)) and id != old), None)
    return (old, into) if old and into else None


def merge(old: str, into: str, version: datetime | None = None) -> Record:
    """Return what tells that guest *old* is gone; what else is known of it stays."""
    row = {"id": old, "Merged": into}
    return Record("guests", old, row, version=version, guests=(old, into), partial=True)
