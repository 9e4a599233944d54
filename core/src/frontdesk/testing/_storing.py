"""A whole sync into a store of its own, and everything that can be seen of it afterwards."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from frontdesk.desk import Desk
from frontdesk.errors import RecordError
from frontdesk.hooks import hookimpl
from frontdesk.model import Page, Purpose, Query
from frontdesk.progress import Report
from frontdesk.store.status import ConnectionRow
from frontdesk.testing._wire import Wire

if TYPE_CHECKING:
    from frontdesk.testing._base import Base
    from frontdesk.testing._platform import Platform


#: How many entries of quarantine are looked at one by one.
_SHOWN = 40


class Counting:
    """A wrapper that counts what ``fetch_history`` gives to core, by stream."""

    def __init__(self) -> None:
        self.read: Counter[str] = Counter()
        #: Of these, what was asked for by the same ids before: where a guest is forgotten
        #: meanwhile, core takes a page again and asks again, and counts only what it kept.
        self.again: Counter[str] = Counter()
        self._asked: set[Query] = set()

    @hookimpl(wrapper=True)
    def fetch_history(self, query: Query) -> Any:
        """Count the records of every page."""
        pages = yield
        return self._counted(pages, query)

    async def _counted(self, pages: AsyncIterator[Page], query: Query) -> AsyncIterator[Page]:
        known = query.purpose is Purpose.IDS and query in self._asked
        if query.purpose is Purpose.IDS:
            self._asked.add(query)
        async for page in pages:
            given = Counter(item.stream for item in page.records)
            self.read += given
            if known:
                self.again += given
            yield page


class Stumbling:
    """A wrapper that lets every record fail, so that all of them are set aside."""

    @hookimpl(wrapper=True)
    def map_profile(self) -> Any:
        """Fail."""
        yield
        raise RecordError("set aside by the conformance suite")


@attrs.frozen(eq=False)
class Synced:
    """What is left of a sync."""

    report: Report
    read: Counter[str]
    again: Counter[str]
    status: ConnectionRow
    #: Reasons of all entries in quarantine.
    reasons: tuple[str, ...]
    #: Every byte of the store's files, while it was open and after.
    written: bytes = attrs.field(repr=False)
    #: What listings, reports and reprs say.
    shown: str = attrs.field(repr=False)
    #: What entries of quarantine show unless somebody asks for more.
    masked: str = attrs.field(repr=False)
    log: str = attrs.field(repr=False)

    @property
    def everywhere(self) -> dict[str, str]:
        """All there is to look through, by place."""
        return {
            "the store's files": self.written.decode("latin-1"),
            "listings and reports": self.shown,
            "quarantine": self.masked + " ".join(self.reasons),
            "the log": self.log,
        }


class _Log(logging.Handler):
    """Keeps everything that is logged."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line, with what came along."""
        self.lines.append(f"{record.getMessage()} {record.__dict__}")


async def sync(
    suite: Base,
    platform: Platform,
    folder: Path,
    *,
    wire: Wire | None = None,
    wrappers: Sequence[object] = (),
    **settings: Any,
) -> Synced:
    """Sync the platform into a new store in *folder*, history and changes.

    Raises:
        FrontdeskError: The sync had to stop.
    """
    counting, log, root = Counting(), _Log(), logging.getLogger()
    level = root.level
    root.addHandler(log)
    root.setLevel(logging.DEBUG)
    try:
        async with Desk(folder / "suite.db", clock=suite.clock()) as desk:
            made = suite.connected(platform, wire, wrappers=[counting, *wrappers], **settings)
            desk.connections[made.name] = made
            report = await desk.sync(made)
            seen = await _seen(desk, report)
            written = _bytes(folder)
    finally:
        root.removeHandler(log)
        root.setLevel(level)
    return Synced(
        read=counting.read,
        again=counting.again,
        written=written + _bytes(folder),
        log="\n".join(log.lines),
        **seen,
    )


async def _seen(desk: Desk, report: Report) -> dict[str, Any]:
    entries = await desk.quarantine(limit=1_000)
    masked = [await desk.quarantined(entry.id) for entry in entries[:_SHOWN]]
    (status,) = await desk.status()
    lists = [await desk.events(limit=10_000), await desk.profiles(limit=10_000), entries]
    shown = f"{report!r} {lists!r} {await desk.metrics()!r} {desk.connections!r} {status!r}"
    return {
        "report": report,
        "status": status,
        "reasons": tuple(entry.reason for entry in entries),
        "shown": shown,
        "masked": repr(masked),
    }


def _bytes(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


def accounted(synced: Synced) -> dict[str, tuple[int, int]]:
    """Return streams where what was read is not the sum of what became of it."""
    became: Counter[str] = Counter()
    for (stream, _), number in synced.report.outcomes.items():
        became[stream] += number
    return {
        stream: (synced.read[stream], became[stream])
        for stream in synced.read.keys() | became.keys()
        if not 0 <= synced.read[stream] - became[stream] <= synced.again[stream]
    }


def found_in(places: dict[str, str], words: Iterable[str]) -> dict[str, list[str]]:
    """Return which words stand where, whatever the case of their letters."""
    wanted = list(words)
    low = {place: text.casefold() for place, text in places.items()}
    found = {place: [w for w in wanted if w.casefold() in text] for place, text in low.items()}
    return {place: here for place, here in found.items() if here}
