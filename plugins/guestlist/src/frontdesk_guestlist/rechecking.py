"""Looks again whom the source keeps back: no entry of its log tells when that begins.

A guest whom the source excludes from now on, an agency's alias say, must be kept back here as
well, though nothing else has changed.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Final

import attrs
from sqlalchemy import Connection, or_, select

from frontdesk.annex import Annex, Job
from frontdesk_guestlist import mirror, reflecting
from frontdesk_guestlist.changes import today
from frontdesk_guestlist.schema import guests

EVERY: Final = timedelta(minutes=5)
#: How many guests are looked at in one transaction.
PAGE: Final = 1000


@attrs.frozen
class _Looked:
    """The guests of a page whose source says something else by now, and the page's last row."""

    other: frozenset[str]
    last: int | None


def job() -> Job:
    """Return the job that looks again."""
    return Job(name="exclusions of the source", every=EVERY, work=work)


async def work(annex: Annex) -> None:
    """Look at all guests who are still to come, or whose links still work."""
    last: int | None = 0
    while last is not None:
        looked = await annex.read(partial(_look, annex=annex, after=last))
        if looked.other:
            await annex.write(partial(mirror.know, annex=annex, people=looked.other))
        last = looked.last


def _look(db: Connection, annex: Annex, after: int) -> _Looked:
    there = mirror.source(db, annex)
    if there is None:
        return _Looked(frozenset(), None)
    table, settings = guests.c, annex.settings
    oldest = today(annex) - timedelta(days=settings.link_days)
    asked = (
        select(table.id, table.source_guest, table.excluded)
        .where(table.property == settings.property, table.id > after)
        .where(table.source == mirror.account_of(there))
        .where(or_(table.departure.is_(None), table.departure >= oldest))
        .order_by(table.id)
        .limit(PAGE)
    )
    rows = db.execute(asked).all()
    known = annex.known(db, there.name, {row.source_guest for row in rows})
    other = {
        row.source_guest
        for row in rows
        if row.source_guest in known
        and reflecting.excluded(known[row.source_guest]) != row.excluded
    }
    return _Looked(frozenset(other), rows[-1].id if len(rows) == PAGE else None)
