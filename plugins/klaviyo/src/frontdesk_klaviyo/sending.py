"""Sending many at once where one bad item makes Klaviyo refuse all of them.

What it points at is mended or taken out, and the rest is sent again once. Where it points at
nothing, the request is halved until the culprit is alone. Every step has fewer items or fewer
fields than the one before it, so it ends.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Generic, TypeVar

import attrs

from frontdesk.client import Client
from frontdesk.errors import RefusedError
from frontdesk.model import Json
from frontdesk.outgoing import Outcome, Receipt
from frontdesk_klaviyo.calls import BAD_REQUEST, CONFLICT, TOO_LARGE
from frontdesk_klaviyo.faults import Fault, faults_of, reason

E = TypeVar("E")

_ABOUT_ITEMS: Final = frozenset({BAD_REQUEST, CONFLICT, TOO_LARGE})
#: So many refused one by one, and none accepted: it is not the items.
_HOPELESS: Final = 25


@attrs.define
class Receipts:
    """Receipts by item, as they come in."""

    _made: dict[str, Receipt] = attrs.field(factory=dict[str, Receipt])
    _notes: dict[str, list[str]] = attrs.field(factory=dict[str, list[str]])

    def note(self, id: str, *notes: str) -> None:
        """Remember what an operator should know of an item, should it be accepted."""
        self._notes.setdefault(id, []).extend(notes)

    def accept(self, id: str) -> None:
        """Note that Klaviyo took an item, unless a part of its request was refused before."""
        made = self._made.get(id)
        if made is None or made.outcome is not Outcome.REFUSED:
            notes = self._notes.get(id)
            why = "; ".join(dict.fromkeys(notes)) if notes else ""
            self._made[id] = Receipt(id, Outcome.ACCEPTED, why)

    def refuse(self, id: str, why: str) -> None:
        """Note that Klaviyo will not have an item."""
        self._made[id] = Receipt(id, Outcome.REFUSED, why)

    def drop(self, id: str, why: str) -> None:
        """Note that Klaviyo would throw an item away."""
        self._made[id] = Receipt(id, Outcome.DROPPED, why)

    def made(self) -> tuple[Receipt, ...]:
        """Return all of them."""
        return tuple(self._made.values())


@attrs.define(kw_only=True)
class Sender(Generic[E]):
    """Sends entries of one kind.

    Args:
        ask: Sends entries in one request.
        named: Tells which entries a fault points at, by their places.
        mend: Returns what to send instead of an entry with a fault; None: nothing helps.
        accept: Is told of what was taken.
        refuse: Is told of what was not, and why.
        told: What of an entry must not come back in a reason.
        doubtful: Tells of which entries a whole account may have none, as of phone numbers:
            however many of them are refused, that tells nothing about the others.
    """

    client: Client[Any]
    ask: Callable[[Sequence[E]], Awaitable[None]]
    named: Callable[[Sequence[E], Fault], Sequence[int]]
    mend: Callable[[E, Fault], E | None]
    accept: Callable[[Sequence[E]], None]
    refuse: Callable[[E, str], None]
    told: Callable[[E], Json]
    doubtful: Callable[[E], bool]
    _accepted: bool = attrs.field(default=False, init=False)
    _refused: int = attrs.field(default=0, init=False)

    async def send(self, entries: Sequence[E], *, again: bool = False) -> None:
        """Send *entries*, or as many of them as Klaviyo will have.

        Args:
            again: Some were taken out already; the next time it is halved.

        Raises:
            RefusedError: The request is refused whatever is in it.
        """
        if not entries:
            return
        try:
            await self.ask(entries)
        except RefusedError as error:
            if error.status not in _ABOUT_ITEMS:
                raise
            await self._less(entries, error, again=again)
        else:
            self._accepted = True
            self.accept(entries)

    async def _less(self, entries: Sequence[E], error: RefusedError, *, again: bool) -> None:
        faults = faults_of(error)
        pointed = {} if error.status == TOO_LARGE else self._pointed(entries, faults)
        if not pointed and len(entries) == 1:
            pointed = {0: faults[0] if faults else _unexplained(error)}
            self._refused += not self.doubtful(entries[0])
            if not self._accepted and self._refused > _HOPELESS:
                raise error
        rest: list[E] = []
        for place, entry in enumerate(entries):
            fault = pointed.get(place)
            mended = entry if fault is None else self.mend(entry, fault)
            if mended is not None:
                rest.append(mended)
            elif fault is not None:
                self.refuse(entry, reason(self.client, fault, [self.told(entry)]))
        if pointed and not again:
            await self.send(rest, again=True)
        elif len(rest) == 1:
            await self.send(rest)
        else:
            middle = (len(rest) + 1) // 2
            await self.send(rest[:middle])
            await self.send(rest[middle:])

    def _pointed(self, entries: Sequence[E], faults: Sequence[Fault]) -> dict[int, Fault]:
        pointed: dict[int, Fault] = {}
        for fault in faults:
            for place in self.named(entries, fault):
                if 0 <= place < len(entries):
                    pointed.setdefault(place, fault)
        return pointed


def _unexplained(error: RefusedError) -> Fault:
    if error.status == TOO_LARGE:
        return Fault(code=str(TOO_LARGE), detail="it is too large for any request")
    return Fault(code=str(error.status), detail=f"it answered {error.status} without a reason")
