"""Running an operation for a token: what it is about, whether it is right, what it answers."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any, Final

import attrs

from frontdesk_mews.sandbox import checks, spoiling
from frontdesk_mews.sandbox.actions import ACTIONS, Call
from frontdesk_mews.sandbox.catalogue import CUSTOMERS, LISTINGS, Listing
from frontdesk_mews.sandbox.checks import Body, Query
from frontdesk_mews.sandbox.faults import CircularPages, Fault, StuckCursor
from frontdesk_mews.sandbox.listings import Page, Reader
from frontdesk_mews.sandbox.options import Options
from frontdesk_mews.sandbox.refusal import invalid
from frontdesk_mews.sandbox.tokens import Token
from frontdesk_mews.sandbox.world import World

#: Every path behind the prefix that exists; all others are not found.
OPERATIONS: Final = frozenset({*LISTINGS, *ACTIONS})


class Operations:
    """The operations of one world."""

    def __init__(self, world: World, options: Options) -> None:
        self._world = world
        self._options = options
        self._reader = Reader(world)
        self._rng = Random(options.seed)

    def run(
        self, operation: str, body: Body, token: Token, faults: Iterable[Fault]
    ) -> Page | dict[str, Any]:
        """Check a request and answer it."""
        checks.common(body)
        if operation in ACTIONS:
            return ACTIONS[operation](Call(world=self._world, token=token, body=body))
        listing = LISTINGS[operation]
        mask = self._scope(listing, body, token)
        query = checks.read(listing, body, self._manners(mask))
        page = self._page(listing, body, query, mask, {type(fault) for fault in faults})
        spoiling.rows(page, faults, self._rng)
        return page

    def _page(
        self, listing: Listing, body: Body, query: Query, mask: int, faults: set[type[Fault]]
    ) -> Page:
        first = attrs.evolve(query, cursor=None)
        page = self._reader.page(listing, body, first if StuckCursor in faults else query, mask)
        while CircularPages in faults and len(page.rows) < query.count:
            missing = attrs.evolve(first, count=query.count - len(page.rows))
            again = self._reader.page(listing, body, missing, mask)
            if not again.rows:
                break
            page.rows, page.cursor = page.rows + again.rows, again.cursor
        return page

    def _manners(self, mask: int) -> checks.Manners:
        def known(place: str, identity: str) -> bool:
            table = self._world.table("services" if place == "bookables" else place)
            number = table.numbers.get(identity)
            if number is None or not table.masks[number] & mask:
                return False
            return place != "bookables" or table.rows[number].kind == "Bookable"

        return checks.Manners(
            known=known,
            refuse_unknown=self._options.unknown_ids == "refuse",
            narrow_defaults=self._options.narrow_defaults,
        )

    def _scope(self, listing: Listing, body: Body, token: Token) -> int:
        """Find the properties a request is about, none beyond the token's own."""
        ids = checks.identities(body, listing.scope)
        if ids is None:
            if token.portfolio and listing is CUSTOMERS:
                raise invalid("ChainIds")
            return token.mask
        if listing.scope == "ChainIds":
            seen = {self._world.chain: token.mask}
        else:
            seen = {house.enterprise.id: house.mask & token.mask for house in self._world.houses}
        if self._options.unknown_ids == "refuse" and not all(seen.get(one) for one in ids):
            raise invalid(listing.scope)
        return sum(seen.get(one, 0) for one in ids)
