"""What persons did, for a person to read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import Connection, select

from frontdesk import jsons
from frontdesk.store.schema import audits


@attrs.frozen
class AuditRow:
    """Something a person did.

    Attributes:
        user: Who, as the pages call them; empty for what was done by a command.
        what: Ids and numbers; never a guest's data.
    """

    id: int
    at: datetime
    action: str
    user: str
    what: dict[str, Any]


def list_audit(db: Connection, before: int | None = None, limit: int = 50) -> list[AuditRow]:
    """Return what was done, latest first.

    Args:
        before: Only what was noted before this one, to go on from there.
    """
    asked = select(audits).order_by(audits.c.id.desc()).limit(limit)
    if before is not None:
        asked = asked.where(audits.c.id < before)
    return [_row(row) for row in db.execute(asked)]


def _row(row: Any) -> AuditRow:
    what = jsons.decode(row.details)
    return AuditRow(row.id, row.at, row.action, what.pop("user", ""), what)
