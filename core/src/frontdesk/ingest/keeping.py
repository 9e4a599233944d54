"""The secrets of a connection at work: read when it is opened, kept as they are obtained."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import anyio
from sqlalchemy import Connection as Db

from frontdesk.client import Client, Clock, Counted, State
from frontdesk.connection import Connection
from frontdesk.model import Json
from frontdesk.store import Store, quotas, runtime_secrets
from frontdesk.store.runtime_secrets import Owner, Secret


class Keeping:
    """Keeps the secrets of one connection, and counts its requests."""

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
        made = self._connection.client(
            clock=self._clock, state=self._state, counter=self, **options
        )
        async with made as client:
            yield client

    async def take(self, counted: Counted) -> float:
        """Count one request and return 0, or return the seconds until it may be sent."""
        # Before the first sync there is nothing to count in.
        if not self._store.exists:
            return 0.0
        connector, now = self._connection.connector.name, self._clock.now()
        try:
            await self._store.write(lambda db: quotas.take(db, connector, counted, now))
        except quotas.Full as full:
            return max((full.until - now).total_seconds(), 1.0)
        return 0.0

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
