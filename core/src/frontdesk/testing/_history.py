"""Law 1: history is read to its end, from wherever it was left, and by id as well."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import pytest

from frontdesk.manifest import Stream
from frontdesk.model import Page, Purpose, Query, Record
from frontdesk.testing._base import Base
from frontdesk.testing._mapping import written
from frontdesk.testing._observed import history_of, place_of, read_in_history
from frontdesk.testing._reader import Reader, records_of

if TYPE_CHECKING:
    from frontdesk.testing._observed import Observed

#: What was read, by stream, site and id: the payload, and the ids of its events.
Read: TypeAlias = dict[tuple[str, str, str], tuple[str, tuple[str, ...]]]


async def whole(reader: Reader, records: Iterable[Record]) -> Read:
    """Return records with all that must be the same however they were read."""
    found: Read = {}
    for record in records:
        mapped = await reader.map(record)
        ids = mapped.ids(reader.connection.connector.name, reader.account)
        found[place_of(record)] = (written(record.payload), tuple(sorted(ids)))
    return found


def differences(one: Read, other: Read) -> list[str]:
    """Name what is not the same."""
    return [
        f"{'/'.join(place)}: {'missing' if place not in other else 'more' if place not in one else 'other'}"
        for place in sorted(one.keys() | other.keys())
        if one.get(place) != other.get(place)
    ]


def _streams(observed: Observed) -> list[Stream]:
    return [s for s in observed.connection.manifest.streams if read_in_history(s)]


class History(Base):
    """Tests of ``fetch_history``."""

    def test_history_pages_to_the_end(self, observed: Observed) -> None:
        """Every page is read, whatever the size of pages.

        If this fails, go on until the platform says that there is no more, and do not
        believe a full page to be the last one; :mod:`frontdesk.walkers` has walks that do.
        If it says that everything fits on one page, give your sandbox more records.
        """
        pages = {stream: len(found) for stream, found in observed.pages.items()}
        assert max(pages.values(), default=0) > 1, f"nothing has a second page: {pages}"

        async def read() -> tuple[dict[str, list[str]], dict[str, int]]:
            wrong: dict[str, list[str]] = {}
            sizes: dict[str, int] = {}
            with self.other_pages() as settings:
                async with self.reading(observed.platform, **settings) as reader:
                    for stream in _streams(observed):
                        found = await reader.pages(history_of(reader, stream))
                        sizes[stream.name] = len(found)
                        ours = await whole(reader, observed.records(stream.name))
                        wrong[stream.name] = differences(
                            ours, await whole(reader, records_of(found))
                        )
            return wrong, sizes

        wrong, sizes = self.run(read)
        assert not any(wrong.values()), wrong
        if type(self).other_pages is not Base.other_pages:
            assert sizes != pages, "other_pages() changes no page: let it make them smaller"

    def test_history_resumes_from_every_cursor(self, observed: Observed) -> None:
        """Whoever was stopped behind any page and goes on from its cursor misses nothing.

        If this fails, let a page's cursor stand behind its last record: what it leaves out
        must have been in this page or one before. Yield pages in the order of the walk.
        """

        async def resume() -> dict[str, list[str]]:
            wrong: dict[str, list[str]] = {}
            async with self.reading(observed.platform) as reader:
                for stream in _streams(observed):
                    pages = observed.pages[stream.name]
                    ours = await whole(reader, records_of(pages))
                    for number, cursor in _cursors(pages):
                        query = attrs.evolve(history_of(reader, stream), cursor=cursor)
                        found = [*records_of(pages[:number]), *await reader.records(query)]
                        missing = differences(ours, await whole(reader, found))
                        wrong |= {f"{stream.name} behind page {number}": missing} if missing else {}
            return wrong

        assert any(_cursors(pages) for pages in observed.pages.values()), "no page has a cursor"
        assert self.run(resume) == {}

    def test_history_respects_the_window(self, observed: Observed) -> None:
        """Nothing comes that was over before ``query.since``, and all that came later does.

        If this fails, hand ``query.since`` on to the platform. If the platform cannot be
        told, declare ``history="all"`` for the stream.
        """
        tried: list[str] = []

        async def read() -> dict[str, list[str]]:
            wrong: dict[str, list[str]] = {}
            async with self.reading(observed.platform) as reader:
                for stream in _streams(observed):
                    ours = observed.records(stream.name)
                    since = _middle(ours)
                    if since is None or isinstance(stream.history, str):
                        continue
                    tried.append(stream.name)
                    found = await reader.records(Query(stream.name, Purpose.HISTORY, since=since))
                    kept = {place_of(record) for record in found}
                    lost = [r.id for r in ours if _at(r) >= since and place_of(r) not in kept]
                    late = since - stream.overlap
                    old = [r.id for r in found if _at(r) < late and not await _new(reader, r, late)]
                    wrong |= {f"{stream.name} lost": lost} if lost else {}
                    wrong |= {f"{stream.name} too old": old} if old else {}
            return wrong

        wrong = self.run(read)
        if not tried:
            pytest.skip("no stream with a window has records of two times, or none has versions")
        assert wrong == {}

    def test_reading_by_ids_gives_the_same_records(self, observed: Observed) -> None:
        """A record read by its id is the one that history shows, joins included.

        If this fails, let Purpose.IDS make records as Purpose.HISTORY does: the same
        fields, the same joins, the same build_record.
        """

        async def read() -> dict[str, list[str]]:
            wrong: dict[str, list[str]] = {}
            async with self.reading(observed.platform) as reader:
                for stream in _streams(observed):
                    if stream.scan:
                        continue  # a list of what there is now, which nothing refers to
                    ours = observed.records(stream.name)
                    again = await reader.by_ids(stream.name, [record.id for record in ours])
                    missing = differences(await whole(reader, ours), await whole(reader, again))
                    wrong |= {stream.name: missing} if missing else {}
            return wrong

        assert self.run(read) == {}


def _cursors(pages: Sequence[Page]) -> list[tuple[int, Any]]:
    """Return each cursor with the number of pages before it; the first is no cursor at all."""
    return [(n, page.cursor) for n, page in enumerate(pages, 1) if page.cursor is not None]


def _at(record: Record) -> datetime:
    return record.version or record.seen


def _middle(records: Sequence[Record]) -> datetime | None:
    times = sorted({record.version for record in records if record.version is not None})
    return times[len(times) // 2] if len(times) > 1 else None


async def _new(reader: Reader, record: Record, since: datetime) -> bool:
    """Tell whether an old record proves something new."""
    return any(event.time >= since for event in (await reader.map(record)).events)
