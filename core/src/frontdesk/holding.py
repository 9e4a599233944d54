"""Holding a lease for as long as a block of work takes."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import anyio
from sqlalchemy import Connection as Db

from frontdesk.client import Clock
from frontdesk.errors import FrontdeskError
from frontdesk.store import Store, leases
from frontdesk.store.states import CONNECTIONS, Workers

#: How often a lease of a minute is renewed, in seconds.
HEARTBEAT: Final = 15.0


@asynccontextmanager
async def held_lease(
    store: Store,
    clock: Clock,
    row: int,
    *,
    mending: bool = False,
    of: Workers = CONNECTIONS,
) -> AsyncGenerator[leases.Lease]:
    """Hold the lease of a row, renewing it until the block ends.

    Args:
        mending: The work is a person's own: being paused does not refuse it.

    Raises:
        LeaseError: Another process is writing for it.
        PausedError: A person stopped it, and the work is not *mending*.
    """
    me = f"{socket.gethostname()}:{os.getpid()}"

    def take(db: Db) -> leases.Lease:
        return leases.take(db, row, me, clock.now(), mending=mending, of=of)

    lease = await store.write(take)
    try:
        async with together() as group:
            group.start_soon(_renew, store, clock, lease)
            yield lease
            group.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            await store.write(lambda db: leases.release(db, lease))


async def _renew(store: Store, clock: Clock, lease: leases.Lease) -> None:
    while True:
        await clock.sleep(HEARTBEAT)
        await store.write(lambda db: leases.renew(db, lease, clock.now()))


@contextmanager
def naming(connector: str) -> Generator[None]:
    """Write the connector's name on every error that passes."""
    try:
        yield
    except FrontdeskError as error:
        error.connector = error.connector or connector
        raise


@asynccontextmanager
async def together() -> AsyncGenerator[Any]:
    """Open a task group whose first failure is raised as it is, not wrapped."""
    try:
        async with anyio.create_task_group() as group:
            yield group
    except BaseExceptionGroup as failures:
        raise _first(failures) from None


def _first(failure: BaseException) -> BaseException:
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return failure
