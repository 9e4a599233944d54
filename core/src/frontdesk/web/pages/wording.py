"""Words, numbers and times as pages show them, in a language the reader knows."""

from __future__ import annotations

import gettext
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, dates, numbers
from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request

#: The domain of the translations, and where they are: ``de/LC_MESSAGES/frontdesk.mo``.
DOMAIN: Final = "frontdesk"
FOLDER: Final = Path(__file__).parent / "locale"
#: What the texts are written in.
SOURCE: Final = "en"


def N_(text: str) -> str:  # noqa: N802  # its name everywhere
    """Mark a text to be translated later, where it is shown."""
    return text


@lru_cache
def languages() -> tuple[str, ...]:
    """Return the languages there are, the one the texts are written in first."""
    found = sorted(path.parents[1].name for path in FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))
    return (SOURCE, *found)


def language_of(request: Request) -> str:
    """Return the language a browser asks for, as far as there is one."""
    for asked in _asked(request.headers.get("accept-language", "")):
        for known in languages():
            if asked == known.lower() or asked.partition("-")[0] == known.lower():
                return known
    return SOURCE


def _asked(header: str) -> list[str]:
    weighed: list[tuple[float, str]] = []
    for part in header.split(","):
        name, _, weight = part.partition(";q=")
        try:
            weighed.append((float(weight or 1), name.strip().lower().replace("-", "_")))
        except ValueError:
            continue
    return [name for _, name in sorted(weighed, key=lambda one: -one[0])]


@lru_cache
def texts(language: str) -> gettext.NullTranslations:
    """Return the translations of a language; what is missing stays as it is written."""
    return gettext.translation(DOMAIN, FOLDER, [language], fallback=True)


def translator(request: Request) -> Callable[[str], str]:
    """Return what translates a text for the reader: ``_ = translator(request)``."""
    return texts(language_of(request)).gettext


def make_environment(language: str, loaders: dict[str, Any]) -> Environment:
    """Return what templates are rendered with in a language: every value is escaped.

    Args:
        loaders: Where plugins' templates are, by the prefix of their names.
    """
    made = Environment(
        loader=ChoiceLoader([PackageLoader("frontdesk.web.pages"), PrefixLoader(loaders)]),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    extended: Any = made
    extended.install_gettext_translations(texts(language), newstyle=True)
    filters: dict[str, Any] = {"day": day, "moment": moment, "number": number, "money": money}
    locale = Locale.parse(language)
    made.filters |= {name: partial(function, locale) for name, function in filters.items()}
    return made


def zone_of(zone: str | tzinfo | None) -> tzinfo:
    """Return a zone by its name; what is none is UTC."""
    if isinstance(zone, tzinfo):
        return zone
    try:
        return ZoneInfo(zone) if zone else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def day(locale: Locale, value: date | datetime | None, zone: str | tzinfo | None = None) -> str:
    """Show a day: the property's, if *zone* is its zone."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(zone_of(zone)).date()
    shown = dates.format_date(value, "d MMM y", locale=locale)
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), shown)


def moment(locale: Locale, value: datetime | None, zone: str | tzinfo | None = None) -> str:
    """Show a time in a zone, with the zone."""
    if value is None:
        return ""
    there = value.astimezone(zone_of(zone))
    shown = dates.format_datetime(there, "d MMM y, HH:mm", locale=locale)
    exact = there.isoformat(timespec="seconds")
    name = there.tzname() or there.strftime("%z")
    return Markup('<time datetime="{}">{} <span class="zone">{}</span></time>').format(
        exact, shown, name
    )


def number(locale: Locale, value: Decimal | float | None) -> str:
    """Show a number as the language writes it."""
    return "" if value is None else numbers.format_decimal(value, locale=locale)


def money(locale: Locale, value: Decimal | float | None, currency: str | None = None) -> str:
    """Show an amount with its currency, or a plain number where there is none."""
    if value is None:
        return ""
    if not currency:
        return numbers.format_decimal(value, "#,##0.00", locale=locale)
    return numbers.format_currency(value, currency, "#,##0.00 ¤¤", locale=locale)
