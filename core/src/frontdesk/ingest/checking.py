"""Trying a connection without reading any guest: credentials, permissions, clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import attrs

from frontdesk.client import Client, Clock
from frontdesk.connection import Connection
from frontdesk.errors import FrontdeskError
from frontdesk.holding import naming, open_account
from frontdesk.ingest.keeping import Keeping
from frontdesk.ingest.subscribing import asked, bare, ill, is_at
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


async def check(
    connection: Connection, store: Store, clock: Clock, url: str | None = None
) -> Check:
    """Open the account and say what is wrong, if anything is.

    Args:
        url: Where webhooks are to be sent to, if they are.
    """
    try:
        with naming(connection.connector.name):
            async with Keeping(store, connection, clock).client() as client:
                account = await open_account(connection.hooks, client)
                client.account = account
                webhooks = await _webhooks(connection, client, url)
    except FrontdeskError as error:
        return Check(connection.name, connection.connector.name, None, (str(error),), error)
    problems = [f"ask the platform for the permission: {name}" for name in account.missing]
    if account.clock is not None and abs(account.clock - clock.now()) > APART:
        problems.append(
            f"this machine's clock and the platform's differ: here it is "
            f"{clock.now():%Y-%m-%d %H:%M:%S}, there {account.clock:%Y-%m-%d %H:%M:%S} UTC"
        )
    problems += webhooks
    return Check(connection.name, connection.connector.name, account, tuple(problems))


async def _webhooks(connection: Connection, client: Client[object], url: str | None) -> list[str]:
    """Say what is wrong with the webhooks that lead to *url*; where we can ask at all."""
    if url is None or "manage_webhooks" not in connection.hooks.has:
        return []
    try:
        there = await asked(connection, client, "list", url)
    except FrontdeskError as error:
        return [str(error)]
    if not any(is_at(url, one) for one in there):
        return [
            f"no webhook leads to {bare(url)}; try: frontdesk webhooks install {connection.name}"
        ]
    return ill(url, there)
