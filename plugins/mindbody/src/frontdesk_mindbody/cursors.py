"""Cursors of walks over several sites: where each of them is."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Final, TypeAlias

from frontdesk.errors import ConfigurationError
from frontdesk.model import Json
from frontdesk.rows import Row, as_row

_VERSION: Final = 1

Places: TypeAlias = dict[str, Row]
"""Where the walk is at each site; a site that it has not begun with has none."""


def read(cursor: Json) -> Places:
    """Read a cursor; None is one of a walk that has not begun.

    Raises:
        ConfigurationError: Another version of this package wrote it.
    """
    if cursor is None:
        return {}
    known = as_row(cursor) or {}
    sites = as_row(known.get("sites"))
    if known.get("v") != _VERSION or sites is None:
        raise ConfigurationError(
            "the stored cursor is not of this version of frontdesk-mindbody; "
            "update it, or start over with: frontdesk refetch"
        )
    return {site: as_row(place) or {} for site, place in sites.items()}


def written(places: Places) -> Json:
    """Write a cursor: as it is now, since the walk goes on while it is stored."""
    return {"v": _VERSION, "sites": copy.deepcopy(places)}


def moment(place: Row, field: str) -> datetime | None:
    """Return a time of a place."""
    value = place.get(field)
    return datetime.fromisoformat(value) if isinstance(value, str) else None
