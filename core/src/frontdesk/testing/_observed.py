"""What a suite read from its platform before the first test: history, and what it maps to."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import attrs

from frontdesk.connection import Connection
from frontdesk.manifest import Stream
from frontdesk.model import Account, Context, Page, Purpose, Query, Record, Related
from frontdesk.testing._mapping import Mapped, along
from frontdesk.testing._platform import Platform
from frontdesk.testing._reader import Reader, records_of

if TYPE_CHECKING:
    from frontdesk.testing._base import Base

#: One thing of a platform: stream, site and id.
Place = tuple[str, str, str]


@attrs.frozen(eq=False)
class Life:
    """Versions of one record, oldest first, and the answers its hooks may read."""

    versions: tuple[Record, ...]
    related: Related = attrs.field(repr=False)


@attrs.frozen(eq=False)
class Observed:
    """What was read."""

    platform: Platform
    connection: Connection
    account: Account
    context: Context
    #: Pages of history, by stream.
    pages: Mapping[str, tuple[Page, ...]]
    #: All records, those of reference data included, mapped as history shows them.
    mapped: tuple[Mapped, ...]
    lives: tuple[Life, ...]

    def records(self, stream: str) -> list[Record]:
        """Return history's records of a stream."""
        return records_of(self.pages.get(stream, ()))

    def ids(self, mapped: Mapped) -> tuple[str, ...]:
        """Return the ids of a mapping's events."""
        return mapped.ids(self.connection.connector.name, self.account)

    def along(self, life: Life, chosen: list[Record] | None = None) -> list[Mapped]:
        """Map a life, or the versions *chosen* from it, in order."""
        versions = life.versions if chosen is None else chosen
        return list(along(self.connection.hooks, versions, life.related, self.context))

    @property
    def everything(self) -> Iterator[Mapped]:
        """All mappings: history's, and every step of the lives."""
        yield from self.mapped
        for life in self.lives:
            yield from self.along(life)


def place_of(record: Record) -> Place:
    """Return where a record stands."""
    return (record.stream, record.site or "", record.id)


def read_in_history(stream: Stream) -> bool:
    """Tell whether a stream is more than reference data."""
    return stream.history != "none"


async def observe(suite: Base, platform: Platform) -> Observed:
    """Read the whole history once, and the lives of some records."""
    async with suite.reading(platform) as reader:
        pages = {
            stream.name: tuple(await reader.pages(history_of(reader, stream)))
            for stream in reader.connection.manifest.streams
            if read_in_history(stream)
        }
        met = {place_of(r): r for found in pages.values() for r in records_of(found)}
        mapped = [await _map(reader, record) for record in met.values()]
        reference = [r for r in reader.known.values() if r is not None and place_of(r) not in met]
        mapped += [await _map(reader, record) for record in reference]
        return Observed(
            platform=platform,
            connection=reader.connection,
            account=reader.account,
            context=reader.context,
            pages=pages,
            mapped=tuple(mapped),
            lives=tuple(await _lives(suite)),
        )


async def _map(reader: Reader, record: Record) -> Mapped:
    """Map a copy: what a hook does to its arguments must not be seen before it is looked for."""
    return attrs.evolve(await reader.map(copy.deepcopy(record)), record=record)


async def _lives(suite: Base) -> list[Life]:
    found: list[Life] = []
    for versions in await suite.lives():
        stamped = [suite.stamped(record, number) for number, record in enumerate(versions)]
        found.append(Life(tuple(stamped), Related(suite.answers())))
    return found


def history_of(reader: Reader, stream: Stream) -> Query:
    """Return the query core would ask history with."""
    return Query(stream.name, Purpose.HISTORY, since=reader.since(stream))
