"""The Porter: a plugin whose platform is the store. It keeps parcels for guests of others.

It has tables, jobs and commands of its own; what it keeps becomes records like anybody's.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import typer
from inn import Counting
from sqlalchemy import Column, ForeignKey, MetaData, String, Table, delete, func, insert, select
from sqlalchemy import Connection as Db

from frontdesk import (
    Account,
    Client,
    Consent,
    Desk,
    Event,
    Kind,
    Manifest,
    Metric,
    Page,
    Profile,
    ProfileField,
    Query,
    Record,
    Site,
    Stream,
    hookimpl,
    setting,
)
from frontdesk.annex import Annex, Erasure, Job, Tables
from frontdesk.columns import Amount, Instant, Key
from frontdesk.commands import ConfigOption, annex_of, configured, print_table, run

MIGRATIONS = Path(__file__).parent / "porter_migrations"
metadata = MetaData()
parcels = Table(
    "porter_parcels",
    metadata,
    Column("id", Key, primary_key=True),
    Column("house", String, nullable=False),
    Column("uid", String, nullable=False, unique=True),
    Column("connector", String),
    Column("account", String),
    Column("guest", String),
    Column("name", String, nullable=False),
    Column("address", String, nullable=False),
    Column("fee", Amount),
    Column("kept", Instant, nullable=False),
    # The parcel it is packed into.
    Column("outer_id", Key, ForeignKey("porter_parcels.id")),
)
labels = Table(
    "porter_labels",
    metadata,
    Column("parcel_id", Key, ForeignKey("porter_parcels.id"), primary_key=True),
    Column("word", String, primary_key=True),
)


@attrs.frozen
class Settings:
    """What the porter must know."""

    house: str = setting("lodge", help="What the house is called.")
    feeds_on: str | None = setting(None, help="Whose guests there are.")


def demo(connections: Any) -> dict[str, Any] | None:
    """Feed on the acorns of the demo."""
    found = [name for name, connector in connections.items() if connector == "acorn"]
    return {"feeds_on": found[0]} if found else None


manifest = Manifest(
    title="Porter",
    settings=Settings,
    authenticate=lambda _: None,
    base_urls={"store": "https://store.invalid/"},
    demo=demo,
    streams=(Stream("parcels", "all", polling=timedelta(seconds=15)),),
    metrics=(Metric("Kept Parcel"),),
    profile=(
        ProfileField("Email", Kind.STANDARD, attribute="email"),
        ProfileField("First Name", Kind.STANDARD, attribute="first_name"),
    ),
)


def keep(
    db: Db,
    name: str,
    address: str,
    *,
    house: str = "lodge",
    of: tuple[str, str, str] = ("", "", ""),
    at: datetime,
    outer: int | None = None,
) -> str:
    """Keep a parcel for a guest, who may be known elsewhere; return its uid."""
    connector, account, guest = of
    values = {"house": house, "name": name, "address": address, "kept": at, "fee": Decimal("1.5")}
    whose = {"connector": connector, "account": account, "guest": guest, "outer_id": outer}
    uid = uuid.uuid4().hex
    made = db.execute(insert(parcels).values(uid=uid, **values, **whose))
    (row,) = made.inserted_primary_key or (0,)
    db.execute(insert(labels), [{"parcel_id": row, "word": word} for word in ("heavy", "red")])
    return uid


def mirror(annex: Annex, settings: Settings, db: Db) -> None:
    """Keep a parcel for each reservation of whom we feed on."""
    there = set(db.execute(select(parcels.c.guest)).scalars())
    news = annex.news(db, settings.feeds_on or "", 0)
    for one in news:
        if one.reservation is not None and one.record not in there:
            keep(db, one.guest, "", of=("acorn", "oak-1", one.record), at=one.logged)


def names(db: Db) -> list[str]:
    """Return whom parcels are kept for."""
    return list(db.execute(select(parcels.c.name).order_by(parcels.c.id)).scalars())


def _of(erasure: Erasure) -> Any:
    """Select the parcels of those who are meant."""
    mine = parcels.c.address.in_(erasure.addresses)
    for connector, account, guest in erasure.guests:
        source = (parcels.c.connector, parcels.c.account, parcels.c.guest)
        same = [
            column == value
            for column, value in zip(source, (connector, account, guest), strict=True)
        ]
        mine |= same[0] & same[1] & same[2]
        if connector == "porter":
            mine |= (parcels.c.house == account) & (parcels.c.uid == guest)
    return mine & parcels.c.house.not_in(erasure.spared)


def erase(db: Db, erasure: Erasure) -> int:
    """Give the parcels of these people away."""
    rows = db.execute(select(parcels.c.id).where(_of(erasure))).scalars().all()
    db.execute(delete(labels).where(labels.c.parcel_id.in_(rows)))
    return db.execute(delete(parcels).where(parcels.c.id.in_(rows))).rowcount


def export(db: Db, erasure: Erasure) -> Any:
    """Return the parcels of these people."""
    found = db.execute(select(parcels.c.name, parcels.c.address).where(_of(erasure)))
    return {"parcels": [{"name": row.name, "address": row.address} for row in found]}


def known_as(db: Db, erasure: Erasure) -> list[tuple[str, str]]:
    """Return the parcels as frontdesk knows them: each stands for a guest."""
    found = db.execute(select(parcels.c.house, parcels.c.uid).where(_of(erasure)))
    return [(row.house, row.uid) for row in found]


def addresses(db: Db) -> list[str]:
    """Return everybody's address."""
    return list(db.execute(select(parcels.c.address).distinct()).scalars())


