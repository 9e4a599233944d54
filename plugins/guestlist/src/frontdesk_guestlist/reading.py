"""What people type, read: names, addresses, days, countries, languages, money.

Each reader returns the value, or raises :class:`Wrong` with a sentence for whoever typed it.
No sentence quotes what was typed: it speaks of guests.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.numbers import list_currencies
from email_validator import EmailNotValidError, validate_email

from frontdesk import addresses
from frontdesk_guestlist.rowing import fold

#: Letters that may stand in no field: they move the cursor, or turn the text around.
_BARRED: Final = frozenset({"Cc", "Cs", "Co", "Zl", "Zp"})
_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ISO: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})( 00:00(:00)?)?")
_DAY_FIRST: Final = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
#: Where people write the month first.
_MONTH_FIRST: Final = frozenset({"US", "PH", "FM", "PW", "MH", "AS", "GU", "PR", "VI", "UM", "MP"})
_FIRST_YEAR: Final = 2000
_YEARS_AHEAD: Final = 10
_YES: Final = frozenset({"yes", "y", "true", "1", "oui", "o", "vrai", "x"})
_NO: Final = frozenset({"", "no", "n", "false", "0", "non", "faux"})
_STATUSES: Final[Mapping[str, str]] = {
    "": "confirmed",
    "requested": "requested",
    "demande": "requested",
    "demandee": "requested",
    "confirmed": "confirmed",
    "confirme": "confirmed",
    "confirmee": "confirmed",
    "arrived": "arrived",
    "checked in": "arrived",
    "arrive": "arrived",
    "departed": "departed",
    "checked out": "departed",
    "parti": "departed",
    "cancelled": "cancelled",
    "canceled": "cancelled",
    "annule": "cancelled",
    "annulee": "cancelled",
    "no show": "no_show",
    "no-show": "no_show",
    "no_show": "no_show",
    "non presente": "no_show",
}
_LANGUAGES: Final = ("en", "fr")
#: Three digits behind a comma or point may be thousands: who means them must say so.
_MONEY: Final = re.compile(r"-?\d{1,12}([.,](\d{1,2}|\d{4,6}))?")
#: What is written for some countries, and is neither code nor name.
_ALSO: Final = {
    "uk": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "angleterre": "GB",
    "usa": "US",
    "etats-unis d'amerique": "US",
    "united states of america": "US",
    "holland": "NL",
    "hollande": "NL",
}

#: Of the two letters, those that stand for no country.
_NO_COUNTRIES: Final = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})
_NO_LANGUAGES: Final = frozenset({"mis", "mul", "und", "zxx"})


class Wrong(ValueError):  # noqa: N818  # a sentence for a form's field
    """What was typed cannot be meant; the text says what to do."""


def text(typed: str, longest: int) -> str:
    """Return a line of text, with single spaces.

    Args:
        longest: How many letters it may have.
    """
    line = " ".join(unicodedata.normalize("NFC", _plain(typed)).split())
    if len(line) > longest:
        raise Wrong(f"This is too long: {longest} letters are the most.")
    return line


def _plain(typed: str) -> str:
    """Return *typed* without the space around it; what no keyboard writes is refused."""
    bare = typed.strip()
    for letter in bare:
        if letter in _TURNING or unicodedata.category(letter) in _BARRED:
            raise Wrong("This has a line break, a tab or another control character: remove it.")
    return bare


def email(typed: str) -> str:
    """Return an e-mail address as mail servers write it; nobody is asked whether it exists."""
    address = text(typed, 254)
    if not address:
        return ""
    try:
        valid = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        raise Wrong("This is no valid e-mail address: write it like name@example.com.") from None
    return valid.normalized


def phone(typed: str, country: str | None) -> str:
    """Return a phone number as E.164; without a prefix it is one of *country*."""
    number = text(typed, 40)
    if not number:
        return ""
    read = addresses.phone(number, country)
    if read is None:
        raise Wrong(
            "This is no phone number: write it with the country's prefix, like +33 1 23 45 67 89."
        )
    return read


def day(typed: str, country: str | None, today: date) -> date | None:
    """Return a day written 2026-11-27, or as people of *country* write it: 27/11/2026."""
    written = text(typed, 40)
    if not written:
        return None
    parts = _day_parts(written, month_first=country in _MONTH_FIRST)
    if parts is None:
        raise Wrong("Write the day as year-month-day, like 2026-11-27.")
    try:
        found = date(*parts)
    except ValueError:
        raise Wrong("There is no such day in the calendar.") from None
    if not _FIRST_YEAR <= found.year <= today.year + _YEARS_AHEAD:
        raise Wrong(f"Check the year: it must be {_FIRST_YEAR} to {today.year + _YEARS_AHEAD}.")
    return found


def _day_parts(written: str, *, month_first: bool) -> tuple[int, int, int] | None:
    if found := _ISO.fullmatch(written):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _DAY_FIRST.fullmatch(written):
        first, second = int(found[1]), int(found[2])
        # With dots the day is first everywhere.
        turned = month_first and "." not in written
        return int(found[3]), *((first, second) if turned else (second, first))
    return None


def country(typed: str) -> str:
    """Return ISO 3166-1 alpha-2 for a code, or a country's name in English or French."""
    name = text(typed, 80)
    if not name:
        return ""
    code = _countries().get(fold(name))
    if code is None:
        raise Wrong("No country is known by this: write its name, or its code such as FR.")
    return code


