"""Pigeon Post: a destination in memory, behind a transport, for the tests of delivery.

What it keeps is what a destination worth its name would: profiles by address, events once by
(address, metric, id), and consent by channel and address. It remembers every request, and can
be told to refuse, to break off and to know better.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import ModuleType
from typing import Any

import attrs
import httpx

from frontdesk import (
    Account,
    Batch,
    Channel,
    ConsentState,
    DeliveryContext,
    DestinationManifest,
    OptOut,
    OptOuts,
    Outcome,
    OutgoingConsent,
    OutgoingEvent,
    OutgoingProfile,
    Receipt,
    Subscription,
    hookimpl,
    secret,
)
from frontdesk.client import Client

KEY = "pigeon-CANARY"


@attrs.frozen
class Settings:
    """How to reach the loft."""

    key: str = secret(help="The loft's key.")


class _Auth(httpx.Auth):
    def __init__(self, key: str) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Any:
        request.headers["authorization"] = f"Bearer {self._key}"
        yield request


manifest = DestinationManifest(
    title="Pigeon Post",
    settings=Settings,
    authenticate=lambda settings: _Auth(settings.key),
    base_urls={"loft": "https://pigeon.test/"},
    channels=frozenset({Channel.EMAIL, Channel.SMS}),
)


@hookimpl
async def open_account(client: Client[Settings]) -> Account:
    told = await client.get("account")
    return Account(told["id"], told["title"], missing=tuple(told["missing"]))


@hookimpl
def screen(batch: Batch, context: DeliveryContext) -> Iterable[Receipt]:
    for item in batch.items:
        if isinstance(item, OutgoingEvent) and item.properties.get("Heavy"):
            yield Receipt(item.id, Outcome.REFUSED, "Heavy is more than a pigeon carries")
        elif isinstance(item, OutgoingEvent) and (item.email or "").endswith("@dropped.test"):
            yield Receipt(item.id, Outcome.DROPPED, "nobody lives there")
        elif isinstance(item, OutgoingProfile) and (item.email or "").startswith("bad"):
            yield Receipt(item.id, Outcome.REFUSED, "email begins badly")


@hookimpl
async def deliver(
    client: Client[Settings], batch: Batch, context: DeliveryContext
) -> Iterable[Receipt]:
    left = {receipt.id: receipt for receipt in screen(batch, context)}
    items = [_json(item) for item in batch.items if item.id not in left]
    if items:
        told = await client.post("batch", json={"load": batch.load.value, "items": items})
        left |= {id: Receipt(id, Outcome.REFUSED, why) for id, why in told["refused"].items()}
    return [left.get(item.id, Receipt(item.id)) for item in batch.items]


def _json(item: Any) -> dict[str, Any]:
    if isinstance(item, OutgoingEvent):
        return {
            "id": item.id, "metric": item.metric, "who": item.email or item.phone_number,
            "time": item.time.isoformat(), "live": item.live, "value": item.value,
            "integration": item.integration, "site": item.site, "properties": item.properties,
        }  # fmt: skip
    if isinstance(item, OutgoingProfile):
        shown = {"who": item.email or item.phone_number, "phone": item.phone_number}
        return {"id": item.id, **shown, "attributes": dict(item.attributes), "live": item.live}
    return {
        "id": item.id, "channel": item.channel.value, "who": item.address, "email": item.email,
        "state": item.state.value, "list": item.subscribers, "history": item.history,
        "at": item.at and item.at.isoformat(), "observed": item.observed,
    }  # fmt: skip


@hookimpl
async def read_subscriptions(
    client: Client[Settings], consents: Sequence[OutgoingConsent], context: DeliveryContext
) -> Mapping[str, Subscription]:
    asked = [[one.channel.value, one.address] for one in consents]
    told = await client.post("subscriptions", json=asked)
    return {
        one.id: Subscription(
            None if said is None else ConsentState(said[0]),
            datetime.fromisoformat(said[1]) if said and said[1] else None,
            "the loft's book",
        )
        for one, said in zip(consents, told, strict=True)
    }


@hookimpl
async def read_consent(
    client: Client[Settings], cursor: Any, context: DeliveryContext
) -> AsyncIterator[OptOuts]:
    while True:
        told = await client.get("optouts", params={"after": cursor or 0})
        said = tuple(
            OptOut(Channel(channel), who, at and datetime.fromisoformat(at), "told to the loft")
            for channel, who, at in told["said"]
        )
        cursor = told["next"]
        yield OptOuts(said, cursor)
        if not told["more"]:
            return


@hookimpl
async def forget(client: Client[Settings], address: str) -> str:
    await client.post("forget", json={"who": address})
    return "the loft has forgotten"


@hookimpl
async def preview(
    client: Client[Settings], metrics: Sequence[str], lists: Sequence[str]
) -> Iterable[str]:
    return [f"{len(metrics)} metrics and {len(lists)} lists are new to the loft"]


class Loft:
    """The other side; *before* may answer a request in its stead."""

    def __init__(self, id: str = "loft-1") -> None:
        self.id = id
        self.missing: list[str] = []
        self.profiles: dict[str, dict[str, Any]] = {}
        self.events: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.consent: dict[tuple[str, str], dict[str, Any]] = {}
        #: What somebody told the loft itself: channel, address, when.
        self.optouts: list[tuple[str, str, str | None]] = []
        self.forgotten: list[str] = []
        self.refuse: dict[str, str] = {}
        self.batches: list[tuple[str, list[dict[str, Any]]]] = []
        self.repeats = 0
        self.before: Callable[[httpx.Request], httpx.Response | None] = lambda _: None
        #: Called once the batch was taken: it may raise instead of answering.
        self.after: Callable[[str], None] = lambda _: None

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        instead = self.before(request)
        if instead is not None:
            return instead
        assert KEY not in str(request.url)
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return httpx.Response(401, json={"Message": "bad key"})
        name = request.url.path.strip("/")
        asked = json.loads(request.content) if request.content else dict(request.url.params)
        return httpx.Response(200, json=getattr(self, f"on_{name}")(asked))

    def on_account(self, _: Any) -> Any:
        return {"id": self.id, "title": f"The loft {self.id}", "missing": self.missing}

    def on_batch(self, asked: Any) -> Any:
        load, items = asked["load"], asked["items"]
        self.batches.append((load, items))
        refused: dict[str, str] = {}
        for item in items:
            if item["who"] in self.refuse:
                refused[item["id"]] = self.refuse[item["who"]]
            else:
                self._take(load, item)
        self.after(load)
        return {"refused": refused}

    def _take(self, load: str, item: dict[str, Any]) -> None:
        if load.endswith("events"):
            key = (item["who"], item["metric"], item["id"])
            self.repeats += key in self.events
            self.events.setdefault(key, item)
        elif load == "profiles":
            known = self.profiles.setdefault(item["who"], {})
            known["phone_number"] = item["phone"] or known.get("phone_number")
            _lay(known, item["attributes"])
        else:
            self.consent[item["channel"], item["who"]] = item

    def on_subscriptions(self, asked: Any) -> Any:
        outs = {(channel, who): ["unsubscribed", at] for channel, who, at in self.optouts}
        return [outs.get((channel, who)) for channel, who in asked]

    def on_optouts(self, asked: Any) -> Any:
        start = int(asked["after"])
        part = self.optouts[start : start + 2]
        following = start + len(part)
        return {"said": part, "next": following, "more": following < len(self.optouts)}

    def on_forget(self, asked: Any) -> Any:
        who = asked["who"]
        self.forgotten.append(who)
        self.profiles.pop(who, None)
        self.consent = {key: said for key, said in self.consent.items() if key[1] != who}
        self.events = {key: event for key, event in self.events.items() if key[0] != who}
        return {}

    # -- looking at it -----------------------------------------------------------------

    def metrics(self) -> Counter[str]:
        return Counter(metric for _, metric, _ in self.events)

    def state(self) -> Any:
        """All it knows, to be compared."""
        events = {
            key: {k: v for k, v in event.items() if k != "live"}
            for key, event in self.events.items()
        }
        return self.profiles, events, {k: v["state"] for k, v in self.consent.items()}

    def loads(self) -> list[str]:
        return [load for load, _ in self.batches]


def _lay(known: dict[str, Any], said: dict[str, Any]) -> None:
    for name, value in said.items():
        if value is None:
            known.pop(name, None)
        elif isinstance(value, dict):
            _lay(known.setdefault(name, {}), value)
        else:
            known[name] = value


def added(desk: Any, loft: Loft, **options: Any) -> Any:
    """Add the loft to a desk, live unless told otherwise."""
    given = {"key": KEY, "transport": loft.transport, "live": True, **options}
    return desk.add_destination(_module(), **given)


def _module() -> ModuleType:
    import pigeon

    return pigeon
