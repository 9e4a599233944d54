"""E-mail addresses and phone numbers as platforms keep them: free text, often wrong.

What cannot be an address becomes None: bad data in one field must not sink a profile.
"""

from __future__ import annotations

import phonenumbers

from frontdesk.model import Json


def email(text: Json) -> str | None:
    """Return *text* without the space around it if it can be an e-mail address, else None."""
    if not isinstance(text, str):
        return None
    address = text.strip()
    name, _, domain = address.partition("@")
    whole = len(address.split()) == 1 and "@" not in domain
    return address if name and whole and "." in domain.strip(".") else None


def phone(text: Json, country: str | None = None) -> str | None:
    """Return *text* as E.164 if it can be a phone number, else None.

    Args:
        country: ISO 3166-1 alpha-2; a number without a country code is read as its.

    A number counts that is possible by its length; whether it is assigned changes by the
    month, and a number lost here is lost for good.
    """
    if not isinstance(text, str) or not text.strip():
        return None
    number = text.strip()
    if number.startswith("00"):
        number = "+" + number[2:]
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
