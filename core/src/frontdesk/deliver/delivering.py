"""Delivering: the steps of one delivery to one destination, in the order that matters.

Opt-outs first, then profiles, other consent, live events, and history events oldest first.
Each step reads a page, decides, writes a batch down and sends it; only a batch that was
written down is ever sent.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final, TypeAlias

import anyio
import attrs
from sqlalchemy import Connection as Db

from frontdesk.deliver import batches, consents, events, profiles
from frontdesk.deliver.batches import ForgottenMeanwhile
from frontdesk.deliver.consents import Word, shown_newer
from frontdesk.deliver.erasures import erase_due
from frontdesk.deliver.optouts import believe, learn
from frontdesk.deliver.session import Session
from frontdesk.deliver.untimed import refuse_untimed
from frontdesk.holding import together
from frontdesk.outgoing import Item, Load, OptOut
from frontdesk.store import due, leases, outbox, turns
from frontdesk.store.outbox import Stage
from frontdesk.store.sending import OpenBatch

#: Batches on their way at once: a job of profiles is mostly waited for.
PROFILES_IN_FLIGHT: Final = 12
EVENTS_IN_FLIGHT: Final = 2
#: Pages of history that are sent before what is live is looked at again.
SLICE: Final = 4

Send: TypeAlias = Callable[[], Awaitable[None]]
"""Sends a batch that is written down."""
Step: TypeAlias = Callable[[], Awaitable[Send | None]]
"""Decides on a page and writes it down; None: there is none left."""


@attrs.frozen(eq=False)
class Delivery:
    """One delivery under way."""

    session: Session

    async def run(self) -> None:
        """Deliver all there is.

        Raises:
            FrontdeskError: It had to stop; what was sent is noted, and the next one goes on.
        """
        await self.begin()
        while await self.turn():
            pass

    async def begin(self) -> None:
        """Finish what an earlier delivery began, and learn who opted out meanwhile."""
        await refuse_untimed(self.session)
        await batches.resume(self.session)
        await erase_due(self.session)
        await learn(self.session)
        await read_log(self.session, exclusions=True)

    async def turn(self) -> bool:
        """Deliver what is urgent, and some pages of history; return whether there is more."""
        await erase_due(self.session)
        if await self._has_news():
            await read_log(self.session)
        await self._all(self._opt_outs)
        await self._all(self._profiles, flight=PROFILES_IN_FLIGHT)
        await self._all(self._opt_ins)
        await self._all(self._live_events)
        done = await self._all(self._history_events, flight=EVENTS_IN_FLIGHT, most=SLICE)
        return not done or await self._has_news()

    async def _all(self, step: Step, *, flight: int = 1, most: int | None = None) -> bool:
        """Take a step again and again, some batches in flight; return whether it was the last.

        Args:
            flight: Batches that may be on their way at once.
            most: Steps to take.
        """
        slots = anyio.Semaphore(flight)
        async with together() as group:
            for _ in itertools.count() if most is None else range(most):
                await slots.acquire()
                send = await step()
                if send is None:
                    return True
                group.start_soon(_release_after, send, slots)
        return False

    async def is_due(self) -> bool:
        """Tell whether there is anything to do."""
        session = self.session
        now = session.clock.now()

        def asked(db: Db) -> bool:
            return outbox.is_due(db, session.id, session.sources, now) or bool(
                due.list_due(db, session.id, now)
            )

        return await session.store.read(asked)

    async def _has_news(self) -> bool:
        session = self.session
        asked = session.store.read
        return await asked(lambda db: outbox.unread(db, session.id, session.sources)) > 0

    async def _opt_outs(self) -> Send | None:
        def decide(db: Db) -> tuple[consents.OptOutPlan, int]:
            known = batches.forgotten(db, self.session)
            return consents.plan_opt_outs(db, self.session), known

        plan, known = await self.session.store.read(decide)
        if not plan.read:
            return None

        def write(db: Db) -> OpenBatch | None:
            batches.begin(db, self.session, known)
            guests = {guest for _, guest in plan.read}
            turns.advance(db, self.session.id, guests, Stage.OPT_OUTS)
            return batches.write(db, self.session, Load.OPT_OUTS, plan.items.sent)

        return await self._written(write, plan.items.sent)

    async def _profiles(self) -> Send | None:
        def decide(db: Db) -> tuple[profiles.ProfilePlan, int]:
            known = batches.forgotten(db, self.session)
            return profiles.plan(db, self.session), known

        plan, known = await self.session.store.read(decide)
        if not plan.turn.read:
            return None

        def write(db: Db) -> OpenBatch | None:
            batches.begin(db, self.session, known)
            turns.hold_guests(db, self.session.id, plan.turn.held)
            turns.advance(db, self.session.id, plan.turn.moved, Stage.PROFILE)
            return batches.write(db, self.session, Load.PROFILES, plan.items.sent)

        self.session.report.unchanged += plan.unchanged
        return await self._written(write, plan.items.sent)

    async def _opt_ins(self) -> Send | None:
        def decide(db: Db) -> tuple[consents.OptInPlan, int]:
            known = batches.forgotten(db, self.session)
            return consents.plan_opt_ins(db, self.session), known

        session = self.session
        plan, known = await session.store.read(decide)
        if not plan.turn.read:
            return None
        newer = await look(session, plan.planned)
        if newer:
            await session.store.write(lambda db: believe(db, session, list(newer.values())))
        items = consents.willing(session, plan.planned, newer)

        def write(db: Db) -> OpenBatch | None:
            batches.begin(db, session, known)
            due = session.clock.now() + consents.QUIET
            moved = set(plan.turn.moved) - plan.postponed
            # Excluded since their profile's turn: they would be looked at for ever.
            turns.hold_guests(db, session.id, plan.turn.held)
            turns.postpone(db, session.id, plan.postponed, due)
            turns.advance(db, session.id, moved, Stage.OPT_INS)
            return batches.write(db, session, Load.OPT_INS, items.sent)

        sent = await self._written(write, items.sent)
        consents.count_skipped(session.report, plan, newer)
        return sent

    async def _live_events(self) -> Send | None:
        return await self._events(live=True)

    async def _history_events(self) -> Send | None:
        return await self._events(live=False)

    async def _events(self, *, live: bool) -> Send | None:
        session = self.session

        def decide(db: Db) -> tuple[events.EventPlan, int]:
            known = batches.forgotten(db, session)
            return events.plan(db, session, live=live), known

        plan, known = await session.store.read(decide)
        if not plan.read:
            return None
        load = Load.LIVE_EVENTS if live else Load.HISTORY_EVENTS

        def write(db: Db) -> OpenBatch | None:
            batches.begin(db, session, known)
            return batches.write_events(db, session, load, plan)

        for _, reason in plan.held:
            session.report.leave(load, "held", reason)
        return await self._written(write, plan.items.sent)

    async def _written(
        self, write: Callable[[Db], OpenBatch | None], sent: Sequence[tuple[Item, Any]]
    ) -> Send:
        """Write a page down; return what sends its batch."""
        try:
            batch = await self.session.store.write(write)
        except ForgottenMeanwhile:
            # Planned again, from what is known now.
            return _nothing
        if batch is None:
            return _nothing
        noted = {item.id: of for item, of in sent}
        items = [item for item, _ in sent]
        return partial(batches.send, self.session, batch, items, noted)


async def _nothing() -> None:
    """Send nothing."""


async def _release_after(send: Send, slots: anyio.Semaphore) -> None:
    try:
        await send()
    finally:
        slots.release()


async def read_log(session: Session, *, exclusions: bool = False) -> None:
    """Read the log of every connection to its end, and let go what is no longer held.

    Args:
        exclusions: Look also at guests for whom nothing but an exclusion may have changed.
    """
    for source in session.sources:

        def read(db: Db, source: int = source) -> int:
            leases.hold(db, session.lease)
            return outbox.read_log(db, session.id, source)

        while await session.store.write(read):
            pass

    def settle(db: Db) -> None:
        leases.hold(db, session.lease)
        live_after = session.clock.now() - session.live_within
        outbox.settle(db, session.id, live_after=live_after, exclusions=exclusions)

    await session.store.write(settle)


async def look(session: Session, planned: Sequence[tuple[Item, Word]]) -> dict[str, OptOut]:
    """Ask the destination what it shows for opt-ins; return the opt-outs against them."""
    asked: list[Any] = [item for item, _ in planned]
    if not asked:
        return {}
    hooks = session.destination.hooks
    shown = await hooks.read_subscriptions(session.client, asked, session.context)
    return shown_newer(planned, shown)
