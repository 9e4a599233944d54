"""What Klaviyo takes for an address, a number, a time: checked before it is sent."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

import phonenumbers

#: E-mail domains, with their subdomains, that nobody can have. Klaviyo answers events of theirs
#: with 202 and throws them away ("``@example.com``, ``@test.com`` and similar").
TEST_DOMAINS: Final = (
    "example",
    "example.com",
    "example.net",
    "example.org",
    "invalid",
    "localhost",
    "test",
    "test.com",
)
EMAIL: Final = 100
_LOCAL: Final = 64
_PART: Final = r"[^\s\x00-\x1f@<>()\[\]\\,;:\".]+"
_LABEL: Final = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_EMAIL: Final = re.compile(
    rf"({_PART}(?:\.{_PART})*)@((?:{_LABEL}\.)+(?:[^\W\d_]{{2,}}|xn--[\w-]+))"
)
_PHONE: Final = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
OLDEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD: Final = timedelta(days=365)


def email_fault(email: str) -> str | None:
    """Tell what is wrong with an e-mail address."""
    if len(email) > EMAIL:
        return f"email is longer than {EMAIL} characters"
    found = _EMAIL.fullmatch(email)
    if found is None or len(found[1]) > _LOCAL:
        return "email is no valid address"
    return None


@lru_cache(maxsize=4096)
def phone_fault(phone: str) -> str | None:
    """Tell what is wrong with a phone number."""
    if not _PHONE.fullmatch(phone):
        return "phone_number is not written in E.164"
    try:
        valid = phonenumbers.is_valid_number(phonenumbers.parse(phone))
    except phonenumbers.NumberParseException:
        valid = False
    return None if valid else "phone_number is no valid number"


def plain_email(email: str) -> str:
    """Return an e-mail address as Klaviyo keeps it."""
    return email.strip().lower()


def identifier_fault(email: str | None, phone: str | None) -> str | None:
    """Tell why a person cannot be named by these: one of them must do."""
    if email is None and phone is None:
        return "neither email nor phone_number is known"
    if email is not None:
        return email_fault(email)
    return phone_fault(phone or "")


def domain_of_tests(email: str, domains: tuple[str, ...] = TEST_DOMAINS) -> str | None:
    """Return which of *domains* an address is of, if it is of one."""
    domain = email.rpartition("@")[2].lower().rstrip(".")
    for known in domains:
        if domain == known or domain.endswith("." + known):
            return known
    return None


def time_fault(time: datetime, now: datetime) -> str | None:
    """Tell what is wrong with the time of an event."""
    if time < OLDEST:
        return f"time is before {OLDEST:%Y-%m-%d}"
    if time > now and time - now > AHEAD:
        return "time is more than a year ahead"
    return None


def currency(code: str | None) -> str | None:
    """Return a currency in capitals; None if it is no code of ISO 4217."""
    capitals = (code or "").strip().upper()
    return capitals if _CURRENCY.fullmatch(capitals) else None
