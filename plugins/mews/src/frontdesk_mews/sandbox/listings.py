"""Pages of rows: what is found, in which order, and where the next page begins."""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

import attrs
import msgspec

from frontdesk_mews.sandbox import bills, extents
from frontdesk_mews.sandbox.catalogue import (
    BY_CODE,
    COMPANIONSHIPS,
    CUSTOMERS,
    ORDER_ITEMS,
    VOUCHERS,
    Listing,
)
from frontdesk_mews.sandbox.checks import Body, Query, text
from frontdesk_mews.sandbox.filters import Wanted, select
from frontdesk_mews.sandbox.refusal import invalid
from frontdesk_mews.sandbox.world import World

T = TypeVar("T")
#: Found order items are whole rows, found row numbers are small.
_SEARCHES, _BILLS = 16, 4
_BY_ID: Final = VOUCHERS.filters["VoucherIds"]


@attrs.define
class Page:
    """Rows, newest first, and what else the answer holds; faults may still spoil it."""

    key: str
    rows: list[Any]
    cursor: str | None
    extras: dict[str, Any] = attrs.field(factory=dict[str, Any])

    def body(self) -> dict[str, Any]:
        """Give the answer as it goes out."""
        return {self.key: self.rows, "Cursor": self.cursor, **self.extras}


class Shelf(Generic[T]):
    """Remembers the last searches, because a client comes back for every page of one."""

    def __init__(self, size: int) -> None:
        self._found: OrderedDict[bytes, T] = OrderedDict()
        self._size = size

    def get(self, key: bytes, search: Callable[[], T]) -> T:
        """Give what was found before, or search."""
        if key not in self._found:
            self._found[key] = search()
            if len(self._found) > self._size:
                self._found.popitem(last=False)
        self._found.move_to_end(key)
        return self._found[key]


class Reader:
    """Answers listing requests."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._searches: Shelf[list[int]] = Shelf(_SEARCHES)
        self._bills: Shelf[bills.Bills] = Shelf(_BILLS)

    def page(self, listing: Listing, body: Body, query: Query, mask: int) -> Page:
        """Answer a checked request with what the token may see."""
        if listing is ORDER_ITEMS:
            return self._bill_page(body, query, mask)
        table = self._world.table(listing.table)
        numbers = self._searches.get(
            self._name(listing, body, mask), lambda: select(table, mask, self._resolved(query))
        )
        end = len(numbers)
        if query.cursor:
            last = table.numbers.get(query.cursor)
            if last is None or not table.masks[last] & mask:
                raise invalid("Limitation.Cursor")
            end = bisect_left(numbers, last)
        rows = [table.rows[number] for number in numbers[max(0, end - query.count) : end][::-1]]
        page = Page(listing.key, rows, rows[-1].id if rows else None)
        return self._extended(listing, page, query.extent)

    def _bill_page(self, body: Body, query: Query, mask: int) -> Page:
        currency = text(body, "Currency")
        if currency and not any(currency in h.currencies for h in self._world.houses):
            raise invalid("Currency")
        after = bills.start(self._world, query, mask)
        found = self._bills.get(
            self._name(ORDER_ITEMS, body, mask), lambda: bills.search(self._world, query, mask)
        )
        items = found.page(query.count, after)
        rows = [bills.converted(self._world, item, currency) for item in items]
        return Page(ORDER_ITEMS.key, rows, rows[-1].id if rows else None)

    def _name(self, listing: Listing, body: Body, mask: int) -> bytes:
        """Name a search by everything that decides what is found, less the page."""
        filters = [(name, body.get(name)) for name in listing.filters]
        return msgspec.json.encode((listing.key, mask, self._world.version, filters))

    def _resolved(self, query: Query) -> Wanted:
        """Turn the codes guests type into the vouchers they stand for."""
        codes = query.wanted.get(BY_CODE)
        if codes is None:
            return query.wanted
        wanted = {name: value for name, value in query.wanted.items() if name != BY_CODE}
        found = {row.voucher_id for row in self._world.voucher_codes if row.value in codes}
        wanted[_BY_ID] = wanted.get(_BY_ID, frozenset(found)) & found
        return wanted

    def _extended(self, listing: Listing, page: Page, extent: frozenset[str]) -> Page:
        if listing is CUSTOMERS:
            page.rows, page.extras = extents.customers(self._world, page.rows, extent)
        elif listing is VOUCHERS:
            page.rows, page.extras = extents.vouchers(self._world, page.rows, extent)
        elif listing is COMPANIONSHIPS:
            page.extras = extents.companionships(self._world, page.rows, extent)
        return page
