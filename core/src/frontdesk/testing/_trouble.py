"""Trouble on the way: what may pass is tried again as the platform asks, the rest is not."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

from frontdesk.errors import AuthenticationError
from frontdesk.manifest import Stream
from frontdesk.testing._observed import history_of, read_in_history
from frontdesk.testing._reader import opened
from frontdesk.testing._wire import Wire, refusing

if TYPE_CHECKING:
    from frontdesk.testing._observed import Observed

_PAUSE: Final = 37


class Trouble:
    """Tests of what a connector does while its platform refuses it."""

    @pytest.mark.parametrize("status", [429, 503])
    def test_429_and_503_are_tried_again_as_asked(self: Any, observed: Observed, status: int) -> None:
        """A refusal that may pass is waited out for as long as ``Retry-After`` says.

        If this fails, send requests with ``client.get`` or ``client.post``, which do that,
        leave ``retry`` on, and let their errors out.
        """

        async def read(stream: Stream) -> tuple[Any, list[float]]:
            clock, refuse = self.clock(), _Later(status)
            wire = Wire(observed.platform, refuse=refuse)
            async with opened(self.connected(observed.platform, wire), clock) as reader:
                refuse.begin()
                pages = await reader.pages(history_of(reader, stream), most=1)
            assert refuse.refused, f"{stream.name} was read without client: nothing was refused"
            return [page.records for page in pages], clock.waits

        for stream in observed.connection.manifest.streams:
            if read_in_history(stream):
                records, waits = self.run(lambda stream=stream: read(stream))
                first = [page.records for page in observed.pages[stream.name][:1]]
                assert _ids(records) == _ids(first), f"{stream.name} comes out differently"
                assert any(wait >= _PAUSE for wait in waits), f"{stream.name} did not wait"

    def test_an_auth_failure_is_not_tried_again(self: Any, observed: Observed) -> None:
        """Credentials that are refused are not sent again: an account might be locked.

        If this fails, let AuthenticationError out of open_account and fetch_history.
        """
        repeated: dict[str, int] = {}
        for stream in (None, *filter(read_in_history, observed.connection.manifest.streams)):
            refuse = _Later(401, times=None)
            wire = Wire(observed.platform, refuse=refuse)

            async def read(wire: Wire = wire, stream: Stream | None = stream) -> None:
                connection = self.connected(observed.platform, wire)
                if stream is None:
                    refuse.begin()
                async with opened(connection, self.clock()) as reader:
                    wire.sent.clear()
                    refuse.begin()
                    if stream is not None:
                        await reader.pages(history_of(reader, stream))

            with pytest.raises(AuthenticationError):
                self.run(read)
            name = stream.name if stream else "open_account"
            assert wire.sent, f"{name} asked without client"
            repeated |= {name: n for n in Counter(wire.sent).values() if n > 1}

        assert repeated == {}


def _ids(pages: list[Any]) -> list[list[Any]]:
    return [[(item.stream, getattr(item, "id", "")) for item in page] for page in pages]


@attrs.define
class _Later:
    """Refuses requests once it is told to begin."""

    status: int
    times: int | None = 1
    refused: int = 0
    _refuse: Any = None

    def begin(self) -> None:
        headers = {"Retry-After": str(_PAUSE)} if self.times else {}
        self._refuse = refusing(self.status, self.times, headers=headers)

    def __call__(self, request: Any) -> Any:
        answer = self._refuse(request) if self._refuse else None
        self.refused += answer is not None
        return answer