def language(typed: str) -> str:
    """Return a code such as fr or en-GB for one, or a language's name in English or French."""
    name = text(typed, 80)
    if not name:
        return ""
    code = _languages().get(fold(name)) or _locale(name)
    if code is None:
        raise Wrong("No language is known by this: write its name, or its code such as fr.")
    return code


def _locale(written: str) -> str | None:
    """Return a code such as en-GB in its usual spelling, if it is one."""
    try:
        read = Locale.parse(written.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError, TypeError):
        return None
    if read.language not in _named("languages"):
        return None
    return "-".join(filter(None, (read.language, read.script, read.territory)))


@cache
def _countries() -> Mapping[str, str]:
    named = _named("territories")
    codes = [code for code in named if re.fullmatch("[A-Z]{2}", code) and code not in _NO_COUNTRIES]
    return _ALSO | _by_name(codes, named)


@cache
def _languages() -> Mapping[str, str]:
    named = _named("languages")
    codes = [
        code for code in named if re.fullmatch("[a-z]{2,3}", code) and code not in _NO_LANGUAGES
    ]
    return _by_name(codes, named)


@cache
def _named(kind: str) -> Mapping[str, tuple[str, ...]]:
    """Return names by code, in each of the languages that names are read in."""
    tables: list[Mapping[str, str]] = [getattr(Locale(one), kind) for one in _LANGUAGES]
    return {code: tuple(t[code] for t in tables if code in t) for code in tables[0]}


def _by_name(codes: list[str], named: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    found = {fold(name): code for code in codes for name in named[code]}
    # A code is meant before a name that is spelt the same.
    return found | {fold(code): code for code in codes}


def yes(typed: str) -> bool:
    """Return whether *typed* says yes."""
    said = fold(text(typed, 20))
    if said not in _YES | _NO:
        raise Wrong("Write yes or no.")
    return said in _YES


def status(typed: str) -> str:
    """Return a reservation's status, from its name in English or French."""
    found = _STATUSES.get(fold(text(typed, 40)))
    if found is None:
        raise Wrong(
            "Write requested, confirmed, arrived, departed, cancelled or no-show; "
            "left out it is confirmed."
        )
    return found


def money(typed: str) -> Decimal | None:
    """Return an amount, with a point or a comma before its cents."""
    bare = re.sub(r"[\s\u00a0\u202f']", "", text(typed, 40))
    if not bare:
        return None
    # 1,234.50 and 1.234,50: what stands last is what cents follow.
    if "," in bare and "." in bare:
        bare = bare.replace("," if bare.rindex(".") > bare.rindex(",") else ".", "")
    if not _MONEY.fullmatch(bare):
        raise Wrong("This is no amount: write it like 1234.50.")
    return Decimal(bare.replace(",", "."))


def currency(typed: str) -> str | None:
    """Return an ISO 4217 code."""
    code = text(typed, 10).upper()
    if code and code not in _currencies():
        raise Wrong("No currency is known by this: write its code, such as EUR.")
    return code or None


@cache
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies())
