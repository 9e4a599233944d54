"""To whom an e-mail goes, and when: what staff choose in its editor."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Mapping
from datetime import date, time
from typing import Final

import attrs
from cattrs import Converter

from frontdesk import jsons
from frontdesk_guestlist.templating import Problem

#: The value of a segment that means guests of whom the criterion is not known.
UNKNOWN: Final = "unknown"
#: Segments of an e-mail, and values of a segment.
_MOST: Final = 100
#: Letters of a value.
_LONGEST: Final = 200
#: More nights than any stay has.
_ENDLESS: Final = 99_999
#: What numbers may be.
_RANGES: Final[Mapping[str, tuple[int, int]]] = {
    "earliest": (0, 30),
    "latest": (0, 30),
    "min_nights": (0, 365),
    "day_of_stay": (1, 365),
    "days_after": (0, 365),
}


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


#: How values are written, with an example.
_WRITTEN: Final = {
    Criterion.NIGHTS: (re.compile(r"\d{1,4}(\+|-\d{1,4})?", re.ASCII), "3, 3-7 or 7+"),
    Criterion.LANGUAGE: (re.compile(r"[a-zA-Z]{2,3}([-_][a-zA-Z0-9]{2,8})*"), "fr or fr-CA"),
    Criterion.COUNTRY: (re.compile(r"[a-zA-Z]{2}"), "FR"),
}


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
    found = [
        Problem(name, 0, f"must be from {low} to {high}, not {getattr(rules, name)}")
        for name, (low, high) in _RANGES.items()
        if not low <= getattr(rules, name) <= high
    ]
    if rules.latest > rules.earliest:
        found.append(Problem("latest", 0, "must not be more days before arrival than earliest"))
    if rules.active_from and rules.active_until and rules.active_until < rules.active_from:
        found.append(Problem("active_until", 0, "must not be before active_from"))
    if len(rules.segments) > _MOST:
        found.append(Problem("segments", 0, f"must be {_MOST} at most"))
    return found + [problem for segment in rules.segments for problem in _wrong(segment)]


def _wrong(segment: Segment) -> Iterator[Problem]:
    where, pattern = f"segments.{segment.criterion.value}", _WRITTEN.get(segment.criterion)
    if not segment.values:
        yield Problem(where, 0, "needs at least one value")
    if len(segment.values) > _MOST:
        yield Problem(where, 0, f"must have {_MOST} values at most")
    for value in segment.values:
        if value == UNKNOWN:
            continue
        if not value.strip() or len(value) > _LONGEST:
            yield Problem(where, 0, f"a value has 1 to {_LONGEST} letters")
        elif pattern is not None and not pattern[0].fullmatch(value):
            yield Problem(where, 0, f"{value!r} is none; write it like {pattern[1]}")
        elif segment.criterion is Criterion.NIGHTS and nights(value)[0] > nights(value)[1]:
            yield Problem(where, 0, f"{value!r} ends before it begins")


def nights(value: str) -> tuple[int, int]:
    """Return from and to how many nights ``3``, ``3-7`` or ``7+`` means."""
    low, dash, high = value.rstrip("+").partition("-")
    first = int(low)
    return first, int(high) if dash else (_ENDLESS if value.endswith("+") else first)


def encode(rules: Rules) -> bytes:
    """Write rules as they are kept."""
    return jsons.encode(_CONVERTER.unstructure(rules))


def decode(content: bytes) -> Rules:
    """Read rules as they are kept."""
    return _CONVERTER.structure(jsons.decode(content), Rules)


def _converter() -> Converter:
    made = Converter()
    made.register_structure_hook(time, lambda text, _: time.fromisoformat(text))
    made.register_unstructure_hook(time, time.isoformat)
    made.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
    made.register_unstructure_hook(date, date.isoformat)
    return made


_CONVERTER: Final = _converter()
