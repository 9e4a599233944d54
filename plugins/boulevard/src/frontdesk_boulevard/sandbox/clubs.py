"""The memberships: running, paused, past due, cancelled, and those whose end is already set."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import Final

import attrs

from frontdesk.sandbox.chance import covering, happens, pick
from frontdesk_boulevard.sandbox import ids, names
from frontdesk_boulevard.sandbox.houses import House
from frontdesk_boulevard.sandbox.rows import Membership, MembershipVoucher

KINDS: Final = {
    "active": 55,
    "cancelled": 20,
    "paused": 8,
    "past_due": 6,
    "ending": 6,
    "unpaid": 3,
    "lapsed": 2,
}
MONTHS: Final = {"P1M": 1, "P3M": 3, "P1Y": 12}
REASONS: Final = (
    "CLIENT_REQUESTED", "CLIENT_REQUESTED_MOVING", "CLIENT_REQUESTED_FINANCIAL", "PAYMENT_FAILED",
    "OTHER",
)  # fmt: skip


def later(day: str, months: int) -> str:
    """Count months on from a day, or back, which never falls out of a month."""
    start = date.fromisoformat(day)
    years, month = divmod(start.month - 1 + months, 12)
    return date(start.year + years, month + 1, min(start.day, 28)).isoformat()


def ahead(day: str, days: int) -> str:
    """Count days on from a day, or back."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


@attrs.frozen
class Club:
    """Makes memberships."""

    rng: Random
    house: House

    def today(self, location_id: str, now: datetime) -> str:
        """Tell the day it is at a location."""
        return now.astimezone(self.house.zone(location_id)).date().isoformat()

    def build(self, clients: list[str], count: int, now: datetime) -> list[Membership]:
        """Make the first memberships."""
        found = [
            self._grown(self.join(pick(self.rng, clients), now), kind, now)
            for kind in covering(self.rng, KINDS, count)
        ]
        return sorted(found, key=lambda one: (one.start_on, one.id))

    def join(self, client_id: str, now: datetime) -> Membership:
        """Start a membership today."""
        rng = self.rng
        number = int(rng.random() * len(self.house.plans))
        plan, (_, _, _, quantity, services) = self.house.plans[number], names.PLANS[number]
        location = pick(rng, self.house.locations).id
        day = self.today(location, now)
        end = later(day, MONTHS[plan.interval])
        gives = tuple(self.house.services[one].id for one in services)
        return Membership(
            id=ids.new(rng, "Membership"),
            client_id=client_id,
            location_id=location,
            product_id=plan.id,
            name=plan.name,
            status="ACTIVE",
            start_on=day,
            end_on=end,
            next_charge_date=end,
            interval=plan.interval,
            term_number=1,
            unit_price=plan.unit_price,
            vouchers=(MembershipVoucher(quantity, gives),) if happens(rng, 0.9) else (),
        )

    def _grown(self, membership: Membership, kind: str, now: datetime) -> Membership:
        """Let a membership have begun some terms ago, and be what it is now."""
        rng, months = self.rng, MONTHS[membership.interval]
        terms = 1 + int(rng.random() * max(1, 24 // months))
        today = self.today(membership.location_id, now)
        membership.term_number = terms
        membership.end_on = ahead(today, 1 + int(rng.random() * 20))
        membership.start_on = later(membership.end_on, -months * terms)
        membership.next_charge_date = membership.end_on
        if kind in {"cancelled", "unpaid", "lapsed"}:
            self._ended(membership, kind, today)
        elif kind == "paused":
            membership.status, membership.unpause_on = (
                "PAUSED",
                ahead(today, 5 + int(rng.random() * 40)),
            )
            membership.next_charge_date, membership.status_reason = None, "CLIENT_REQUESTED_TRAVEL"
        elif kind == "past_due":
            membership.status = "PAST_DUE"
        elif kind == "ending":
            membership.cancel_on, membership.next_charge_date = membership.end_on, None
            membership.status_reason = pick(rng, REASONS[:3])
        return membership

    def _ended(self, membership: Membership, kind: str, today: str) -> None:
        started = date.fromisoformat(membership.start_on)
        days = (date.fromisoformat(today) - started).days
        membership.status, membership.next_charge_date = "CANCELLED", None
        # Some ended without anybody having said when.
        if kind != "lapsed":
            membership.cancel_on = ahead(membership.start_on, int(self.rng.random() * max(days, 1)))
        membership.status_reason = "PAYMENT_FAILED" if kind == "unpaid" else pick(self.rng, REASONS)
        if membership.status_reason == "OTHER":
            membership.status_reason_custom = f"{names.CANARY} moved in with the competition"
        # The last term it paid for may end later than it was called off.
        membership.end_on = min(membership.end_on, ahead(today, 0))
