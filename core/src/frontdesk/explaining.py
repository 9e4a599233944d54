"""Saying what went wrong in a plugin's code without quoting data."""

from __future__ import annotations

import re
import traceback
from typing import Final

from frontdesk.errors import RecordError

_FIELD: Final = re.compile(r"[A-Za-z][\w ]{0,60}")


def explain(error: Exception) -> str:
    """Say what went wrong in a hook without quoting data.

    A ``ValueError`` quotes the value that was wrong, which may be a guest's; a missing
    key or attribute names only itself.
    """
    if isinstance(error, RecordError):
        return str(error)
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"in {where.name}() line {where.lineno}"
    if isinstance(error, KeyError) and _FIELD.fullmatch(str(error.args[0])):
        return f"missing field {error.args[0]!r} ({place})"
    return f"{type(error).__name__} {place}"
