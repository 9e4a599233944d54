"""Delivering while the service runs: what is live within seconds, history in between."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import anyio
import attrs
from sqlalchemy import Connection as Db

from frontdesk.client import Clock
from frontdesk.deliver.delivering import Delivery
from frontdesk.deliver.optouts import FRESH, learn
from frontdesk.deliver.session import Session
from frontdesk.deliver.work import Deliverer
from frontdesk.destination import Destination
from frontdesk.errors import FrontdeskError, LeaseError, PausedError, RateLimitedError
from frontdesk.explaining import explain
from frontdesk.store import states
from frontdesk.store.destinations import has_other_sources
from frontdesk.store.states import DESTINATIONS, State

_log = logging.getLogger("frontdesk")

#: How often it is looked whether there is something to deliver, in seconds.
LOOK: Final = 1.0
#: How long to leave alone what somebody else delivers to, or somebody has paused.
WAIT: Final = 15.0
#: After so many seconds of work a failure is a new one.
SOUND: Final = 60.0
#: How often a destination is opened anew: connections, names and permissions change.
ANEW: Final = timedelta(hours=1)
_FIRST: Final = 5.0
_LONGEST: Final = 900.0


@attrs.frozen(eq=False)
class Deliveries:
    """Delivers to all live destinations until it is cancelled."""

    deliverer: Deliverer

    async def run(self) -> None:
        """Deliver to all at once; what becomes of one stops no other."""
        async with anyio.create_task_group() as group:
            for destination in self.deliverer.destinations.values():
                if destination.rules.live:
                    group.start_soon(_Following(self.deliverer, destination).run)
                else:
                    _say(destination, "in test mode: nothing is delivered until live = true")


@attrs.frozen(eq=False)
class _Following:
    """Delivers to one destination, again and again."""

    deliverer: Deliverer
    destination: Destination

    @property
    def clock(self) -> Clock:
        return self.deliverer.clock

    async def run(self) -> None:
        failures = 0
        idle = ""
        while True:
            began = self.clock.monotonic()
            try:
                await self._deliver()
                failures, idle = 0, ""
            except (PausedError, LeaseError) as error:
                if type(error).__name__ != idle:
                    idle = type(error).__name__
                    _say(self.destination, "not delivered to from here: %s", error)
                await self.clock.sleep(WAIT)
            except Exception as error:  # noqa: BLE001  # the other destinations go on
                failures = 0 if self.clock.monotonic() - began > SOUND else failures
                await self._rest(error, failures)
                failures += 1

    async def _rest(self, error: Exception, failures: int) -> None:
        wait = min(_FIRST * (1 << min(failures, 10)), _LONGEST)
        if isinstance(error, RateLimitedError) and error.retry_after is not None:
            wait = error.retry_after
        known = isinstance(error, FrontdeskError)
        said = str(error) if known else f"a fault of frontdesk itself: {explain(error)}"
        _say(self.destination, "stopped: %s; tried again in %.0f s", said, wait)
        await self.clock.sleep(wait)

    async def _deliver(self) -> None:
        async with self.deliverer.opened(self.destination) as session:
            delivery = Delivery(session)
            await delivery.begin()
            # It goes on for long: that it was away before must not show until it ends.
            await session.store.write(partial(self._note_running, now=self.clock.now()))
            began = self.clock.monotonic()
            learnt = began
            while self.clock.monotonic() - began < ANEW.total_seconds():
                while await delivery.is_due() and await delivery.turn():
                    pass
                await self.clock.sleep(LOOK)
                if await self._is_outdated(session):
                    return
                if self.clock.monotonic() - learnt > FRESH.total_seconds():
                    learnt = self.clock.monotonic()
                    await learn(session)

    def _note_running(self, db: Db, now: datetime) -> None:
        states.note_state(db, self.destination.name, State.RUNNING, "", now, of=DESTINATIONS)

    async def _is_outdated(self, session: Session) -> bool:
        """Tell whether the destination must be opened anew: a connection was opened first since."""
        known = self.deliverer.connections.keys()
        return await session.store.read(
            lambda db: has_other_sources(db, self.destination, session.stored, known)
        )


def _say(destination: Destination, text: str, *values: object) -> None:
    extra = {"destination": destination.name, "plugin": destination.plugin.name}
    _log.info("%s: " + text, destination.name, *values, extra=extra)
