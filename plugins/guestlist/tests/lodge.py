"""A lodge on an imaginary platform: a source of reservations, whole and small."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, datetime, timedelta
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
    Manifest,
    Merged,
    Page,
    Profile,
    Query,
    Record,
    Reservation,
    Site,
    Stream,
    hookimpl,
    setting,
)


@attrs.frozen
class Settings:
    """What a lodge is connected by."""

    lodge: str = setting(help="Its id.")


manifest = Manifest(
    title="Lodge",
    settings=Settings,
    authenticate=lambda settings: None,
    base_urls={"production": "https://lodge.example/"},
    streams=(
        Stream("people", "all", polling=timedelta(minutes=1)),
        Stream("stays", "all", polling=timedelta(minutes=1)),
    ),
    consent=ConsentRules(records=frozenset({Channel.EMAIL})),
    exclusions=(Exclusion("agency", "An agency's address stands for the guest."),),
    guests="people",
)


@attrs.define
class Lodge:
    """People and stays by their ids, as the platform has them."""

    id: str = "lodge-1"
    rows: dict[str, dict[str, dict[str, Any]]] = attrs.field(
        factory=lambda: {"people": {}, "stays": {}}
    )

    def person(self, id: str, **more: Any) -> None:
        """Have a person, or change one."""
        known = self.rows["people"].get(id) or {
            "id": id,
            "first_name": id.title(),
            "last_name": "Lovelace",
            "email": f"{id}@example.com",
        }
        self.rows["people"][id] = known | more

    def stay(self, id: str, guest: str = "ada", **more: Any) -> None:
        """Have a stay, or change one."""
        known = self.rows["stays"].get(id) or {
            "id": id,
            "guest": guest,
            "status": "confirmed",
            "from": "2026-06-02T13:00:00Z",
            "to": "2026-06-05T09:00:00Z",
            "amount": "300.00",
            "created": "2026-01-10T10:00:00Z",
            "updated": "2026-01-10T10:00:00Z",
        }
        self.rows["stays"][id] = known | {"guest": guest} | more

    @property
    def transport(self) -> httpx.MockTransport:
        """How it is reached."""
        return httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        stream = request.url.path.strip("/")
        if stream == "account":
            return httpx.Response(200, json={"id": self.id})
        return httpx.Response(200, json=list(self.rows[stream].values()))


@hookimpl
async def open_account(client: Client[Settings]) -> Account:
    row = await client.get("account")
    sites = (Site("north", "North", "Europe/Paris", "EUR", "FR"), Site("south", "South"))
    return Account(row["id"], "The Lodge", sites)


@hookimpl
async def fetch_history(client: Client[Settings], query: Query) -> AsyncIterator[Page]:
    rows = await client.get(query.stream)
    records = [Record(query.stream, row["id"], row, guests=_guests(row)) for row in rows]
    for start in range(0, len(records), 500):
        yield Page(records[start : start + 500], {"v": 1})


def _guests(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (row.get("guest") or row["id"],)


@hookimpl
def parse_event(record: Record, context: Context) -> Iterable[Event]:
    return ()


@hookimpl
def map_profile(record: Record) -> Profile | Merged | Gone | None:
    row = record.payload
    if record.stream != "people":
        return None
    if "into" in row:
        return Merged(row["id"], row["into"])
    if row.get("gone"):
        return Gone(row["id"], erase=row["gone"] == "erased")
    return Profile(
        guest=row["id"],
        email=row["email"],
        phone_number=row.get("phone"),
        first_name=row["first_name"],
        last_name=row["last_name"],
        organization=row.get("company"),
        locale=row.get("locale"),
        location={"country": row["country"]} if "country" in row else {},
        excluded="agency" if row.get("agency") else None,
    )


@hookimpl
def sync_consent(record: Record) -> Iterable[Consent]:
    row = record.payload
    if "news" not in row:
        return
    state = ConsentState.SUBSCRIBED if row["news"] else ConsentState.UNSUBSCRIBED
    at = datetime.fromisoformat(row["said"]) if "said" in row else None
    yield Consent(row["id"], row["email"], Channel.EMAIL, state, at, "A box was ticked")


@hookimpl
def map_reservation(record: Record) -> Reservation | None:
    row = record.payload
    if record.stream != "stays":
        return None
    return Reservation(
        number=row["id"].upper(),
        guest=row["guest"],
        status=row["status"],
        site=row.get("site", "north"),
        from_=_time(row, "from"),
        to=_time(row, "to"),
        checked_in=row["status"] in {"arrived", "departed"},
        amount=Decimal(row["amount"]) if row.get("amount") else None,
        currency="EUR" if row.get("amount") else None,
        channel=row.get("channel"),
        language=row.get("language"),
        country=row.get("country"),
        created=_time(row, "created"),
        updated=_time(row, "updated"),
        duplicate_of=row.get("duplicate_of"),
    )


def _time(row: Mapping[str, Any], name: str) -> datetime | None:
    value = row.get(name)
    return datetime.fromisoformat(value).astimezone(UTC) if value else None
