"""One delivery to one destination, or a preview of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractAsyncContextManager

import attrs
from sqlalchemy import Connection as Db

from frontdesk.client import Clock
from frontdesk.connection import Connection
from frontdesk.deliver.delivering import Delivery
from frontdesk.deliver.erasures import erase_due
from frontdesk.deliver.preview import preview
from frontdesk.deliver.report import DeliveryReport
from frontdesk.deliver.session import Session, opened
from frontdesk.destination import Destination
from frontdesk.errors import ConfigurationError
from frontdesk.store import Store
from frontdesk.store.finding import find


@attrs.frozen(eq=False)
class Deliverer:
    """Delivers from a store to destinations.

    Attributes:
        connections: All in use, by name.
        destinations: All in use, by name.
    """

    store: Store
    clock: Clock
    connections: Mapping[str, Connection]
    destinations: Mapping[str, Destination]

    async def deliver(
        self, destination: Destination, *, only: str | None = None, dry_run: bool = False
    ) -> DeliveryReport:
        """Deliver to *destination* all that it was not sent yet.

        Unless it is live, that is previewed; only the guest named by *only* is sent anything.

        Raises:
            FrontdeskError: It had to stop; what was sent is noted, and the next one goes on.
        """
        dry_run = dry_run or (only is None and not destination.rules.live)
        async with self.opened(destination, dry_run=dry_run) as whole:
            guests = None if only is None else await self._guests(whole, only)
            session = attrs.evolve(whole, only=guests)
            if dry_run:
                await preview(session, self.connections)
            else:
                await Delivery(session).run()
        return session.report

    async def erase(self, destination: Destination) -> dict[int, str]:
        """Have everybody erased at *destination* whom the store has forgotten."""
        async with self.opened(destination) as session:
            return await erase_due(session)

    def opened(
        self, destination: Destination, *, dry_run: bool = False
    ) -> AbstractAsyncContextManager[Session]:
        """Open *destination* for work; see :func:`frontdesk.deliver.session.opened`."""
        return opened(
            destination,
            self.store,
            self.clock,
            connections=self.connections,
            others=self.destinations.keys() - {destination.name},
            dry_run=dry_run,
        )

    async def _guests(self, session: Session, who: str) -> Collection[int]:
        def meant(db: Db) -> set[int]:
            return {one.id for one in find(db, who) if one.connection in session.sources}

        found = await self.store.read(meant)
        if not found:
            raise ConfigurationError(
                f"no guest of what feeds destination {session.destination.name!r} is the one named "
                "with --only; name an e-mail address, a phone number or the platform's own id"
            )
        return found
