"""Erasing persons at a destination whom the store has forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection as Db

from frontdesk.deliver.session import Session
from frontdesk.errors import ConfigurationError, FrontdeskError, RefusedError
from frontdesk.store import due, leases

#: When to try again what a destination refused.
AGAIN: Final = timedelta(hours=1)


async def erase_due(session: Session) -> dict[int, str]:
    """Have everybody erased who is due; return what was answered, by erasure.

    It is done between batches and under the lease: what was on its way has arrived before.
    What the destination refuses stays due, with the reason; others are tried all the same.

    Raises:
        FrontdeskError: The destination cannot be reached now.
    """
    answers: dict[int, str] = {}
    now = session.clock.now()
    for one in await session.store.read(lambda db: due.list_due(db, session.id, now)):
        try:
            said = await session.destination.hooks.forget(session.client, one.address)
        except (ConfigurationError, RefusedError) as error:
            answers[one.erasure] = await _keep(session, one, error)
        else:
            answers[one.erasure] = said
            await session.store.write(_done(session, one, said))
    if answers:
        await session.store.settle()
    return answers


async def _keep(session: Session, one: due.Due, error: FrontdeskError) -> str:
    reason = f"not erased yet: {error}"

    def write(db: Db) -> None:
        leases.hold(db, session.lease)
        name, next_try = session.destination.name, session.clock.now() + AGAIN
        due.postpone(db, session.id, one, name, reason, next_try=next_try)

    await session.store.write(write)
    return reason


def _done(session: Session, one: due.Due, said: str) -> Callable[[Db], None]:
    def write(db: Db) -> None:
        leases.hold(db, session.lease)
        due.settle(db, session.id, one, session.destination.name, said)

    return write
