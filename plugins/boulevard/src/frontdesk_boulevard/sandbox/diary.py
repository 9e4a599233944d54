"""The appointments: when they were made, when they are, and what became of them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Final

import attrs

from frontdesk.sandbox.chance import DAY, covering, happens, pick, spread
from frontdesk_boulevard.sandbox import ids, names
from frontdesk_boulevard.sandbox.clock import moment
from frontdesk_boulevard.sandbox.house_rows import Service, Staff
from frontdesk_boulevard.sandbox.houses import House
from frontdesk_boulevard.sandbox.rows import (
    Appointment,
    AppointmentCancellation,
    AppointmentService,
)

#: Days of the past that appointments are drawn from, and of the future.
PAST: Final = 900
FUTURE: Final = 60
STATES: Final = ("BOOKED", "CONFIRMED", "ARRIVED", "ACTIVE", "FINAL", "CANCELLED")
REASONS: Final = {
    "CLIENT_CANCEL": 40,
    "CLIENT_LATE_CANCEL": 14,
    "NO_SHOW": 16,
    "STAFF_CANCEL": 12,
    "MISTAKE": 6,
    "MERGED": 4,
    "VOIDED": 4,
    "OFFBOARDED": 4,
}
#: What became of an appointment: of the past, of today, of the future.
_KINDS: Final = {
    "final": 70,
    "cancelled": 12,
    "booked": 9,
    "confirmed": 4,
    "arrived": 1,
    "active": 1,
    "called_off": 3,
    "forgotten": 1,
}
_NOW: Final = {"arrived": "ARRIVED", "active": "ACTIVE"}
_AHEAD: Final = {"booked": "BOOKED", "confirmed": "CONFIRMED", "called_off": "CANCELLED"}
_BOOKERS: Final = spread({"CLIENT": 60, "STAFF": 40})


@attrs.frozen(kw_only=True)
class Plan:
    """An appointment before it is written down."""

    client: int
    #: The number of the location.
    place: int
    created: float
    start: datetime
    state: str
    #: When it was called off.
    cancelled: float | None = None


def draw(rng: Random, house: House, *, count: int, clients: int, now: datetime) -> list[Plan]:
    """Draw the first appointments, in the order in which they were made."""
    kinds = covering(rng, _KINDS, count)
    # Who comes once comes again: a few clients make many of the appointments.
    plans = [_draw(rng, house, kind, int(rng.random() ** 1.6 * clients), now) for kind in kinds]
    return sorted(plans, key=lambda plan: plan.created)


def _draw(rng: Random, house: House, kind: str, client: int, now: datetime) -> Plan:
    place = int(rng.random() * len(house.locations))
    today = now.timestamp()
    if kind in _NOW:
        start = quarter(now - timedelta(minutes=15 + int(rng.random() * 60)))
        state = _NOW[kind]
    else:
        ahead = kind in _AHEAD
        days = 1 + int(rng.random() * (FUTURE if ahead else PAST))
        start = _opening(rng, house, place, now + timedelta(days=days if ahead else -days))
        state = _AHEAD.get(kind) or {"final": "FINAL", "cancelled": "CANCELLED"}.get(kind, "BOOKED")
    begins = start.timestamp()
    created = min(begins, today) - 600 - rng.random() ** 2 * 45 * DAY
    cancelled = None
    if state == "CANCELLED":
        cancelled = created + rng.random() * (min(begins, today) - 60 - created)
    return Plan(
        client=client, place=place, created=created, start=start, state=state, cancelled=cancelled
    )


def _opening(rng: Random, house: House, place: int, day: datetime) -> datetime:
    """Draw a time between nine and six at the location."""
    zone = house.zones[place]
    wall = time(9 + int(rng.random() * 9), 15 * int(rng.random() * 4))
    return datetime.combine(day.astimezone(zone).date(), wall, zone).astimezone(UTC)


def quarter(at: datetime) -> datetime:
    """Go back to the quarter of an hour."""
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)


class Desk:
    """Writes appointments down."""

    def __init__(self, rng: Random, house: House) -> None:
        self._rng = rng
        self._house = house
        self._main = [service for service in house.services if not service.addon]
        self._addons = [service for service in house.services if service.addon]

    def book(self, plan: Plan, client_id: str, tag_ids: tuple[str, ...] = ()) -> Appointment:
        """Write one appointment down."""
        rng, number = self._rng, int(self._rng.random() * 1_000)
        services = self._services(plan)
        place = self._house.locations[plan.place]
        minutes = sum(service.duration for service in services)
        identity = ids.new(rng, "Appointment")
        return Appointment(
            id=identity,
            client_id=client_id,
            location_id=place.id,
            state=plan.state,
            created_at=moment(plan.created),
            start_at=plan.start,
            end_at=services[-1].end_at,
            # What people set by hand is not always what the clock says.
            duration=max(15, minutes - 15) if number % 40 == 0 else minutes,
            booked_by_type=pick(rng, _BOOKERS),
            appointment_services=services,
            cancellation=None if plan.cancelled is None else self._cancelled(plan.cancelled),
            is_recurring=number % 15 == 0,
            is_grouped_appointment=number % 25 == 0,
            is_remote=place.is_remote,
            notes=f"{names.CANARY}: {pick(rng, names.NOTES)}" if number % 4 == 0 else "",
            client_message=f"{names.CANARY}: {pick(rng, names.NOTES)}" if number % 6 == 0 else None,
            manage_url=f"https://spa.example.com/manage/{names.CANARY}/{ids.bare(identity)}",
            tag_ids=tag_ids or self._tags(),
        )

    def _tags(self) -> tuple[str, ...]:
        if happens(self._rng, 0.85):
            return ()
        return (pick(self._rng, self._house.tags).id,)

    def _services(self, plan: Plan) -> tuple[AppointmentService, ...]:
        rng = self._rng
        crew = self._house.crews[plan.place] or self._house.staff
        main, worker = pick(rng, self._main), pick(rng, crew)
        first = self._service(main, worker, plan.start, 0, None)
        found = [first]
        if happens(rng, 0.3):
            addon = pick(rng, self._addons)
            # An add-on is mostly done by the same person.
            again = worker if happens(rng, 0.7) else pick(rng, crew)
            found.append(self._service(addon, again, first.end_at, first.duration, first.id))
        return tuple(found)

    def _service(
        self, service: Service, worker: Staff, start: datetime, offset: int, base: str | None
    ) -> AppointmentService:
        return AppointmentService(
            id=ids.new(self._rng, "AppointmentService"),
            service_id=service.id,
            staff_id=worker.id,
            start_at=start,
            end_at=start + timedelta(minutes=service.default_duration),
            start_time_offset=offset,
            duration=service.default_duration,
            price=service.default_price,
            staff_requested=happens(self._rng, 0.3),
            base_appointment_service_id=base,
        )

    def _cancelled(self, at: float) -> AppointmentCancellation:
        return self.cancellation(
            moment(at), self._rng.choices(list(REASONS), list(REASONS.values()))[0]
        )

    def cancellation(self, at: datetime, reason: str) -> AppointmentCancellation:
        """Say when and why an appointment was called off."""
        notes = f"{names.CANARY}: called at noon" if happens(self._rng, 0.3) else None
        return AppointmentCancellation(cancelled_at=at, reason=reason, notes=notes)
