"""The service: every connection followed, alerts told, and the inbox kept tidy."""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import partial
from typing import Final

import anyio
import attrs

from frontdesk.client import Clock
from frontdesk.connection import Connection
from frontdesk.errors import ConfigurationError
from frontdesk.ingest.alerts import Alerter
from frontdesk.ingest.calling import Bell
from frontdesk.ingest.following import Follower
from frontdesk.ingest.receiving import Receiver
from frontdesk.links import webhook_url
from frontdesk.progress import Listener
from frontdesk.servicing import ServiceSettings
from frontdesk.store import Store, inbox

#: Seconds between two tidyings.
_TIDY: Final = 3600.0


@attrs.frozen(eq=False, kw_only=True)
class Service:
    """Works for the connections of a desk until it is cancelled."""

    store: Store
    clock: Clock
    connections: Mapping[str, Connection]
    listener: Listener
    receiver: Receiver
    settings: ServiceSettings
    alerter: Alerter | None = None
    bell: Bell = attrs.field(factory=Bell)

    async def run(self) -> None:
        """Follow all connections at once; what becomes of one stops no other."""
        names = frozenset(self.connections)
        async with anyio.create_task_group() as group:
            for name, connection in self.connections.items():
                follower = Follower(
                    connection,
                    self.store,
                    self.clock,
                    self.listener,
                    # It spreads load; nobody gains by guessing it.
                    random.Random(),  # noqa: S311
                    self.settings.collect,
                    partial(self.receiver.wait, name),
                    names - {name},
                    self._url(connection),
                    partial(self.bell.wait, name),
                )
                group.start_soon(follower.run)
            if self.alerter is not None:
                group.start_soon(self.alerter.run)
            group.start_soon(self._tidy)

    def _url(self, connection: Connection) -> str | None:
        """Return where webhooks of *connection* are to be sent to, if anybody said."""
        try:
            return webhook_url(connection, self.settings.public_url, reveal=True)
        except ConfigurationError:
            return None

    async def _tidy(self) -> None:
        while True:
            now = self.clock.now()
            await self.store.write(partial(inbox.forget_repeats, now=now))
            await self.clock.sleep(_TIDY)
