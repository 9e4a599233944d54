"""Opt-outs that reached the destination itself: read from it, believed, and noted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection as Db
from sqlalchemy import select, update

from frontdesk import jsons
from frontdesk.deliver.consents import is_known
from frontdesk.deliver.session import Session
from frontdesk.model import ConsentState, Json
from frontdesk.outgoing import OptOut, OptOuts
from frontdesk.store import leases, optouts, sending
from frontdesk.store.delivery_schema import destinations
from frontdesk.store.keyed import normal

#: How long what was read counts as fresh.
FRESH: Final = timedelta(minutes=5)


async def learn(session: Session) -> None:
    """Read who opted out at the destination since it was asked last."""
    table = destinations.c

    def asked(db: Db) -> tuple[Json, bool]:
        row = db.execute(
            select(table.consent_cursor, table.consent_read).where(table.id == session.id)
        ).one()
        cursor = jsons.decode(row.consent_cursor) if row.consent_cursor else None
        now = session.clock.now()
        return cursor, row.consent_read is not None and row.consent_read > now - FRESH

    cursor, fresh = await session.store.read(asked)
    if fresh:
        return
    hooks = session.destination.hooks
    async for page in hooks.read_consent(session.client, cursor, session.context):
        await _take_in(session, page)
    now = session.clock.now()
    done = update(destinations).where(table.id == session.id).values(consent_read=now)
    await session.store.write(lambda db: db.execute(done) and None)


async def _take_in(session: Session, page: OptOuts) -> None:
    def write(db: Db) -> int:
        new = believe(db, session, _news(db, session, page.said))
        moved = update(destinations).where(destinations.c.id == session.id)
        db.execute(moved.values(consent_cursor=jsons.encode(page.cursor)))
        return new

    session.report.opt_outs += await session.store.write(write)


def _news(db: Db, session: Session, said: Sequence[OptOut]) -> list[OptOut]:
    """Leave out what the destination only repeats: it was told so by us."""
    told = sending.told_of(db, session.id, {normal(one.address) for one in said})
    news: list[OptOut] = []
    for one in said:
        state, at = told.get((one.channel, normal(one.address)), (None, None))
        if state is not ConsentState.UNSUBSCRIBED or not is_known(one.at, at):
            news.append(one)
    return news


def believe(db: Db, session: Session, said: Sequence[OptOut]) -> int:
    """Let opt-outs that the destination shows enter the ledger; return how many are new.

    It need not be told of them.
    """
    now = session.clock.now()
    own = f"{session.destination.plugin.name}:{session.account.id}"
    # The connections' rows are locked before the destination's, as by whoever forgets.
    new = optouts.opt_out(db, session.stored.brand, own, said, now)
    leases.hold(db, session.lease)
    words = {(one.channel, normal(one.address)): ConsentState.UNSUBSCRIBED for one in said}
    sending.tell(db, session.id, words, now)
    return new
