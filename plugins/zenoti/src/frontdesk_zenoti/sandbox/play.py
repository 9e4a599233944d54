"""Plausible changes, as they happen at a front desk all day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random
from typing import Any, Final

from frontdesk.sandbox.chance import happens, pick, spread
from frontdesk_zenoti.sandbox import names, statuses
from frontdesk_zenoti.sandbox.moves import Moves
from frontdesk_zenoti.sandbox.rows import Group, Guest
from frontdesk_zenoti.sandbox.world import World

_TRIES: Final = 60
_ALIVE: Final = (statuses.NEW, statuses.CONFIRM)
_KINDS: Final = ("plain", "plain", "plain", "silent", "messy", "quiet", "virtual")


class Player:
    """Changes the world, one plausible thing after the other."""

    def __init__(self, world: World, moves: Moves, seed: int) -> None:
        self._world = world
        self._moves = moves
        # A generator of its own: what is played does not depend on the size of the world.
        self._rng = Random(f"play of {seed}")
        #: What was begun and is not finished yet.
        self._under_way: list[Callable[[], bool]] = []
        self._turn = 0
        #: Each kind of change once, before chance decides.
        self._once = [
            self.book, self.confirm, self.visit, self.cancel, self.miss, self.member, self.pack,
            self.gift, self.review, self.wish, self.freeze, self.leave, self.redeem, self.refund,
        ]  # fmt: skip
        self._changes: tuple[Callable[[], bool], ...] = spread(
            {
                self.book: 24, self.confirm: 12, self.visit: 24, self.cancel: 7, self.miss: 4,
                self.reschedule: 3, self.correct: 5, self.wish: 5, self.member: 3, self.freeze: 2,
                self.leave: 2, self.pack: 3, self.redeem: 3, self.gift: 2, self.review: 4,
                self.refund: 1, self.change: 2, self.undo: 2, self.merge: 1, self.erase: 1,
                self.train: 1, self.hire: 1, self.office: 3, self.surprise: 1,
            }
        )  # fmt: skip

    def play(self, changes: int) -> None:
        """Let some minutes pass before each of so many changes."""
        for _ in range(changes):
            self._world.clock.advance(timedelta(seconds=5 + int(self._rng.random() * 300)))
            if not self._next()():
                self.book()

    def _next(self) -> Callable[[], bool]:
        if self._under_way and happens(self._rng, 0.5):
            return self._under_way.pop(0)
        if self._turn < len(self._once):
            self._turn += 1
            return self._once[self._turn - 1]
        return pick(self._rng, self._changes)

    # --- who and what ----------------------------------------------------------------------

    def _find(self, rows: Sequence[Any], fits: Callable[[Any], bool]) -> Any:
        for _ in range(_TRIES if rows else 0):
            row = pick(self._rng, rows)
            if fits(row):
                return row
        return next((row for row in rows if fits(row)), None)

    def _guest(self) -> str:
        found: Guest | None = self._find(
            self._world.guests.rows, lambda guest: not guest.deleted and not guest.virtual
        )
        return self._moves.create_guest() if found is None else found.id

    def _group(self, *from_: int) -> Group | None:
        now = self._world.clock.seconds
        found: Group | None = self._find(
            self._world.groups.rows,
            lambda g: g.status in from_ and not g.deleted and g.visits[-1].end > now - 86_400 * 30,
        )
        return found

    # --- appointments ----------------------------------------------------------------------

    def book(self) -> bool:
        """Book for a new or a known guest."""
        rng, world = self._rng, self._world
        center = int(rng.random() * len(world.centers))
        fresh = happens(rng, 0.4)
        guest = self._moves.create_guest(center, pick(rng, _KINDS)) if fresh else self._guest()
        day = world.clock.seconds // 86_400 * 86_400 + 86_400 * (1 + int(rng.random() * 20))
        self._moves.book(guest, start=day + int(rng.random() * 32) * 900)
        return True

    def _step(self, move: Callable[[str], object], *from_: int) -> bool:
        group = self._group(*from_)
        if group is None:
            return False
        move(group.id)
        return True

    def confirm(self) -> bool:
        """Let a guest confirm."""
        return self._step(self._moves.confirm, statuses.NEW)

    def cancel(self) -> bool:
        """Cancel a group."""
        return self._step(self._moves.cancel, *_ALIVE)

    def miss(self) -> bool:
        """Let nobody come."""
        return self._step(self._moves.no_show, *_ALIVE)

    def reschedule(self) -> bool:
        """Put a group at another time."""
        return self._step(self._moves.reschedule, *_ALIVE)

    def undo(self) -> bool:
        """Take a check-in back: it was the wrong guest."""
        group = self._group(statuses.CHECKIN)
        if group is None or any(visit.progress for visit in group.visits):
            return False
        self._moves.undo_check_in(group.id)
        return True

    def visit(self) -> bool:
        """Let a guest arrive, be treated and pay, one after the other."""
        group = self._group(*_ALIVE)
        if group is None:
            return False
        self._moves.check_in(group.id)
        for _ in group.visits:
            self._later(self._moves.start, group, statuses.CHECKIN)
            self._later(self._moves.complete, group, statuses.CHECKIN)
        self._later(self._moves.close, group, statuses.CHECKIN)
        return True

    def _later(self, move: Callable[[str], object], group: Group, status: int) -> None:
        def do() -> bool:
            if group.status != status or group.deleted:
                return False
            move(group.id)
            return True

        self._under_way.append(do)

    def review(self) -> bool:
        """Let a guest give an opinion."""
        rng, group = self._rng, self._group(statuses.CLOSED)
        if group is None:
            return False
        version = 1 if happens(rng, 0.3) else 2
        self._moves.feedback(
            group.id, version, 1 + int(rng.random() * 5), pick(rng, names.COMMENTS)
        )
        return True

    def _paid(self) -> str | None:
        rows = self._world.invoices.rows
        found = self._find(rows, lambda i: i.closed is not None and not i.refund)
        return None if found is None else found.id

    def refund(self) -> bool:
        """Give money back."""
        invoice = self._paid()
        return invoice is not None and bool(self._moves.refund(invoice))

    def change(self) -> bool:
        """Put something more on an invoice."""
        invoice = self._paid()
        if invoice is not None:
            self._moves.change_invoice(invoice)
        return invoice is not None

    # --- sales -----------------------------------------------------------------------------

    def member(self) -> bool:
        """Sell a membership."""
        plans = len(self._world.catalog.memberships)
        return bool(self._moves.activate_membership(self._guest(), int(self._rng.random() * plans)))

    def freeze(self) -> bool:
        """Let a membership rest; later it goes on."""
        held = self._find(self._world.memberships.rows, lambda m: m.status == statuses.ACTIVE)
        if held is None:
            return False
        self._moves.freeze(held.id)

        def thaw() -> bool:
            frozen = held.status == statuses.FROZEN
            if frozen:
                self._moves.unfreeze(held.id)
            return bool(frozen)

        self._under_way.append(thaw)
        return True

    def leave(self) -> bool:
        """End a membership, or take that back."""
        ended = (statuses.ENDED,)
        wanted = ended if happens(self._rng, 0.2) else (statuses.ACTIVE, statuses.FROZEN)
        held = self._find(self._world.memberships.rows, lambda m: m.status in wanted)
        if held is None:
            return False
        (self._moves.reinstate if wanted == ended else self._moves.cancel_membership)(held.id)
        return True

    def pack(self) -> bool:
        """Sell a package."""
        plans = len(self._world.catalog.packages)
        return bool(self._moves.create_package(self._guest(), int(self._rng.random() * plans)))

    def redeem(self) -> bool:
        """Use something of a package, or take that back."""
        undo = happens(self._rng, 0.2)
        found = self._find(
            self._world.packages.rows,
            lambda p: (
                bool(p.redemptions) if undo else any(line[2] < line[1] for line in p.services)
            ),
        )
        if found is None:
            return False
        (self._moves.reverse if undo else self._moves.redeem)(found.id)
        return True

    def gift(self) -> bool:
        """Sell a gift card."""
        return bool(self._moves.order_card(self._guest()))

    # --- guests and others -----------------------------------------------------------------

    def correct(self) -> bool:
        """Correct a telephone number."""
        digits = int(self._rng.random() * 1000)
        guest = self._world.guests.find(self._guest())
        if guest is None:
            return False
        phone = names.COUNTRIES[guest.country][4].format(digits)
        self._moves.update_guest(guest.id, phone=phone)
        return True

    def wish(self) -> bool:
        """Let a guest want marketing, or no more of it."""
        guest = self._world.guests.find(self._guest())
        if guest is None:
            return False
        wanted = guest.preferences.marketing_email
        (self._moves.opt_out if wanted else self._moves.opt_in)(guest.id)
        return True

    def merge(self) -> bool:
        """Let two guests be one."""
        old, into = self._guest(), self._guest()
        if old == into:
            return False
        self._moves.merge(old, into)
        return True

    def erase(self) -> bool:
        """Delete a guest."""
        self._moves.delete_guest(self._guest())
        return True

    def train(self) -> bool:
        """Book a class."""
        changes = ("Created", "Cancelled", "NoShow", "Approved")
        self._moves.book_class(self._guest(), pick(self._rng, changes), len(self._world.journal))
        return True

    def hire(self) -> bool:
        """Employ somebody."""
        return bool(self._moves.hire())

    def office(self) -> bool:
        """Do what is seldom done: change packages, delete groups, hold classes."""
        rng, moves = self._rng, self._moves
        packages = self._world.packages.rows
        held = self._find(self._world.memberships.rows, lambda m: m.status == statuses.ACTIVE)
        group = self._group(statuses.NEW)
        seldom: list[Callable[[], object]] = [
            lambda: moves.hold_class(number=len(self._world.journal)),
            moves.promote,
        ]
        if packages:
            seldom.append(lambda: moves.change_package(pick(rng, packages).id))
            seldom.append(lambda: moves.extend_package(pick(rng, packages).id))
        if held is not None:
            seldom.append(lambda: moves.use_guestpass(held.id))
        if group is not None:
            seldom.append(lambda: moves.delete(group.id))
        pick(rng, seldom)()
        return True

    def surprise(self) -> bool:
        """Tell something that nobody knows."""
        self._moves.tell("Loyalty.Points.Earned", {"guest_id": self._guest(), "points": 12})
        return True
