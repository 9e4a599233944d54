"""What a property's texts for guests have in common: languages, lengths, how they are kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import Connection, insert, update

from frontdesk.annex import Annex
from frontdesk.errors import ConfigurationError
from frontdesk_guestlist.wording import choose, languages

#: How long titles and texts may be.
TITLE_MOST: Final = 200
TEXT_MOST: Final = 20_000


def spoken(there: Collection[str], language: str, annex: Annex) -> str:
    """Return which of the languages there are a guest is given."""
    return choose(sorted(there), language, annex.settings.language) if there else language


def keep(
    db: Connection, annex: Annex, table: Any, id: int | None, values: Mapping[str, Any]
) -> int:
    """Add a row, or replace that of *id*."""
    property = annex.settings.property
    made: Any
    if id is None:
        made = insert(table).values(property=property, **values).returning(table.c.id)
    else:
        own = (table.c.property == property) & (table.c.id == id)
        made = update(table).where(own).values(**values).returning(table.c.id)
    found: int | None = db.execute(made).scalar()
    if found is None:
        raise ConfigurationError("somebody removed it meanwhile; reload the page, and add it anew")
    return found


def check(name: str, text: str, most: int, *, needed: bool = False) -> None:
    """Refuse a text that is missing or too long, by what it is called."""
    if needed and not text.strip():
        raise ConfigurationError(f"{name}: it is missing")
    if len(text) > most:
        raise ConfigurationError(f"{name}: it has {len(text)} characters; at most {most} fit")


def check_language(language: str) -> None:
    """Refuse a language that guests' pages do not have."""
    if language not in languages():
        known = " or ".join(languages())
        raise ConfigurationError(f"language: it must be {known}, not {language!r}")
