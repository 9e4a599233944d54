"""Reading what guests fill in: what is understood, and what to say of what is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

import attrs
from babel import Locale

from frontdesk import addresses
from frontdesk.model import Json
from frontdesk_guestlist.asking import FIELDS, Field, Form, Kind
from frontdesk_guestlist.rowing import fold
from frontdesk_guestlist.settings import Settings
from frontdesk_guestlist.wording import N_

Posted: TypeAlias = Mapping[str, Sequence[str]]
#: What no line of text has: a database may refuse it, a screen may do what it says.
_CONTROLS: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\u2028-\u202e\u2066-\u2069]")
_TIME: Final = re.compile(r"([01]?[0-9]|2[0-3])\s*(?:[:.hH]\s*([0-5][0-9])?)?")
NUMBER: Final = re.compile(r"[0-9]{1,3}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_YES: Final = "yes"


class _Wrong(Exception):  # noqa: N818  # a signal: its text is shown to the guest
    """What a guest filled in cannot be meant."""


@attrs.frozen(kw_only=True, repr=False)
class Reading:
    """What was made of what a guest filled in.

    Args:
        fields: What is understood, by name; what was left out is not there.
        problems: What is wrong, by name, to be translated; ``%(most)s`` is the field's.
    """

    fields: Mapping[str, Json]
    problems: Mapping[str, str]


def read(settings: Settings, form: Form, posted: Posted) -> Reading:
    """Read what a guest filled in.

    Args:
        posted: What was sent, by the fields' names; what no field is called is not looked at.
    """
    found: dict[str, Json] = {}
    problems: dict[str, str] = {}
    for field in FIELDS[form]:
        # The rating stands first: whoever is content is not asked, whatever the browser sends.
        if field.low and not is_low(settings, found.get("rating")):
            continue
        try:
            value = _read(settings, field, posted.get(field.name, ()))
        except _Wrong as wrong:
            problems[field.name] = str(wrong)
            continue
        if value is not None:
            found[field.name] = value
        elif field.needed:
            problems[field.name] = field.needed
    return Reading(fields=found, problems=problems)


def is_low(settings: Settings, rating: int | None) -> bool:
    """Tell whether a guest with such a rating is asked what was wrong."""
    return rating is not None and rating <= settings.feedback_threshold


def _read(settings: Settings, field: Field, values: Sequence[str]) -> Json:
    """Return what a field says; None if it was left empty."""
    if field.kind is Kind.CHOICES:
        return [one for one in field.choices if one in values] or None
    text = clean(values[0]) if values else ""
    if not text:
        return None
    if len(text) > field.most and field.kind not in {Kind.NUMBER, Kind.RATING}:
        raise _Wrong(N_("Please write at most %(most)s characters."))
    return _KINDS[field.kind](settings, field, text)


def clean(text: str) -> str:
    """Return text without the space around it, line ends of other systems, and controls."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _line(_: Settings, __: Field, text: str) -> Json:
    return " ".join(text.split())


def _long(_: Settings, __: Field, text: str) -> Json:
    return text


def _tick(_: Settings, __: Field, text: str) -> Json:
    return True if text == _YES else None


def _time(_: Settings, __: Field, text: str) -> Json:
    found = _TIME.fullmatch(text)
    if found is None:
        raise _Wrong(N_("This is no time. Please write it like 15:30."))
    return f"{int(found[1]):02}:{found[2] or '00'}"


def _phone(settings: Settings, _: Field, text: str) -> Json:
    number = addresses.phone(text, settings.country)
    if number is None:
        raise _Wrong(N_("This is no phone number. Please write it like +33 1 23 45 67 89."))
    return number


def _country(_: Settings, __: Field, text: str) -> Json:
    if text not in countries("en"):
        raise _Wrong(N_("Please choose one of the list."))
    return text


def _number(_: Settings, field: Field, text: str) -> Json:
    if not NUMBER.fullmatch(text) or int(text) > field.most:
        raise _Wrong(N_("Please write a number from 0 to %(most)s."))
    return int(text)


def _choice(_: Settings, field: Field, text: str) -> Json:
    if text not in field.choices:
        raise _Wrong(N_("Please choose one of the list."))
    return text


def _rating(_: Settings, field: Field, text: str) -> Json:
    if text not in field.choices:
        raise _Wrong(field.needed)
    return int(text)


_KINDS: Final[Mapping[Kind, Callable[[Settings, Field, str], Json]]] = {
    Kind.TEXT: _line,
    Kind.LONG: _long,
    Kind.PHONE: _phone,
    Kind.TIME: _time,
    Kind.COUNTRY: _country,
    Kind.NUMBER: _number,
    Kind.TICK: _tick,
    Kind.CHOICE: _choice,
    Kind.RATING: _rating,
}
#: What babel names among the countries though ISO 3166-1 has no such one.
_NO_COUNTRIES: Final = frozenset(
    ["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"]
)


@lru_cache
def countries(language: str) -> Mapping[str, str]:
    """Return what countries are called in a language, in its order, by ISO 3166-1 alpha-2."""
    known = {
        code: name
        for code, name in Locale.parse(language).territories.items()
        if _COUNTRY.fullmatch(code) and code not in _NO_COUNTRIES
    }
    return dict(sorted(known.items(), key=lambda one: fold(one[1])))
