"""What an author tells a suite, and what all its tests stand on."""

from __future__ import annotations

from collections.abc import (
    Awaitable,
    Callable,
    Generator,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from types import ModuleType
from typing import Any, ClassVar, TypeVar

import anyio
import attrs
import httpx
import pytest

from frontdesk import registry
from frontdesk.connection import Connection, connect
from frontdesk.model import Json, Origin, Record, Ref
from frontdesk.registry import Connector
from frontdesk.testing._clock import StillClock
from frontdesk.testing._observed import Observed, observe
from frontdesk.testing._platform import Platform, sandboxed
from frontdesk.testing._reader import Reader, opened
from frontdesk.testing._signed import Signed
from frontdesk.testing._wire import Wire, rows_of

_T = TypeVar("_T")


class Base:
    """What an author says of a connector; everything but *connector* is optional."""

    #: The connector's module.
    connector: ModuleType
    #: Options of the sandbox that the manifest names: enough records for everything to occur.
    sandbox: ClassVar[Mapping[str, Any]] = {}
    #: Settings of the connection, besides those the sandbox hands out.
    settings: ClassVar[Mapping[str, Any]] = {}
    #: The time to test at; the present unless the sandbox's stands still.
    now: ClassVar[datetime | None] = None
    #: What is declared and the sandbox cannot show, by its name, with the reason; ``opt-out``
    #: stands for a platform that never tells of one.
    unproduced: ClassVar[Mapping[str, str]] = {}

    # -- for the author to give ---------------------------------------------------------

    @contextmanager
    def platform(self) -> Generator[Platform]:
        """Open the platform to test with: the sandbox unless overridden."""
        with sandboxed(self._connector, self.sandbox) as platform:
            yield platform

    @contextmanager
    def other_pages(self) -> Generator[Mapping[str, Any]]:
        """Let history come in pages of another size meanwhile; yield settings to change."""
        yield {}

    def rows(self, request: httpx.Request, answer: Json) -> Iterable[tuple[str, list[Json]]]:
        """Yield streams and their lists of rows in an answer of the platform.

        Found by ``Stream.rows``, where no two streams share a key.
        """
        del request
        return rows_of(self._connector.manifest, answer)

    async def lives(self) -> Sequence[Sequence[Record]]:
        """Return versions of records, oldest first, through everything that can happen."""
        return ()

    def answers(self) -> Mapping[Ref, Record | None]:
        """Return what the hooks may ask for while lives are mapped."""
        return {}

    def samples(self) -> Mapping[str, Sequence[Json]]:
        """Return rows by stream, for what history does not show."""
        return {}

    def delivery(self) -> Signed | None:
        """Return a webhook delivery with its signature."""
        return None

    # -- for tests ------------------------------------------------------------------------

    def reading(self, platform: Platform, **settings: Any) -> AbstractAsyncContextManager[Reader]:
        """Open a reader on a platform: pages, records by id, and what they map to."""
        return opened(self.connected(platform, **settings), self.clock())

    def stamped(self, record: Record, number: int) -> Record:
        """Return a version as core would have taken it in: one a minute, none before it was."""
        seen = self.clock().now() + timedelta(minutes=number)
        return attrs.evolve(record, seen=max(seen, record.version or seen), origin=Origin.LIVE)

    @pytest.fixture(scope="class")
    @classmethod
    def observed(cls) -> Generator[Observed]:
        """Return what the platform showed; read once for all tests of a class."""
        suite = cls()
        with suite.platform() as platform:
            yield _run(lambda: observe(suite, platform))

    @cached_property
    def _connector(self) -> Connector:
        """Return the connector under the name it is installed with, if it is."""
        module = self.connector
        names = [
            n for n, point in registry.entry_points().items() if point.value == module.__name__
        ]
        return registry.adopt(names[0] if names else module.__name__.rpartition(".")[2], module)

    def clock(self) -> StillClock:
        """Return a clock that begins at the suite's time."""
        return StillClock(self.now or datetime.now(UTC))

    def connected(
        self,
        platform: Platform,
        wire: Wire | None = None,
        name: str = "suite",
        wrappers: Iterable[object] = (),
        **settings: Any,
    ) -> Connection:
        """Bind the connector to a platform, over *wire* if one is given."""
        values = {**platform.settings, **self.settings, **settings}
        return connect(
            self._connector,
            name,
            values,
            wrappers=wrappers,
            transport=wire or platform.transport,
        )

    def run(self, work: Callable[[], Awaitable[_T]]) -> _T:
        """Run *work* to its end."""
        return _run(work)


def _run(work: Callable[[], Awaitable[_T]]) -> _T:
    return anyio.run(work)
