"""Acorn, an imaginary platform for small inns: a whole connector for core's own tests."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import httpx
import msgspec

from frontdesk import (
    Account,
    Channel,
    Client,
    Consent,
    ConsentRules,
    ConsentState,
    Context,
    Delivery,
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
    Property,
    Purpose,
    Query,
    Record,
    Ref,
    Related,
    Reservation,
    Site,
    Stream,
    Webhook,
    hookimpl,
    jsons,
    secret,
    setting,
)
from frontdesk.errors import RecordError, SkipRecord
from frontdesk.walkers import by_offset, read_rows


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
    Property("Friend", "string"),
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
        Stream("clubs", "all", polling=timedelta(hours=1), scan=True, rows="items"),
        Stream("rooms", batch=2, rows="items"),
    ),
    metrics=(
        Metric("Booked Stay", _STAY),
        Metric("Cancelled Stay", _STAY),
        Metric("Joined Club", (Property("Club", "string"),)),
        Metric("Left Club", (Property("Club", "string"),)),
    ),
    profile=(
        ProfileField("Email", Kind.STANDARD, attribute="email"),
        ProfileField("First Name", Kind.STANDARD, attribute="first_name"),
    ),
    consent=ConsentRules(records=frozenset({Channel.EMAIL})),
    exclusions=(Exclusion("robot", "Not a person"), Exclusion("house", "The house's own use")),
    build_record=build_record,
    guests="guests",
    realtime=True,
    webhook=Webhook.FACTS,
    sandbox="inn:create",
)


@hookimpl
async def open_account(client: Client[Settings]) -> Account:
    row = await client.get("account")
    site = Site(row["site"], row["title"], row["zone"], "EUR", "CZ")
    clock = datetime.fromisoformat(row["now"]) if "now" in row else None
    return Account(row["id"], row["title"], (site,), clock=clock)


@hookimpl
async def fetch_history(client: Client[Settings], query: Query) -> AsyncIterator[Page]:
    if query.purpose is Purpose.IDS:
        answer = await client.get(query.stream, params={"ids": ",".join(query.ids)})
        yield Page(_read(query.stream, await _joined(client, query, answer["items"])))
        return
    scan = query.stream == "clubs"
    cursor = query.cursor or {"v": 1, "offset": 0}
    since = top = cursor.get("since", _start(query))

    async def fetch(offset: int, size: int) -> tuple[list[Any], int]:
        params = {"offset": offset, "size": size, "since": since or None}
        answer = await client.get(query.stream, params=params)
        return answer["items"], answer["total"]

    size = client.settings.page_size
    async for step in by_offset(fetch, size=size, start=cursor["offset"]):
        rows = await _joined(client, query, step.rows)
        top = max([top, *(str(row["changed"]) for row in rows if _has(row, "changed"))])
        last = step.cursor is None
        following = {"v": 1, "offset": step.cursor or 0, "since": since}
        if last and query.purpose is Purpose.CHANGES and not scan:
            following["since"] = top
        yield Page(
            _read(query.stream, rows),
            cursor=following,
            progress=step.progress,
            complete=last and scan,
        )


def _start(query: Query) -> str:
    if query.since is None or query.purpose is not Purpose.HISTORY:
        return ""
    return query.since.isoformat().replace("+00:00", "Z")


async def _joined(client: Client[Settings], query: Query, rows: Sequence[Any]) -> Sequence[Any]:
    if query.stream != "stays":
        return rows
    rooms = sorted({row["room"] for row in rows if _has(row, "room")})
    known = await client.lookup("rooms", rooms, max_age=timedelta(days=1))
    return [_with_room(row, known) for row in rows]


def _has(row: Any, field: str) -> bool:
    return isinstance(row, dict) and isinstance(row.get(field), str)


def _read(stream: str, rows: Sequence[Any]) -> list[Any]:
    return read_rows(stream, rows, lambda row: build_record(stream, row))


def _with_room(row: Any, known: Any) -> Any:
    room = known.get(row["room"]) if _has(row, "room") else None
    return {**row, "Room": room.payload["name"]} if room else row


@hookimpl
def parse_event(
    record: Record, previous: Record | None, related: Related, context: Context
) -> Iterator[Event | Ref]:
    row = record.payload
    if record.stream == "stays":
        yield from _stay_events(record, row, related, context)
    elif record.stream == "clubs":
        metric = "Left Club" if record.deleted else "Joined Club"
        when = record.seen if record.deleted else datetime.fromisoformat(row["joined"])
        yield Event(metric, row["guest"], when, properties={"Club": row["name"]})


def _stay_events(record: Record, row: Any, related: Related, context: Context) -> Iterator[Event]:
    if row.get("house"):
        raise SkipRecord("house")
    properties = {"Stay ID": record.id, "Room": row.get("Room")}
    if row.get("friend"):
        friend = related[Ref("guests", row["friend"])]
        properties["Friend"] = friend.payload.get("name") if friend else None
    about: dict[str, Any] = {
        "value": Decimal(row["total"]) if "total" in row else None,
        "currency": context.account.sites[0].currency,
        "properties": properties,
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
    if row.get("erased") or row.get("deleted"):
        return Gone(record.id, erase="erased" in row)
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


@hookimpl
def read_webhook(delivery: Delivery) -> Iterator[Record | Ref]:
    for news in _news(delivery):
        if "row" in news:
            yield _built(news["stream"], news["row"])
        else:
            yield Ref(news["stream"], news["id"])


def _news(delivery: Delivery) -> list[dict[str, Any]]:
    try:
        news = jsons.decode(delivery.body)["news"]
        if all(_told(entry) for entry in news):
            return list(news)
    except (msgspec.DecodeError, LookupError, TypeError):
        pass
    raise RecordError("the delivery holds no news")


def _told(entry: Any) -> bool:
    told = "row" in entry or _has(entry, "id")
    return told and manifest.stream(entry["stream"]) is not None


def _built(stream: str, row: Any) -> Record:
    (found,) = _read(stream, [row])
    if isinstance(found, Record):
        return found
    raise RecordError(found.reason)


@hookimpl
def verify_webhook(delivery: Delivery, settings: Settings) -> bool:
    shown = delivery.headers.get("x-acorn-signature", "").encode()
    return hmac.compare_digest(shown, signature(delivery.body, settings.token).encode())


def signature(body: bytes, token: str) -> str:
    return hmac.new(token.encode(), body, "sha256").hexdigest()
