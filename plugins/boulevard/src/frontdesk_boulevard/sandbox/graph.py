"""The schema, with a way to each of its fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from types import SimpleNamespace
from typing import Any, Final

import attrs
from graphql import (
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
)

from frontdesk_boulevard.sandbox import links
from frontdesk_boulevard.sandbox.filters import QueryError
from frontdesk_boulevard.sandbox.house_rows import Business
from frontdesk_boulevard.sandbox.listings import Listings, Wanted, snake, stamp
from frontdesk_boulevard.sandbox.mutations import MUTATIONS
from frontdesk_boulevard.sandbox.pages import PageError, Pager
from frontdesk_boulevard.sandbox.refusal import Refusal
from frontdesk_boulevard.sandbox.registrar import Registrar
from frontdesk_boulevard.sandbox.world import World

_PAGE: Final = ("first", "after", "last", "before")
#: Fields of the root that give one node, with its type.
_SINGLE: Final = {
    "location": "Location",
    "staffMember": "Staff",
    "service": "Service",
    "client": "Client",
    "appointment": "Appointment",
    "membership": "Membership",
    "order": "Order",
}
#: Fields of the root that give a list, with its table.
_LISTS: Final = {
    "locations": "locations",
    "staff": "staff",
    "services": "services",
    "membershipPlans": "plans",
    "tags": "tags",
    "clients": "clients",
    "appointments": "appointments",
    "memberships": "memberships",
    "orders": "orders",
}


@attrs.frozen
class Call:
    """What a query is answered from."""

    world: World
    listings: Listings
    registrar: Registrar


@cache
def schema() -> GraphQLSchema:
    """Read the schema and connect its fields, once."""
    text = files("frontdesk_boulevard.sandbox").joinpath("schema.graphql").read_text("utf-8")
    # Whether it is a good schema is for the tests to say; here it would take a while.
    made = build_schema(text, assume_valid=True)
    for kind in made.type_map.values():
        if isinstance(kind, GraphQLScalarType) and kind.name == "DateTime":
            # The way graphql-core has for schemas that are read from text.
            vars(kind)["serialize"] = _moment
        elif isinstance(kind, GraphQLInterfaceType):
            kind.resolve_type = _kind
        elif isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, field in kind.fields.items():
                field.resolve = _reader(f"{kind.name}.{name}", name)
    if made.query_type is None or made.mutation_type is None:
        raise TypeError("the schema has lost its doors")
    _connect(made.query_type, made.mutation_type)
    return made


def _connect(query: GraphQLObjectType, mutation: GraphQLObjectType) -> None:
    for name, kind in _SINGLE.items():
        query.fields[name].resolve = _single(kind)
    for name, table in _LISTS.items():
        query.fields[name].resolve = _list(table)
    query.fields["business"].resolve = _business
    query.fields["permissions"].resolve = lambda _, info: list(info.context.world.permissions)
    query.fields["node"].resolve = _node
    query.fields["webhooks"].resolve = _webhooks
    for name, change in MUTATIONS.items():
        mutation.fields[name].resolve = _changer(change)


def _reader(path: str, name: str) -> Any:
    if (link := links.LINKS.get(path)) is not None:
        return lambda row, info: link(info.context.world, row)
    attribute = snake(name)
    return lambda row, _info: getattr(row, attribute)


def _moment(value: datetime) -> str:
    return stamp(value)


def _kind(row: Any, _info: GraphQLResolveInfo, _type: object) -> str:
    return type(row).__name__


def _business(_: object, info: GraphQLResolveInfo) -> Business:
    call: Call = info.context
    return call.world.business


def _single(kind: str) -> Any:
    def resolve(_: object, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        call: Call = info.context
        return links.find(call.world, kind, arguments["id"])

    return resolve


def _node(_: object, info: GraphQLResolveInfo, **arguments: Any) -> Any:
    call: Call = info.context
    return links.node(call.world, arguments["id"])


def _list(table: str) -> Any:
    def resolve(_: object, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        call: Call = info.context
        page = {name: arguments.pop(name, None) for name in _PAGE}
        world, rows = call.world, getattr(call.world, table).rows
        pager = Pager(table, world.options, world.now)
        try:
            numbers = call.listings.numbers(_wanted(world, table, arguments))
            return pager.page(numbers, rows.__getitem__, **page)
        except QueryError as error:
            raise GraphQLError(f"Invalid query: {error}") from None
        except PageError as error:
            raise GraphQLError(str(error)) from None

    return resolve


def _wanted(world: World, table: str, arguments: Mapping[str, Any]) -> Wanted:
    where: list[tuple[str, Any]] = []
    if (place := arguments.get("locationId")) is not None:
        found = links.find(world, "Location", place)
        where.append(("location_id", found and found.id))
    if (client := arguments.get("clientId")) is not None:
        who = links.find(world, "Client", client)
        where.append(("client_id", who and who.id))
    among: tuple[str, ...] | None = None
    if (ids := arguments.get("clientIds")) is not None:
        among = tuple(ids)
    if (emails := arguments.get("emails")) is not None:
        rows = world.clients
        by_email = [rows.rows[n].id for email in emails for n in rows.having("email", email)]
        among = tuple(one for one in by_email if among is None or one in among)
    if table == "plans" and not arguments.get("inactive"):
        where.append(("active", True))
    return Wanted(table=table, where=tuple(where), among=among, query=arguments.get("query"))


def _webhooks(_: object, info: GraphQLResolveInfo, **page: Any) -> Any:
    call: Call = info.context
    rows = call.registrar.rows
    options = call.world.options
    pager = Pager("webhooks", options, call.world.now)
    numbers = sorted(range(len(rows)), reverse=options.order == "newest")
    try:
        return pager.page(numbers, rows.__getitem__, **page)
    except PageError as error:
        raise GraphQLError(str(error)) from None


def _changer(change: Any) -> Any:
    def resolve(_: object, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        call: Call = info.context
        try:
            return SimpleNamespace(**change(call, arguments.get("input", {})))
        except Refusal as refusal:
            raise GraphQLError(refusal.message) from None

    return resolve
