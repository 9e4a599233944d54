"""E-mails to start from, in English and French; all are off until somebody switches them on."""

from __future__ import annotations

from sqlalchemy import Connection as Db

from frontdesk.annex import Annex


def add(db: Db, annex: Annex, who: str) -> list[int]:
    """Add the starters whose names are not taken; return the ids of the new ones."""
    raise NotImplementedError
