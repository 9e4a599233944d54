"""What can be made to go wrong with requests: which, how often, how probably."""

from __future__ import annotations

from fnmatch import fnmatchcase
from random import Random
from typing import TypeAlias

import attrs


@attrs.frozen(kw_only=True)
class Fault:
    """Something that goes wrong with requests that match; for ever, if *times* is None."""

    #: A pattern such as ``/api/events`` or ``/api/profile-*``.
    path: str = "*"
    method: str | None = None
    #: Only in this account, by its id.
    account: str | None = None
    #: Only if the body has these bytes in it.
    containing: bytes | None = None
    times: int | None = 1
    #: So many matching requests go well first.
    skip: int = 0
    probability: float = 1.0


@attrs.frozen(kw_only=True)
class Status(Fault):
    """Answer with an error instead of doing anything, or after it was done."""

    status: int
    retry_after: str | int | None = None
    processed: bool = False
    detail: str | None = None


@attrs.frozen(kw_only=True)
class Throttle(Fault):
    """Answer 429, with or without saying when to come back, and hold to it."""

    seconds: int = 1
    retry_after: bool = True


@attrs.frozen(kw_only=True)
class Reset(Fault):
    """Cut the connection without an answer, before or after the request was processed."""

    processed: bool = False


@attrs.frozen(kw_only=True)
class Slow(Fault):
    """Answer late."""

    seconds: float


@attrs.frozen(kw_only=True)
class Twice(Fault):
    """Process a request twice, as a queue of Klaviyo's own might."""


AnyFault: TypeAlias = Status | Throttle | Reset | Slow | Twice


@attrs.define
class _Planned:
    fault: AnyFault
    left: int | None
    skip: int


class Faults:
    """The faults that are still to happen, in the order in which they were added."""

    def __init__(self, seed: int) -> None:
        self._planned: list[_Planned] = []
        self._random = Random(seed)
        #: How often each kind of fault happened.
        self.happened: dict[str, int] = {}

    def add(self, *faults: AnyFault) -> None:
        """Let something go wrong."""
        self._planned.extend(_Planned(fault, fault.times, fault.skip) for fault in faults)

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self._planned.clear()

    @property
    def pending(self) -> list[AnyFault]:
        """List what is still to happen."""
        return [planned.fault for planned in self._planned]

    def take(self, method: str, path: str, account: str | None, body: bytes) -> list[AnyFault]:
        """Draw what goes wrong with one request: late it may be, but it fails in one way."""
        taken: list[AnyFault] = []
        for planned in tuple(self._planned):
            fault = planned.fault
            if not _matches(fault, method, path, account, body):
                continue
            if not isinstance(fault, Slow) and any(not isinstance(one, Slow) for one in taken):
                continue
            if self._random.random() >= fault.probability:
                continue
            if planned.skip:
                planned.skip -= 1
                continue
            taken.append(fault)
            self._count(planned)
        return taken

    def _count(self, planned: _Planned) -> None:
        name = type(planned.fault).__name__.lower()
        self.happened[name] = self.happened.get(name, 0) + 1
        if planned.left is None:
            return
        planned.left -= 1
        if planned.left <= 0:
            self._planned.remove(planned)


def _matches(fault: Fault, method: str, path: str, account: str | None, body: bytes) -> bool:
    return (
        fault.method in {None, method}
        and fault.account in {None, account}
        and fnmatchcase(path, fault.path)
        and (fault.containing is None or fault.containing in body)
    )
