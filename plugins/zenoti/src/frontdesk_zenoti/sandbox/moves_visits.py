"""What can be done with a group of appointments and its invoice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from frontdesk.sandbox.chance import pick
from frontdesk_zenoti.sandbox import statuses, told_visits
from frontdesk_zenoti.sandbox.journal import Event
from frontdesk_zenoti.sandbox.refusal import Refusal, business
from frontdesk_zenoti.sandbox.rows import Group, Guest, Invoice
from frontdesk_zenoti.sandbox.world import World

#: From which statuses each move starts, and to which it leads.
FROM: Final[dict[str, tuple[tuple[int, ...], int]]] = {
    "confirm": ((statuses.NEW,), statuses.CONFIRM),
    "undo_confirm": ((statuses.CONFIRM,), statuses.NEW),
    "check_in": ((statuses.NEW, statuses.CONFIRM), statuses.CHECKIN),
    "undo_check_in": ((statuses.CHECKIN,), statuses.NEW),
    "cancel": ((statuses.NEW, statuses.CONFIRM), statuses.CANCELLED),
    "no_show": ((statuses.NEW, statuses.CONFIRM), statuses.NO_SHOW),
    # Nobody has confirmed that staff can take these two back; connectors must bear it.
    "restore": ((statuses.CANCELLED, statuses.NO_SHOW), statuses.NEW),
}
_NAMES: Final = {
    "confirm": "confirmed",
    "undo_confirm": "unconfirmed",
    "check_in": "checked_in",
    "undo_check_in": "unchecked_in",
    "cancel": "cancelled",
    "no_show": "missed",
    "restore": "restored",
}
_OPEN: Final = (statuses.NEW, statuses.CONFIRM, statuses.CHECKIN)


class Visits:
    """Moves of appointments; each is journaled and told to webhooks."""

    def __init__(self, world: World) -> None:
        self.world = world

    def guest_number(self, guest: str) -> int:
        """Find a guest by id."""
        number = self.world.guests.numbers.get(guest.lower())
        if number is None:
            raise business(505, "invalid guest_id.")
        return number

    def group(self, group: str) -> Group:
        """Find a group by id."""
        found = self.world.groups.find(group)
        if found is None:
            raise business(508, "invalid appointment_group_id.")
        return found

    def invoice(self, invoice: str) -> Invoice:
        """Find an invoice by id."""
        found = self.world.invoices.find(invoice)
        if found is None:
            raise business(507, "invalid invoice_id.")
        return found

    def _invoice_of(self, group: Group) -> Invoice:
        return self.world.invoices.rows[group.invoice]

    def _changed(self, kind: str, group: Group, event: Event | None, **facts: Any) -> None:
        facts = {"status": group.status, "start": group.visits[0].start, **facts}
        invoice = self._invoice_of(group).id
        self.world.note(
            f"group.{kind}", group.id, group.center, event, guest=group.guest, invoice=invoice,
            **facts,
        )  # fmt: skip

    def _status(self, kind: str, group: Group) -> None:
        data = told_visits.group_status(self.world, group)
        event = Event("AppointmentGroup.Status", "AppointmentGroup", data)
        self._changed(kind, group, event)

    # --- booking ---------------------------------------------------------------------------

    def book(
        self, guest: str, *, center: str = "", start: int | None = None, services: int = 0
    ) -> str:
        """Book a group for a guest; give its id."""
        world, number = self.world, self.guest_number(guest)
        person: Guest = world.guests.rows[number]
        place = world.centers[world.center_numbers[center] if center else person.center]
        now = world.clock.seconds
        begin = now + 86_400 if start is None else start
        made = world.book.book(len(world.groups), place, number, begin, now, size=services)
        world.add_group(*made)
        self._tell_booked(made[0])
        return made[0].id

    def _tell_booked(self, group: Group) -> None:
        data = told_visits.group_created(self.world, group)
        event = Event("AppointmentGroup.Created", "AppointmentGroup", data)
        self._changed("booked", group, event)

    def reschedule(self, group: str, by: timedelta = timedelta(days=2)) -> str:
        """Put a group at another time; give the id of what holds there now."""
        world, found = self.world, self.group(group)
        self._allow("reschedule", found, (statuses.NEW, statuses.CONFIRM))
        before = found.visits[0].start
        if world.options.webhook_reschedule == "new":
            return self._book_again(found, before + int(by.total_seconds()))
        found.first_start = found.first_start or before
        world.move_visits(world.groups.numbers[found.id], int(by.total_seconds()))
        found.updated = world.clock.seconds
        data = told_visits.group_created(world, found)
        event = Event(world.options.type_group_updated, "AppointmentGroup", data)
        self._changed("rescheduled", found, event, before=before)
        return found.id

    def _book_again(self, old: Group, start: int) -> str:
        world = self.world
        place = world.centers[old.center]
        made, invoice = world.book.book(
            len(world.groups), place, old.guest, start, world.clock.seconds, size=len(old.visits)
        )
        made.rebooked_from, made.first_start = old.id, old.visits[0].start
        self.cancel(old.id)
        world.add_group(made, invoice)
        self._tell_booked(made)
        return made.id

    # --- status ----------------------------------------------------------------------------

    def _allow(self, move: str, group: Group, from_: tuple[int, ...]) -> None:
        if group.status not in from_ or group.deleted:
            message = f"Cannot {move.replace('_', ' ')} appointments in status {group.status}."
            raise Refusal(400, message)

    def _step(self, move: str, group: str) -> Group:
        found = self.group(group)
        from_, to = FROM[move]
        self._allow(move, found, from_)
        found.status, found.updated = to, self.world.clock.seconds
        found.checkin = found.updated if move == "check_in" else None
        self._status(_NAMES[move], found)
        return found

    def confirm(self, group: str) -> None:
        """Let a guest confirm."""
        self._step("confirm", group)

    def undo_confirm(self, group: str) -> None:
        """Take a confirmation back."""
        self._step("undo_confirm", group)

    def check_in(self, group: str) -> None:
        """Let a guest arrive."""
        self._step("check_in", group)

    def undo_check_in(self, group: str) -> None:
        """Take a check-in back: the status is 0 again, and webhooks are told so."""
        self._step("undo_check_in", group)

    def cancel(self, group: str) -> None:
        """Cancel a group."""
        self._step("cancel", group)

    def no_show(self, group: str) -> None:
        """Say that a guest did not come."""
        self._step("no_show", group)

    def restore(self, group: str) -> None:
        """Take a cancellation or a no-show back."""
        self._step("restore", group)

    def break_status(self, group: str, status: int) -> None:
        """Tell a status that nobody expects."""
        found = self.group(group)
        found.status = status
        self._status("odd", found)

    def delete(self, group: str) -> None:
        """Delete a group."""
        world, found = self.world, self.group(group)
        found.deleted, found.updated = True, world.clock.seconds
        data = told_visits.group_deleted(world, found)
        event = Event(world.options.type_group_deleted, "AppointmentGroup", data)
        self._changed("deleted", found, event)

    # --- progress --------------------------------------------------------------------------

    def start(self, group: str, place: int | None = None) -> None:
        """Start the next service of a group, or the one at a place."""
        self._progress(group, place, 0)

    def complete(self, group: str, place: int | None = None) -> None:
        """Complete the service that was started first, or the one at a place."""
        self._progress(group, place, 1)

    def _progress(self, group: str, place: int | None, from_: int) -> None:
        world, found = self.world, self.group(group)
        self._allow("start", found, _OPEN)
        fit = [v for n, v in enumerate(found.visits) if v.progress == from_ and place in {n, None}]
        if not fit:
            raise Refusal(400, "Cannot change the progress of these appointments.")
        visit, now = fit[0], world.clock.seconds
        visit.progress, found.updated = from_ + 1, now
        if from_:
            visit.completed = now
        else:
            visit.started = now
        name = "completed" if from_ else "started"
        kind = (
            world.options.type_appointment_completed
            if from_
            else world.options.type_appointment_started
        )
        data = told_visits.progressed(world, found, visit)
        self._changed(name, found, Event(kind, "Appointment", data), appointment=visit.id)

    # --- invoices --------------------------------------------------------------------------

    def close(self, group: str) -> None:
        """Close a group: its status is told, and then its invoice."""
        found = self.group(group)
        self._allow("close", found, _OPEN)
        found.status, found.updated = statuses.CLOSED, self.world.clock.seconds
        self.world.book.close(self._invoice_of(found), found.updated)
        self._status("closed", found)
        self.tell_invoice(self._invoice_of(found))

    def close_invoice(self, invoice: str) -> None:
        """Close an invoice, or tell once more that it is closed."""
        found = self.invoice(invoice)
        if found.closed is None:
            self.world.book.close(found, self.world.clock.seconds)
        self.tell_invoice(found)

    def change_invoice(self, invoice: str) -> None:
        """Put something more on an invoice that is closed, and tell it again."""
        found = self.invoice(invoice)
        found.items.append(self.world.book.product(0))
        self.tell_invoice(found, "changed")

    def refund(self, invoice: str) -> str:
        """Give the money of an invoice back, on an invoice of its own; give its id."""
        number = self.world.invoices.numbers[self.invoice(invoice).id]
        made = self.world.refund(number, self.world.clock.seconds)
        self.tell_invoice(made, "refunded")
        return made.id

    def tell_invoice(self, invoice: Invoice, kind: str = "closed") -> None:
        """Journal and tell an invoice."""
        data = told_visits.invoice_closed(self.world, invoice)
        event = Event("Invoice.Closed", "Invoice", data)
        self.world.note(
            f"invoice.{kind}", invoice.id, invoice.center, event, guest=invoice.guest,
            total=data["invoice"]["total_price"]["sum_total"], refund=invoice.refund,
        )  # fmt: skip

    # --- feedback --------------------------------------------------------------------------

    def feedback(self, group: str, version: int = 2, rating: int = 5, words: str = "") -> None:
        """Let a guest give an opinion, in the first or the second form."""
        world, found = self.world, self.group(group)
        found.feedback = True
        data = told_visits.feedback(world, found, version, rating, words)
        if version != 1:
            tags = ("Check-in", pick(world.rng, ("Ambiance", "Cleanliness", "Check-out")))
            data["guest_feedback_tags"] = [{"id": n, "name": tag} for n, tag in enumerate(tags, 1)]
        event = Event(world.options.type_feedback, "Appointment", data)
        self._changed("reviewed", found, event, version=version, rating=rating)
