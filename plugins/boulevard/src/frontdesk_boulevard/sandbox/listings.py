"""The lists: which rows they hold, and by what they can be filtered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

import attrs

from frontdesk_boulevard.sandbox import filters, links
from frontdesk_boulevard.sandbox.filters import EVERYTHING, Filter, Grammar
from frontdesk_boulevard.sandbox.ids import bare
from frontdesk_boulevard.sandbox.tables import Table
from frontdesk_boulevard.sandbox.world import World

_REMEMBERED: Final = 64


def _plain(*names: str) -> dict[str, filters.Getter]:
    """Read fields as they are, by the names the API gives them."""
    return {name: _getter(snake(name)) for name in names}


def _getter(attribute: str) -> filters.Getter:
    return lambda row: getattr(row, attribute)


def _own_id(row: Any) -> str:
    return bare(row.id)


def snake(name: str) -> str:
    """Spell a name of the API as Python does."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


#: What each list can be filtered by; nothing else can.
GRAMMARS: Final[Mapping[str, Grammar]] = {
    "appointments": Grammar(
        {
            **_plain("startAt", "createdAt", "cancelled"),
            "id": _own_id,
            "staffId": links.own,
        },
        times=frozenset({"startAt", "createdAt"}),
        ids=frozenset({"id", "staffId"}),
    ),
    "clients": Grammar(
        {
            **_plain("email", "name", "mobilePhone", "active", "externalId"),
            **_plain("createdAt", "updatedAt"),
            "id": _own_id,
            # Needs the world; see *Listings*.
            "primaryLocation": lambda _row: None,
        },
        times=frozenset({"createdAt", "updatedAt"}),
        ids=frozenset({"id", "primaryLocation"}),
        zulu=True,
    ),
    "orders": Grammar(
        {
            **_plain("closedAt", "updatedAt", "createdAt"),
            "id": _own_id,
            "clientId": lambda row: row.client_id and bare(row.client_id),
        },
        times=frozenset({"closedAt", "updatedAt", "createdAt"}),
        ids=frozenset({"id", "clientId"}),
    ),
    "staff": Grammar(
        {**_plain("email", "name", "mobilePhone", "active"), "id": _own_id},
        ids=frozenset({"id"}),
    ),
}


@attrs.frozen(kw_only=True)
class Wanted:
    """What a list is asked for, besides the page.

    Args:
        where: Values that fields of the row must have, in Python's spelling.
        among: Ids of the only rows that are wanted.
        query: Text of the filter language.
    """

    table: str
    where: tuple[tuple[str, Any], ...] = ()
    among: tuple[str, ...] | None = None
    query: str | None = None


class Listings:
    """Finds the rows of a list; what was found last is remembered until something changes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._found: dict[Wanted, list[int]] = {}
        self._version = 0

    def numbers(self, wanted: Wanted) -> list[int]:
        """Give the numbers of the wanted rows, in the order in which they are listed.

        Raises:
            QueryError: The filter cannot be read.
        """
        if self._version != self._world.version or len(self._found) > _REMEMBERED:
            self._found.clear()
            self._version = self._world.version
        if wanted not in self._found:
            self._found[wanted] = self._find(wanted)
        return self._found[wanted]

    def _find(self, wanted: Wanted) -> list[int]:
        table: Table[Any] = getattr(self._world, wanted.table)
        test = EVERYTHING
        if wanted.query:
            test = filters.parse(wanted.query, self._grammar(wanted.table))
        numbers = sorted(
            self._narrowed(table, wanted, test), reverse=self._world.options.order == "newest"
        )
        rows = table.rows
        return [
            number
            for number in numbers
            if number not in table.gone
            and all(getattr(rows[number], name) == value for name, value in wanted.where)
            and test.test(rows[number])
        ]

    def _grammar(self, table: str) -> Grammar:
        grammar, world = GRAMMARS[table], self._world
        fields = dict(grammar.fields)
        if table == "clients":

            def home(row: Any) -> str | None:
                found = links.primary_location(world, row)
                return None if found is None else bare(found.id)

            fields["primaryLocation"] = home
        options = world.options
        return attrs.evolve(
            grammar, fields=fields, lenient=options.lenient_queries, nulls_match=options.nulls_match
        )

    def _narrowed(self, table: Table[Any], wanted: Wanted, test: Filter) -> Iterable[int]:
        """Find few rows among which all wanted ones are, rather than look at every row."""
        if wanted.among is not None:
            found = {table.number(one) for one in wanted.among}
            return [number for number in found if number is not None]
        choices: list[tuple[int, Callable[[], Iterable[int]]]] = []
        if isinstance(one := test.equal("id"), str):
            return table.having("id", one)
        for name, value in wanted.where:
            listed = table.having(name, value)
            choices.append((len(listed), partial(tuple, listed)))
        # With nulls matching, rows without a time are in no timeline.
        for name in () if self._world.options.nulls_match else self._times(wanted.table):
            span = test.span(name)
            if span != (float("-inf"), float("inf")):
                timeline = table.timeline(snake(name))
                low, high = timeline.span(*span)
                choices.append((high - low, partial(timeline.slice, low, high)))
        choices.append((len(table), partial(range, len(table))))
        return min(choices, key=lambda choice: choice[0])[1]()

    def _times(self, table: str) -> frozenset[str]:
        return GRAMMARS[table].times if table in GRAMMARS else frozenset()


def stamp(value: datetime) -> str:
    """Write a time as the API does."""
    return value.isoformat().replace("+00:00", "Z")
