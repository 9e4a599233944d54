"""Following one connection: its history still to do, its changes, its webhooks, all at once.

One session writes for all three; each page is compared with what those before it have
stored, so it does not matter who comes first. What is live goes before history: history asks
in the background and leaves it a part of the quota.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from datetime import timedelta
from functools import partial
from typing import Final, TypeAlias

import anyio
import attrs

from frontdesk.annex import Annex, Job
from frontdesk.client import Clock, background
from frontdesk.connection import Connection
from frontdesk.errors import (
    AuthenticationError,
    FrontdeskError,
    LeaseError,
    PausedError,
    RateLimitedError,
    StoreError,
    UnavailableError,
)
from frontdesk.explaining import explain
from frontdesk.holding import together
from frontdesk.ingest.draining import drain, pause_after
from frontdesk.ingest.session import Session, opened
from frontdesk.ingest.subscribing import asked, ill
from frontdesk.ingest.sync import walk
from frontdesk.manifest import Stream
from frontdesk.model import Purpose
from frontdesk.notices import Standing
from frontdesk.progress import Listener, Report
from frontdesk.store import Store, inbox, states
from frontdesk.store.states import State

_log = logging.getLogger("frontdesk")
_Job: TypeAlias = Callable[[], Awaitable[None]]
_Arrival: TypeAlias = Callable[[], Awaitable[None]]

#: How often the inbox is looked into unasked: another process may have received something.
LOOK: Final = 2.0
#: How much the moments of polling are spread, so that not all hotels ask at once.
SPREAD: Final = 0.1
#: After how long an account is opened anew: sites, zones and permissions change.
ANEW: Final = timedelta(hours=24).total_seconds()
#: After how many seconds without a failure a connection is known to run.
SOUND: Final = 60.0
#: How often the platform is asked whether it still sends webhooks.
WATCH: Final = 3600.0
#: How often somebody else's lease, or a pause, is looked at.
_WAIT: Final = 5.0
#: How long a failure that a person must mend is left alone: longer each time.
_FIRST: Final = 30.0
_LONGEST: Final = 3600.0


class _Told(Exception):  # noqa: N818  # a signal, not an error
    """The platform says that it lets the connection in no more, or again: it is to be asked."""


@attrs.frozen(eq=False)
class Follower:
    """Follows one connection until it is cancelled.

    Args:
        collect: Seconds to wait after a delivery for more, so that they are fetched together.
        arrived: Returns once the receiver has written something for this connection.
        others: Names of the other connections in use.
        url: Where webhooks are to be sent to; None if nobody said.
        called: Returns once somebody wants changes to be asked for now.
    """

    connection: Connection
    store: Store
    clock: Clock
    listener: Listener
    chance: random.Random
    collect: float
    arrived: _Arrival
    others: frozenset[str] = frozenset()
    url: str | None = None
    called: _Arrival = anyio.sleep_forever
    _ailing: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)
    #: What a person must still see to, since the process began.
    _changed: list[str] = attrs.field(factory=list[str], repr=False)
    #: What is wrong with the webhooks at the platform.
    _silent: list[str] = attrs.field(factory=list[str], repr=False)

    async def run(self) -> None:
        """Open the account and follow it, again and again, whatever happens."""
        failures, idle, told = 0, "", ""
        while True:
            began = self.clock.monotonic()
            try:
                async with opened(self.connection, self.store, self.clock, self.others) as session:
                    told = idle = ""
                    self._say("followed")
                    await self._follow(session)
                if wrong := [*self._silent, *self._changed]:
                    # A session that ended well was noted as running.
                    await self._note(State.ATTENTION, wrong[-1])
            except _Told as signal:
                told = str(signal)
                self._say("%s; the platform is asked whether it is so", told)
            except (PausedError, LeaseError) as error:
                if type(error).__name__ != idle:
                    idle = type(error).__name__
                    self._say("not followed here: %s", error)
                await self.clock.sleep(_WAIT)
            except Exception as error:  # noqa: BLE001  # the other connections go on
                if told and isinstance(error, AuthenticationError):
                    await self._note(State.ATTENTION, f"{error}; {told}")
                failures = 0 if self.clock.monotonic() - began > SOUND else failures
                await self._rest(error, failures)
                failures += 1

    async def _rest(self, error: Exception, failures: int) -> None:
        """Leave a connection alone that had to stop: longer each time it did."""
        wait = min(_FIRST * (1 << min(failures, 10)), _LONGEST)
        if isinstance(error, RateLimitedError | UnavailableError):
            wait = pause_after(error, failures).total_seconds()
        known = isinstance(error, FrontdeskError)
        said = str(error) if known else f"a fault of frontdesk itself: {explain(error)}"
        level = logging.WARNING if known else logging.ERROR
        self._say("stopped: %s; tried again in %.0f s", said, wait, level=level)
        await self.clock.sleep(wait)

    async def _follow(self, session: Session) -> None:
        """Do all jobs of a session at once, until it has to be opened anew."""
        self._ailing.clear()
        streams = session.connection.manifest.streams
        read = {s.name: anyio.Event() for s in streams if s.history != "none"}
        async with together() as group:
            group.start_soon(self._history, session, read)
            for stream in streams:
                if stream.polling is not None:
                    # Two full scans of a stream at once would take each other's count away.
                    after = read.get(stream.name) if stream.scan else None
                    group.start_soon(self._poll, session, stream, after)
            if session.connection.annex is not None:
                for job in session.connection.hooks.add_jobs():
                    group.start_soon(self._work, job, session.connection.annex)
            if "read_webhook" in session.connection.hooks.has:
                group.start_soon(self._drain, session)
            if self.url is not None and "manage_webhooks" in session.connection.hooks.has:
                group.start_soon(self._watch, session, self.url)
            await self.clock.sleep(SOUND)
            # Not at once: what fails as soon as it is begun does not run.
            await self._note_sound()
            await self.clock.sleep(ANEW - SOUND)
            group.cancel_scope.cancel()

    async def _history(self, session: Session, read: dict[str, anyio.Event]) -> None:
        with background():
            for stream in session.connection.manifest.streams:
                if stream.name in read:
                    walked = partial(self._walk, session, stream, Purpose.HISTORY)
                    await self._persist(f"history of {stream.name}", walked)
                    read[stream.name].set()

    async def _poll(self, session: Session, stream: Stream, after: anyio.Event | None) -> None:
        if after is not None:
            await after.wait()
        walked = partial(self._walk, session, stream, Purpose.CHANGES)
        every = stream.polling.total_seconds() if stream.polling else 0.0
        while True:
            with background() if stream.spare else nullcontext():
                await self._persist(f"changes of {stream.name}", walked, quiet=stream.spare)
            wait = every * self.chance.uniform(1 - SPREAD, 1 + SPREAD)
            await self._until(self.called, wait)

    async def _walk(self, session: Session, stream: Stream, purpose: Purpose) -> None:
        connection = session.connection
        report = Report(connection.name, connection.connector.name)
        await walk(session, report, self.listener, stream, purpose)
        if report.records:
            self._say(
                "%s of %s: %d records, %d events",
                purpose.value, stream.name, report.records, report.events,
            )  # fmt: skip

    async def _drain(self, session: Session) -> None:
        connection = session.connection
        report = Report(connection.name, connection.connector.name)

        async def drained() -> None:
            # One batch after the other, as long as there are any.
            while ((due := await self._due(session)) is not None and due <= 0) and await drain(
                session, report
            ):
                await self._heed(session)

        while True:
            await self._persist("webhooks", drained)
            due = await self._due(session)
            if due is None:
                await self._arrival()
            else:
                # Something else may come meanwhile, and be due before.
                await self.clock.sleep(min(max(due, 0.0), LOOK))

    async def _work(self, job: Job, annex: Annex) -> None:
        """Do a plugin's work again and again; its failing stops nothing else."""
        while True:
            try:
                await job.work(annex)
            except Exception as error:  # noqa: BLE001  # whatever it is, its turn comes again
                said = str(error) if isinstance(error, FrontdeskError) else explain(error)
                self._say("%s failed: %s", job.name, said, level=logging.WARNING)
            await self._until(self.called, job.every.total_seconds())

    async def _watch(self, session: Session, url: str) -> None:
        """Look now and then whether the platform still sends webhooks here."""
        while True:
            try:
                there = await asked(session.connection, session.client, "list", url)
            except FrontdeskError as error:
                self._say("its webhooks cannot be looked at: %s", error, level=logging.WARNING)
            else:
                was, self._silent[:] = self._silent.copy(), ill(url, there)
                if self._silent:
                    await self._note(State.ATTENTION, self._silent[0])
                elif was:
                    await self._note_sound()
            await self.clock.sleep(WATCH)

    async def _heed(self, session: Session) -> None:
        """Act on what deliveries said of the connection itself."""
        notices = session.notices.copy()
        session.notices.clear()
        for notice in notices:
            if notice.standing is Standing.CHANGED:
                self._changed.append(notice.reason)
                await self._note(State.ATTENTION, notice.reason)
        for notice in notices:
            if notice.standing is not Standing.CHANGED:
                raise _Told(notice.reason)

    async def _due(self, session: Session) -> float | None:
        """Return in how many seconds the inbox has something to drain; None if it is empty."""
        due = await self.store.read(lambda db: inbox.next_due(db, session.stored.id))
        if due is None:
            return None
        # What was just received waits a moment for more of its kind.
        return (due - self.clock.now()).total_seconds() + self.collect

    async def _arrival(self) -> None:
        """Wait for a delivery; another process may have received one, so not for ever."""
        await self._until(self.arrived, LOOK)

    async def _until(self, happens: _Arrival, seconds: float) -> None:
        """Wait until something happens, or so many seconds."""

        async def wake(scope: anyio.CancelScope) -> None:
            await happens()
            scope.cancel()

        async with anyio.create_task_group() as group:
            group.start_soon(wake, group.cancel_scope)
            await self.clock.sleep(seconds)
            group.cancel_scope.cancel()

    async def _persist(self, name: str, job: _Job, *, quiet: bool = False) -> None:
        """Do *job*; where the platform is away or wants quiet, again later.

        Args:
            quiet: Its waiting says nothing of the connection: it has what others leave over.
        """
        failures = 0
        while True:
            try:
                await job()
            except (RateLimitedError, UnavailableError) as error:
                wait = pause_after(error, failures).total_seconds()
                failures += 1
                self._say("%s wait %.0f s: %s", name, wait, error, level=logging.WARNING)
                if not quiet:
                    self._ailing[name] = str(error)
                    await self._note(State.WAITING, str(error))
                await self.clock.sleep(wait)
            else:
                if self._ailing.pop(name, None) is not None:
                    await self._note_sound()
                return

    async def _note_sound(self) -> None:
        """Note that all is well, unless something is not."""
        if not self._ailing and not self._changed and not self._silent:
            await self._note(State.RUNNING)

    async def _note(self, state: State, reason: str = "") -> None:
        now, name = self.clock.now(), self.connection.name
        try:
            await self.store.write(lambda db: states.note_state(db, name, state, reason, now))
        except StoreError as error:
            self._say("its state cannot be noted: %s", error, level=logging.WARNING)

    def _say(self, text: str, *values: object, level: int = logging.INFO) -> None:
        extra = {"connection": self.connection.name, "connector": self.connection.connector.name}
        _log.log(level, "%s: " + text, self.connection.name, *values, extra=extra)
