"""Trouble on the way: what may pass is tried again as the platform asks, the rest is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Final

import attrs
import httpx
import pytest

from frontdesk.errors import AuthenticationError
from frontdesk.manifest import Stream
from frontdesk.model import Page, Record, Unreadable
from frontdesk.testing._base import Base
from frontdesk.testing._clock import StillClock
from frontdesk.testing._observed import Observed, history_of, read_in_history
from frontdesk.testing._reader import opened
from frontdesk.testing._wire import Wire

#: What a refusal asks for, in seconds: nobody would wait as long by chance.
PAUSE: Final = 97


class Trouble(Base):
    """Tests of what a connector does while its platform refuses it."""

    @pytest.mark.parametrize("status", [429, 503])
    def test_429_and_503_are_tried_again_as_asked(self, observed: Observed, status: int) -> None:
        """A refusal that may pass is waited out for as long as ``Retry-After`` says.

        If this fails, send requests with ``client.get`` or ``client.post``, which do that,
        leave ``retry`` on, and let their errors out.
        """
        for stream in filter(read_in_history, observed.connection.manifest.streams):
            refusing = Refusing(status, times=1)
            clock = self.clock()
            wire = Wire(observed.platform, refuse=refusing)
            work = partial(self._first_page, observed, wire, clock, refusing, stream)
            found = [_named(page.records) for page in self.run(work)]

            assert refusing.refused, f"{stream.name} was read without client: nothing was refused"
            assert found == [_named(p.records) for p in observed.pages[stream.name][:1]]
            assert any(wait >= PAUSE for wait in clock.waits), f"{stream.name} did not wait"

    def test_an_auth_failure_is_not_tried_again(self, observed: Observed) -> None:
        """Credentials that are refused are not sent again: an account might be locked.

        If this fails, let AuthenticationError out of open_account and fetch_history.
        """
        repeated: list[str] = []
        for stream in (None, *filter(read_in_history, observed.connection.manifest.streams)):
            name = stream.name if stream else "open_account"
            refusing = Refusing(401)
            if stream is None:
                refusing.begin()
            wire = Wire(observed.platform, refuse=refusing)
            work = partial(self._first_page, observed, wire, self.clock(), refusing, stream)

            with pytest.raises(AuthenticationError):
                self.run(work)
            assert refusing.refused, f"{name} asks without client: nothing was refused"
            if max(Counter(refusing.refused).values()) > 1:
                repeated.append(name)

        assert repeated == []

    async def _first_page(
        self,
        observed: Observed,
        wire: Wire,
        clock: StillClock,
        refusing: Refusing,
        stream: Stream | None,
    ) -> list[Page]:
        """Read the first page of a stream; refusals begin once the account is open."""
        async with opened(self.connected(observed.platform, wire), clock) as reader:
            refusing.begin()
            if stream is None:
                return []
            return await reader.pages(history_of(reader, stream), most=1)


def _named(records: Sequence[Record | Unreadable]) -> list[tuple[str, str]]:
    return [(r.stream, r.id if isinstance(r, Record) else "") for r in records]


@attrs.define
class Refusing:
    """Refuses requests once it is told to begin, so many of them or all."""

    status: int
    times: int | None = None
    #: What was refused: method, URL and body.
    refused: list[tuple[str, str, bytes]] = attrs.field(factory=list[tuple[str, str, bytes]])
    _begun: bool = False

    def begin(self) -> None:
        """Refuse from now on."""
        self._begun = True

    def __call__(self, request: httpx.Request) -> httpx.Response | None:
        """Return the refusal of a request, if it is refused."""
        if not self._begun or (self.times is not None and len(self.refused) >= self.times):
            return None
        self.refused.append((request.method, str(request.url), request.content))
        headers = {"Retry-After": str(PAUSE)} if self.times else {}
        return httpx.Response(
            self.status, headers=headers, json={"Message": "refused by the conformance suite"}
        )
