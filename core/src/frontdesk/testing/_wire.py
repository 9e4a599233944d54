"""Transports between a connector and its platform: they watch, refuse, and change rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias, cast

import httpx
import msgspec

from frontdesk import jsons
from frontdesk.client._transport import default_transport
from frontdesk.manifest import Manifest
from frontdesk.model import Json
from frontdesk.rows import rows_in
from frontdesk.testing._platform import Platform

#: Finds the rows of an answer: pairs of a stream and its list of rows.
Rows: TypeAlias = Callable[[httpx.Request, Json], Iterable[tuple[str, list[Json]]]]
_OK = 200


class Wire(httpx.AsyncBaseTransport):
    """The way to the platform, and what went over it.

    Args:
        refuse: Answers instead of the platform, for requests it gives an answer to.
        change: Changes the JSON of an answer in place.
    """

    def __init__(
        self,
        platform: Platform,
        *,
        refuse: Callable[[httpx.Request], httpx.Response | None] | None = None,
        change: Callable[[httpx.Request, Json], None] | None = None,
    ) -> None:
        base_url = str(platform.settings.get("base_url", ""))
        self._inner = platform.transport or default_transport(base_url, 4)
        self._refuse = refuse
        self._change = change
        #: Every request: method, URL and body.
        self.sent: list[tuple[str, str, bytes]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Hand a request on, unless it is refused."""
        self.sent.append((request.method, str(request.url), await request.aread()))
        refused = self._refuse(request) if self._refuse else None
        if refused is not None:
            return refused
        response = await self._inner.handle_async_request(request)
        if self._change is None or response.status_code != _OK:
            return response
        return await self._changed(request, response, self._change)

    async def aclose(self) -> None:
        """Close the transport behind."""
        await self._inner.aclose()

    async def _changed(
        self,
        request: httpx.Request,
        response: httpx.Response,
        change: Callable[[httpx.Request, Json], None],
    ) -> httpx.Response:
        content = await response.aread()
        await response.aclose()
        try:
            answer = jsons.decode(content)
        except msgspec.DecodeError:
            pass
        else:
            change(request, answer)
            content = jsons.encode(answer)
        headers = {
            name: value
            for name, value in response.headers.items()
            if name not in {"content-length", "content-encoding", "transfer-encoding"}
        }
        return httpx.Response(response.status_code, headers=headers, content=content)


def rows_of(manifest: Manifest, answer: Json) -> Iterator[tuple[str, list[Json]]]:
    """Yield the rows of an answer whose key only one stream of the manifest has."""
    keys = [stream.rows for stream in manifest.streams]
    for stream in manifest.streams:
        rows = rows_in(stream, answer) if keys.count(stream.rows) == 1 else None
        if rows is not None:
            yield stream.name, rows


def changing(
    rows: Rows, change: Callable[[str, int, dict[str, Json]], None]
) -> Callable[[httpx.Request, Json], None]:
    """Return what changes each row, told its stream and its number since the beginning."""
    met: dict[str, int] = {}

    def run(request: httpx.Request, answer: Json) -> None:
        for stream, found in rows(request, answer):
            for row in found:
                if isinstance(row, dict):
                    met[stream] = met.get(stream, -1) + 1
                    change(stream, met[stream], cast("dict[str, Json]", row))

    return run


def unwelcome(says: str) -> Callable[[httpx.Request], httpx.Response]:
    """Return what refuses all credentials, and says why."""

    def refuse(request: httpx.Request) -> httpx.Response:
        del request
        return httpx.Response(401, json={"Message": says})

    return refuse
