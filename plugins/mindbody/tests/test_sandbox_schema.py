"""Every answer and event of the emulated Mindbody against what is published, where that is at hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from frontdesk_mindbody.sandbox import PREFIX, PUSH_PREFIX, Options, Platform
from frontdesk_mindbody.sandbox.messages import Envelope
from frontdesk_mindbody.sandbox.operations import operations
from frontdesk_mindbody.sandbox.subscriptions import metric, shown

SHARED = Path(__file__).resolve().parents[4] / "shared"
SPEC = SHARED / "reference" / "mindbody-openapi.json"
SAMPLES = SHARED / "samples" / "mindbody"
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not SPEC.exists(), reason="the API's reference is not beside the checkout"),
]

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOME = -99
KINDS: dict[str, Any] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "array": list,
}
#: Seen in answers of a live site, and not in the document.
UNDOCUMENTED = {"PurchasedItem.RecipientClientId"}
#: A time, with a zone or without.
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?")


@pytest.fixture(name="anyio_backend")
def _anyio_backend() -> str:
    return "asyncio"


@cache
def spec() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(SPEC.read_text("utf-8"))
    return loaded


def resolved(shape: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if "$ref" not in shape:
        return "", shape
    name = shape["$ref"].removeprefix("#/definitions/")
    return name.rpartition(".")[2], spec()["definitions"][name]


def errors(value: Any, shape: dict[str, Any], at: str) -> Iterator[str]:
    """Compare a value with a definition: its type, its choices, and the names of its fields."""
    name, shape = resolved(shape)
    if value is None:
        return
    kind = shape.get("type")
    if kind and not (
        isinstance(value, KINDS[kind]) and (kind == "boolean") == isinstance(value, bool)
    ):
        yield f"{at} is no {kind}: {value!r}"
        return
    if "enum" in shape and value not in shape["enum"]:
        yield f"{at} is none of the choices: {value!r}"
    if shape.get("format") == "date-time" and not TIME.fullmatch(value):
        yield f"{at} is no time: {value!r}"
    if kind == "array":
        for number, one in enumerate(value):
            yield from errors(one, shape["items"], f"{at}[{number}]")
    members: dict[str, Any] = shape.get("properties", {})
    for field, one in value.items() if members else ():
        if field in members:
            yield from errors(one, members[field], f"{at}.{field}")
        elif f"{name}.{field}" not in UNDOCUMENTED:
            yield f"{at}.{field} is unknown"


def missing(value: Any, shape: dict[str, Any], at: str) -> Iterator[str]:
    """Name the fields of a definition that an answer leaves out."""
    _, shape = resolved(shape)
    if isinstance(value, list):
        for one in value:
            yield from missing(one, shape["items"], at)
    elif isinstance(value, dict):
        for field, inner in shape.get("properties", {}).items():
            if field not in value:
                yield f"{at}.{field}"
            else:
                yield from missing(value[field], inner, f"{at}.{field}")


@pytest.fixture(scope="module", name="platform")
def _platform() -> Platform:
    return Platform(Options(now=NOW, clients=600))


def questions(platform: Platform) -> dict[str, dict[str, Any]]:
    """Ask each operation for as many kinds of rows as it has."""
    studio = platform.world.studio(HOME)
    held, agreed = next(iter(studio.held)), next(iter(studio.agreed))
    visited = next(visit for visit in studio.visits if visit.paid_by)
    span = {"StartDate": "2026-01-01", "EndDate": "2027-12-31", "limit": 200}
    return {
        "site/sites": {"SiteIds": HOME},
        "site/locations": {},
        "site/activationcode": {},
        "site/memberships": {},
        "staff/staff": {},
        "client/clients": {"IncludeInactive": True, "limit": 200},
        "client/clientcompleteinfo": {"UniqueClientId": agreed.client},
        "client/clientvisits": {"UniqueClientId": visited.client, **span},
        "client/clientcontracts": {"UniqueClientId": agreed.client},
        "client/activeclientmemberships": {"UniqueClientId": held.client},
        "client/clientaccountbalances": {"ClientIds": [c.number for c in studio.clients][:20]},
        "sale/sales": {"StartSaleDateTime": "2026-01-01", "limit": 200},
        "appointment/staffappointments": span,
        "class/classes": {"StartDateTime": "2026-01-01", "EndDateTime": "2027-12-31"},
        "class/classvisits": {"ClassID": visited.course},
        "class/waitlistentries": {"ClassScheduleIds": list(range(2001, 2010))},
    }


async def ask(platform: Platform, path: str, params: dict[str, Any]) -> httpx.Response:
    login = platform.tokens.staff
    token = platform.tokens.issue(HOME, login.username, login.password)
    headers = {
        "Api-Key": platform.tokens.keys.api,
        "SiteId": str(HOME),
        "Authorization": f"Bearer {token.value}",
    }
    transport = httpx.ASGITransport(platform.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://mindbody.test") as client:
        return await client.get(PREFIX + path, params=params, headers=headers)


def schema(path: str) -> dict[str, Any]:
    paths = {name.lower(): shape for name, shape in spec()["paths"].items()}
    answers = paths[f"/public/v{{version}}/{path}"]["get"]["responses"]
    found: dict[str, Any] = answers["200"]["schema"]
    return found


#: Parts that are shown in short, as the samples have them.
IN_SHORT = re.compile(r"\.ClassSchedule\.")


@pytest.mark.parametrize("path", sorted(operations()))
async def test_answers_have_the_published_shape(platform: Platform, path: str) -> None:
    answer = await ask(platform, path, questions(platform)[path])
    assert answer.status_code == 200, answer.text

    found = {re.sub(r"\[\d+\]", "[]", one) for one in errors(answer.json(), schema(path), path)}
    assert not found
    left_out = {
        one for one in missing(answer.json(), schema(path), path) if not IN_SHORT.search(one)
    }
    assert not left_out
    rows = [value for value in answer.json().values() if isinstance(value, list)]
    assert all(rows) or path == "client/clientcompleteinfo"


async def test_a_token_has_the_published_shape(platform: Platform) -> None:
    login = platform.tokens.staff
    headers = {"Api-Key": platform.tokens.keys.api, "SiteId": str(HOME)}
    transport = httpx.ASGITransport(platform.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://mindbody.test") as client:
        body = {"Username": login.username, "Password": login.password}
        answer = await client.post(f"{PREFIX}usertoken/issue", json=body, headers=headers)
    (shape,) = (
        one["post"]["responses"]["200"]["schema"]
        for name, one in spec()["paths"].items()
        if name.lower().endswith("usertoken/issue")
    )

    assert not list(errors(answer.json(), shape, "token"))
    assert not list(missing(answer.json(), shape, "token"))


def keys(value: Any) -> Any:
    """Reduce a document to the names of its fields; a list, to those of all its members."""
    if isinstance(value, dict):
        return {name: keys(one) for name, one in value.items()}
    if isinstance(value, list):
        together: dict[str, Any] = {}
        for one in value:
            if isinstance(one, dict):
                together |= keys(one)
        return [together]
    return None


def sample(path: str) -> Any:
    return json.loads((SAMPLES / path).read_text("utf-8"))


@pytest.fixture(scope="module", name="told")
def _told() -> dict[str, list[dict[str, Any]]]:
    """Every event there is, as it is sent."""
    platform = Platform(
        Options(
            now=NOW, clients=600, webhook_early_cancel="both", webhook_appointment_cancel="both"
        )
    )
    found: dict[str, list[dict[str, Any]]] = {}

    def hear(action: Any, events: Any) -> None:
        for event, data in events:
            envelope = Envelope(id="x", event=event, version=1, at=action.time, data=data)
            found.setdefault(event, []).append(json.loads(envelope.body()))

    platform.journal.listeners.append(hear)
    platform.play(1_200)
    studio = platform.world.studio(HOME)
    platform.move("end_membership", HOME, next(iter(studio.held)).id)
    agreed = next(row for row in studio.agreed if row.terminated is None)
    platform.move("update_contract", HOME, agreed.id)
    return found


FILES = sorted(path.name for path in (SAMPLES / "webhooks").glob("*.json"))


@pytest.mark.parametrize("name", FILES)
def test_events_have_the_names_of_the_samples(
    told: dict[str, list[dict[str, Any]]], name: str
) -> None:
    wanted = sample(f"webhooks/{name}")
    found = told[wanted["eventId"]]

    (one,) = {json.dumps(keys([body]), sort_keys=True) for body in (_union(found),)}
    assert json.loads(one) == keys([wanted])
    assert {frozenset(body["eventData"]) for body in found} == {frozenset(wanted["eventData"])}


def _union(bodies: list[dict[str, Any]]) -> dict[str, Any]:
    """Take of each list the longest, so that what it holds is seen."""
    whole = dict(bodies[0])
    whole["eventData"] = {
        name: max((body["eventData"][name] for body in bodies), key=_length)
        for name in bodies[0]["eventData"]
    }
    return whole


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list) else 0


@pytest.mark.parametrize("name", FILES)
def test_events_have_the_types_of_the_samples(
    told: dict[str, list[dict[str, Any]]], name: str
) -> None:
    wanted = sample(f"webhooks/{name}")
    for body in told[wanted["eventId"]]:
        for field, value in wanted["eventData"].items():
            got = body["eventData"][field]
            assert got is None or value is None or type(got) is type(value), (field, got)
            if isinstance(value, str) and TIME.fullmatch(value):
                assert got is None or re.fullmatch(TIME.pattern[:-1], got), (field, got)


def test_subscriptions_have_the_names_of_the_samples() -> None:
    platform = Platform(Options(now=NOW, clients=30))
    made = platform.subscriptions.make("http://127.0.0.1:9/", ("client.created",))

    assert list(shown(made)) == list(
        sample("push-api/list_subscriptions.response.json")["items"][0]
    )
    assert list(metric(made)) == list(sample("push-api/metrics.response.json")["items"][0])


async def test_a_missing_key_is_told_as_documented() -> None:
    platform = Platform(Options(now=NOW, clients=30))
    transport = httpx.ASGITransport(platform.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://mindbody.test") as client:
        answer = await client.get(f"{PUSH_PREFIX}metrics")

    assert answer.json() == sample("push-api/error_missing_key.json")
