"""The guest list as a mirror of another connection's reservations."""

from __future__ import annotations

from sqlalchemy import Connection

from frontdesk.annex import Annex


def advance(db: Connection, annex: Annex, limit: int = 500) -> bool:
    """Take in what the source logged since the last time; return whether there was any.

    What is read and how far it was read are one transaction.
    """
    raise NotImplementedError
