"""The secrets of a connection at work: read when it is opened, kept as they are obtained."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import anyio
from sqlalchemy import Connection as Db

from frontdesk.client import Client, Clock, State
from frontdesk.connection import Connection
from frontdesk.model import Json
from frontdesk.store import Store, runtime_secrets
from frontdesk.store.runtime_secrets import Owner, Secret


class Keeping:
    """Keeps the secrets of one connection."""

    def __init__(self, store: Store, connection: Connection, clock: Clock) -> None:
        self._store, self._connection, self._clock = store, connection, clock
        self._owner = Owner.of(connection)
        self._state = State({}, self)
        #: The connection's row, once its account is open.
        self._account: int | None = None

    @asynccontextmanager
    async def client(self, **options: Any) -> AsyncGenerator[Client[Any]]:
        """Open a client that has what is kept.

        Raises:
            ConfigurationError: There is something, and no key that fits.
        """
        # A store that does not exist yet is not made to look into it.
        if self._store.exists:
            keyring = self._store.keyring
            found = await self._store.read(
                lambda db: runtime_secrets.read(db, keyring, self._owner)
            )
            self._state.learn(found)
        made = self._connection.client(clock=self._clock, state=self._state, **options)
        async with made as client:
            yield client

    def opened(self, db: Db, account: int) -> None:
        """Note whose account it is: from now on secrets are its own."""
        found = runtime_secrets.adopt(db, self._store.keyring, self._owner, account)
        self._state.learn(found)
        self._account = account

    def refuse_without_key(self) -> None:
        """Refuse if nothing can be kept."""
        self._store.keyring.refuse_without_key()

    async def keep(
        self, name: str, value: Json, *, expires: datetime | None, lasting: bool
    ) -> None:
        """Keep a secret in a transaction of its own, even if a power cut follows."""
        secret = Secret(name, value, expires, lasting)
        keyring, now = self._store.keyring, self._clock.now()

        def write(db: Db) -> None:
            owner, account = self._owner, self._account
            runtime_secrets.write(db, keyring, owner, secret, account=account, now=now)

        # The platform may take no other by now: not even a cancelled sync may lose it.
        with anyio.CancelScope(shield=True):
            await self._store.write(write, durable=True)
