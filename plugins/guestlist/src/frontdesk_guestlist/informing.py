"""What a property tells its guests."""

from __future__ import annotations

import attrs
from sqlalchemy import Connection, delete, select

from frontdesk.annex import Annex
from frontdesk_guestlist.schema import information as information_rows
from frontdesk_guestlist.telling import (
    TEXT_MOST,
    TITLE_MOST,
    check,
    check_language,
    keep,
    spoken,
)


@attrs.frozen(kw_only=True)
class Section:
    """Something the property tells its guests.

    Args:
        id: None until it is saved.
        body: In Markdown; :func:`frontdesk_guestlist.prose.html` renders it.
    """

    id: int | None = None
    language: str
    position: int = 0
    title: str
    body: str


def information(db: Connection, annex: Annex, language: str | None = None) -> list[Section]:
    """Return what the property tells guests who read *language*, in order.

    Where there is nothing in it, it is what there is in the property's language, or in any.

    Args:
        language: None: everything, in all languages, for who edits it.
    """
    rows = information_rows.c
    asked = select(information_rows).where(rows.property == annex.settings.property)
    found = [
        Section(
            id=row.id,
            language=row.language,
            position=row.position,
            title=row.title,
            body=row.body,
        )
        for row in db.execute(asked.order_by(rows.language, rows.position, rows.id))
    ]
    if language is None:
        return found
    read = spoken({one.language for one in found}, language, annex)
    return [one for one in found if one.language == read]


def save_information(db: Connection, annex: Annex, section: Section, who: str) -> int:
    """Add or replace a section; return its id.

    Raises:
        ConfigurationError: Something is missing, too long, or in a language there is none of.
    """
    check_language(section.language)
    check("title", section.title, TITLE_MOST, needed=True)
    check("text", section.body, TEXT_MOST, needed=True)
    values = {
        "language": section.language,
        "position": section.position,
        "title": section.title.strip(),
        "body": section.body,
    }
    id = keep(db, annex, information_rows, section.id, values)
    annex.note(db, who, "guestlist information save", information=id)
    return id


def remove_information(db: Connection, annex: Annex, id: int, who: str) -> None:
    """Remove a section; one that is not there is no error."""
    rows = information_rows.c
    own = rows.property == annex.settings.property
    db.execute(delete(information_rows).where(own, rows.id == id))
    annex.note(db, who, "guestlist information remove", information=id)
