"""Jobs that can be asked after: imports and suppressions, queued, then processed, then complete."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import attrs

from frontdesk_klaviyo.sandbox.ids import Long
from frontdesk_klaviyo.sandbox.work import Work

_EXPIRES: Final = timedelta(days=7)


class Status(StrEnum):
    """How far a job is."""

    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETE = "complete"
    CANCELLED = "cancelled"


@attrs.frozen(kw_only=True)
class Failure:
    """A row that an import could not use."""

    code: str
    title: str
    detail: str
    pointer: str
    payload: dict[str, Any] = attrs.field(repr=False)


@attrs.define(eq=False, kw_only=True)
class Job:
    """One job."""

    id: str
    kind: str
    created: datetime
    total: int
    status: Status = Status.QUEUED
    completed: int = 0
    skipped: int = 0
    failures: list[Failure] = attrs.field(factory=list[Failure])
    started: datetime | None = None
    finished: datetime | None = None
    lists: tuple[str, ...] = ()

    @property
    def expires(self) -> datetime:
        """When it is forgotten."""
        return self.created + _EXPIRES


class Jobs:
    """The jobs of one account."""

    def __init__(self, seed: str, work: Work, delay: float) -> None:
        self._ids = Long(seed, "job")
        self._work = work
        self._delay = delay
        self._rows: dict[str, Job] = {}

    def __iter__(self) -> Iterator[Job]:
        return iter(self._rows.values())

    def get(self, identity: str, kind: str) -> Job | None:
        """Find a job of a kind."""
        found = self._rows.get(identity)
        return found if found is not None and found.kind == kind else None

    def start(
        self,
        kind: str,
        total: int,
        now: datetime,
        run: Callable[[Job, datetime], None],
        lists: tuple[str, ...] = (),
    ) -> Job:
        """Queue a job; *run* does it when its time has come."""
        identity = self._ids.of(len(self._rows))
        job = Job(id=identity, kind=kind, created=now, total=total, lists=lists)
        self._rows[identity] = job

        def process(at: datetime) -> None:
            if job.status is Status.QUEUED:
                job.status, job.started = Status.PROCESSING, at

        def complete(at: datetime) -> None:
            if job.status is Status.PROCESSING:
                run(job, at)
                job.status, job.finished = Status.COMPLETE, at

        self._work.later(self._delay, process)
        self._work.later(2 * self._delay, complete)
        return job

    def cancel(self, identity: str) -> None:
        """Cancel a job that is not complete, as support might."""
        job = self._rows[identity]
        if job.status is not Status.COMPLETE:
            job.status = Status.CANCELLED
