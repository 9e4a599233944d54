"""An inn that talks of more, and its post: what the tests of delivery share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import acorn
import attrs
from inn import FixedClock, Inn, altered, asked, connected, prepare
from pigeon import Loft, added

from frontdesk import (
    Channel,
    Consent,
    ConsentRules,
    ConsentState,
    Desk,
    Gone,
    Kind,
    Merged,
    Profile,
    Record,
)
from frontdesk.deliver.report import DeliveryReport
from frontdesk.manifest import ProfileField

_FIELDS = (
    ProfileField("Phone", Kind.STANDARD, attribute="phone_number"),
    ProfileField("City", Kind.STANDARD, attribute="location.city"),
    ProfileField("Diet", Kind.CUSTOM, sensitive=True),
)


def _map_profile(record: Record) -> Profile | Merged | Gone | None:
    plain = acorn.map_profile(record)
    if not isinstance(plain, Profile):
        return plain
    row = record.payload
    return attrs.evolve(
        plain,
        phone_number=row.get("phone"),
        last_name=row.get("last"),
        location=row.get("address", {}),
        properties=row.get("facts", {}),
    )


def _sync_consent(record: Record, previous: Record | None) -> Iterator[Consent]:
    if record.stream != "guests":
        return
    row = record.payload
    yield from acorn.sync_consent(record, previous)
    for channel, state, at, *of in row.get("said", ()):
        own = row["email"] if channel == "email" else row["phone"]
        (address,) = of or (own,)
        when = at and datetime.fromisoformat(at)
        yield Consent(
            row["id"], address, Channel(channel), ConsentState(state), when, evidence="said so"
        )


def talking() -> Any:
    """Acorn with phones, addresses, facts, and what guests said of channels."""
    manifest = attrs.evolve(
        acorn.manifest,
        profile=(*acorn.manifest.profile, *_FIELDS),
        consent=ConsentRules(records=frozenset({Channel.EMAIL, Channel.SMS})),
    )
    return altered(manifest=manifest, map_profile=_map_profile, sync_consent=_sync_consent)


@attrs.frozen(eq=False)
class Post:
    """A desk with one inn and one loft."""

    desk: Desk
    inn: Inn
    loft: Loft
    clock: FixedClock
    store: Path | str

    async def sync(self, name: str = "acorn") -> None:
        await self.desk.sync(name)

    async def deliver(self, **options: Any) -> DeliveryReport:
        return await self.desk.deliver("pigeon", **options)

    async def both(self) -> DeliveryReport:
        """Sync, and deliver what came of it."""
        await self.sync()
        return await self.deliver()

    def ask(self, question: str, *values: Any) -> list[tuple[Any, ...]]:
        return asked(Path(self.store), question, *values)


@asynccontextmanager
async def post(
    store: Path | str, inn: Inn, loft: Loft | None = None, **options: Any
) -> AsyncIterator[Post]:
    """Open a desk on a store with an inn that talks, and a loft that is live."""
    prepare(store)
    loft, clock = loft or Loft(), FixedClock()
    withheld = {"withhold": options.pop("withhold")} if "withhold" in options else {}
    async with Desk(store, clock=clock) as desk:
        connected(desk, inn, talking(), **withheld)
        given = {
            "consent_without_time": "first_seen",
            "subscribers": {"email": "news", "sms": "texts"},
        }
        added(desk, loft, **{**given, **options})
        yield Post(desk, inn, loft, clock, store)


def unaccounted_events(post: Post) -> list[Any]:
    """Return the events of the log that are in none of their places, or in several (law 5).

    Those of guests who were forgotten are in the log by their hash alone.
    """
    place = (
        "(SELECT count(*) FROM {table} t WHERE t.connection_id = l.connection_id AND t.seq = l.seq)"
    )
    places = " + ".join(
        place.format(table=table) for table in ("outbox", "sent_events", "refusals")
    )
    return post.ask(
        f"SELECT l.seq, {places} AS places FROM log l JOIN positions p USING (connection_id)"
        " JOIN guests g ON g.id = l.guest_id AND g.key NOT LIKE 'forgotten-%'"
        " WHERE l.kind = 1 AND l.seq <= p.seq AND places <> 1"
    )
