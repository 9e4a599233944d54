"""The emulator's schema and filter language, held against what is known of the real ones."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_composite_type,
    parse,
    validate,
    validate_schema,
)

from frontdesk_boulevard.sandbox import PREFIX, Options, Platform, auth, authorization
from frontdesk_boulevard.sandbox.filters import QueryError
from frontdesk_boulevard.sandbox.filters import parse as read_filter
from frontdesk_boulevard.sandbox.graph import schema
from frontdesk_boulevard.sandbox.listings import GRAMMARS

SHARED = Path(__file__).parents[4] / "shared"
SAMPLES = SHARED / "samples" / "boulevard"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the reference is not at hand")
pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def queries() -> list[Path]:
    return sorted(SAMPLES.glob("queries/*.graphql"))


def described(found: GraphQLSchema) -> Iterator[str]:
    """Write each field, argument and value of a schema on a line."""
    for name, kind in found.type_map.items():
        if name.startswith("__"):
            continue
        if isinstance(kind, GraphQLEnumType):
            yield from (f"{name}: {value}" for value in kind.values)
        fields: dict[str, Any] = getattr(kind, "fields", {})
        for field, made in fields.items():
            yield f"{name}.{field}: {made.type}"
            for argument, given in getattr(made, "args", {}).items():
                yield f"{name}.{field}({argument}: {given.type})"


def test_the_schema_is_a_schema() -> None:
    assert validate_schema(schema()) == []


@needs_shared
def test_the_schema_invents_nothing() -> None:
    """Seen to fail when Appointment had an updatedAt."""
    known = build_schema((SHARED / "reference" / "boulevard-schema.graphql").read_text("utf-8"))

    assert set(described(schema())) - set(described(known)) == set()


@needs_shared
@pytest.mark.parametrize("path", queries(), ids=lambda path: path.stem)
def test_sample_queries_are_valid(path: Path) -> None:
    assert validate(schema(), parse(path.read_text("utf-8"))) == []


@needs_shared
@pytest.mark.parametrize("path", queries(), ids=lambda path: path.stem)
async def test_sample_queries_are_answered(path: Path) -> None:
    """Each with what the sample asks for, in a world of our own."""
    platform = Platform(Options(now=NOW, appointments=200, webhook_http=True, points=0))
    query, answer = sample(path)

    told = await ask(platform, query, owned(platform, answer["request"]["variables"]))

    assert "errors" not in told
    assert told["data"].keys() == answer["response"]["data"].keys()
    assert None not in told["data"].values()


def sample(path: Path) -> tuple[str, Any]:
    """Read a query and what was made up as its answer."""
    answer = (SAMPLES / "responses" / f"{path.stem}.json").read_text("utf-8")
    return path.read_text("utf-8"), json.loads(answer)


def owned(platform: Platform, variables: dict[str, Any]) -> dict[str, Any]:
    """Put ids of our world in the place of the sample's."""
    world = platform.world
    tables: dict[str, Any] = {
        "Appointment": world.appointments,
        "Client": world.clients,
        "Location": world.locations,
        "Membership": world.memberships,
        "Order": world.orders,
        "Webhook": world.locations,
    }
    receiver = {"url": "https://a.example.com", "subscriptions": [{"eventType": "PING"}]}
    webhook = platform.registrar.create(receiver, NOW, None)

    def replaced(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: replaced(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [replaced(inner) for inner in value]
        if isinstance(value, str) and value.startswith("urn:blvd:"):
            kind = value.split(":")[2]
            return webhook.id if kind == "Webhook" else tables[kind].rows[0].id
        return value

    found = replaced(variables)
    given = found.get("input", {})
    if "subscriptions" in given and "id" in given:
        # The sample's subscriptions have ids that are none of ours.
        given["subscriptions"] = [{"eventType": "ORDER_COMPLETED"}]
    return dict(found)


async def ask(platform: Platform, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    transport = httpx.ASGITransport(platform.app)
    sent = authorization(platform.keys, int(datetime.now(UTC).timestamp()))
    async with httpx.AsyncClient(transport=transport, base_url="http://boulevard.test") as client:
        answer = await client.post(
            PREFIX,
            json={"query": query, "variables": variables},
            headers={"authorization": sent},
        )
    told: dict[str, Any] = answer.json()
    return told


def selection(kind: GraphQLOutputType, depth: int) -> str:
    """Select every field of a type, so deep."""
    named = get_named_type(kind)
    if isinstance(named, GraphQLInterfaceType):
        inner = "".join(
            f" ... on {one.name} {selection(one, depth)}"
            for one in schema().get_possible_types(named)
        )
        return f"{{ __typename {inner} }}" if inner else "{ __typename }"
    if not isinstance(named, GraphQLObjectType):
        return ""
    deeper = {
        name: selection(field.type, depth - 1)
        for name, field in named.fields.items()
        if depth > 1 or not is_composite_type(get_named_type(field.type))
    }
    chosen = " ".join(f"{named.name}_{name}: {name} {inner}" for name, inner in deeper.items())
    return f"{{ __typename {chosen} }}"


@pytest.mark.parametrize(
    "field", ["appointments", "clients", "locations", "memberships", "membershipPlans", "orders",
              "services", "staff", "tags", "webhooks", "business", "permissions"],
)  # fmt: skip
async def test_every_field_of_every_row_can_be_read(field: str) -> None:
    """Seen to fail when Voucher.originatingOrder had no way to its order."""
    platform = Platform(Options(now=NOW, appointments=200, points=0, field_cost=0))
    receiver = {"url": "https://a.example.com", "subscriptions": [{"eventType": "PING"}]}
    platform.registrar.create(receiver, NOW, platform.world.locations.rows[0].id)
    root = schema().query_type
    assert root is not None
    placed = "locationId" in root.fields[field].args
    places = [row.id for row in platform.world.locations] if placed else [""]
    for place in places:
        given = [f'locationId: "{place}"'] if place else []
        given += ["first: 1000"] if "first" in root.fields[field].args else []
        arguments = f"({', '.join(given)})" if given else ""
        query = f"{{ {field}{arguments} {selection(root.fields[field].type, 6)} }}"

        told = await ask(platform, query, {})

        assert "errors" not in told
        assert told["data"][field]


# --- the filter language -------------------------------------------------------------------

CASES = SAMPLES / "querystring-cases.json"
VALID = json.loads(CASES.read_text("utf-8"))["valid"] if CASES.exists() else []
REJECTED = json.loads(CASES.read_text("utf-8"))["must_reject"] if CASES.exists() else []


@pytest.mark.parametrize("text", VALID)
def test_known_filters_are_read(text: str) -> None:
    def readable(grammar: str) -> bool:
        try:
            read_filter(text, GRAMMARS[grammar])
        except QueryError:
            return False
        return True

    assert any(readable(grammar) for grammar in GRAMMARS)


@pytest.mark.parametrize("case", REJECTED, ids=lambda case: case["query"])
def test_what_cannot_be_filtered_is_refused(case: dict[str, str]) -> None:
    with pytest.raises(QueryError):
        read_filter(case["query"], GRAMMARS[case["field"]])


# --- signatures ----------------------------------------------------------------------------


@needs_shared
def test_the_signature_is_the_known_one() -> None:
    known = json.loads((SAMPLES / "auth-vectors.json").read_text("utf-8"))
    admin, webhook = known["admin_auth"], known["webhook_signature"]
    keys = auth.Keys(
        api_key=admin["api_key"],
        api_secret=admin["api_secret_base64"],
        webhook_secret=webhook["app_secret_base64"],
        business_id=admin["business_id"],
    )

    assert authorization(keys, admin["timestamp"]) == admin["authorization_header"]
    salt = webhook["headers"]["x-blvd-hmac-salt"]
    body = webhook["raw_body"].encode()
    signed = auth.sign(keys.webhook_secret, salt.encode() + b":" + body)
    assert signed == webhook["headers"]["x-blvd-hmac-sha256"]


def test_a_signature_needs_the_secret_decoded() -> None:
    secret = base64.b64encode(b"plain").decode()

    assert auth.sign(secret, b"x") != auth.sign(base64.b64encode(secret.encode()).decode(), b"x")
