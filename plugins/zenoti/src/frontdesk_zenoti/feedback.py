"""What feedback tells: Zenoti sends it once, and has no way to read it again."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from frontdesk.model import Context, Event, Json, Payload, Record, Related
from frontdesk.rows import as_list, as_row
from frontdesk_zenoti import raw, tables
from frontdesk_zenoti.places import Place
from frontdesk_zenoti.properties import Paths, amount, properties
from frontdesk_zenoti.rows import guid_at, part

_PATHS: Final[Paths] = {"Comments": "comments", "Source": "source", "Version": "version"}


def events(record: Record, context: Context, related: Related) -> list[Event]:
    """Tell the feedback, under the group it is about."""
    data = part(record.payload, "data")
    guest = guid_at(data, "user_id") or guid_at(data, "guest_id")
    place = Place(guid_at(data, "center_id"), None, context, related)
    shown = {
        "Appointment Group ID": guid_at(data, "appointment_group_id"),
        **place.short(),
        **properties(tables.FEEDBACK, data, _PATHS, place.zone),
        **_tags(data),
        **_rating(data.get("rating_value")),
    }
    return [
        Event(
            tables.FEEDBACK,
            str(guest),
            raw.moment(record.payload),
            properties=shown,
            action="submitted",
            site=place.site,
        )
    ]


def _tags(data: Payload) -> dict[str, Json]:
    """Return the labels; only the second form of feedback has them."""
    listed = as_list(data.get("guest_feedback_tags"))
    if listed is None:
        return {}
    names = [(as_row(tag) or {}).get("name") for tag in listed]
    return {"Guest Feedback Tags": [name for name in names if isinstance(name, str) and name]}


def _rating(value: Json) -> dict[str, Json]:
    """Return the rating; the first form rates several things, and their mean stands for them."""
    several = as_row(value)
    if several is None:
        return {"Rating Value": amount(value)}
    numbers = [n for one in several.values() if (n := amount(one)) is not None]
    if not numbers:
        return {"Rating Details": several}
    mean = sum(numbers, Decimal()) / len(numbers)
    rounded = mean.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return {"Rating Value": rounded, "Rating Details": several}
