"""Plausible changes, as they happen at a front desk all day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from random import Random
from typing import Any, Final

from frontdesk.sandbox.chance import happens, pick, spread
from frontdesk_boulevard.sandbox import club_moves, moves, people_moves
from frontdesk_boulevard.sandbox.clubs import ahead
from frontdesk_boulevard.sandbox.diary import REASONS
from frontdesk_boulevard.sandbox.rows import Client
from frontdesk_boulevard.sandbox.tables import Table
from frontdesk_boulevard.sandbox.world import World

_TRIES: Final = 40


class Player:
    """Changes the world, one plausible thing after the other."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        # A generator of its own: what is played does not depend on the size of the world.
        self._rng = Random(f"play of {seed}")
        self._changes: tuple[Callable[[], bool], ...] = spread(
            {
                self.book: 22,
                self._visit("confirm"): 10,
                self._visit("arrive"): 10,
                self._visit("activate"): 4,
                self._visit("finalise"): 14,
                self._visit("reschedule"): 6,
                self.cancel: 8,
                self._visit("restore"): 2,
                self._visit("touch"): 2,
                self.sell: 4,
                self.refund: 2,
                self.join: 4,
                self.consent: 8,
                self._member("pause"): 2,
                self._member("unpause"): 2,
                self._member("cancel_now"): 2,
                self.schedule: 2,
                self._member("unschedule"): 1,
                self._member("reactivate"): 2,
                self._member("renew"): 2,
                self._member("fail_renewal"): 1,
                self.correct: 4,
                self.tag: 2,
                self.merge: 2,
                self.erase: 1,
            }
        )

    def play(self, changes: int) -> None:
        """Let some minutes pass before each of so many changes."""
        for _ in range(changes):
            self._world.clock.advance(timedelta(seconds=5 + int(self._rng.random() * 300)))
            club_moves.settle(self._world)
            # Where nobody fits, as in an empty house, somebody can always book.
            if not pick(self._rng, self._changes)():
                self.book()

    def book(self) -> bool:
        """Make an appointment for a new or a known client."""
        world, rng = self._world, self._rng
        number = self._client() if happens(rng, 0.5) else None
        if number is None:
            number = people_moves.join(world)
        place = int(rng.random() * len(world.house.locations))
        moves.book(world, world.clients.rows[number], place, days=1 + int(rng.random() * 40))
        return True

    def _client(self, fits: Callable[[Client], object] | None = None) -> int | None:
        clients = self._world.clients
        for _ in range(_TRIES):
            number = int(self._rng.random() * len(clients))
            row = clients.rows[number]
            if row.active and number not in clients.gone and (fits is None or fits(row)):
                return number
        return None

    def _found(
        self, table: Table[Any], fits: Callable[[Any], object], *, latest: bool = True
    ) -> int | None:
        """Find a row that fits, of the latest ones if these are what people are busy with."""
        size = len(table)
        for turn in range(_TRIES):
            reach = min(size, 200 * (turn + 1)) if latest else size
            if not reach:
                return None
            number = size - 1 - int(self._rng.random() * reach)
            if fits(table.rows[number]):
                return number
        return None

    def _visit(self, name: str) -> Callable[[], bool]:
        def change() -> bool:
            world, known = self._world, self._world.clients
            number = self._found(
                world.appointments,
                lambda row: row.state in moves.FROM[name] and known.find(row.client_id),
            )
            if number is None:
                return False
            moves.MOVES[name](world, number)
            return True

        return change

    def cancel(self) -> bool:
        """Cancel an appointment, for one reason or another."""
        fits = moves.FROM["cancel"]
        number = self._found(self._world.appointments, lambda row: row.state in fits)
        if number is None:
            return False
        moves.cancel(self._world, number, pick(self._rng, tuple(REASONS)))
        return True

    def sell(self) -> bool:
        """Sell something without a visit."""
        world, rng = self._world, self._rng
        number = None if happens(rng, 0.3) else self._client()
        buyer = None if number is None else world.clients.rows[number]
        moves.sell(world, int(rng.random() * len(world.house.locations)), buyer)
        return True

    def refund(self) -> bool:
        """Give some money back."""
        number = self._found(
            self._world.orders, lambda row: row.closed_at and row.summary.current_subtotal
        )
        if number is None:
            return False
        moves.refund(self._world, number)
        return True

    def join(self) -> bool:
        """Start a membership."""
        number = self._client()
        if number is None:
            return False
        club_moves.join(self._world, self._world.clients.rows[number].id)
        return True

    def _membership(self, name: str) -> int | None:
        """Find a membership that can make a move."""

        def fits(row: Any) -> bool:
            scheduled = name != "unschedule" or row.cancel_on is not None
            return row.status in club_moves.FROM[name] and scheduled

        return self._found(self._world.memberships, fits, latest=False)

    def _member(self, name: str) -> Callable[[], bool]:
        def change() -> bool:
            number = self._membership(name)
            if number is None:
                return False
            club_moves.MEMBERSHIP_MOVES[name](self._world, number)
            return True

        return change

    def schedule(self) -> bool:
        """Set the end of a membership to one of the next days."""
        number = self._membership("cancel_later")
        if number is None:
            return False
        world = self._world
        today = world.club.today(world.memberships.rows[number].location_id, world.now)
        day = ahead(today, 1 + int(self._rng.random() * 6))
        club_moves.cancel_later(world, number, day)
        return True

    def consent(self) -> bool:
        """Give or take back a consent, through one channel; staff do it now and then."""
        number = self._client()
        if number is None:
            return False
        rng, now = self._rng, people_moves.wishes(self._world.clients.rows[number])
        reminders = happens(rng, 0.25)
        wish: Mapping[str, bool] = now["reminders" if reminders else "marketing"] or {}
        channel = pick(rng, ("email", "email", "sms", "push"))
        change = people_moves.set_reminders if reminders else people_moves.set_marketing
        turned = {channel: not wish.get(channel, False)}
        change(self._world, number, by_client=happens(rng, 0.8), **turned)
        return True

    def correct(self) -> bool:
        """Correct an e-mail address."""
        number = self._client()
        if number is None:
            return False
        people_moves.edit(
            self._world, number, email=f"corrected{len(self._world.journal)}@example.com"
        )
        return True

    def tag(self) -> bool:
        """Stick a tag to somebody, or take it off."""
        number = self._client()
        if number is None:
            return False
        people_moves.toggle_tag(self._world, number)
        return True

    def merge(self) -> bool:
        """Merge two rows of one client."""
        source, target = self._client(), self._client()
        if source is None or target is None or source == target:
            return False
        people_moves.merge(self._world, source, target)
        return True

    def erase(self) -> bool:
        """Erase a client, of which no event tells."""
        number = self._client()
        if number is None:
            return False
        people_moves.erase(self._world, number)
        return True
