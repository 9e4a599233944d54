"""The emulated world: centers, guests, appointments and sales, and what is needed to find them."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from typing import Any, Final

import attrs

from frontdesk.sandbox.chance import uuid
from frontdesk.sandbox.timeline import Timeline
from frontdesk_zenoti.sandbox import centers, statuses
from frontdesk_zenoti.sandbox.clock import Clock
from frontdesk_zenoti.sandbox.journal import Action, Event, Journal
from frontdesk_zenoti.sandbox.options import Options
from frontdesk_zenoti.sandbox.rows import (
    Blockout,
    Card,
    Change,
    Group,
    Guest,
    Invoice,
    Item,
    Membership,
    Merge,
    Package,
    Redemption,
    Visit,
)
from frontdesk_zenoti.sandbox.sales import Shop
from frontdesk_zenoti.sandbox.tables import Table
from frontdesk_zenoti.sandbox.visits import Book

#: No group has more services: number and place share an index.
MOST: Final = 64


@attrs.define
class Index:
    """Where rows are found, by center or by guest."""

    #: By center: visits and block-outs by start, invoices by date, guests by change.
    schedule: defaultdict[int, Timeline] = attrs.field(factory=lambda: defaultdict(Timeline))
    blockouts: defaultdict[int, Timeline] = attrs.field(factory=lambda: defaultdict(Timeline))
    sales: defaultdict[int, Timeline] = attrs.field(factory=lambda: defaultdict(Timeline))
    updates: defaultdict[int, Timeline] = attrs.field(factory=lambda: defaultdict(Timeline))
    guests: defaultdict[int, list[int]] = attrs.field(factory=lambda: defaultdict(list))
    members: defaultdict[int, list[int]] = attrs.field(factory=lambda: defaultdict(list))
    #: By guest.
    groups: defaultdict[int, list[int]] = attrs.field(factory=lambda: defaultdict(list))
    memberships: defaultdict[int, list[int]] = attrs.field(factory=lambda: defaultdict(list))
    packages: defaultdict[int, list[int]] = attrs.field(factory=lambda: defaultdict(list))
    cards: defaultdict[int, list[int]] = attrs.field(factory=lambda: defaultdict(list))
    #: By id of an appointment: its group and its place in it.
    visits: dict[str, tuple[int, int]] = attrs.field(factory=dict[str, tuple[int, int]])
    #: By address and by digits of a phone.
    emails: defaultdict[str, list[int]] = attrs.field(factory=lambda: defaultdict(list))
    phones: defaultdict[str, list[int]] = attrs.field(factory=lambda: defaultdict(list))


class World:
    """All rows, and who makes new ones."""

    def __init__(self, options: Options) -> None:
        self.options = options
        rng = self.rng = Random(options.seed)
        self.organization = uuid(rng)
        self.clock = Clock(options.now)
        self.journal = Journal(self.organization.replace("-", ""))
        #: Counts changes, so that whoever remembers an answer knows that it is stale.
        self.version = 0
        self.catalog = centers.catalog(rng)
        self.centers = centers.build(rng, options.centers)
        self.center_numbers = {center.id: center.number for center in self.centers}
        self.book = Book(rng, self.centers, self.catalog)
        self.shop = Shop(rng, self.centers, self.catalog, self.book)
        self.guests: Table[Guest] = Table()
        self.groups: Table[Group] = Table()
        self.invoices: Table[Invoice] = Table()
        self.memberships: Table[Membership] = Table()
        self.packages: Table[Package] = Table()
        self.cards: Table[Card] = Table()
        self.blockouts: list[Blockout] = []
        self.merges: list[Merge] = []
        self.changes: list[Change] = []
        self.index = Index()

    # --- what joins ------------------------------------------------------------------------

    def take_guest(self, guest: Guest) -> int:
        """Take in a guest who is no news."""
        number = self.guests.add(guest)
        self.index.guests[guest.center].append(number)
        self._name(number)
        return number

    def _name(self, number: int) -> None:
        guest = self.guests.rows[number]
        for index, value in (
            (self.index.emails, guest.email.lower()),
            (self.index.phones, guest.phone),
        ):
            if value and number not in index[value]:
                index[value].append(number)

    def add_guest(self, guest: Guest) -> int:
        """Take a new guest in."""
        self.version += 1
        number = self.take_guest(guest)
        self.index.updates[guest.center].insert(guest.updated, number)
        return number

    def touch(self, number: int, **fields: Any) -> Guest:
        """Change a guest, now."""
        self.version += 1
        guest = self.guests.rows[number]
        timeline = self.index.updates[guest.center]
        timeline.remove(guest.updated, number)
        for name, value in fields.items():
            setattr(guest, name, value)
        guest.updated = self.clock.seconds
        timeline.insert(guest.updated, number)
        self._name(number)
        return guest

    def add_group(self, group: Group, invoice: Invoice) -> int:
        """Take a new group of appointments in, with its invoice."""
        number = len(self.groups)
        group.invoice = self.add_invoice(invoice)
        invoice.group = number
        self.groups.add(group)
        self.index.groups[group.guest].append(number)
        for place, visit in enumerate(group.visits):
            self.index.schedule[group.center].insert(visit.start, number * MOST + place)
            self.index.visits[visit.id] = (number, place)
        return number

    def move_visits(self, number: int, by: int) -> None:
        """Put all appointments of a group at another time."""
        self.version += 1
        group = self.groups.rows[number]
        timeline = self.index.schedule[group.center]
        for place, visit in enumerate(group.visits):
            timeline.remove(visit.start, number * MOST + place)
            visit.start, visit.end = visit.start + by, visit.end + by
            timeline.insert(visit.start, number * MOST + place)
        invoice = self.invoices.rows[group.invoice]
        self.index.sales[invoice.center].remove(invoice.date, group.invoice)
        invoice.date = group.visits[0].start
        self.index.sales[invoice.center].insert(invoice.date, group.invoice)

    def add_invoice(self, invoice: Invoice) -> int:
        """Take a new invoice in."""
        self.version += 1
        number = self.invoices.add(invoice)
        self.index.sales[invoice.center].insert(invoice.date, number)
        return number

    def sell(self, guest: int, items: list[Item], at: int, center: int | None = None) -> int:
        """Sell something without an appointment; give the number of the invoice.

        Args:
            center: The center that sells it; without one, the guest's.
        """
        place = self.guests.rows[guest].center if center is None else center
        return self.add_invoice(self.shop.invoice(place, guest, items, at))

    def sell_membership(self, guest: int, at: int, plan: int) -> Membership:
        """Sell a membership."""
        item = self.shop.item(self.catalog.memberships[plan], statuses.MEMBERSHIP_SOLD)
        invoice = self.sell(guest, [item], at)
        held = self.shop.membership(self.guests.rows[guest], guest, invoice, at, plan)
        number = self.memberships.add(held)
        self.index.memberships[guest].append(number)
        self.index.members[held.center].append(number)
        return held

    def sell_package(self, guest: int, at: int, plan: int) -> Package:
        """Sell a package."""
        invoice = self.sell(
            guest, [self.shop.item(self.catalog.packages[plan], statuses.PACKAGE)], at
        )
        package = self.shop.package(self.guests.rows[guest], guest, invoice, at, plan)
        self.index.packages[guest].append(self.packages.add(package))
        return package

    def sell_card(self, guest: int, at: int, price: int) -> Card:
        """Sell a gift card."""
        item = self.shop.item(self.catalog.card, statuses.CARD, price)
        invoice = self.sell(guest, [item], at)
        card = self.shop.card(self.guests.rows[guest], guest, invoice, item, at)
        self.index.cards[guest].append(self.cards.add(card))
        return card

    def refund(self, number: int, at: int) -> Invoice:
        """Give the money of an invoice back, on an invoice of its own."""
        paid = self.invoices.rows[number]
        items = [self.shop.returned(item) for item in paid.items]
        made = self.invoices.rows[self.sell(paid.guest, items, at, paid.center)]
        made.refund = True
        return made

    def redeem(self, package: Package, at: int, *, product: bool) -> Redemption | None:
        """Use up one of a package's services, on an invoice of its own."""
        line = next((line for line in package.services if line[2] < line[1]), None)
        if line is None:
            return None
        line[2] += 1
        service = self.catalog.services[line[0]]
        made = Item(
            id=uuid(self.rng), type=statuses.SERVICE, of=service.id, name=service.name, code=service.code,
            price=service.price, category=service.category[1], by=0, redeemed=service.price,
            discount=service.price,
        )  # fmt: skip
        invoice = self.sell(package.guest, [made], at)
        redemption = Redemption(
            at=at, invoice=invoice, item_id=made.id, service=service.number,
            product=0 if product else None, therapist=0,
        )  # fmt: skip
        package.redemptions = [*package.redemptions, redemption]
        return redemption

    def log(
        self, held: Membership, before: int, at: int, by: str, *, after: int | None = None
    ) -> None:
        """Write a change of a membership's status down; without *after*, to what it is now."""
        number = self.memberships.numbers[held.id]
        now = held.status if after is None else after
        self.changes.append(Change(at=at, membership=number, before=before, after=now, by=by))

    # --- what is found ---------------------------------------------------------------------

    def visits_between(self, center: int, start: int, end: int) -> list[tuple[Group, Visit]]:
        """Give the appointments of a center that start in an interval."""
        found: list[tuple[Group, Visit]] = []
        for key in self.index.schedule[center].between(start, end):
            number, place = divmod(key, MOST)
            group = self.groups.rows[number]
            found.append((group, group.visits[place]))
        return found

    def note(
        self,
        kind: str,
        identity: str,
        center: int,
        event: Event | None = None,
        *,
        guest: int | None = None,
        **facts: Any,
    ) -> None:
        """Write an action down, and tell whoever follows the journal what an event says of it."""
        self.version += 1
        action = Action(
            number=0,
            time=self.clock.now,
            kind=kind,
            id=identity,
            center=self.centers[center].id,
            guest=None if guest is None else self.guests.rows[guest].id,
            facts=facts,
        )
        self.journal.write(action, event)
