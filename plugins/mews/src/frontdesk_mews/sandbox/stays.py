"""Reservations, the groups they were made in and the guests who come along."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

import msgspec

from frontdesk.sandbox.chance import DAY, happens, moment, pick, spread, uuid
from frontdesk_mews.sandbox import names
from frontdesk_mews.sandbox.house_rows import Company
from frontdesk_mews.sandbox.houses import House
from frontdesk_mews.sandbox.plans import Plan, local
from frontdesk_mews.sandbox.rows import Checkin, Companionship, Group, Reservation

ORIGINS: Final = spread(
    {
        ("Distributor", None): 30,
        ("ChannelManager", None): 32,
        ("Commander", "InPerson"): 6,
        ("Commander", "Phone"): 8,
        ("Commander", "Email"): 8,
        ("Commander", "Website"): 3,
        ("Commander", "Message"): 2,
        ("Commander", "CallCenter"): 2,
        ("Commander", "Channel"): 2,
        # Younger than the other values; connectors met it without notice.
        ("Commander", "RoomingList"): 1,
        ("Import", None): 2,
        ("Connector", None): 3,
        ("Navigator", None): 1,
    }
)
REASONS: Final = spread(
    {
        "RequestedByGuest": 40,
        "NoShow": 10,
        "BookedElsewhere": 8,
        "PriceTooHigh": 5,
        "ConfirmationMissed": 5,
        "InvalidPayment": 8,
        "TravelAgency": 10,
        "ForceMajeure": 2,
        "GuestComplaint": 1,
        "ServiceNotAvailable": 1,
        "InputError": 2,
        "Update": 2,
        "BookingAbandoned": 4,
        "RequestedByBooker": 1,
        "Other": 1,
    }
)
_PURPOSES: Final = spread({"Leisure": 50, "Business": 20, "Student": 2, None: 28})
_CHECKINS: Final = (
    Checkin(owner_checked_in=True, all_companions_checked_in=True, any_companion_checked_in=True),
    Checkin(owner_checked_in=True),
    Checkin(owner_checked_in=True, any_companion_checked_in=True, connector_check_in=True),
    Checkin(any_companion_checked_in=True),
)
_NOBODY: Final = Checkin()
#: Infants were a category of their own until this long ago.
_INFANTS_UNTIL: Final = 400 * DAY


class Stay(msgspec.Struct, gc=False):
    """A reservation with what was made together with it."""

    reservation: Reservation
    group: Group
    companionships: tuple[Companionship, ...]
    mask: int
    created: float
    updated: float


class Desk:
    """Takes bookings: turns plans into reservations."""

    def __init__(self, rng: Random, houses: Sequence[House], companies: Sequence[Company]) -> None:
        self._rng = rng
        self._houses = houses
        self._partners = [company.id for company in companies if not company.iata]
        self._agencies = [company.id for company in companies if company.iata]
        #: The instant up to which stays have a past; it follows the world's clock.
        self.now = 0.0

    def book(self, plan: Plan, number: int, guests: Sequence[str], group: Group | None) -> Stay:
        """Make the reservation of a plan; *guests* are the ids of its numbered people."""
        house = self._houses[plan.house]
        row = self._reservation(plan, house, number, guests)
        together = group if group and plan.joined else self._group(house, row)
        row.group_id = together.id
        updated = self._history(plan, house, row)
        row.updated_utc = moment(updated)
        return Stay(
            row,
            together,
            self._companionships(plan, row, guests),
            house.mask,
            plan.created,
            updated,
        )

    def _reservation(
        self, plan: Plan, house: House, number: int, guests: Sequence[str]
    ) -> Reservation:
        rng = self._rng
        service = house.services[0 if happens(rng, 0.95) else 1]
        origin, commander = pick(rng, ORIGINS)
        start, end = local(house.zone, plan.day, 15), local(house.zone, plan.day + plan.nights, 11)
        begins, ends, created = moment(start), moment(end), moment(plan.created)
        row = Reservation(
            id=uuid(rng),
            service_id=service.id,
            account_id=guests[0],
            account_type="Customer",
            creator_profile_id=house.staff[0],
            updater_profile_id=house.staff[1],
            number=str(number),
            state=plan.state,
            origin=origin,
            commander_origin=commander,
            created_utc=created,
            updated_utc=created,
            options=_NOBODY,
            rate_id=pick(rng, house.rates),
            group_id="",
            requested_resource_category_id=pick(rng, house.categories),
            assigned_resource_id=pick(rng, house.rooms) if happens(rng, 0.8) else None,
            start_utc=begins,
            end_utc=ends,
            scheduled_start_utc=begins,
            scheduled_end_utc=ends,
            purpose=pick(rng, _PURPOSES),
            person_counts=house.party(service.id, self._party(plan)),
        )
        self._sale(plan, house, row, guests)
        return row

    def _sale(self, plan: Plan, house: House, row: Reservation, guests: Sequence[str]) -> None:
        """Say by whom and through whom the stay was sold."""
        rng = self._rng
        if plan.booker is not None:
            row.booker_id = guests[-1]
        if plan.company:
            row.account_type, row.account_id = "Company", pick(rng, self._partners)
            if row.booker_id is None and not plan.companions:
                row.booker_id = guests[0]
        if row.origin == "ChannelManager":
            row.travel_agency_id = pick(rng, self._agencies) if happens(rng, 0.8) else None
            row.channel_number = f"CH{rng.getrandbits(32):08X}"
        elif happens(rng, 0.06):
            row.partner_company_id = pick(rng, self._partners)
        if happens(rng, 0.05) and row.service_id == house.services[0].id:
            row.voucher_id = pick(rng, house.vouchers).id
        # An option nobody took up in time was cancelled when it was released.
        lapsed = plan.state == "Canceled" and happens(rng, 0.1)
        if plan.state == "Optional" or lapsed:
            row.released_utc = moment(plan.created + 7 * DAY)

    def _party(self, plan: Plan) -> tuple[int, int, int]:
        adults = 1 + len(plan.companions) + (happens(self._rng, 0.4))
        children = 1 + int(self._rng.random() * 2) if happens(self._rng, 0.15) else 0
        infants = plan.created < self.now - _INFANTS_UNTIL and happens(self._rng, 0.05)
        return adults, children, int(infants)

    def _group(self, house: House, row: Reservation) -> Group:
        rng = self._rng
        group = Group(id=uuid(rng), enterprise_id=house.enterprise.id)
        if happens(rng, 0.4):
            group.name = f"{pick(rng, names.LAST)[0]} {pick(rng, names.GROUPS)}"
        if row.channel_number:
            group.channel_manager = "SiteMinder"
            group.channel_manager_group_number = row.channel_number
        return group

    def _companionships(
        self, plan: Plan, row: Reservation, guests: Sequence[str]
    ) -> tuple[Companionship, ...]:
        return tuple(
            Companionship(
                id=uuid(self._rng),
                customer_id=guest,
                reservation_group_id=row.group_id,
                reservation_id=row.id,
            )
            for guest in guests[1 : 1 + len(plan.companions)]
        )

    def _history(self, plan: Plan, house: House, row: Reservation) -> float:
        """Give a stay the times its state implies; return when it last changed."""
        rng, now, created = self._rng, self.now, plan.created
        start, end = local(house.zone, plan.day, 15), local(house.zone, plan.day + plan.nights, 11)
        if plan.state in {"Started", "Processed"}:
            # Guests come up to two hours early, or at night.
            arrived = max(created + 1, min(now - 1, start + (rng.random() * 8 - 2) * 3600))
            row.actual_start_utc = row.start_utc = moment(arrived)
            row.options = pick(rng, _CHECKINS)
            if plan.state == "Started":
                return arrived
            left = max(arrived + 1, end + (rng.random() * 3 - 2) * 3600)
            row.actual_end_utc = row.end_utc = moment(left)
            return min(now, left + rng.random() ** 4 * 2 * DAY)
        latest = min(now, start)
        changed = created + rng.random() ** 2 * (latest - created)
        if plan.state == "Canceled":
            row.cancelled_utc = moment(changed)
            row.cancellation_reason = pick(rng, REASONS)
        return changed
