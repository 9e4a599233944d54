"""What kind of news a delivery brings: by its event type, else by its shape.

Zenoti shows some of its type strings nowhere, so they are matched tolerantly, and whoever
sees another one names it in the settings.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from frontdesk.model import Json, Payload
from frontdesk.rows import as_list, as_row
from frontdesk_zenoti.rows import at, guid


class Kind(enum.StrEnum):
    """A kind of delivery; its value is what settings call it."""

    BOOKED = "booked"
    STATUS = "status"
    STARTED = "started"
    COMPLETED = "completed"
    INVOICE = "invoice"
    GIFT_CARD = "gift card"
    FEEDBACK = "feedback"
    ACTIVATED = "membership activated"
    CANCELLED = "membership cancelled"
    FROZE = "membership froze"
    UNFROZE = "membership unfroze"
    #: Other news of a membership, a package, a group: no metric, but it belongs there.
    MEMBERSHIP = "membership"
    CREATED = "package created"
    REDEEMED = "package redeemed"
    PACKAGE = "package"
    GROUP = "group"
    GUEST = "guest"
    OPTED = "guest opted"
    DELETED = "guest deleted"
    MERGED = "guest merged"
    #: Whatever else there is.
    RAW = "raw"


#: In order; the first that is found in the type, in any case, counts.
PATTERNS: Final[tuple[tuple[str, Kind], ...]] = (
    (r"^appointment_?group\.creat", Kind.BOOKED),
    (r"^appointment_?group\.status", Kind.STATUS),
    (r"^appointment_?group\.", Kind.GROUP),
    (r"feedback", Kind.FEEDBACK),
    (r"^appointment\.start", Kind.STARTED),
    (r"^appointment\.complet", Kind.COMPLETED),
    (r"^invoice\.clos", Kind.INVOICE),
    (r"gift", Kind.GIFT_CARD),
    (r"^guest\.?passe?", Kind.RAW),
    (r"^guest\.?membership\.creat", Kind.ACTIVATED),
    (r"^guest\.?membership\.un[-_ ]?fr(ee|o)z", Kind.UNFROZE),
    (r"^guest\.?membership\.fr(ee|o)z", Kind.FROZE),
    (r"^guest\.?membership\.cancel", Kind.CANCELLED),
    (r"^guest\.?membership\.", Kind.MEMBERSHIP),
    (r"^guest\.?package\.creat", Kind.CREATED),
    (r"^guest\.?package\.(?!.*revers).*red(empt|eem)", Kind.REDEEMED),
    (r"^guest\.?package\.", Kind.PACKAGE),
    (r"^guest\.(creat|updat)", Kind.GUEST),
    (r"^guest\.?opt", Kind.OPTED),
    (r"^guest\.delet", Kind.DELETED),
    (r"^guest\.merg", Kind.MERGED),
)
_COMPLETED: Final = 2


def kind_of(event_type: str | None, data: Payload, event_types: Mapping[str, str]) -> Kind:
    """Return the kind of a delivery.

    Args:
        event_types: Patterns of the settings, which come first; each names a kind.
    """
    if event_type:
        found = _by_type(event_type.strip(), tuple(event_types.items()))
        if found is not None:
            return found
    return _by_shape(data, named=bool(event_type))


@lru_cache(maxsize=1024)
def _by_type(event_type: str, chosen: tuple[tuple[str, str], ...]) -> Kind | None:
    for pattern, kind in (*chosen, *PATTERNS):
        if re.search(pattern, event_type, re.IGNORECASE):
            return Kind(kind)
    return None


def _by_shape(data: Payload, *, named: bool) -> Kind:
    """Tell from the fields alone, as where only the inner part is at hand.

    What has a type that nobody knows is taken for known news only by a field that nothing
    else has: a change of a class is no change of a guest.
    """
    for field, kind in _MARKS:
        if field in data:
            return kind
    if isinstance(at(data, "invoice.total_price"), dict):
        return Kind.INVOICE
    for field, tell in _HOLDERS:
        if guid_or_none(data, field):
            return tell(data)
    guest = "preferences" in data and as_row(data.get("personal_info")) is not None
    return Kind.GUEST if guest and not named else Kind.RAW


def guid_or_none(data: Payload, field: str) -> str | None:
    """Return an id if there is one."""
    return guid(data, field) if isinstance(data.get(field), str) else None


def _membership(data: Payload) -> Kind:
    if as_row(data.get("freeze")) is not None:
        return Kind.FROZE
    if as_row(data.get("cancel")) is not None:
        return Kind.CANCELLED
    # Without a type, a new membership and one that goes on look alike but for the guest.
    return Kind.ACTIVATED if guid_or_none(data, "guest_id") else Kind.MEMBERSHIP


def _package(data: Payload) -> Kind:
    if any("reversal" in name for name in data):
        return Kind.PACKAGE
    if as_list(data.get("service_redemptions")) or as_list(data.get("product_redemptions")):
        return Kind.REDEEMED
    return Kind.CREATED if as_list(data.get("services")) else Kind.PACKAGE


def _appointments(data: Payload) -> Kind:
    if isinstance(data.get("guest"), dict) and as_list(data.get("appointments")):
        return Kind.BOOKED
    found = {_progress(row) for row in as_list(data.get("appointments")) or ()}
    if found == {1}:
        return Kind.STARTED
    return Kind.COMPLETED if found == {_COMPLETED} else Kind.GROUP


def _progress(row: Json) -> int | None:
    value = (as_row(row) or {}).get("appointment_progress")
    return value if isinstance(value, int) else None


#: Fields that one kind alone has.
_MARKS: Final = (
    ("appointment_group_status", Kind.STATUS),
    ("rating_value", Kind.FEEDBACK),
    ("guestpass_id", Kind.RAW),
)
#: Whose id it carries, and what then tells the kind.
_HOLDERS: Final[tuple[tuple[str, Callable[[Payload], Kind]], ...]] = (
    ("user_membership_id", _membership),
    ("user_package_id", _package),
    ("appointment_group_id", _appointments),
)


def check(event_types: Mapping[str, str]) -> None:
    """Refuse patterns that are none, or that name no kind.

    Raises:
        ValueError: It says which.
    """
    for pattern, kind in event_types.items():
        re.compile(pattern)
        Kind(kind)
