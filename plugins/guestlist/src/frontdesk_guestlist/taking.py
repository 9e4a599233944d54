"""Rows of a file on their way into the list, some hundred in one transaction."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

import attrs
from sqlalchemy import Connection

from frontdesk.annex import Annex
from frontdesk_guestlist import adding, changes, rowing, writing
from frontdesk_guestlist import guests as guests_
from frontdesk_guestlist.commas import Line
from frontdesk_guestlist.guests import Guest
from frontdesk_guestlist.schema import guests
from frontdesk_guestlist.writing import Draft


@attrs.frozen
class Row:
    """A row that can be taken."""

    line: Line
    draft: Draft


@attrs.define
class Outcome:
    """What became of rows; those that could not be taken with the reason."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    rejected: list[tuple[Line, str]] = attrs.field(factory=list)


def take(db: Connection, annex: Annex, rows: Sequence[Row], fields: Collection[str]) -> Outcome:
    """Take rows into the list.

    Args:
        fields: For which the file has a column; others stay as they are.
    """
    changes.next_change(db, annex.settings.property, annex.clock.now(), 0)
    batch = _Batch(fields)
    batch.learn(db, annex, [row.draft for row in rows])
    for row in rows:
        batch.take(row)
    writing.insert_all(db, annex, list(batch.fresh.values()), "file")
    writing.change_all(db, annex, list(batch.changed.values()))
    return batch.outcome


def numbered(draft: Draft) -> Draft:
    """Return a draft with a number: its own, or one made of what it says."""
    if draft.number:
        return draft
    said = "\0".join(str(value) for value in attrs.astuple(draft))
    digest = hashlib.blake2b(said.encode(), digest_size=8).hexdigest().upper()
    return attrs.evolve(draft, number=f"{_MADE}{digest}")


_MADE: Final = "F-"


@attrs.define
class _Batch:
    """Rows of one transaction, and the guests whom they may mean."""

    fields: Collection[str]
    outcome: Outcome = attrs.field(factory=Outcome)
    #: By number.
    fresh: dict[str, Draft] = attrs.field(factory=dict)
    #: By the guest's row.
    changed: dict[int, tuple[Guest, Draft]] = attrs.field(factory=dict)
    _numbers: dict[str, Guest] = attrs.field(factory=dict)
    #: By address and by name.
    _people: defaultdict[str, list[Guest | Draft]] = attrs.field(factory=lambda: defaultdict(list))

    def learn(self, db: Connection, annex: Annex, drafts: Sequence[Draft]) -> None:
        """Ask for the guests whom rows may mean."""
        wanted = sorted({numbered(draft).number for draft in drafts})
        found = db.execute(guests_.asked(annex, guests.c.number.in_(wanted)))
        # Of several the one that is in the list counts, of these the first.
        for guest in sorted(guests_.read(found), key=_precedence, reverse=True):
            self._numbers[guest.number] = guest
        for guest in adding.alike(db, annex, [draft for draft in drafts if not draft.number]):
            self._know(guest)

    def take(self, row: Row) -> None:
        """Decide what becomes of a row."""
        draft = numbered(row.draft)
        guest = self._numbers.get(draft.number)
        if guest is not None and guest.hidden is not None:
            self.outcome.deleted += 1
        elif guest is not None and not row.draft.number:
            # The very row was taken before; whatever became of the guest since stays.
            self.outcome.unchanged += 1
        elif guest is not None:
            self._take_known(row.line, draft, guest)
        elif draft.number in self.fresh:
            self._count_change(self.fresh[draft.number] != draft)
            self.fresh[draft.number] = draft
        elif not row.draft.number and (other := self._same(draft)):
            self.outcome.rejected.append((row.line, _SAME.format(number=other)))
        else:
            self.outcome.added += 1
            self.fresh[draft.number] = draft
            self._know(draft)

    def _take_known(self, line: Line, draft: Draft, guest: Guest) -> None:
        _, before = self.changed.get(guest.id, (guest, writing.draft_of(guest)))
        after = self._laid_over(before, draft)
        if after != before and guest.origin == "source":
            self.outcome.rejected.append((line, _THEIRS))
            return
        self._count_change(after != before)
        if after != before:
            self.changed[guest.id] = guest, after

    def _laid_over(self, before: Draft, draft: Draft) -> Draft:
        said: dict[str, Any] = {name: getattr(draft, name) for name in self.fields}
        if draft.checked_in:
            said["checked_in"] = True
        return attrs.evolve(before, **said | {"number": before.number})

    def _count_change(self, changed: bool) -> None:
        if changed:
            self.outcome.updated += 1
        else:
            self.outcome.unchanged += 1

    def _know(self, one: Guest | Draft) -> None:
        for key in _keys(one):
            self._people[key].append(one)

    def _same(self, draft: Draft) -> str | None:
        alike: Iterable[Guest | Draft] = (one for key in _keys(draft) for one in self._people[key])
        return next((one.number for one in alike if adding.same(draft, one)), None)


_SAME: Final = (
    "The list seems to have this guest already, as reservation {number}: give the row that "
    "number to change it, or one of its own to add another."
)
_THEIRS: Final = "The reservation is read from the list's source: change it there."


def _keys(one: Guest | Draft) -> set[str]:
    name = rowing.folded(one.first_name, one.last_name)
    return {f"@{one.address}" if one.address else "", f"|{name}" if name else ""} - {""}


def _precedence(guest: Guest) -> tuple[bool, int]:
    return guest.hidden is not None, guest.id
