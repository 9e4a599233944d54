"""Gazette, an imaginary service for newsletters: a whole destination plugin in one module."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs
import httpx

from frontdesk import (
    Account,
    Batch,
    Channel,
    Client,
    ConsentState,
    DestinationManifest,
    OptOut,
    OptOuts,
    Outcome,
    OutgoingConsent,
    OutgoingEvent,
    OutgoingProfile,
    Rate,
    Receipt,
    Subscription,
    hookimpl,
    secret,
)

LONGEST = 1000


@attrs.frozen
class Settings:
    """What Gazette asks of whoever sends to it."""

    key: str = secret(help="Gazette: Settings, API keys.")


class KeyAuth(httpx.Auth):
    """Puts the key into a header."""

    def __init__(self, key: str) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign one request."""
        request.headers["x-gazette-key"] = self._key
        yield request


manifest = DestinationManifest(
    title="Gazette",
    settings=Settings,
    authenticate=lambda settings: KeyAuth(settings.key),
    base_urls={"production": "https://api.gazette.example/v1/"},
    rates=(Rate(10, 1),),
    channels=frozenset({Channel.EMAIL}),
)


@hookimpl
async def open_account(client: Client[Settings]) -> Account:
    """Ask whose key it is."""
    told: Any = await client.get("account")
    return Account(told["id"], told["name"])


@hookimpl
def screen(batch: Batch) -> Iterator[Receipt]:
    """Gazette knows people by e-mail, and takes no long events."""
    for item in batch.items:
        if isinstance(item, OutgoingConsent):
            continue
        if item.email is None:
            yield Receipt(item.id, Outcome.REFUSED, "Gazette knows nobody without e-mail")
        elif isinstance(item, OutgoingEvent) and len(item.body) > LONGEST:
            yield Receipt(item.id, Outcome.REFUSED, f"the properties have over {LONGEST} bytes")


@hookimpl
async def deliver(client: Client[Settings], batch: Batch) -> list[Receipt]:
    """Send each item under an id of its own, so that one that is sent again is known."""
    for item in batch.items:
        await client.request("PUT", f"items/{batch.load.name.lower()}/{item.id}", json=_row(item))
    return [Receipt(item.id) for item in batch.items]


def _row(item: OutgoingProfile | OutgoingConsent | OutgoingEvent) -> dict[str, Any]:
    if isinstance(item, OutgoingEvent):
        # Only what is live may start a campaign.
        facts = {"name": item.metric, "at": item.time.isoformat(), "silent": not item.live}
        return {"email": item.email, **facts, "facts": item.properties}
    if isinstance(item, OutgoingConsent):
        wanted = item.state is ConsentState.SUBSCRIBED
        return {"email": item.address, "wants_news": wanted, "list": item.subscribers}
    return {"email": item.email, **item.attributes}


@hookimpl
async def read_subscriptions(
    client: Client[Settings], consents: Sequence[OutgoingConsent]
) -> dict[str, Subscription]:
    """Look whether somebody said no to Gazette itself before an opt-in is sent."""
    told: Any = await client.post("people/find", json=[one.address for one in consents])
    return {one.id: _subscription(told.get(one.address)) for one in consents}


def _subscription(row: Mapping[str, Any] | None) -> Subscription:
    if row is None or row["wants_news"] is None:
        return Subscription(None)
    state = ConsentState.SUBSCRIBED if row["wants_news"] else ConsentState.UNSUBSCRIBED
    return Subscription(state, datetime.fromisoformat(row["since"]), "Gazette's list")


@hookimpl
async def read_consent(client: Client[Settings], cursor: Any) -> AsyncIterator[OptOuts]:
    """Read who opted out since the last time."""
    while True:
        told: Any = await client.get("refusals", params={"after": cursor})
        said = [
            OptOut(
                Channel.EMAIL,
                row["email"],
                datetime.fromisoformat(row["since"]),
                f"Gazette, refusal {row['id']}",
            )
            for row in told["rows"]
        ]
        cursor = told["rows"][-1]["id"] if told["rows"] else cursor
        yield OptOuts(tuple(said), cursor)
        if not told["more"]:
            return


@hookimpl
async def forget(client: Client[Settings], address: str) -> str:
    """Have a person erased."""
    await client.post("people/erase", json={"email": address})
    return "erased at Gazette"
