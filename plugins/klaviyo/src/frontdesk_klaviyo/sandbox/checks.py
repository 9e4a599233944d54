"""What Klaviyo's documentation says about values and its schemas do not."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, cast
from zoneinfo import available_timezones

import phonenumbers

from frontdesk_klaviyo.sandbox.options import Options

KB: Final = 1_000
STRING: Final = 100 * KB
PROPERTIES: Final = 400
ARRAY: Final = 4_000
DEPTH: Final = 10
EMAIL: Final = 100
NAME: Final = 128
UNIQUE_ID: Final = 255
_FAR: Final = timedelta(days=365)

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL: Final = re.compile(
    rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?:[A-Za-z]{{2,}}|xn--[A-Za-z0-9-]+)"
)
_LOCAL: Final = 64
_PHONE: Final = re.compile(r"\+[1-9]\d{6,14}")
_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?:T\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
)
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_LOCALE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_URL: Final = re.compile(r"https?://[^\s/]+\S*")
#: So long a number may not fit into 64 bits. It begins with a letter that is quickly looked for.
_LONG_NUMBER: Final = re.compile(rb":\s*-?\d{19}")
#: Shorter properties with fewer brackets cannot break a limit, whatever they say.
_SHORT: Final = 4 * PROPERTIES


@lru_cache(maxsize=65_536)
def email_fault(text: str) -> str | None:
    """Tell what is wrong with an e-mail address."""
    if len(text) > EMAIL:
        return f"An email address may have at most {EMAIL} characters."
    if not _EMAIL.fullmatch(text) or text.index("@") > _LOCAL:
        return "Invalid email address"
    return None


def phone_is_good(text: str, options: Options) -> bool:
    """Tell whether a phone number is one, in E.164."""
    if not _PHONE.fullmatch(text):
        return False
    return options.phones == "format" or region(text) is not None


@lru_cache(maxsize=65_536)
def region(text: str) -> str | None:
    """Tell the country of a valid number."""
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return None
    return (
        phonenumbers.region_code_for_number(number)
        if phonenumbers.is_valid_number(number)
        else None
    )


@lru_cache(maxsize=4_096)
def moment(text: str) -> datetime | None:
    """Read a time as Klaviyo does: missing parts are zero, a missing zone is UTC."""
    if not _TIME.fullmatch(text):
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)


def event_time(text: str, now: datetime, options: Options) -> datetime | str:
    """Read the time of an event, or tell what is wrong with it."""
    read = moment(text)
    if read is None:
        return "Invalid time: not an ISO 8601 date and time."
    if read.year < int(options.oldest_event):
        return "Invalid time: too long ago."
    if read > now and read > now + _FAR:
        return "Invalid time: more than a year from now."
    return read


def currency_is_good(text: str) -> bool:
    """Tell whether a text looks like a code of ISO 4217."""
    return _CURRENCY.fullmatch(text) is not None


def properties_fault(raw: bytes, options: Options) -> str | None:
    """Tell what is wrong with the properties of an event."""
    if not raw.startswith(b"{"):
        return "Expected an object."
    if (
        len(raw) < _SHORT
        and b"[" not in raw
        and raw.count(b"{") <= DEPTH
        and not _LONG_NUMBER.search(raw)
    ):
        return None
    read = cast("dict[str, Any]", json.loads(raw))
    if len(read) > PROPERTIES:
        return f"An event may have at most {PROPERTIES} properties."
    tally = _Tally()
    tally.walk(read, 1)
    if tally.fault is None and options.property_count == "nested" and tally.keys > PROPERTIES:
        return f"An event may have at most {PROPERTIES} properties, nested ones included."
    return tally.fault


class _Tally:
    def __init__(self) -> None:
        self.keys = 0
        self.fault: str | None = None

    def walk(self, value: Any, depth: int) -> None:
        if isinstance(value, str):
            if len(value) > STRING or (len(value) > STRING // 4 and len(value.encode()) > STRING):
                self.fault = "A string may have at most 100 KB."
        elif isinstance(value, dict):
            self.keys += len(value)
            self._deeper(list(value.values()), depth)
        elif isinstance(value, list):
            if len(value) > ARRAY:
                self.fault = f"An array may have at most {ARRAY} items."
            self._deeper(value, depth)
        elif isinstance(value, int) and not -(2**63) <= value < 2**63:
            self.fault = "A whole number must fit into 64 bits."

    def _deeper(self, values: list[Any], depth: int) -> None:
        if depth > DEPTH:
            self.fault = f"Properties may be nested at most {DEPTH} deep."
            return
        for value in values:
            self.walk(value, depth + 1)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def profile_faults(changes: dict[str, Any]) -> list[tuple[str, str]]:
    """List what is wrong with a profile's plain fields: where and what."""
    found: list[tuple[str, str]] = []
    locale, image = changes.get("locale"), changes.get("image")
    if locale is not None and not _LOCALE.fullmatch(locale):
        found.append(("locale", "Invalid locale."))
    if image is not None and not _URL.fullmatch(image):
        found.append(("image", "Invalid URL."))
    location = changes.get("location") or {}
    zone = location.get("timezone")
    if zone is not None and zone not in _zones():
        found.append(("location/timezone", "Invalid time zone."))
    for name, most in (("latitude", 90), ("longitude", 180)):
        if not _within(location.get(name), most):
            found.append((f"location/{name}", f"Invalid {name}."))
    return found


def _within(value: Any, most: int) -> bool:
    if value is None:
        return True
    try:
        return abs(float(value)) <= most
    except ValueError:
        return False
