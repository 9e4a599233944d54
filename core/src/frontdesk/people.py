"""Who uses the pages, and what they may do."""

from __future__ import annotations

import enum

import attrs


class Role(enum.IntEnum):
    """What a user of the pages may do; each may do what those before it may."""

    VIEWER = 1
    STAFF = 2
    ADMIN = 3


@attrs.frozen
class User:
    """Somebody who uses the pages.

    Args:
        name: Stands in the audit beside what they did.
    """

    name: str
    role: Role = Role.VIEWER
