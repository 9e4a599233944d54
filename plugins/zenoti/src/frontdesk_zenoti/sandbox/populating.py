"""The first guests, appointments and sales of a world, with a year behind them."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from frontdesk.sandbox.chance import DAY, pick, uuid
from frontdesk.sandbox.timeline import Timeline
from frontdesk_zenoti.sandbox import guests, statuses
from frontdesk_zenoti.sandbox.rows import Blockout, Membership, Merge
from frontdesk_zenoti.sandbox.sales import COURSES
from frontdesk_zenoti.sandbox.world import MOST, World

_DAY: Final = int(DAY)
#: For how many groups of appointments one of these is sold, or given back.
_MEMBERSHIPS, _PACKAGES, _CARDS, _REFUNDS = 20, 24, 24, 60
_PACKED: Final = (1, 1, 3, 5, 6, 7)


def populate(world: World) -> None:
    """Fill a new world."""
    now = world.clock.seconds
    bookable = _guests(world, now)
    _open_book(world, bookable, now)
    whole = [n for some in bookable for n in some if not world.guests.rows[n].virtual]
    _sell(world, whole, now)
    _give_back(world, now)
    _block(world, now)


def _guests(world: World, now: int) -> list[list[int]]:
    """Take all guests in; give the numbers of those who can book, by center."""
    bookable: list[list[int]] = [[] for _ in world.centers]
    for guest in guests.build(world.rng, world.centers, world.options.people, now):
        number = world.take_guest(guest)
        if not guest.deleted:
            bookable[guest.center].append(number)
        elif guest.merged_into:
            old, into = guest.id, guest.merged_into
            world.merges.append(Merge(at=guest.updated, center=guest.center, old=old, into=into))
    rows = world.guests.rows
    for center, numbers in world.index.guests.items():
        world.index.updates[center] = Timeline((rows[n].updated, n) for n in numbers)
    return bookable


def _open_book(world: World, bookable: list[list[int]], now: int) -> None:
    visits: defaultdict[int, list[tuple[float, int]]] = defaultdict(list)
    sales: defaultdict[int, list[tuple[float, int]]] = defaultdict(list)
    index = world.index
    for group, invoice in world.book.fill(world.options.groups, bookable, now):
        number = world.groups.add(group)
        world.invoices.add(invoice)
        index.groups[group.guest].append(number)
        sales[group.center].append((invoice.date, number))
        for place, visit in enumerate(group.visits):
            visits[group.center].append((visit.start, number * MOST + place))
            index.visits[visit.id] = (number, place)
    for center in world.centers:
        index.schedule[center.number] = Timeline(visits[center.number])
        index.sales[center.number] = Timeline(sales[center.number])


def _sell(world: World, whole: list[int], now: int) -> None:
    rng, few, groups = world.rng, len(COURSES), world.options.groups

    def sold() -> tuple[int, int]:
        return pick(rng, whole), now - _DAY - int(rng.random() * 340 * DAY)

    for number in range(max(few, groups // _MEMBERSHIPS)):
        held = world.sell_membership(*sold(), number % len(world.catalog.memberships))
        _live(world, held, number, now)
    for number in range(max(few, groups // _PACKAGES)):
        guest, at = sold()
        package = world.sell_package(guest, at, number % len(world.catalog.packages))
        if number % 2:
            world.redeem(package, at + int((now - at) * 0.5), product=number % 4 == 1)
        package.status = _PACKED[number % len(_PACKED)]
        package.refunded = package.status == statuses.OVER
    for number in range(max(few, groups // _CARDS)):
        card = world.sell_card(*sold(), rng.randrange(2_500, 20_000, 500))
        card.closed = number % few == few - 1
        card.kind = 2 if number % few == 1 else 1


def _live(world: World, held: Membership, number: int, now: int) -> None:
    """Let a membership come to where it stands; every second active one has rested before."""
    before = held.status
    world.shop.course(held, now, COURSES[number % len(COURSES)])
    if held.status != before:
        world.log(held, before, held.updated, "system")
    elif number % len(COURSES):
        third = (now - held.sold) // 3
        world.log(held, before, held.sold + third, "api.user", after=statuses.FROZEN)
        world.log(held, statuses.FROZEN, held.sold + 2 * third, "api.user")
        held.updated = held.sold + 2 * third


def _give_back(world: World, now: int) -> None:
    """Refund some invoices some days later."""
    rows = world.invoices.rows
    paid = [n for n, invoice in enumerate(rows) if invoice.closed is not None and invoice.net]
    for number in paid[::_REFUNDS]:
        at = (rows[number].closed or now) + 3 * _DAY
        if at < now:
            world.refund(number, at)


def _block(world: World, now: int) -> None:
    rng = world.rng
    for center in world.centers:
        some: list[tuple[float, int]] = []
        for week in range(-53, 6):
            start = now + week * 7 * _DAY + int(rng.random() * 7) * 3600
            some.append((start, len(world.blockouts)))
            block = Blockout(
                id=uuid(rng), center=center.number, therapist=week % len(center.staff),
                start=start, end=start + 1800, name="Lunch break",
            )  # fmt: skip
            world.blockouts.append(block)
        world.index.blockouts[center.number] = Timeline(some)
