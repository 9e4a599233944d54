"""Every answer of the emulated Mews against the published shapes, where these are at hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from frontdesk_mews.sandbox import PREFIX, Options, Platform
from frontdesk_mews.sandbox.operations import OPERATIONS
from frontdesk_mews.sandbox.plans import STATES

SPEC = Path(__file__).resolve().parents[4] / "shared" / "reference" / "mews-openapi.json"
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not SPEC.exists(), reason="the API's reference is not beside the checkout"),
]

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
KINDS: dict[str, Any] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "array": list,
}
#: Deprecated fields that only some answers carry; those of the reference are all optional to us.
LEFT_OUT = {"StartTime", "EndTime", "Promotions", "Type", "Service"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@cache
def spec() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(SPEC.read_text())
    return loaded


def errors(value: Any, shape: dict[str, Any], at: str) -> Iterator[str]:
    """Compare a value with a schema: types, formats, choices, required and unknown keys."""
    if "$ref" in shape:
        name = shape["$ref"].rsplit("/", 1)[1]
        yield from errors(value, spec()["components"]["schemas"][name], at)
        return
    if value is None:
        if not shape.get("nullable"):
            yield f"{at} is null"
        return
    for part in shape.get("allOf", ()):
        yield from errors(value, part, at)
    kind = shape.get("type")
    if kind and not (
        isinstance(value, KINDS[kind]) and (kind == "boolean") == isinstance(value, bool)
    ):
        yield f"{at} is no {kind}: {value!r}"
        return
    if "enum" in shape and value not in shape["enum"]:
        yield f"{at} is none of the choices: {value!r}"
    yield from _text(value, shape, at)
    if kind == "array":
        for number, one in enumerate(value):
            yield from errors(one, shape["items"], f"{at}[{number}]")
    if kind == "object":
        yield from _members(value, shape, at)


def _text(value: Any, shape: dict[str, Any], at: str) -> Iterator[str]:
    if shape.get("format") == "uuid" and not UUID.fullmatch(value):
        yield f"{at} is no id: {value!r}"
    if shape.get("format") == "date-time":
        datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    if isinstance(value, str) and len(value) > shape.get("maxLength", len(value)):
        yield f"{at} is too long"


def _members(value: dict[str, Any], shape: dict[str, Any], at: str) -> Iterator[str]:
    members = shape.get("properties")
    if members is None:
        return
    for name in set(shape.get("required", ())) - set(value):
        yield f"{at}.{name} is missing"
    for name in set(members) - set(value) - LEFT_OUT:
        yield f"{at}.{name} is not there, not even as null"
    for name, one in value.items():
        if name in members:
            yield from errors(one, members[name], f"{at}.{name}")
        else:
            yield f"{at}.{name} is unknown"


def bodies(platform: Platform) -> dict[str, dict[str, Any]]:
    """Ask each operation for as many kinds of rows as it has."""
    world = platform.world
    window = {
        "StartUtc": (NOW - timedelta(days=90)).isoformat(),
        "EndUtc": (NOW + timedelta(days=1)).isoformat(),
    }
    page = {"Limitation": {"Count": 1000}}
    both = {"ActivityStates": ["Active", "Deleted"]}
    recent = {**page, "UpdatedUtc": window}
    extent = (
        "Vouchers",
        "VoucherCodes",
        "VoucherAssignments",
        "Customers",
        "Addresses",
        "Documents",
    )
    everything = {"Extent": {**dict.fromkeys(extent, True), "ReservationGroups": True}}
    state = {row.state: row.id for row in world.reservations}
    return {
        "configuration/get": {"EnterpriseId": world.houses[0].enterprise.id},
        "enterprises/getAll": page,
        "services/getAll": page,
        "ageCategories/getAll": {**page, **both},
        "reservations/getAll/2023-06-06": {**page, "States": list(STATES)},
        "customers/getAll": {**recent, **both, **everything, "ChainIds": [world.chain]},
        "addresses/getAll": {**recent, **both},
        "companies/getAll": {**page, **both},
        "reservationGroups/getAll": recent,
        "vouchers/getAll": {
            **page,
            **both,
            **everything,
            "ServiceIds": [world.houses[0].services[0].id],
        },
        "voucherCodes/getAll": {**page, "VoucherIds": [row.id for row in world.vouchers]},
        "orderItems/getAll": {
            **recent,
            "AccountingStates": ["Open", "Closed", "Inactive", "Canceled"],
        },
        "companionships/getAll": {
            **page,
            **everything,
            "ReservationIds": [row.id for row in world.reservations],
        },
        "countries/getAll": {},
        "currencies/getAll": {},
        "languages/getAll": {},
        "reservations/confirm": {"ReservationIds": [state["Optional"]]},
        "reservations/start": {"ReservationId": state["Confirmed"]},
        "reservations/process": {"ReservationId": state["Started"]},
        "reservations/cancel": {"ReservationIds": [state["Inquired"]], "Notes": "x"},
    }


@pytest.fixture(scope="module")
def platform() -> Platform:
    return Platform(Options(now=NOW, reservations=400, rate_window=0))


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
async def test_answers_have_the_published_shape(platform: Platform, operation: str) -> None:
    body = {
        "ClientToken": platform.tokens.client,
        "AccessToken": platform.tokens.portfolio.value,
        "Client": "tests 1",
        **bodies(platform)[operation],
    }
    transport = httpx.ASGITransport(platform.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://mews.test") as client:
        answer = await client.post(PREFIX + operation, json=body)
    answers = spec()["paths"][PREFIX + operation]["post"]["responses"]
    schema = answers["200"]["content"]["application/json"]["schema"]

    assert answer.status_code == 200, answer.text
    found = {re.sub(r"\[\d+\]", "[]", one) for one in errors(answer.json(), schema, operation)}
    assert not found
    arrays = [value for value in answer.json().values() if isinstance(value, list)]
    assert all(arrays) or operation == "vouchers/getAll"


async def test_errors_have_the_published_shape(platform: Platform) -> None:
    transport = httpx.ASGITransport(platform.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://mews.test") as client:
        answer = await client.post(PREFIX + "configuration/get", json={})

    schema = spec()["components"]["schemas"]["ConnectorApiExceptionResult"]
    assert not list(errors(answer.json(), schema, "error"))
