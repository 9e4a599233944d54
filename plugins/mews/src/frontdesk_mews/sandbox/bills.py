"""Searching order items, which exist only once somebody asks for them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import msgspec

from frontdesk_mews.sandbox.atlas import convert
from frontdesk_mews.sandbox.catalogue import ORDER_ITEMS
from frontdesk_mews.sandbox.charges import amount
from frontdesk_mews.sandbox.checks import Query
from frontdesk_mews.sandbox.filters import Among, Filter
from frontdesk_mews.sandbox.houses import House
from frontdesk_mews.sandbox.ledger import LONGEST
from frontdesk_mews.sandbox.money_rows import Amount, OrderItem
from frontdesk_mews.sandbox.refusal import invalid
from frontdesk_mews.sandbox.world import World

#: The times of a reservation at which something happens to its items.
_MOMENTS: Final = ("created_utc", "actual_start_utc", "actual_end_utc", "cancelled_utc")
_SPAN: Final = LONGEST.total_seconds()

Key = tuple[datetime, str]


class Bills:
    """The items a search found, oldest first."""

    def __init__(self, items: list[OrderItem]) -> None:
        self._items = sorted(items, key=_key)
        self._keys = [_key(item) for item in self._items]

    def page(self, count: int, after: OrderItem | None) -> list[OrderItem]:
        """Cut the page that follows an item, newest first."""
        end = len(self._keys) if after is None else bisect_left(self._keys, _key(after))
        return self._items[max(0, end - count) : end][::-1]


def _key(item: OrderItem) -> Key:
    return item.created_utc, item.id


def search(world: World, query: Query, mask: int) -> Bills:
    """Work out the items that pass the filters."""
    masks = world.reservations.masks
    return Bills(
        [
            item
            for number in _reservations(world, query)
            if masks[number] & mask
            for item in world.ledger.items(number)
            if all(_passes(item, condition, value) for condition, value in query.wanted.items())
        ]
    )


def start(world: World, query: Query, mask: int) -> OrderItem | None:
    """Find the item a page continues after."""
    if query.cursor is None:
        return None
    item = world.ledger.locate(query.cursor)
    if item is None or not world.sellers[item.service_id].mask & mask:
        raise invalid("Limitation.Cursor")
    return item


def _passes(item: OrderItem, condition: Filter, value: Any) -> bool:
    if isinstance(condition, Among):
        return getattr(item, condition.field) in value
    column = getattr(condition, "column", "")
    when: datetime | None = getattr(item, column)
    return when is not None and value[0] <= when.timestamp() < value[1]


def _reservations(world: World, query: Query) -> set[int]:
    """Find reservations whose items can pass, by the filter that leaves the fewest."""
    offers: list[set[int]] = []
    for name, condition in ORDER_ITEMS.filters.items():
        value = query.wanted.get(condition)
        if value is None or name in {"AccountingStates", "Types"}:
            continue
        if isinstance(condition, Among):
            offers.append(set(_by_id(world, name, value)))
        else:
            offers.append(set(_by_time(world, name, *value)))
    return min(offers, key=len)


def _by_id(world: World, name: str, values: frozenset[str]) -> Iterator[int]:
    fields = {"ServiceOrderIds": "id", "AccountIds": "account_id", "ServiceIds": "service_id"}
    for value in values:
        if name in fields:
            yield from world.reservations.having(fields[name], value)
        elif (number := world.ledger.trace(value)) is not None:
            yield number


def _by_time(world: World, name: str, since: float, until: float) -> Iterator[int]:
    for moment in _MOMENTS:
        timeline = world.reservations.timeline(moment)
        yield from timeline.slice(*timeline.span(since, until))
    if name == "ConsumedUtc":
        # A night is consumed on its day, at most so long after the first one.
        timeline = world.reservations.timeline("scheduled_start_utc")
        yield from timeline.slice(*timeline.span(since - _SPAN, until))
    if name == "UpdatedUtc":
        # Confirmed or restored after the start: no field of the reservation says when.
        yield from (world.reservations.numbers[one] for one in world.ledger.billings)


def converted(world: World, item: OrderItem, currency: str | None) -> OrderItem:
    """Show an item in the wanted currency; what it was before stays beside it."""
    if currency is None or currency == item.amount.currency:
        return item
    house = world.sellers[item.service_id]
    return msgspec.structs.replace(
        item,
        unit_amount=_convert(house, item.unit_amount, currency),
        amount=_convert(house, item.amount, currency),
    )


def _convert(house: House, money: Amount, currency: str) -> Amount:
    # Prices are quoted net or gross; the other value follows from the tax.
    quoted = money.net_value if house.enterprise.pricing == "Net" else money.gross_value
    return amount(house, currency, convert(quoted, money.currency, currency))
