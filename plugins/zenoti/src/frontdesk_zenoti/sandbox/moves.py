"""Everything that can happen: to guests, classes and employees, besides appointments and sales."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from frontdesk_zenoti.sandbox import told_staff
from frontdesk_zenoti.sandbox.centers import employee
from frontdesk_zenoti.sandbox.guest_rows import merge_row, told_guest
from frontdesk_zenoti.sandbox.guests import make
from frontdesk_zenoti.sandbox.journal import Event
from frontdesk_zenoti.sandbox.moves_sales import Sales
from frontdesk_zenoti.sandbox.refusal import Refusal
from frontdesk_zenoti.sandbox.rows import Employee, Merge

#: What happens to a booking of a class, and how long its event's name has been known.
_BOOKINGS: Final = ("Created", "Cancelled", "Deleted", "NoShow", "Approved", "Rejected")
_SESSIONS: Final = ("Created", "Updated", "Cancelled", "Deleted")


class Moves(Sales):
    """All moves by their names; each is journaled and told to webhooks."""

    # --- guests ----------------------------------------------------------------------------

    def _guest(self, kind: str, number: int, event: str, data: dict[str, Any]) -> None:
        guest = self.world.guests.rows[number]
        wishes = guest.preferences
        self.world.note(
            f"guest.{kind}", guest.id, guest.center, Event(event, "Guest", data), guest=number,
            marketing_email=wishes.marketing_email, marketing_sms=wishes.marketing_sms,
        )  # fmt: skip

    def create_guest(self, center: int = 0, kind: str = "plain", **fields: Any) -> str:
        """Register a guest; give the id."""
        world = self.world
        now = world.clock.seconds
        guest = make(world.rng, kind, len(world.guests), world.centers[center], now)
        guest.created = guest.updated = now
        for name, value in fields.items():
            setattr(guest, name, value)
        number = world.add_guest(guest)
        self._guest("created", number, "Guest.Created", told_guest(world, guest))
        return guest.id

    def update_guest(self, guest: str, **fields: Any) -> None:
        """Change a guest."""
        number = self.guest_number(guest)
        found = self.world.touch(number, **fields)
        self._guest("updated", number, "Guest.Updated", told_guest(self.world, found))

    def opt_in(self, guest: str, *, sms: bool = False) -> None:
        """Let a guest want marketing."""
        wanted = {"marketing_sms": True} if sms else {"marketing_email": True}
        self._wish(guest, "Guest.OptedIn", wanted)

    def opt_out(self, guest: str, *, sms: bool = False) -> None:
        """Let a guest want no marketing any more."""
        wanted = {"marketing_sms": False} if sms else {"marketing_email": False}
        self._wish(guest, "Guest.OptedOut", wanted)

    def _wish(self, guest: str, event: str, wanted: dict[str, bool]) -> None:
        number = self.guest_number(guest)
        before = self.world.guests.rows[number].preferences
        after = msgspec.structs.replace(before, **wanted, optin=1)
        found = self.world.touch(number, preferences=after)
        data = told_guest(self.world, found)
        if self.world.options.webhook_opted == "id":
            data = {"id": found.id, "center_id": data["center_id"]}
        self._guest("opted_in" if any(wanted.values()) else "opted_out", number, event, data)

    def merge(self, old: str, into: str) -> None:
        """Let a guest become another; whatever was the old one's is the other's now."""
        world = self.world
        loser, winner = self.guest_number(old), self.guest_number(into)
        if loser == winner:
            raise Refusal(400, "A guest cannot become themselves.")
        index = world.index
        for owned, rows in (
            (index.groups, world.groups.rows),
            (index.memberships, world.memberships.rows),
            (index.packages, world.packages.rows),
            (index.cards, world.cards.rows),
        ):
            numbers = owned.pop(loser, [])
            owned[winner].extend(numbers)
            for number in numbers:
                rows[number].guest = winner
        gone = world.touch(loser, deleted=True, merged_into=world.guests.rows[winner].id)
        merge = Merge(
            at=world.clock.seconds, center=gone.center, old=gone.id, into=gone.merged_into or ""
        )
        world.merges.append(merge)
        data = merge_row(world, merge)
        self._guest("merged", loser, world.options.type_guest_merged, data)

    def delete_guest(self, guest: str) -> None:
        """Delete a guest."""
        number = self.guest_number(guest)
        found = self.world.touch(number, deleted=True)
        self._guest("deleted", number, "Guest.Deleted", told_guest(self.world, found))

    # --- classes, employees, and what nobody knows -----------------------------------------

    def hold_class(self, change: str = "Created", center: int = 0, number: int = 0) -> None:
        """Plan, change, cancel or delete a session of a class."""
        if change not in _SESSIONS:
            raise Refusal(400, f"change must be one of {', '.join(_SESSIONS)}.")
        world = self.world
        start = world.clock.seconds + 86_400
        data = told_staff.session(world.centers[center], 89_000 + number, start)
        event = Event(f"Class.Schedule.{change}", "Class", data)
        world.note(f"class.{change.lower()}", str(89_000 + number), center, event)

    def book_class(self, guest: str, change: str = "Created", number: int = 0) -> None:
        """Book a class, or let something happen to a booking."""
        if change not in _BOOKINGS:
            raise Refusal(400, f"change must be one of {', '.join(_BOOKINGS)}.")
        world, place = self.world, self.guest_number(guest)
        found, options = world.guests.rows[place], world.options
        decided = {
            "Approved": options.type_booking_approved,
            "Rejected": options.type_booking_rejected,
        }
        data = told_staff.booking(
            world.centers[found.center], found, number, decided=change in decided
        )
        event = Event(decided.get(change, f"Class.Booking.{change}"), "Class", data)
        world.note(
            f"booking.{change.lower()}", str(119_000 + number), found.center, event, guest=place
        )

    def hire(self, center: int = 0) -> str:
        """Employ somebody; give the id."""
        staff = self.world.centers[center].staff
        staff.append(employee(self.world.rng, f"{center * 100 + len(staff)}"))
        self._worker("created", "Employee.Created", center, staff[-1])
        return staff[-1].id

    def promote(self, center: int = 0, place: int = 0) -> None:
        """Give an employee another job."""
        worker = self.world.centers[center].staff[place]
        worker.job = "MANAGER"
        self._worker("updated", "Employee.Updated", center, worker)

    def dismiss(self, center: int = 0, place: int = -1) -> None:
        """Let an employee go."""
        worker = self.world.centers[center].staff[place]
        worker.deleted = True
        self._worker("deleted", "Employee.Deleted", center, worker)

    def _worker(self, kind: str, event: str, center: int, worker: Employee) -> None:
        place = self.world.centers[center]
        data = told_staff.worker(place, worker, self.world.clock.seconds)
        self.world.note(f"employee.{kind}", worker.id, center, Event(event, "Employee", data))

    def tell(self, type_: str, data: dict[str, Any] | None = None, center: int = 0) -> None:
        """Tell an event that nobody knows."""
        body = {"id": self.world.organization, "surprise": True} if data is None else data
        self.world.note("unknown", type_, center, Event(type_, type_.partition(".")[0], body))


#: Moves that need no more than an id, by name: what a script or the admin's door may ask for.
NAMED: Final = frozenset(
    {
        "confirm", "undo_confirm", "check_in", "undo_check_in", "cancel", "no_show", "restore",
        "start", "complete", "close", "reschedule", "delete", "feedback",
        "close_invoice", "change_invoice", "refund",
        "activate_membership", "freeze", "unfreeze", "cancel_membership", "reinstate",
        "use_guestpass", "create_package", "redeem", "reverse", "change_package",
        "extend_package", "order_card", "book", "opt_in", "opt_out", "delete_guest",
        "update_guest", "book_class",
    }
)  # fmt: skip
