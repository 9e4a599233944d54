"""A year of appointments, with their invoices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Final

import attrs

from frontdesk.sandbox.chance import DAY, happens, pick, spread, uuid
from frontdesk_zenoti.sandbox.centers import Catalog
from frontdesk_zenoti.sandbox.rows import Center, Group, Invoice, Item, Visit
from frontdesk_zenoti.sandbox.statuses import (
    CANCELLED,
    CHECKIN,
    CLOSED,
    CONFIRM,
    NEW,
    NO_SHOW,
    PRODUCT,
    SERVICE,
)
from frontdesk_zenoti.sandbox.times import local_day, midnight

_PAST: Final = spread({CLOSED: 76, NO_SHOW: 7, CANCELLED: 11, CHECKIN: 2, CONFIRM: 2, NEW: 2})
_COMING: Final = spread({NEW: 55, CONFIRM: 35, CANCELLED: 10})
_SIZES: Final = spread({1: 55, 2: 28, 3: 12, 4: 5})
_SOURCES: Final = (0, 0, 1, 2, 4, 4, 4, 20)
_UTM: Final = (("", ""), ("", ""), ("booknow", "online"), ("facebook", "cpc"))
#: One group in so many shows its row without a group.
_RARE: Final = 97
#: How far the book reaches back and ahead, in days.
BACK, AHEAD = 380, 45


@attrs.define
class Book:
    """Makes groups of appointments, one after the other."""

    rng: Random
    centers: list[Center]
    catalog: Catalog
    #: Midnights of days of centers, which are slow to find.
    _midnights: dict[tuple[int, int], int] = attrs.field(factory=dict[tuple[int, int], int])

    def fill(
        self, count: int, guests: list[list[int]], now: int
    ) -> Iterator[tuple[Group, Invoice]]:
        """Make a year and some weeks of groups, the earliest first.

        Args:
            guests: The numbers of the guests of each center.
        """
        rng = self.rng
        days = sorted(int(rng.random() * (BACK + AHEAD)) - BACK for _ in range(count))
        for number, day in enumerate(days):
            center = pick(rng, self.centers)
            start = self._opening(center, now, day) + int(rng.random() * 32) * 900
            guest = pick(rng, guests[center.number if happens(rng, 0.9) else number % len(guests)])
            created = min(start - int(rng.random() * 20 * DAY), now - 60)
            made = self.book(number, center, guest, start, created)
            self._past_or_coming(*made, now)
            yield made

    def _opening(self, center: Center, now: int, day: int) -> int:
        key = (center.place, day)
        if key not in self._midnights:
            today = local_day(now, center.zone)
            self._midnights[key] = midnight(today + timedelta(days=day), center.zone)
        return self._midnights[key] + 9 * 3600

    def _past_or_coming(self, group: Group, invoice: Invoice, now: int) -> None:
        rng = self.rng
        if group.visits[-1].end < now:
            self._age(group, invoice, pick(rng, _PAST))
        else:
            group.status = pick(rng, _COMING)
        group.updated = max(group.created, min(now, group.checkin or group.updated))
        group.ungrouped = group.invoice % _RARE == 1 and len(group.visits) == 1

    def book(
        self,
        number: int,
        center: Center,
        guest: int,
        start: int,
        created: int,
        *,
        size: int = 0,
    ) -> tuple[Group, Invoice]:
        """Make a group whose first service starts at a time; *number* is that of the invoice."""
        rng = self.rng
        visits = list(self._visits(center, start, size or pick(rng, _SIZES)))
        center.invoices += 1
        invoice = Invoice(
            id=uuid(rng),
            center=center.number,
            guest=guest,
            number=str(center.invoices),
            receipt="0",
            date=start,
            items=[self._item(visit) for visit in visits],
            group=number,
        )
        group = Group(
            id=uuid(rng),
            center=center.number,
            guest=guest,
            invoice=number,
            status=NEW,
            created=created,
            updated=created,
            visits=visits,
            source=pick(rng, _SOURCES),
            cancel_fee=happens(rng, 0.3),
            noshow_fee=happens(rng, 0.4),
            utm=pick(rng, _UTM),
        )
        return group, invoice

    def _visits(self, center: Center, start: int, size: int) -> Iterator[Visit]:
        rng, services = self.rng, self.catalog.services
        for place in range(size):
            service = pick(rng, services)
            if service.addon and not place:
                service = services[0]
            end = start + service.minutes * 60
            yield Visit(
                id=uuid(rng),
                item_id=uuid(rng),
                service=service.number,
                therapist=int(rng.random() * len(center.staff)),
                room=int(rng.random() * len(center.rooms)),
                start=start,
                end=end,
                addon=service.addon,
            )
            start = end

    def _item(self, visit: Visit) -> Item:
        service = self.catalog.services[visit.service]
        return Item(
            id=visit.item_id,
            type=SERVICE,
            of=service.id,
            name=service.name,
            code=service.code,
            price=service.price,
            category=service.category[1],
            by=visit.therapist,
            discount=service.price // 10 if visit.room == visit.therapist else 0,
        )

    def product(self, by: int) -> Item:
        """Make a line for something taken home."""
        product = pick(self.rng, self.catalog.products)
        return Item(
            id=uuid(self.rng),
            type=PRODUCT,
            of=product.id,
            name=product.name,
            code=product.code,
            price=product.price,
            category="Retail",
            by=by,
        )

    def _age(self, group: Group, invoice: Invoice, status: int) -> None:
        """Let a group that is past have come to a status."""
        group.status = status
        if status not in {CLOSED, CHECKIN}:
            return
        group.checkin = group.visits[0].start - 300
        for visit in group.visits:
            visit.started, visit.progress = visit.start + 60, 1
            if status == CLOSED:
                visit.completed, visit.progress = visit.end - 120, 2
        if status == CLOSED:
            if happens(self.rng, 0.25):
                invoice.items.append(self.product(group.visits[0].therapist))
            self.close(invoice, group.visits[-1].end + 300)

    def close(self, invoice: Invoice, at: int) -> None:
        """Close an invoice, which gives it a receipt."""
        center = self.centers[invoice.center]
        center.receipts += 1
        invoice.receipt = f"R{center.receipts}"
        invoice.closed = at
