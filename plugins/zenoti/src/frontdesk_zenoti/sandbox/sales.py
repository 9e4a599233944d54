"""Memberships, packages and gift cards that were sold, each with its invoice."""

from __future__ import annotations

from random import Random
from typing import Final

import attrs
import msgspec

from frontdesk.sandbox.chance import DAY, happens, pick, uuid
from frontdesk_zenoti.sandbox import names, statuses
from frontdesk_zenoti.sandbox.centers import Catalog
from frontdesk_zenoti.sandbox.rows import (
    Cancellation,
    Card,
    Center,
    Freeze,
    Guest,
    Invoice,
    Item,
    Membership,
    Package,
    Product,
)
from frontdesk_zenoti.sandbox.visits import Book

_DAY: Final = int(DAY)
#: Status and recurrence status of the memberships of the start, each in turn.
COURSES: Final = (
    (statuses.ACTIVE, statuses.ACTIVE),
    (statuses.ACTIVE, statuses.DEFAULT),
    (statuses.FROZEN, statuses.FROZEN),
    (statuses.ENDED, statuses.ENDED),
    (statuses.EXPIRED, statuses.DEFAULT),
    (statuses.ACTIVE, statuses.ACTIVE),
    (statuses.OVER, statuses.DEFAULT),
    (statuses.SUSPENDED, statuses.SUSPENDED),
    (statuses.REFUNDED, statuses.DEFAULT),
    (statuses.NOT_STARTED, statuses.DEFAULT),
    (statuses.DEFAULT, statuses.ENDED),
)


@attrs.define
class Shop:
    """Sells what is not an appointment."""

    rng: Random
    centers: list[Center]
    catalog: Catalog
    book: Book

    def invoice(self, place: int, guest: int, items: list[Item], at: int) -> Invoice:
        """Make a closed invoice without appointments, as the web store does."""
        center = self.centers[place]
        center.invoices += 1
        made = Invoice(
            id=uuid(self.rng),
            center=place,
            guest=guest,
            number=str(center.invoices),
            receipt="0",
            date=at,
            items=items,
            source=pick(self.rng, (0, 2, 4)),
        )
        self.book.close(made, at)
        return made

    def item(self, product: Product, kind: int, price: int | None = None) -> Item:
        """Make a line of an invoice."""
        return Item(
            id=uuid(self.rng),
            type=kind,
            of=product.id,
            name=product.name,
            code=product.code,
            price=product.price if price is None else price,
            category=statuses.ITEM[kind],
            by=0,
        )

    def returned(self, item: Item) -> Item:
        """Make the line that takes another back."""
        changed = {"id": uuid(self.rng), "price": -item.price, "discount": -item.discount}
        return msgspec.structs.replace(item, **changed, redeemed=0)

    def membership(self, guest: Guest, number: int, invoice: int, at: int, plan: int) -> Membership:
        """Make an active membership."""
        days = self.catalog.memberships[plan].days
        return Membership(
            id=uuid(self.rng),
            guest=number,
            center=guest.center,
            plan=plan,
            invoice=invoice,
            code=f"vvs{number:06d}" if happens(self.rng, 0.8) else None,
            sold=at,
            expires=at + max(days, 60) * _DAY,
            status=statuses.ACTIVE,
            recurrence=statuses.ACTIVE if plan != 2 else statuses.DEFAULT,  # noqa: PLR2004  # Gold Club is paid once
            balance=self.catalog.memberships[plan].price // 2,
            updated=at,
            next_collection=at + 30 * _DAY if plan != 2 else None,  # noqa: PLR2004  # the same
        )

    def course(self, held: Membership, now: int, course: tuple[int, int]) -> None:
        """Let a membership have come to where it stands."""
        held.status, held.recurrence = course
        since = held.sold + int((now - held.sold) * 0.7)
        if held.status == statuses.FROZEN:
            held.freeze, held.updated = self.freeze(held, since), since
        elif held.recurrence == statuses.ENDED:
            held.cancellation, held.updated = self.cancellation(held, since), since
        elif held.status in {statuses.EXPIRED, statuses.OVER, statuses.REFUNDED}:
            held.expires = held.updated = held.closed = since
        elif held.status == statuses.NOT_STARTED:
            held.sold = held.updated = now - _DAY

    def freeze(self, held: Membership, at: int, days: int = 30) -> Freeze:
        """Say how a membership rests."""
        return Freeze(
            at=at,
            start=at + _DAY,
            end=at + (1 + days) * _DAY,
            fee=2_000,
            comments="paused",
            by=pick(self.rng, self.centers[held.center].staff).name,
        )

    def cancellation(self, held: Membership, at: int) -> Cancellation:
        """Say how a membership ends."""
        return Cancellation(
            initiated=at,
            date=at + _DAY,
            reason=pick(self.rng, names.REASONS),
            by=pick(self.rng, self.centers[held.center].staff).name,
        )

    def package(self, guest: Guest, number: int, invoice: int, at: int, plan: int) -> Package:
        """Make a package of some services."""
        inside = self.rng.sample(range(len(self.catalog.services)), 2)
        return Package(
            id=uuid(self.rng),
            guest=number,
            center=guest.center,
            plan=plan,
            invoice=invoice,
            sold=at,
            expires=at + self.catalog.packages[plan].days * _DAY,
            status=statuses.ACTIVE,
            state=1,
            services=[[service, 3, 0] for service in inside],
        )

    def card(self, guest: Guest, number: int, invoice: int, item: Item, at: int) -> Card:
        """Make a gift card; its code is money."""
        value = item.price + 500 * (number % 3)
        digits = 1000 + int(self.rng.random() * 9000)
        return Card(
            id=uuid(self.rng),
            code=f"{names.CANARY}{number:06d}{digits}",
            guest=number,
            center=guest.center,
            invoice=invoice,
            item_id=item.id,
            sold=at,
            expires=at + 365 * _DAY,
            value=value,
            price=item.price,
            balance=value if number % 2 else value // 3,
            notes="Wrap it, please" if number % 2 else "",
            comments=pick(self.rng, names.COMMENTS),
            occasion=pick(self.rng, names.OCCASIONS),
            once=number % 4 == 0,
            restricted=number % 3 == 0,
        )
