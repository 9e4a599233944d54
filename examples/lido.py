"""Lido, an imaginary platform for public pools: a whole connector in one module."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import attrs
import httpx

from frontdesk import (
    Account,
    Channel,
    Client,
    Consent,
    ConsentRules,
    ConsentState,
    Event,
    Kind,
    Manifest,
    Metric,
    Page,
    Profile,
    ProfileField,
    Property,
    Purpose,
    Query,
    Rate,
    Record,
    Ref,
    Related,
    Site,
    Stream,
    hookimpl,
    secret,
)
from frontdesk.walkers import by_offset, read_rows


@attrs.frozen
class Settings:
    """What Lido asks of whoever connects a pool."""

    key: str = secret(help="Lido: Settings, API keys.")


class KeyAuth(httpx.Auth):
    """Puts the key into a header."""

    def __init__(self, key: str) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign one request."""
        request.headers["x-lido-key"] = self._key
        yield request


def build_record(stream: str, row: Any) -> Record:
    """Make a record of one row as Lido sends it."""
    guest = row["id"] if stream == "guests" else row.get("guest")
    changed = row.get("changed")
    return Record(
        stream,
        row["id"],
        row,
        version=datetime.fromisoformat(changed) if changed else None,
        guests=(guest,) if guest else (),
    )


VISIT: Final = (
    Property("Value", "number", "What the ticket costs.", of="value"),
    Property("Value Currency", "string", "Currency of Value.", of="currency"),
    Property("Pool", "string", "Name of the pool."),
)
_OFTEN: Final = timedelta(minutes=5)

manifest = Manifest(
    title="Lido",
    settings=Settings,
    authenticate=lambda settings: KeyAuth(settings.key),
    base_urls={"production": "https://api.lido.example/v1/"},
    rates=(Rate(60, 60),),
    streams=(
        Stream("guests", "all", polling=_OFTEN, rows="rows", discard=("card.number",)),
        Stream("visits", "all", polling=_OFTEN, rows="rows"),
        Stream("pools", batch=50, rows="rows"),
    ),
    metrics=(
        Metric("Booked Visit", VISIT, "A ticket was bought."),
        Metric("Cancelled Visit", VISIT, "A ticket was given back."),
    ),
    profile=(
        ProfileField("Email", Kind.STANDARD, attribute="email"),
        ProfileField("First Name", Kind.STANDARD, attribute="first_name"),
        ProfileField("Lido Season Pass", Kind.CUSTOM, "boolean"),
        ProfileField("Email consent", Kind.CONSENT, "consent"),
    ),
    consent=ConsentRules(records=frozenset({Channel.EMAIL})),
    guests="guests",
    build_record=build_record,
    realtime=True,
)


@hookimpl
async def open_account(client: Client[Settings]) -> Account:
    """Ask whose key it is."""
    row = await client.get("account")
    return Account(row["id"], row["name"], (Site(row["id"], row["name"], "Europe/Vienna", "EUR"),))


@hookimpl
async def fetch_history(client: Client[Settings], query: Query) -> AsyncIterator[Page]:
    """Read a stream by pages, what changed since a time, or records by their ids."""
    asked: dict[str, Any] = {"ids": ",".join(query.ids)}
    if query.purpose is not Purpose.IDS:
        since = (query.cursor or {}).get("since") or (query.since and query.since.isoformat())
        asked = {"changed_since": since}

    async def fetch(offset: int, size: int) -> tuple[list[Any], int]:
        answer = await client.get(query.stream, params={**asked, "offset": offset, "limit": size})
        return answer["rows"], answer["total"]

    latest: str | None = None
    async for step in by_offset(fetch, size=100):
        records = read_rows(query.stream, step.rows, lambda row: build_record(query.stream, row))
        dated = [r for r in records if isinstance(r, Record) and r.version is not None]
        latest = max([latest or "", *(record.payload["changed"] for record in dated)])
        # Until the walk has ended, it would begin anew; what is known already is unchanged.
        cursor = {"v": 1, "since": latest} if step.cursor is None and latest else query.cursor
        yield Page(records, cursor, step.progress)


@hookimpl
def parse_event(record: Record, related: Related) -> Iterator[Event]:
    """Tell of tickets bought and given back."""
    if record.stream != "visits":
        return
    row = record.payload
    pool = related[Ref("pools", row["pool"])]
    about: dict[str, Any] = {
        "value": Decimal(row["price"]),
        "currency": "EUR",
        "properties": {"Pool": pool.payload["name"] if pool else None},
    }
    yield Event("Booked Visit", row["guest"], datetime.fromisoformat(row["booked"]), **about)
    if row["cancelled"]:
        when = datetime.fromisoformat(row["cancelled"])
        yield Event("Cancelled Visit", row["guest"], when, occurrence=row["cancelled"], **about)


@hookimpl
def map_profile(record: Record) -> Profile | None:
    """Tell what is known of a guest."""
    if record.stream != "guests":
        return None
    row = record.payload
    return Profile(
        guest=record.id,
        email=row["email"],
        first_name=row["name"],
        properties={"Lido Season Pass": row["season_pass"]},
    )


@hookimpl
def sync_consent(record: Record, previous: Record | None) -> Iterator[Consent]:
    """State what the guest said about the newsletter."""
    if record.stream != "guests" or not record.payload["email"]:
        return
    wanted, earlier = record.payload["newsletter"], previous and previous.payload["newsletter"]
    if wanted or earlier:  # a box that was never ticked is no opt-out
        state = ConsentState.SUBSCRIBED if wanted else ConsentState.UNSUBSCRIBED
        address = record.payload["email"]
        yield Consent(record.id, address, Channel.EMAIL, state, evidence="Lido newsletter box")
