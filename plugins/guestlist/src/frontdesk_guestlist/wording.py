"""Words, days and amounts as guests read them, in a language they know.

What staff read is translated by the pages of frontdesk; what guests read, here.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError, dates, numbers

#: The domain of the translations, and where they are: ``fr/LC_MESSAGES/frontdesk_guestlist.mo``.
DOMAIN: Final = "frontdesk_guestlist"
FOLDER: Final = Path(__file__).parent / "locale"
#: What the texts are written in.
SOURCE: Final = "en"
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")


def N_(text: str) -> str:  # noqa: N802  # its name everywhere
    """Mark a text to be translated later, where it is shown."""
    return text


@lru_cache
def languages() -> tuple[str, ...]:
    """Return the languages guests can be spoken to in, the one the texts are written in first."""
    found = sorted(path.parents[1].name for path in FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))
    return (SOURCE, *found)


def choose(there: Iterable[str], *asked: str) -> str:
    """Return which of the languages there are is best for somebody who asked for some.

    Each that is asked for counts as it is written (``fr-CA``), then by its base (``fr``), then
    as any of that base (``fr-BE``); if none of them is there, the first one that is.
    """
    known = {_folded(one): one for one in there}
    for one in filter(None, map(_folded, asked)):
        near = (name for name in known if base(name) == base(one))
        for name in (one, base(one), *near):
            if name in known:
                return known[name]
    return next(iter(known.values()), SOURCE)


def is_language(text: str) -> bool:
    """Tell whether a text can name a language: ``fr``, ``fr-CA``, ``fr_CA``."""
    return _LANGUAGE.fullmatch(text) is not None


def base(language: str) -> str:
    """Return a language without its country: ``fr`` of ``fr-CA``."""
    return _folded(language).partition("-")[0]


def language_of(*asked: str) -> str:
    """Return the language to speak in: the guest's, the property's, else the first."""
    return choose(languages(), *asked)


@lru_cache
def texts(language: str) -> gettext.NullTranslations:
    """Return the translations of a language; what is missing stays as it is written."""
    return gettext.translation(DOMAIN, FOLDER, [language.replace("-", "_")], fallback=True)


def translator(language: str) -> Callable[[str], str]:
    """Return what translates a text: ``_ = translator("fr")``."""
    return texts(language).gettext


@lru_cache
def locale_of(language: str) -> Locale:
    """Return what babel knows of a language; of one it does not know, English."""
    for name in (language, base(language)):
        try:
            return Locale.parse(name.strip().replace("_", "-"), sep="-")
        except (UnknownLocaleError, ValueError, TypeError):
            continue
    return Locale.parse(SOURCE)


def day(language: str, value: date | None, style: str = "full") -> str:
    """Write a day: ``full`` names the day of the week; ``long``, ``medium``, ``short``."""
    return "" if value is None else dates.format_date(value, style, locale=locale_of(language))


def moment(language: str, value: datetime | None, zone: str) -> str:
    """Write a time, in the property's zone."""
    if value is None:
        return ""
    there = value.astimezone(ZoneInfo(zone))
    return dates.format_datetime(there, "medium", locale=locale_of(language), tzinfo=ZoneInfo(zone))


def number(language: str, value: Decimal | int | None) -> str:
    """Write a number."""
    return "" if value is None else numbers.format_decimal(value, locale=locale_of(language))


def money(language: str, value: Decimal | None, currency: str | None) -> str:
    """Write an amount with its currency, or a plain number where there is none."""
    if value is None:
        return ""
    locale = locale_of(language)
    if not currency:
        return numbers.format_decimal(value, "#,##0.00", locale=locale)
    return numbers.format_currency(value, currency, locale=locale)


def _folded(language: str) -> str:
    return language.strip().replace("_", "-").lower()