TABLES = Tables(
    metadata=metadata,
    migrations=MIGRATIONS,
    head="0001",
    erase=erase,
    export=export,
    known_as=known_as,
    addresses=addresses,
)


@hookimpl
async def open_account(client: Client[Settings]) -> Account:
    house = client.settings.house
    return Account(house, house.title(), (Site(house, house.title(), "UTC", "EUR", "CZ"),))


@hookimpl
async def fetch_history(client: Client[Settings], query: Query) -> AsyncIterator[Page]:
    after = (query.cursor or {"last": 0})["last"]

    def read(db: Db) -> list[Any]:
        house = parcels.c.house == client.settings.house
        asked = select(parcels).where(house, parcels.c.id > after).order_by(parcels.c.id)
        return list(db.execute(asked))

    if client.settings.feeds_on is not None:
        await client.annex.write(partial(mirror, client.annex, client.settings))
    rows = await client.annex.read(read)
    records = [
        Record(
            "parcels",
            row.uid,
            {"name": row.name, "email": row.address, "kept": row.kept.isoformat()},
            version=row.kept,
            guests=(row.uid,),
        )
        for row in rows
    ]
    yield Page(records, {"last": rows[-1].id if rows else after})


@hookimpl
def parse_event(record: Record) -> Iterable[Event]:
    yield Event("Kept Parcel", record.id, datetime.fromisoformat(record.payload["kept"]))


@hookimpl
def map_profile(record: Record) -> Profile:
    row = record.payload
    return Profile(guest=record.id, email=row["email"], first_name=row["name"])


@hookimpl
def sync_consent() -> Iterable[Consent]:
    return ()


@hookimpl
def add_tables() -> Tables:
    return TABLES


def connected(desk: Desk, module: Any = None, *, name: str = "parcels", **options: Any) -> Annex:
    """Connect the Porter, count what core reads there, and return its part of the store."""
    counting = [Counting(desk.store.where), *options.pop("wrappers", ())]
    desk.connect(module or altered(), name=name, wrappers=counting, **options)
    return desk.annex(name)


def altered(**hooks: Callable[..., Any]) -> ModuleType:
    """Return the Porter with other hooks; ``manifest`` and ``tables`` may be replaced as well."""
    module = ModuleType("porter")
    vars(module).update({k: v for k, v in globals().items() if not k.startswith("__")})
    if "tables" in hooks:
        given = hooks.pop("tables")
        hooks["add_tables"] = lambda: given
    for name, hook in hooks.items():
        setattr(module, name, hook if name == "manifest" else hookimpl(hook))
    return module


def working(*jobs: Job) -> ModuleType:
    """Return the Porter with jobs."""
    return altered(add_jobs=lambda: jobs)


app = typer.Typer(help="Parcels of guests.", no_args_is_help=True)


@app.command("list")
def list_(*, config: ConfigOption = None) -> None:
    """List whom parcels are kept for."""
    desk = configured(config)

    async def ask() -> list[str]:
        async with desk:
            return await annex_of(desk, "porter").read(names)

    print_table("Parcels", ("guest",), [(name,) for name in run(ask)])


@app.command()
def count(*, config: ConfigOption = None) -> None:
    """Say how many parcels there are."""
    annex: Annex = annex_of(configured(config), "porter")
    typer.echo(run(annex.read, lambda db: db.execute(select(func.count(parcels.c.id))).scalar()))
