"""Cursors: where a walk is, and what earlier ones have covered."""

from __future__ import annotations

from datetime import date
from typing import Any

from frontdesk.client import Client
from frontdesk.errors import ConfigurationError
from frontdesk.model import Json
from frontdesk.rows import Row, as_row

VERSION = 1


def parse(cursor: Json) -> Row | None:
    """Return a cursor of ours; None where there is none yet.

    Raises:
        ConfigurationError: It is one of another version.
    """
    if cursor is None:
        return None
    known = as_row(cursor)
    if known is None or known.get("v") != VERSION:
        raise ConfigurationError(
            "the stored cursor is not of this version of frontdesk-zenoti; "
            "update it, or start over with: frontdesk refetch"
        )
    return known


def day_in(cursor: Row | None, field: str) -> date | None:
    """Return a day that a cursor tells."""
    value = (cursor or {}).get(field)
    return date.fromisoformat(value) if isinstance(value, str) else None


def centers(client: Client[Any]) -> list[str]:
    """Return the ids of all centres, always in the same order."""
    sites = client.account.sites if client.account else ()
    return [site.id for site in sites]
