"""Acorn, an imaginary platform for small inns: a whole connector for core's own tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import httpx

from frontdesk import (
    Account,
    Channel,
    Client,
    Consent,
    ConsentRules,
    ConsentState,
    Context,
    Event,
    Exclusion,
    Gone,
    Kind,
    Manifest,
    Merged,
    Metric,
    Page,
    Profile,
    ProfileField,
    Progress,
    Property,
    Purpose,
    Query,
    Record,
    Ref,
    Related,
    Reservation,
    Site,
    Stream,
    hookimpl,
    secret,
    setting,
)
from frontdesk.errors import SkipRecord
from frontdesk.walkers import read_rows


@attrs.frozen
class Settings:
    """What Acorn asks of whoever connects an inn."""

    token: str = secret(help="Settings > API in Acorn")
    inn: str = setting("oak", help="The inn's short name")
    page_size: int = setting(10)


class TokenAuth(httpx.Auth):
    """Acorn's bearer token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        request.headers["authorization"] = f"Bearer {self._token}"
        yield request


def build_record(stream: str, row: Any) -> Record:
    changed = row.get("changed")
    guest = row["id"] if stream == "guests" else row.get("guest")
    return Record(
        stream,
        row["id"],
        row,
        version=datetime.fromisoformat(changed) if changed else None,
        guests=(guest,) if guest else (),
        partial=bool(row.get("partial")),
    )


_STAY = (
    Property("Value", "number", of="value"),
    Property("Value Currency", "string", of="currency"),
    Property("Stay ID", "string"),
    Property("Room", "string"),
)

manifest = Manifest(
    title="Acorn",
    settings=Settings,
    authenticate=lambda settings: TokenAuth(settings.token),
    base_urls={"production": "https://api.acorn.example/"},
    streams=(
        Stream(
            "guests",
            timedelta(days=730),
            polling=timedelta(minutes=5),
            discard=("passport", "cards.number"),
            batch=3,
            rows="items",
        ),
        Stream("stays", timedelta(days=730), polling=timedelta(minutes=5), rows="items"),
        Stream("clubs", "all", scan=True, rows="items"),
        Stream("rooms", batch=2, rows="items"),
    ),
    metrics=(
        Metric("Booked Stay", _STAY),
        Metric("Cancelled Stay", _STAY),
        Metric("Joined Club", (Property("Club", "string"),)),
        Metric("Left Club", (Property("Club", "string"),)),
    ),
    profile=(ProfileField("Email", Kind.STANDARD, attribute="email"),),
    consent=ConsentRules(records=frozenset({Channel.EMAIL})),
    exclusions=(Exclusion("robot", "Not a person"), Exclusion("house", "The house's own use")),
    build_record=build_record,
    guests="guests",
    realtime=True,
)


@hookimpl
async def open_account(client: Client[Settings]) -> Account:
    row = await client.get("account")
    site = Site(row["id"], row["title"], "Europe/Prague", "EUR", "CZ")
    clock = datetime.fromisoformat(row["now"]) if "now" in row else None
    return Account(row["id"], row["title"], (site,), clock=clock)


@hookimpl
async def fetch_history(client: Client[Settings], query: Query) -> AsyncIterator[Page]:
    if query.purpose is Purpose.IDS:
        answer = await client.get(query.stream, params={"ids": ",".join(query.ids)})
        yield Page(_read(query.stream, answer["items"]))
        return
    offset = (query.cursor or {}).get("offset", 0)
    while True:
        size = client.settings.page_size
        answer = await client.get(query.stream, params={"offset": offset, "size": size})
        rows = answer["items"]
        if query.stream == "stays":
            rooms = {row["room"] for row in rows if row.get("room")}
            known = await client.lookup("rooms", sorted(rooms), max_age=timedelta(days=1))
            rows = [_with_room(row, known) for row in rows]
        offset += len(rows)
        last = offset >= answer["total"]
        yield Page(
            _read(query.stream, rows),
            cursor={"v": 1, "offset": offset},
            progress=Progress(offset, answer["total"]),
            complete=last and query.stream == "clubs",
        )
        if last:
            return


def _read(stream: str, rows: list[Any]) -> list[Any]:
    return read_rows(stream, rows, lambda row: build_record(stream, row))


def _with_room(row: Any, known: Any) -> Any:
    room = known.get(row.get("room")) if isinstance(row, dict) else None
    return {**row, "Room": room.payload["name"]} if room else row


@hookimpl
def parse_event(
    record: Record, previous: Record | None, related: Related, context: Context
) -> Iterator[Event | Ref]:
    row = record.payload
    if record.stream == "stays":
        yield from _stay_events(record, row, context)
    elif record.stream == "clubs":
        metric = "Left Club" if record.deleted else "Joined Club"
        when = record.seen if record.deleted else datetime.fromisoformat(row["joined"])
        yield Event(metric, row["guest"], when, properties={"Club": row["name"]})


def _stay_events(record: Record, row: Any, context: Context) -> Iterator[Event]:
    if row.get("house"):
        raise SkipRecord("house")
    about: dict[str, Any] = {
        "value": Decimal(row["total"]) if "total" in row else None,
        "currency": context.account.sites[0].currency,
        "properties": {"Stay ID": record.id, "Room": row.get("Room")},
    }
    yield Event("Booked Stay", row["guest"], datetime.fromisoformat(row["booked"]), **about)
    if row.get("cancelled"):
        when = datetime.fromisoformat(row["cancelled"])
        yield Event("Cancelled Stay", row["guest"], when, occurrence=row["cancelled"], **about)


@hookimpl
def map_profile(record: Record) -> Profile | Merged | Gone | None:
    if record.stream != "guests":
        return None
    row = record.payload
    if row.get("merged"):
        return Merged(record.id, row["merged"])
    if row.get("erased"):
        return Gone(record.id, erase=True)
    return Profile(
        guest=record.id,
        email=row["email"],
        first_name=row.get("name"),
        excluded="robot" if row.get("robot") else None,
    )


@hookimpl
def sync_consent(record: Record, previous: Record | None) -> Iterator[Consent]:
    if record.stream != "guests" or not record.payload.get("email"):
        return
    email = record.payload["email"]
    if record.payload.get("news"):
        yield Consent(record.id, email, Channel.EMAIL, ConsentState.SUBSCRIBED, evidence="news")
    elif previous is not None and previous.payload.get("news"):
        yield Consent(record.id, email, Channel.EMAIL, ConsentState.UNSUBSCRIBED, evidence="news")


@hookimpl
def map_reservation(record: Record) -> Reservation | None:
    if record.stream != "stays":
        return None
    status = "cancelled" if record.payload.get("cancelled") else "confirmed"
    return Reservation(number=record.id, guest=record.payload["guest"], status=status)
