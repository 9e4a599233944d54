"""To whom an e-mail goes, and when: what staff choose in its editor."""

from __future__ import annotations

import enum
from datetime import date, time

import attrs

from frontdesk_guestlist.templating import Problem


class Phase(enum.StrEnum):
    """The part of a stay that an e-mail belongs to."""

    PRE_STAY = "pre-stay"
    DURING = "during"
    POST_STAY = "post-stay"


class Kind(enum.StrEnum):
    """What an e-mail is for."""

    UPSELL = "upsell"
    CONFIRMATION = "confirmation"
    INFORMATION = "information"
    CHECK_IN = "check-in"
    FEEDBACK = "feedback"


class On(enum.StrEnum):
    """What a confirmation confirms."""

    CREATED = "created"
    MODIFIED = "modified"


class Criterion(enum.StrEnum):
    """What guests are told apart by."""

    NIGHTS = "nights"
    LANGUAGE = "language"
    COUNTRY = "country"
    CHANNEL = "channel"
    ROOM_TYPE = "room_type"


@attrs.frozen(kw_only=True)
class Segment:
    """Guests to be included, or left out, by one criterion.

    Args:
        values: One of them is enough. Nights are written ``3``, ``3-7`` or ``7+``; a language
            ``fr`` means ``fr-CA`` as well; ``unknown`` means that nothing is known.
    """

    criterion: Criterion
    include: bool = True
    values: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Rules:
    """When an e-mail is sent, and to whom; what its phase and kind do not use is ignored.

    Args:
        at: The time of day, in the property's zone. Confirmations and *instantly* know none.
        earliest: Pre-stay: how many days before arrival it is sent, 0 to 30.
        latest: Pre-stay: who books late still gets it this many days before arrival.
        instantly: Pre-stay: sent when the reservation is made.
        on: Of a confirmation.
        min_nights: During: only to guests who stay at least this long.
        day_of_stay: During: 1 is the day of arrival, 2 the day after the first night.
        days_after: Post-stay: 0 is the day of departure.
        active_from: The first day it is sent on; *active_until* is the last one.
        created_from: Only to reservations that were made on this day or later.
        segments: All of them must hold.
    """

    at: time = time(9)
    earliest: int = 7
    latest: int = 0
    instantly: bool = False
    on: On = On.CREATED
    min_nights: int = 1
    day_of_stay: int = 2
    days_after: int = 1
    active_from: date | None = None
    active_until: date | None = None
    created_from: date | None = None
    segments: tuple[Segment, ...] = ()


def problems(rules: Rules) -> list[Problem]:
    """Return what is wrong with rules, by their names."""
    raise NotImplementedError


def encode(rules: Rules) -> bytes:
    """Write rules as they are kept."""
    raise NotImplementedError


def decode(content: bytes) -> Rules:
    """Read rules as they are kept."""
    raise NotImplementedError
