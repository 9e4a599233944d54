"""That nothing leaves at the moment: since when, why, and when it is tried again."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any, Final

import attrs
from sqlalchemy import Connection as Db
from sqlalchemy import delete, select

from frontdesk import jsons
from frontdesk.annex import Annex
from frontdesk.sql import insert_into
from frontdesk_guestlist.schema import choices

_log = logging.getLogger("frontdesk")
#: Under which name it is kept among what is chosen for a property.
NAME: Final = "mail-trouble"
_LONGEST: Final = timedelta(minutes=30)


@attrs.frozen(kw_only=True)
class Trouble:
    """Why nothing leaves at the moment.

    Args:
        reason: In words, with what to do.
        next_try: When the server is tried again.
        failures: How often it was tried in vain.
    """

    since: datetime
    reason: str
    next_try: datetime
    failures: int


def read(db: Db, annex: Annex) -> Trouble | None:
    """Return why nothing leaves at the moment, if so."""
    content = db.execute(select(choices.c.value).where(*_own(annex))).scalar()
    if content is None:
        return None
    told = jsons.decode(content)
    return Trouble(
        since=datetime.fromisoformat(told["since"]),
        reason=told["reason"],
        next_try=datetime.fromisoformat(told["next_try"]),
        failures=told["failures"],
    )


def note(db: Db, annex: Annex, reason: str) -> Trouble:
    """Note that the server was tried in vain; it is tried again later each time."""
    known, now = read(db, annex), annex.clock.now()
    failures = known.failures + 1 if known else 1
    trouble = Trouble(
        since=known.since if known else now,
        reason=reason,
        next_try=now + min(timedelta(minutes=1 << min(failures - 1, 10)), _LONGEST),
        failures=failures,
    )
    new = insert_into(db, choices).values(
        property=annex.settings.property, name=NAME, value=jsons.encode(attrs.asdict(trouble))
    )
    keys = [choices.c.property, choices.c.name]
    db.execute(new.on_conflict_do_update(index_elements=keys, set_={"value": new.excluded.value}))
    if known is None:
        _log.warning("%s: e-mails wait: %s", annex.name, reason)
    return trouble


def clear(db: Db, annex: Annex) -> None:
    """Note that e-mails leave again."""
    if db.execute(delete(choices).where(*_own(annex))).rowcount:
        _log.info("%s: e-mails leave again", annex.name)


def _own(annex: Annex) -> tuple[Any, Any]:
    return choices.c.property == annex.settings.property, choices.c.name == NAME
