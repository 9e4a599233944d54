"""The emulated world: its properties, guests and stays, and a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from random import Random
from typing import Any

from frontdesk.sandbox.clock import ServerClock
from frontdesk_mews.sandbox import firms, houses, plans
from frontdesk_mews.sandbox.guests import Profile, Registry
from frontdesk_mews.sandbox.house_rows import (
    AgeCategory,
    Company,
    Enterprise,
    Service,
    Voucher,
    VoucherCode,
)
from frontdesk_mews.sandbox.journal import Facts, Journal
from frontdesk_mews.sandbox.ledger import Ledger
from frontdesk_mews.sandbox.options import Options
from frontdesk_mews.sandbox.plans import Plan
from frontdesk_mews.sandbox.rows import Address, Companionship, Customer, Group, Reservation, Row
from frontdesk_mews.sandbox.stays import Desk, Stay
from frontdesk_mews.sandbox.tables import Table


class World:
    """All rows, and the two people who make new ones."""

    def __init__(self, options: Options) -> None:
        rng = Random(options.seed)
        self.clock = ServerClock(options.now)
        self.journal = Journal()
        #: Counts changes, so that whoever remembers an answer knows that it is stale.
        self.version = 0
        self.keep_cancelled = options.keep_cancelled
        now = self.clock.now
        self.houses = houses.build(rng, options.properties, now)
        self.chain = self.houses[0].enterprise.chain_id
        self._tables()
        self._furnish(rng, now)
        firm_rows = list(self.companies)
        self.registry = Registry(rng, self.houses, firm_rows)
        self.desk = Desk(rng, self.houses, firm_rows)
        self.desk.now = now.timestamp()
        self._populate(rng, options, now.timestamp())
        self.rng = rng

    def _tables(self) -> None:
        self.enterprises: Table[Enterprise] = Table()
        self.services: Table[Service] = Table()
        self.age_categories: Table[AgeCategory] = Table()
        self.vouchers: Table[Voucher] = Table()
        self.voucher_codes: Table[VoucherCode] = Table()
        self.companies: Table[Company] = Table()
        self.customers: Table[Customer] = Table()
        self.addresses: Table[Address] = Table()
        self.reservations: Table[Reservation] = Table()
        self.groups: Table[Group] = Table()
        self.companionships: Table[Companionship] = Table()

    def _furnish(self, rng: Random, now: datetime) -> None:
        self.everyone = (1 << len(self.houses)) - 1
        self.companies.fill(_dated(firms.build(rng, self.chain, now), self.everyone))
        self.enterprises.fill(e for h in self.houses for e in _dated([h.enterprise], h.mask))
        self.services.fill(e for h in self.houses for e in _dated(h.services, h.mask))
        self.age_categories.fill(
            e for h in self.houses for ages in h.ages.values() for e in _dated(ages, h.mask)
        )
        self.vouchers.fill(e for h in self.houses for e in _dated(h.vouchers, h.mask))
        self.voucher_codes.fill(e for h in self.houses for e in _dated(h.codes, h.mask))
        #: The property of each service.
        self.sellers = {s.id: house for house in self.houses for s in house.services}

    def _populate(self, rng: Random, options: Options, now: float) -> None:
        guests = options.guests
        drawn = plans.draw(rng, self.houses, count=options.reservations, guests=guests, now=now)
        profiles = self._profiles(drawn, guests, now)
        ids = [profile.customer.id for profile in profiles]
        stays = list(self._book(drawn, ids))
        self.reservations.fill((s.created, s.updated, s.mask, s.reservation) for s in stays)
        self.groups.fill(_groups(stays))
        self.companionships.fill(
            (s.created, s.updated, s.mask, row) for s in stays for row in s.companionships
        )
        self.customers.fill((p.created, p.updated, p.mask, p.customer) for p in profiles)
        self.addresses.fill(
            (p.updated, p.updated, p.mask, p.address) for p in profiles if p.address
        )
        self.ledger = Ledger(self.reservations, self.sellers, options.seed)

    def _profiles(self, drawn: list[Plan], guests: int, now: float) -> list[Profile]:
        earliest, masks = [now] * guests, [0] * guests
        for plan in drawn:
            for guest in plan.guests:
                masks[guest] |= self.houses[plan.house].mask
                earliest[guest] = min(earliest[guest], plan.created)
        return self.registry.build(earliest, masks, now)

    def _book(self, drawn: list[Plan], ids: list[str]) -> Iterator[Stay]:
        group: Group | None = None
        for number, plan in enumerate(drawn, start=1):
            stay = self.desk.book(plan, number, [ids[guest] for guest in plan.guests], group)
            group = stay.group
            yield stay

    def table(self, name: str) -> Table[Any]:
        """Give a table by its name."""
        table: Table[Any] = getattr(self, name)
        return table

    def change(self, table: Table[Any], number: int, kind: str, **fields: object) -> None:
        """Change a row now and write it down."""
        self.version += 1
        row, mask = table.rows[number], table.masks[number]
        stay = isinstance(row, Reservation)
        before = row.facts() if stay else None
        table.change(number, self.clock.now, **fields)
        self.note(kind, row.id, mask, (before, row.facts() if stay else None))

    def add(self, table: Table[Any], row: Row, mask: int) -> int:
        """Add a row now."""
        self.version += 1
        return table.add(row, self.clock.now, mask)

    def forgotten(self) -> set[str]:
        """Name the reservations of guests who were deleted, by themselves or once merged."""
        customers = self.customers
        gone = {c.id for c in customers if not c.is_active and c.merge_target_id is None}
        while more := {c.id for c in customers if c.merge_target_id in gone} - gone:
            gone |= more
        named = {c.reservation_id for c in self.companionships if c.customer_id in gone}
        stays = {r.id for r in self.reservations if {r.account_id, r.booker_id} & gone}
        return stays | {one for one in named if one is not None}

    def introduce(self, number: int, mask: int) -> None:
        """Let further properties see a guest and the guest's address."""
        row = self.customers.rows[number]
        self.customers.masks[number] |= mask
        if (place := self.addresses.numbers.get(row.address_id or "")) is not None:
            self.addresses.masks[place] |= mask

    def note(
        self,
        kind: str,
        identity: str,
        mask: int,
        course: tuple[Facts | None, Facts | None] = (None, None),
    ) -> None:
        """Write an action down."""
        self.journal.write(self.clock.now, kind, identity, mask, course)


def _dated(rows: Iterable[Any], mask: int) -> Iterator[tuple[float, float, int, Any]]:
    for row in rows:
        yield row.created_utc.timestamp(), row.updated_utc.timestamp(), mask, row


def _groups(stays: list[Stay]) -> Iterator[tuple[float, float, int, Group]]:
    # The reservations of a group follow each other, the first made it.
    before: Stay | None = None
    for stay in stays:
        if before is None or before.group is not stay.group:
            yield stay.created, stay.updated, stay.mask, stay.group
        before = stay
