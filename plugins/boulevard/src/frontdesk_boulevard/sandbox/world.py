"""The emulated world: a business, its guests and visits, and a clock."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Final

from frontdesk.sandbox.chance import DAY, happens, uuid
from frontdesk_boulevard.sandbox import diary, houses
from frontdesk_boulevard.sandbox.clients import Registry
from frontdesk_boulevard.sandbox.clock import Clock
from frontdesk_boulevard.sandbox.clubs import Club
from frontdesk_boulevard.sandbox.diary import Desk, Plan
from frontdesk_boulevard.sandbox.house_rows import (
    Location,
    MembershipPlan,
    Permission,
    Product,
    Service,
    ServiceCategory,
    Staff,
    Tag,
)
from frontdesk_boulevard.sandbox.journal import Facts, Journal
from frontdesk_boulevard.sandbox.options import Options
from frontdesk_boulevard.sandbox.order_rows import Order, OrderRefund
from frontdesk_boulevard.sandbox.refunds import refund
from frontdesk_boulevard.sandbox.rows import Appointment, Client, Membership
from frontdesk_boulevard.sandbox.tables import Table
from frontdesk_boulevard.sandbox.tills import Till

#: Every so many-th order without a visit was never paid.
_LEFT_OPEN: Final = 12


class World:
    """All rows, and the people who make new ones."""

    def __init__(self, options: Options) -> None:
        rng = Random(options.seed)
        self.options = options
        self.clock = Clock(options.now)
        self.journal = Journal()
        #: Counts changes, so that whoever remembers an answer knows that it is stale.
        self.version = 0
        now = self.clock.now
        self.house = houses.build(rng, options.locations, now, zoneless=options.zoneless)
        self.business = self.house.business
        self.application_id = uuid(rng)
        self.registry = Registry(
            rng, self.house.tags, wished=options.marketing_default, shared=options.shared_emails
        )
        self.desk = Desk(rng, self.house)
        self.till = Till(rng, self.house, group_is_appointment=options.group_is_appointment)
        self.club = Club(rng, self.house)
        self.rng = rng
        self._furnish()
        self._populate(options, now)

    def _furnish(self) -> None:
        house = self.house
        self.locations: Table[Location] = Table(house.locations)
        self.staff: Table[Staff] = Table(house.staff)
        self.services: Table[Service] = Table(house.services)
        self.categories: Table[ServiceCategory] = Table(
            {service.category.id: service.category for service in house.services}.values()
        )
        self.products: Table[Product] = Table(house.products)
        self.plans: Table[MembershipPlan] = Table(house.plans)
        self.tags: Table[Tag] = Table(house.tags)
        self.permissions: Table[Permission] = Table(house.permissions)

    def _populate(self, options: Options, now: datetime) -> None:
        rng, count = self.rng, options.guests
        drawn = diary.draw(rng, self.house, count=options.appointments, clients=count, now=now)
        today = now.timestamp()
        earliest = [today - rng.random() * diary.PAST * DAY - 60 for _ in range(count)]
        for plan in drawn:
            earliest[plan.client] = min(earliest[plan.client], plan.created)
        made = self.registry.build(earliest, today)
        booked = [self.desk.book(plan, made[plan.client].id) for plan in drawn]
        orders = self._sell(made, drawn, booked, today)
        members = self.club.build([one.id for one in made], options.members, now)
        self.clients: Table[Client] = Table(sorted(made, key=lambda one: one.created_at))
        self.appointments: Table[Appointment] = Table(booked)
        self.orders: Table[Order] = Table(sorted(orders, key=lambda one: one.created_at))
        self.memberships: Table[Membership] = Table(members)
        self.refunds: Table[OrderRefund] = Table(one for row in orders for one in row.refunds)

    def _sell(
        self, clients: list[Client], drawn: list[Plan], booked: list[Appointment], today: float
    ) -> list[Order]:
        """Write the orders of past and present visits, and some without a visit."""
        rng, found = self.rng, list[Order]()
        closed: float | None
        for plan, appointment in zip(drawn, booked, strict=True):
            end = appointment.end_at.timestamp()
            client = clients[plan.client]
            if appointment.state in {"ARRIVED", "ACTIVE"}:
                found.append(self.till.visit(appointment, client, today - 300, None))
            # Some visits are over and were never paid here.
            elif appointment.state == "FINAL" and happens(rng, 0.95):
                closed = min(end + rng.random() * 1_200, today - 1)
                found.append(self.till.visit(appointment, client, closed - 400, closed))
        for number in range(len(drawn) // 10):
            created = today - 900 - rng.random() * diary.PAST * DAY
            buyer = None if number % 3 == 0 else clients[int(rng.random() * len(clients))]
            closed = created + 300 if (number + 1) % _LEFT_OPEN else None
            place = int(rng.random() * len(self.house.locations))
            found.append(self.till.walk_in(place, buyer, created, closed))
        for order in found:
            if order.closed_at and happens(rng, 0.05):
                at = order.closed_at.timestamp() + rng.random() * 20 * DAY
                refund(rng, order, min(at, today))
        return found

    @property
    def now(self) -> datetime:
        """Tell the server's time."""
        return self.clock.now

    def visits(self, client_id: str) -> list[Appointment]:
        """List the appointments of a client."""
        rows = self.appointments.rows
        return [rows[number] for number in self.appointments.having("client_id", client_id)]

    def note(
        self, kind: str, identity: str, before: Facts | None = None, after: Facts | None = None
    ) -> None:
        """Write an action down: from now on everybody sees it."""
        self.version += 1
        self.journal.write(self.now, kind, identity, (before or {}, after or {}))
