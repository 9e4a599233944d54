"""Plausible changes, as they happen at studios all day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Final

from frontdesk.sandbox.chance import happens, pick, spread
from frontdesk_mindbody.sandbox import names
from frontdesk_mindbody.sandbox.booking_moves import Moves
from frontdesk_mindbody.sandbox.people import KINDS
from frontdesk_mindbody.sandbox.rows import Client, Course, Visit
from frontdesk_mindbody.sandbox.studios import AHEAD

#: So many other things are tried where one cannot happen.
_TRIES: Final = 6
_HOUR: Final = timedelta(hours=1)
_KINDS: Final = spread({kind: share for kind, share in KINDS.items() if kind != "inactive"})


class Player:
    """Changes the world, one plausible thing after the other."""

    def __init__(self, moves: Moves, seed: int) -> None:
        self._moves = moves
        self._world = moves.world
        # A generator of its own: what is played does not depend on the size of the world.
        self._rng = rng = Random(f"play of {seed}")
        self._sites = [s for s in self._world.studios.values() if s.activated]
        self._studio = self._sites[0]
        changes: dict[Callable[[], bool], int] = {
            self.create: 8, self.consent: 5, self.email: 2, self.phone: 3, self.rename: 1,
            self.deactivate: 1, self.merge: 1, self.appoint: 10, self.confirm: 8, self.arrive: 8,
            self.move: 1, self.cancel: 3, self.book: 15, self.sign_in: 9, self.sign_out: 1, self.miss: 1,
            self.late_cancel: 3, self.early_cancel: 4, self.wait: 4, self.promote: 1, self.leave: 1,
            self.sell: 10, self.refund: 1, self.assign: 3, self.agree: 3, self.unagree: 1,
        }  # fmt: skip
        self._changes = spread(changes)
        # Whatever there is happens once before chance decides.
        self._first = rng.sample(list(changes), len(changes))

    def play(self, changes: int) -> None:
        """Let some minutes pass before each of so many changes."""
        for _ in range(changes):
            self._world.advance(timedelta(seconds=5 + int(self._rng.random() * 300)))
            self._studio = pick(self._rng, self._sites)
            self._change()

    def _change(self) -> None:
        if self._first:
            self._for_the_first_time(self._first.pop())
            return
        change = pick(self._rng, self._changes)
        for _ in range(_TRIES):
            if change():
                return
            change = pick(self._rng, self._changes)
        # Where nobody fits, somebody can always come.
        self.create()

    def _for_the_first_time(self, change: Callable[[], bool]) -> None:
        """Make a change where it can happen, so that a short play shows it too."""
        for studio in self._rng.sample(self._sites, len(self._sites)):
            self._studio = studio
            if change():
                return
        self.create()

    # -- who and what -----------------------------------------------------------------------

    def _client(self, *, reached: bool = False) -> Client | None:
        """Find an active client; *reached* by e-mail, if it must be."""
        return self._studio.clients.sample(
            self._rng.random, lambda row: row.active and (row.email or not reached)
        )

    def _course(self, after: timedelta = _HOUR) -> Course | None:
        """Find a class in the days to come."""
        now = self._now
        found = self._studio.courses.between("starts", now + after, now + AHEAD)
        open_ = [row for row in found[:60] if not row.cancelled]
        return pick(self._rng, open_) if open_ else None

    def _visit(self, start: timedelta, end: timedelta, *, signed_in: bool) -> Visit | None:
        """Find somebody who has a place in a class of that time, and not cancelled."""
        now = self._now
        rows = self._studio.visits.between("starts", now + start, now + end)
        found = [
            r for r in rows[:200] if r.signed_in is signed_in and not (r.late_cancelled or r.missed)
        ]
        return pick(self._rng, found) if found else None

    @property
    def _now(self) -> datetime:
        return self._world.clock.now

    @property
    def _site(self) -> int:
        return self._studio.id

    # -- clients ------------------------------------------------------------------------------

    def create(self) -> bool:
        """Let somebody come for the first time."""
        self._moves.create_client(self._site, pick(self._rng, _KINDS))
        return True

    def _edit(self, row: Client | None, **fields: object) -> bool:
        if row is None:
            return False
        self._moves.modify_client(self._site, row.id, **fields)
        return True

    def consent(self) -> bool:
        """Give or take back the consent to e-mail."""
        row = self._client(reached=True)
        return self._edit(row, promotional_emails=not row.promotional_emails) if row else False

    def email(self) -> bool:
        """Change an e-mail address."""
        domain = pick(self._rng, names.DOMAINS)
        address = f"moved.{len(self._world.journal)}.{int(self._rng.random() * 1e6)}@{domain}"
        return self._edit(self._client(reached=True), email=address)

    def phone(self) -> bool:
        """Correct a telephone number."""
        number = self._studio.place.phone.format(100 + int(self._rng.random() * 99))
        return self._edit(self._client(), mobile_phone=number)

    def rename(self) -> bool:
        """Give a client a card with another number."""
        row = self._client()
        return self._edit(row, number=f"CARD{row.id}-{row.modified:%j%H%M%S}") if row else False

    def deactivate(self) -> bool:
        """Let a client go."""
        row = self._client()
        if row is None:
            return False
        self._moves.deactivate_client(self._site, row.id)
        return True

    def merge(self) -> bool:
        """Find out that two clients are one."""
        kept, removed = self._client(), self._client()
        if kept is None or removed is None or kept is removed:
            return False
        self._moves.merge_clients(self._site, kept.id, removed.id)
        return True

    # -- appointments -------------------------------------------------------------------------

    def appoint(self) -> bool:
        """Book an appointment."""
        row = self._client()
        if row is None:
            return False
        ahead = timedelta(hours=2 + int(self._rng.random() * 240))
        kind = pick(self._rng, self._studio.treatments).id
        self._moves.book_appointment(self._site, row.id, starts=self._now + ahead, session=kind)
        return True

    def _appointment(self, start: timedelta, end: timedelta, what: str) -> bool:
        now = self._now
        rows = self._studio.appointments.between("starts", now + start, now + end)
        open_ = [r for r in rows[:200] if not r.cancelled and not r.arrived]
        if what == "confirm_appointment":
            open_ = [row for row in open_ if not row.confirmed]
        if not open_:
            return False
        getattr(self._moves, what)(self._site, pick(self._rng, open_).id)
        return True

    def confirm(self) -> bool:
        """Confirm an appointment of the days to come."""
        return self._appointment(timedelta(), AHEAD, "confirm_appointment")

    def arrive(self) -> bool:
        """Let somebody arrive for an appointment."""
        return self._appointment(-4 * _HOUR, 4 * _HOUR, "arrive_appointment")

    def move(self) -> bool:
        """Move an appointment to another day."""
        return self._appointment(_HOUR, AHEAD, "move_appointment")

    def cancel(self) -> bool:
        """Cancel an appointment."""
        return self._appointment(_HOUR, AHEAD, "cancel_appointment")

    # -- classes ------------------------------------------------------------------------------

    def book(self) -> bool:
        """Take a place in a class."""
        row, course = self._client(), self._course()
        if row is None or course is None:
            return False
        self._moves.book_class(self._site, row.id, course.id, web=happens(self._rng, 0.6))
        return True

    def sign_in(self) -> bool:
        """Let somebody come to a class."""
        return self._signed(-20 * _HOUR, 3 * _HOUR, "sign_in", wanted=False)

    def sign_out(self) -> bool:
        """Take a sign-in back."""
        return self._signed(-24 * _HOUR, 3 * _HOUR, "sign_out", wanted=True)

    def miss(self) -> bool:
        """Note that somebody did not come."""
        return self._signed(-24 * _HOUR, -_HOUR, "miss_class", wanted=False)

    def _signed(self, start: timedelta, end: timedelta, what: str, *, wanted: bool) -> bool:
        row = self._visit(start, end, signed_in=wanted)
        if row is None:
            return False
        getattr(self._moves, what)(self._site, row.id)
        return True

    def late_cancel(self) -> bool:
        """Cancel a place in a class at the last moment."""
        return self._signed(timedelta(), 12 * _HOUR, "late_cancel", wanted=False)

    def early_cancel(self) -> bool:
        """Cancel a place in a class in time."""
        return self._signed(12 * _HOUR, AHEAD, "early_cancel", wanted=False)

    def wait(self) -> bool:
        """Wait for a place in a class."""
        row, course = self._client(), self._course()
        if row is None or course is None or course.waitlist == 0:
            return False
        self._moves.join_waitlist(self._site, row.id, course.id)
        return True

    def promote(self) -> bool:
        """Let somebody who waited have a place."""
        row = self._studio.waitings.sample(self._rng.random, lambda _: True)
        if row is None:
            return False
        self._moves.book_class(self._site, row.client, row.course, waiting=row.id)
        return True

    def leave(self) -> bool:
        """Wait no more."""
        row = self._studio.waitings.sample(self._rng.random, lambda _: True)
        if row is None:
            return False
        self._moves.leave_waitlist(self._site, row.id)
        return True

    # -- sales and agreements -------------------------------------------------------------------

    def sell(self) -> bool:
        """Sell one to three things."""
        row = self._client()
        if row is None:
            return False
        offers = self._rng.sample(list(self._studio.offers), pick(self._rng, (1, 1, 2, 3)))
        lines = [(one.id, pick(self._rng, (1, 1, 1, 2))) for one in offers]
        self._moves.sell(self._site, row.id, lines, on_account=happens(self._rng, 0.1))
        return True

    def refund(self) -> bool:
        """Take something back."""
        row = self._studio.sales.sample(
            self._rng.random, lambda one: one.total > 0 and not one.returned
        )
        if row is None:
            return False
        self._moves.refund(self._site, row.id)
        return True

    def assign(self) -> bool:
        """Make somebody a member."""
        row = self._client()
        if row is None:
            return False
        plan = pick(self._rng, self._studio.memberships).id
        self._moves.assign_membership(self._site, row.id, plan)
        return True

    def agree(self) -> bool:
        """Let somebody agree to a contract."""
        row = self._client()
        if row is None:
            return False
        template = pick(self._rng, self._studio.contracts).id
        self._moves.sell_contract(self._site, row.id, template)
        return True

    def unagree(self) -> bool:
        """End a contract."""
        row = self._studio.agreed.sample(self._rng.random, lambda one: one.terminated is None)
        if row is None:
            return False
        self._moves.cancel_contract(self._site, row.id)
        return True
