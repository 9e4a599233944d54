"""A block of work: the account it opens, the lease it holds, the state it ends in."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, Protocol, cast

import anyio
from sqlalchemy import Connection as Db

from frontdesk.client import Client, Clock
from frontdesk.errors import (
    ConfigurationError,
    FrontdeskError,
    RateLimitedError,
    RefusedError,
    UnavailableError,
    UnexpectedResponseError,
)
from frontdesk.explaining import explain
from frontdesk.model import Account
from frontdesk.store import Store, leases, states
from frontdesk.store.states import CONNECTIONS, State, Workers

#: How often a lease of a minute is renewed, in seconds.
HEARTBEAT: Final = 15.0
#: Trying again is useless until somebody has changed something.
_FOR_A_PERSON: Final = (ConfigurationError, RefusedError, UnexpectedResponseError)


class Opening(Protocol):
    """Hooks that tell whose account it is."""

    async def open_account(self, client: Client[Any]) -> Account:
        """Ask whose account it is."""
        ...


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


async def open_account(hooks: Opening, client: Client[Any]) -> Account:
    """Ask the other side whose account this is.

    Raises:
        UnexpectedResponseError: The answer cannot be read.
    """
    try:
        account = await hooks.open_account(client)
    except FrontdeskError:
        raise
    except Exception as error:  # noqa: BLE001  # a third party's code may raise anything
        # The cause is left out: it may quote what it tripped over.
        raise UnexpectedResponseError(
            f"what the platform says of the account cannot be read: {explain(error)}"
        ) from None
    if not isinstance(cast("object", account), Account) or not account.id:
        raise UnexpectedResponseError("the platform names no account")
    return account


@asynccontextmanager
async def noting(
    store: Store, clock: Clock, name: str, of: Workers = CONNECTIONS
) -> AsyncGenerator[None]:
    """Note in the store why work had to stop, and that all is well if it did not."""

    async def note(state: State, reason: str = "") -> None:
        now = clock.now()
        await store.write(lambda db: states.note_state(db, name, state, reason, now, of=of))

    try:
        yield
    except (RateLimitedError, UnavailableError) as error:
        await note(State.WAITING, str(error))
        raise
    except _FOR_A_PERSON as error:
        await note(State.ATTENTION, str(error))
        raise
    await note(State.RUNNING)
