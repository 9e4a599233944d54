"""Trying a connection without reading any guest: credentials, permissions, clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import attrs

from frontdesk.client import Clock
from frontdesk.connection import Connection
from frontdesk.errors import FrontdeskError
from frontdesk.holding import naming, open_account
from frontdesk.ingest.keeping import Keeping
from frontdesk.model import Account
from frontdesk.store import Store

#: Clocks further apart make windows of changes miss something.
APART: Final = timedelta(minutes=2)


@attrs.frozen
class Check:
    """What a check found.

    Attributes:
        problems: What a person must do, in sentences; empty if all is well.
    """

    connection: str
    integration: str
    account: Account | None
    problems: tuple[str, ...]
    error: FrontdeskError | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing needs attention."""
        return not self.problems


async def check(connection: Connection, store: Store, clock: Clock) -> Check:
    """Open the account and say what is wrong, if anything is."""
    try:
        with naming(connection.connector.name):
            async with Keeping(store, connection, clock).client() as client:
                account = await open_account(connection.hooks, client)
    except FrontdeskError as error:
        return Check(connection.name, connection.connector.name, None, (str(error),), error)
    problems = [f"ask the platform for the permission: {name}" for name in account.missing]
    if account.clock is not None and abs(account.clock - clock.now()) > APART:
        problems.append(
            f"this machine's clock and the platform's differ: here it is "
            f"{clock.now():%Y-%m-%d %H:%M:%S}, there {account.clock:%Y-%m-%d %H:%M:%S} UTC"
        )
    return Check(connection.name, connection.connector.name, account, tuple(problems))
