"""What can happen to appointments and to places in classes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from frontdesk_mindbody.sandbox import booking_payloads as payloads
from frontdesk_mindbody.sandbox.client_moves import ClientMoves
from frontdesk_mindbody.sandbox.events import ARRIVAL
from frontdesk_mindbody.sandbox.past import new_appointment
from frontdesk_mindbody.sandbox.refusal import Refusal, unknown
from frontdesk_mindbody.sandbox.rows import Appointment, Course, Visit, Waiting
from frontdesk_mindbody.sandbox.studios import Studio


class Moves(ClientMoves):
    """Everything that can happen at a site, by its name."""

    # -- appointments ---------------------------------------------------------------------

    def book_appointment(
        self, site: int, client: int, *, starts: datetime | None = None, session: int = 257
    ) -> Appointment:
        """Book an appointment, for tomorrow unless it says when."""
        studio, now = self.world.studio(site), self.world.clock.now
        who = self.client(studio, client)
        wanted = next((one for one in studio.treatments if one.id == session), None)
        if wanted is None:
            raise unknown("session type", "SessionTypeNotFound")
        when = (starts or now + timedelta(days=1)).replace(second=0, microsecond=0)
        row = new_appointment(self.world.rng, studio, who, wanted, (when, now))
        studio.appointments.add(row)
        if who.first_appointment is None:
            studio.clients.change(who, first_appointment=row.starts, modified=now)
        self._appointment("appointment.booked", studio, row, "appointmentBooking.created")
        return row

    def confirm_appointment(self, site: int, appointment: int) -> Appointment:
        """Let somebody confirm an appointment."""
        fields = {"confirmed": True, "status": "Confirmed"}
        return self._appointed(site, appointment, "appointment.confirmed", fields)

    def unconfirm_appointment(self, site: int, appointment: int) -> Appointment:
        """Take a confirmation back."""
        fields = {"confirmed": False, "status": "Booked"}
        return self._appointed(site, appointment, "appointment.unconfirmed", fields)

    def arrive_appointment(self, site: int, appointment: int) -> Appointment:
        """Let a client arrive for an appointment."""
        fields = {"arrived": True, "status": "Arrived"}
        return self._appointed(site, appointment, "appointment.arrived", fields)

    def move_appointment(self, site: int, appointment: int, hours: float = 24.0) -> Appointment:
        """Move an appointment to another time."""
        row = self._open_appointment(self.world.studio(site), appointment)
        by = timedelta(hours=hours)
        fields = {"starts": row.starts + by, "ends": row.ends + by}
        return self._appointed(site, appointment, "appointment.moved", fields)

    def cancel_appointment(self, site: int, appointment: int, *, late: bool = False) -> Appointment:
        """Cancel an appointment."""
        studio = self.world.studio(site)
        row = self._open_appointment(studio, appointment)
        self._change(studio, row, status="LateCancelled" if late else "Cancelled")
        how = self.world.options.webhook_appointment_cancel
        told = []
        if how != "cancelled":
            told.append(
                (
                    "appointmentBooking.updated",
                    payloads.appointment(studio, row, self.world.options),
                )
            )
        if how != "updated":
            told.append(("appointmentBooking.cancelled", payloads.appointment_gone(studio, row)))
        self._note("appointment.cancelled", studio, row.id, {"client": row.client}, *told)
        return row

    def _appointed(
        self, site: int, identity: int, kind: str, fields: dict[str, Any]
    ) -> Appointment:
        studio = self.world.studio(site)
        row = self._open_appointment(studio, identity)
        self._change(studio, row, **fields)
        self._appointment(kind, studio, row, "appointmentBooking.updated")
        return row

    def _open_appointment(self, studio: Studio, identity: int) -> Appointment:
        row = studio.appointments.find(identity)
        if row is None:
            raise unknown("appointment")
        if row.cancelled:
            raise Refusal(400, "The appointment was cancelled.", code="ValidationFailed")
        return row

    def _change(self, studio: Studio, row: Appointment, **fields: Any) -> None:
        studio.appointments.change(row, **fields, modified=self.world.clock.now)

    def _appointment(self, kind: str, studio: Studio, row: Appointment, event: str) -> None:
        options, now = self.world.options, self.world.clock.now
        facts = {"client": row.client, "confirmed": row.confirmed, "arrived": row.arrived}
        told = [(event, payloads.appointment(studio, row, options))]
        if options.webhook_arrivals and kind == "appointment.arrived":
            told.append((ARRIVAL, payloads.arrival(studio, row, now)))
        self._note(kind, studio, row.id, facts, *told)

    # -- classes --------------------------------------------------------------------------

    def book_class(
        self, site: int, client: int, course: int, *, waiting: int | None = None, web: bool = True
    ) -> Visit:
        """Take a place in a class; *waiting* is the place in its waiting list that led to it."""
        studio, now = self.world.studio(site), self.world.clock.now
        who, taken = self.client(studio, client), self._course(studio, course)
        if waiting is not None:
            self.leave_waitlist(site, waiting, tell=False)
        held = next((p for p in studio.passes.having("client", who.id) if p.remaining), None)
        row = Visit(
            id=studio.visits.draw(),
            course=taken.id,
            client=who.id,
            starts=taken.starts,
            booked=now,
            modified=now,
            web=web,
            from_waitlist=waiting is not None,
            paid_by=held.id if held else None,
        )
        studio.visits.add(row)
        if held:
            studio.passes.change(held, used=held.used + 1)
        self._count(studio, taken, booked=1, web_booked=int(web))
        if who.first_class is None:
            studio.clients.change(who, first_class=row.starts, modified=now)
        told = payloads.booking(studio, row, self.world.options, now)
        facts = self._visit_facts(row)
        self._note("class.booked", studio, row.id, facts, ("classRosterBooking.created", told))
        return row

    def sign_in(self, site: int, visit: int) -> Visit:
        """Sign a client in to a class."""
        return self._sign(site, visit, signed_in=True)

    def sign_out(self, site: int, visit: int) -> Visit:
        """Take a sign-in back: somebody clicked on the wrong line."""
        return self._sign(site, visit, signed_in=False)

    def miss_class(self, site: int, visit: int) -> Visit:
        """Note that somebody did not come to a class."""
        studio = self.world.studio(site)
        row = self._visit(studio, visit)
        studio.visits.change(row, missed=True, signed_in=False, modified=self.world.clock.now)
        self._status("class.missed", studio, row, self.world.options.webhook_missed)
        return row

    def _sign(self, site: int, visit: int, *, signed_in: bool) -> Visit:
        studio = self.world.studio(site)
        row = self._visit(studio, visit)
        change = int(signed_in) - int(row.signed_in)
        studio.visits.change(row, signed_in=signed_in, modified=self.world.clock.now)
        self._count(studio, self._course(studio, row.course), signed_in=change)
        word = "SignedIn" if signed_in else self.world.options.webhook_absent
        self._status("class.signed_in" if signed_in else "class.signed_out", studio, row, word)
        return row

    def late_cancel(self, site: int, visit: int) -> Visit:
        """Cancel a place so late that it counts."""
        studio = self.world.studio(site)
        row = self._visit(studio, visit)
        change = {"late_cancelled": True, "signed_in": False}
        studio.visits.change(row, **change, modified=self.world.clock.now)
        self._count(studio, self._course(studio, row.course), booked=-1)
        self._status("class.late_cancelled", studio, row, "LateCancelled")
        return row

    def early_cancel(self, site: int, visit: int) -> Visit:
        """Cancel a place in time: it is as if it had never been taken."""
        studio = self.world.studio(site)
        row = self._visit(studio, visit)
        how, told = self.world.options.webhook_early_cancel, []
        if how != "cancelled":
            data = payloads.status(studio, row, "EarlyCancelled")
            told.append(("classRosterBookingStatus.updated", data))
        if how != "status":
            told.append(("classRosterBooking.cancelled", payloads.booking_gone(studio, row)))
        studio.visits.remove(row)
        held = studio.passes.find(row.paid_by)
        if held:
            studio.passes.change(held, used=max(0, held.used - 1))
        self._count(studio, self._course(studio, row.course), booked=-1)
        facts = self._visit_facts(row)
        self._note("class.early_cancelled", studio, row.id, facts, *told)
        return row

    def cancel_class(self, site: int, course: int) -> Course:
        """Let the studio cancel a class; whoever has a place is told nothing here."""
        studio = self.world.studio(site)
        row = self._course(studio, course)
        studio.courses.change(row, cancelled=True, modified=self.world.clock.now)
        told = ("class.updated", payloads.class_changed(studio, row))
        self._note("class.cancelled", studio, row.id, {}, told)
        return row

    def join_waitlist(self, site: int, client: int, course: int, *, web: bool = True) -> Waiting:
        """Wait for a place in a class."""
        studio, now = self.world.studio(site), self.world.clock.now
        who, awaited = self.client(studio, client), self._course(studio, course)
        row = Waiting(studio.waitings.draw(), awaited.id, who.id, awaited.schedule, now, web)
        studio.waitings.add(row)
        self._count(studio, awaited, waiting=1)
        facts = {"client": who.id, "class": awaited.id}
        told = ("classWaitlistRequest.created", payloads.waiting(studio, row, now))
        self._note("waitlist.joined", studio, row.id, facts, told)
        return row

    def leave_waitlist(self, site: int, waiting: int, *, tell: bool = True) -> Waiting:
        """Wait no more."""
        studio = self.world.studio(site)
        row = studio.waitings.find(waiting)
        if row is None:
            raise unknown("waiting list entry")
        studio.waitings.remove(row)
        self._count(studio, self._course(studio, row.course), waiting=-1)
        told = [("classWaitlistRequest.cancelled", payloads.waiting_gone(studio, row))]
        facts = {"client": row.client, "class": row.course}
        self._note("waitlist.left", studio, row.id, facts, *(told if tell else []))
        return row

    def _course(self, studio: Studio, identity: int) -> Course:
        found = studio.courses.find(identity)
        if found is None:
            raise unknown("class")
        return found

    def _visit(self, studio: Studio, identity: int) -> Visit:
        row = studio.visits.find(identity)
        if row is None:
            raise unknown("visit")
        if row.late_cancelled:
            raise Refusal(400, "The visit was cancelled.", code="ValidationFailed")
        return row

    def _count(self, studio: Studio, row: Course, **more: int) -> None:
        counts = {name: max(0, getattr(row, name) + by) for name, by in more.items()}
        studio.courses.change(row, **counts, modified=self.world.clock.now)

    def _visit_facts(self, row: Visit) -> dict[str, Any]:
        return {"client": row.client, "class": row.course, "from_waitlist": row.from_waitlist}

    def _status(self, kind: str, studio: Studio, row: Visit, word: str) -> None:
        told = ("classRosterBookingStatus.updated", payloads.status(studio, row, word))
        self._note(kind, studio, row.id, self._visit_facts(row), told)


#: Every move that can be asked for by its name.
MOVES = tuple(
    name
    for name in (*vars(ClientMoves), *vars(Moves))
    if not name.startswith("_") and name != "client"
)
