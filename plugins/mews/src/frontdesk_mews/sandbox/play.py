"""Plausible changes, as they happen at a front desk all day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Final

from frontdesk.sandbox.chance import DAY, happens, pick, spread
from frontdesk_mews.sandbox import moves, names
from frontdesk_mews.sandbox.kinds import BLANK
from frontdesk_mews.sandbox.plans import Plan
from frontdesk_mews.sandbox.rows import Customer
from frontdesk_mews.sandbox.stays import REASONS
from frontdesk_mews.sandbox.world import World

_TRIES: Final = 40
_FRESH: Final = spread({"Confirmed": 75, "Optional": 8, "Inquired": 10, "Requested": 7})
_NEWCOMERS: Final = spread({"plain": 60, "ota": 20, "silent": 10, "messy": 5, "documented": 5})


class Player:
    """Changes the world, one plausible thing after the other."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        # A generator of its own: what is played does not depend on the size of the world.
        self._rng = Random(f"play of {seed}")
        self._changes: tuple[Callable[[], bool], ...] = spread(
            {
                self.book: 26,
                self.confirm: 10,
                self.arrive: 16,
                self.depart: 16,
                self.cancel: 8,
                self.restore: 2,
                self.undo_arrival: 1,
                self.undo_departure: 1,
                self.consent: 9,
                self.correct: 5,
                self.move_house: 3,
                self.verify: 2,
                self.merge: 2,
                self.erase: 1,
            }
        )

    def play(self, changes: int) -> None:
        """Let some minutes pass before each of so many changes."""
        for _ in range(changes):
            self._world.clock.advance(timedelta(seconds=5 + int(self._rng.random() * 300)))
            # Where nobody fits, as in an empty house, somebody can always book.
            if not pick(self._rng, self._changes)():
                self.book()

    def book(self) -> bool:
        """Make a reservation for a new or a known guest."""
        world, rng = self._world, self._rng
        now = world.clock.now.timestamp()
        house = int(rng.random() * len(world.houses))
        guest = self._newcomer(house) if happens(rng, 0.6) else self._known(house)
        plan = Plan(
            house, pick(rng, _FRESH), now, int(now // DAY) + 1 + int(rng.random() * 60),
            1 + int(rng.random() * 5), 0, False, None, (), False,
        )  # fmt: skip
        world.desk.now = now
        stay = world.desk.book(plan, len(world.reservations) + 1, [guest], None)
        world.add(world.groups, stay.group, stay.mask)
        world.add(world.reservations, stay.reservation, stay.mask)
        made = stay.reservation
        world.note("reservation.created", made.id, stay.mask, (None, made.facts()))
        return True

    def _newcomer(self, house: int) -> str:
        world = self._world
        now = world.clock.now.timestamp()
        kind, number = pick(self._rng, _NEWCOMERS), len(world.customers)
        profile = world.registry.make(number, kind, now, now, world.houses[house].mask)
        world.add(world.customers, profile.customer, profile.mask)
        if profile.address:
            world.add(world.addresses, profile.address, profile.mask)
        world.note("customer.created", profile.customer.id, profile.mask)
        return profile.customer.id

    def _known(self, house: int) -> str:
        number = self._guest(lambda customer: customer.is_active)
        if number is None:
            return self._newcomer(house)
        self._world.introduce(number, self._world.houses[house].mask)
        return self._world.customers.rows[number].id

    def _guest(self, fits: Callable[[Customer], bool]) -> int | None:
        customers = self._world.customers
        for _ in range(_TRIES):
            number = int(self._rng.random() * len(customers))
            if fits(customers.rows[number]):
                return number
        return None

    def _stay(self, move: str, column: str | None = None) -> int | None:
        """Find a reservation that can make a move, the one due next if a time decides."""
        reservations = self._world.reservations
        fit = [n for state in moves.FROM[move] for n in reservations.having("state", state)]
        if not fit:
            return None
        if column is None:
            return pick(self._rng, fit)
        sample = [pick(self._rng, fit) for _ in range(_TRIES)]
        now = self._world.clock.now.timestamp()
        return min(sample, key=lambda n: abs((reservations.moment(column, n) or 0.0) - now))

    def confirm(self) -> bool:
        """Confirm a reservation."""
        if (number := self._stay("confirm")) is None:
            return False
        moves.confirm(self._world, number)
        return True

    def arrive(self) -> bool:
        """Check somebody in."""
        if (number := self._stay("start", "scheduled_start_utc")) is None:
            return False
        moves.start(self._world, number)
        return True

    def depart(self) -> bool:
        """Check somebody out."""
        if (number := self._stay("process", "scheduled_end_utc")) is None:
            return False
        moves.process(self._world, number)
        return True

    def cancel(self) -> bool:
        """Cancel a reservation, with or without a fee."""
        if (number := self._stay("cancel")) is None:
            return False
        fee, reason = happens(self._rng, 0.3), pick(self._rng, REASONS)
        moves.cancel(self._world, number, fee=fee, reason=reason)
        return True

    def restore(self) -> bool:
        """Take a cancellation back."""
        if (number := self._stay("restore", "cancelled_utc")) is None:
            return False
        moves.restore(self._world, number)
        return True

    def undo_arrival(self) -> bool:
        """Take a check-in back: it was the wrong guest."""
        if (number := self._stay("undo_start", "actual_start_utc")) is None:
            return False
        moves.undo_start(self._world, number)
        return True

    def undo_departure(self) -> bool:
        """Take a check-out back: somebody stays on."""
        if (number := self._stay("undo_process", "actual_end_utc")) is None:
            return False
        moves.undo_process(self._world, number)
        return True

    def _edit(self, number: int | None, kind: str = "customer.updated", **fields: object) -> bool:
        if number is None:
            return False
        self._world.change(self._world.customers, number, kind, **fields)
        return True

    def consent(self) -> bool:
        """Give or take back the consent to e-mail."""
        number = self._guest(lambda customer: customer.is_active and bool(customer.email))
        if number is None:
            return False
        before = self._world.customers.rows[number].options
        others = tuple(option for option in before if option != "SendMarketingEmails")
        given = (*others, "SendMarketingEmails")
        return self._edit(number, options=others if others != before else given)

    def correct(self) -> bool:
        """Correct a telephone number."""
        _, _, phone = pick(self._rng, names.HOMES)
        return self._edit(
            self._guest(lambda customer: customer.is_active),
            phone=phone.format(int(self._rng.random() * 1000)),
        )

    def move_house(self) -> bool:
        """Change an address, which does not touch the profile."""
        addresses = self._world.addresses
        if not len(addresses):
            return False
        number = int(self._rng.random() * len(addresses))
        line, city, post, country, subdivision = pick(self._rng, names.TOWNS)
        self._world.change(
            addresses, number, "address.updated", line1=line, city=city, postal_code=post,
            country_code=country, country_subdivision_code=subdivision,
        )  # fmt: skip
        return True

    def verify(self) -> bool:
        """Learn the real address of a guest of an online agency."""
        number = self._guest(lambda customer: customer.is_active and customer.has_ota_email)
        email = f"verified{len(self._world.journal)}@{pick(self._rng, names.DOMAINS)}"
        return self._edit(number, email=email, has_ota_email=False)

    def merge(self) -> bool:
        """Merge two profiles of one guest."""
        source = self._guest(lambda customer: customer.is_active)
        target = self._guest(lambda customer: customer.is_active)
        if source is None or target is None or source == target:
            return False
        customers = self._world.customers
        self._world.introduce(target, customers.masks[source])
        into = customers.rows[target].id
        self._edit(target)
        return self._edit(
            source, "customer.merged", merge_target_id=into, is_active=False,
            activity_state="Deleted",
        )  # fmt: skip

    def erase(self) -> bool:
        """Delete a profile; its address goes with it."""
        number = self._guest(lambda customer: customer.is_active)
        if number is None:
            return False
        home = self._world.customers.rows[number].address_id
        if (place := self._world.addresses.numbers.get(home or "")) is not None:
            blank = dict.fromkeys(("line1", "city", "postal_code"))
            self._world.change(
                self._world.addresses, place, "address.deleted", is_active=False, **blank
            )
        return self._edit(number, "customer.deleted", **BLANK)
