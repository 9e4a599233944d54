"""Cloakroom, a plugin whose platform is the store: it keeps coats in a table of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import typer
from sqlalchemy import Column, Connection, MetaData, String, Table, delete, insert, select

from frontdesk import (
    Account,
    Client,
    Consent,
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
from frontdesk.columns import Instant, Key
from frontdesk.commands import ConfigOption, annex_of, configured, print_table, run

metadata = MetaData()
coats = Table(
    "cloakroom_coats",
    metadata,
    Column("id", Key, primary_key=True),
    Column("house", String, nullable=False),
    Column("number", String, nullable=False),
    Column("address", String, nullable=False),
    Column("taken", Instant, nullable=False),
)


@attrs.frozen
class Settings:
    """What the cloakroom must know."""

    house: str = setting(help="What the house is known by for good.")
    days: int = setting(30, help="After how many days a coat is given to charity.")


manifest = Manifest(
    title="Cloakroom",
    settings=Settings,
    authenticate=lambda _: None,
    # Nothing is ever asked there: what it reads is in the store.
    base_urls={"store": "https://store.invalid/"},
    streams=(Stream("coats", history="all", polling=timedelta(seconds=15)),),
    metrics=(Metric("Left Coat", meaning="A coat was left in the cloakroom"),),
    profile=(ProfileField("Email", Kind.STANDARD, attribute="email"),),
)


def take(db: Connection, annex: Annex, number: str, address: str) -> None:
    """Take a coat; whoever calls this has it read with ``annex.call()``."""
    house, now = annex.settings.house, annex.clock.now()
    values = {"house": house, "number": number, "address": address.lower(), "taken": now}
    db.execute(insert(coats).values(**values))


@hookimpl
async def open_account(client: Client[Settings]) -> Account:
    """Say which house it is: there is nobody to ask."""
    house = client.settings.house
    return Account(house, house, (Site(house, house, "UTC"),))


@hookimpl
async def fetch_history(client: Client[Settings], query: Query) -> AsyncIterator[Page]:
    """Read what was written since; the number of the last row is the cursor."""
    last = query.cursor["last"] if query.cursor else 0
    asked = select(coats).where(coats.c.house == client.settings.house, coats.c.id > last)
    rows = await client.annex.read(lambda db: list(db.execute(asked.order_by(coats.c.id))))
    yield Page([_record(row) for row in rows], {"last": rows[-1].id if rows else last})


def _record(row: Any) -> Record:
    about = {"email": row.address, "taken": row.taken.isoformat()}
    return Record("coats", row.number, about, version=row.taken, guests=(row.number,))


@hookimpl
def parse_event(record: Record) -> Iterable[Event]:
    """Say that a coat was left."""
    yield Event("Left Coat", record.id, datetime.fromisoformat(record.payload["taken"]))


@hookimpl
def map_profile(record: Record) -> Profile:
    """Say whose it is."""
    return Profile(guest=record.id, email=record.payload["email"])


@hookimpl
def sync_consent() -> Iterable[Consent]:
    """Say nothing: who leaves a coat has not agreed to anything."""
    return ()


def meant(erasure: Erasure) -> Any:
    """Select the coats of people who are to be forgotten, or ask what is known of them."""
    numbers = [key for connector, _, key in erasure.guests if connector == "cloakroom"]
    theirs = coats.c.address.in_(erasure.addresses) | coats.c.number.in_(numbers)
    return theirs & coats.c.house.not_in(erasure.spared)


def erase(db: Connection, erasure: Erasure) -> int:
    """Forget people."""
    return db.execute(delete(coats).where(meant(erasure))).rowcount


def export(db: Connection, erasure: Erasure) -> Any:
    """Say what is known of people."""
    found = db.execute(select(coats.c.number, coats.c.address).where(meant(erasure)))
    return [{"coat": row.number, "address": row.address} for row in found]


@hookimpl
def add_tables() -> Tables:
    """Bring the table."""
    return Tables(
        metadata=metadata,
        migrations=Path(__file__).with_name("cloakroom_migrations"),
        head="0001",
        erase=erase,
        export=export,
    )


async def give_away(annex: Annex) -> None:
    """Give coats away that nobody came back for."""
    old = annex.clock.now() - timedelta(days=annex.settings.days)
    mine = (coats.c.house == annex.settings.house) & (coats.c.taken < old)
    await annex.write(lambda db: db.execute(delete(coats).where(mine)).rowcount)


@hookimpl
def add_jobs() -> Iterable[Job]:
    """Bring the job."""
    return [Job(name="giving coats away", every=timedelta(hours=1), work=give_away)]


app = typer.Typer(help="Coats of guests.", no_args_is_help=True)


@app.command("take")
def take_(number: str, address: str, *, config: ConfigOption = None) -> None:
    """Take a coat."""
    annex = annex_of(configured(config), "cloakroom")
    run(annex.write, partial(take, annex=annex, number=number, address=address))


@app.command("list")
def list_(*, config: ConfigOption = None) -> None:
    """List the coats there are."""
    annex = annex_of(configured(config), "cloakroom")
    mine = select(coats).where(coats.c.house == annex.settings.house).order_by(coats.c.id)
    rows = run(annex.read, lambda db: list(db.execute(mine)))
    print_table("Coats", ("coat", "taken"), [(row.number, row.taken) for row in rows])
