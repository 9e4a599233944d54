"""A store with all that pages can show: every sandbox's data, a parked record, a destination."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import attrs
import httpx

from frontdesk import Desk, blocking, errors, hookimpl
from frontdesk.registry import installed, load, load_destination
from frontdesk.sandbox import Sandbox
from frontdesk.serving import make_sandbox, options_of, served

#: Of what a sandbox has, so many are enough to look at.
FEW: Final = 40
_SIZES: Final = {"appointments", "bookings", "guests", "clients", "reservations", "visits"}
#: A guest may be called this: it ends an attribute, a tag and a string, and would then run.
HOSTILE: Final = (
    "'\"></title></textarea><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}"
)
_FREE: Final = re.compile(
    r"name|title|note|description|city|line|address|label|comment|street|company|text|occupation",
    re.IGNORECASE,
)
#: What looks like a word of the platform's own, rather than somebody's.
_STRICT: Final = re.compile(r"[A-Z]{2,3}|[\w.+-]+@[\w.-]+|[0-9a-fA-F-]{36}|[\d .:+TZ-]+|https?:.*|")


@attrs.frozen
class Furnished:
    """A served store.

    Attributes:
        desk: Asked beside the one that serves.
    """

    address: str
    desk: blocking.Desk

    def link(self) -> str:
        """Return a path that lets an admin in."""
        made = self.desk.first_login_link(always=True)
        assert made is not None
        return made


class _Hostile(httpx.AsyncHTTPTransport):
    """The platform, whose people call everything what nobody should be called."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        await response.aread()
        try:
            spoiled = _spoiled(json.loads(response.content), free=False)
        except ValueError:
            return response
        headers = {
            name: value
            for name, value in response.headers.items()
            if name not in {"content-length", "content-encoding", "transfer-encoding"}
        }
        return httpx.Response(response.status_code, headers=headers, json=spoiled)


def _spoiled(value: Any, *, free: bool) -> Any:
    """Return a platform's answer with everything that is somebody's own word spoiled."""
    if isinstance(value, dict):
        return {
            key: _spoiled(inner, free=free or bool(_FREE.search(key)))
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_spoiled(inner, free=free) for inner in value]
    if isinstance(value, str) and free and not _STRICT.fullmatch(value):
        return value[:20] + HOSTILE
    return value


class Stumbling:
    """A wrapper that cannot use one record: something must lie in quarantine."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.stumbled: set[str] = set()

    @hookimpl(wrapper=True)
    def parse_event(self, record: Any) -> Any:
        """Stumble over the first record of a stream that has events."""
        found = yield
        if found and (not self.stumbled or record.id in self.stumbled):
            self.stumbled.add(record.id)
            raise errors.RecordError(self.reason)
        return found


@contextmanager
def furnished(store: Path, *, hostile: bool = False) -> Iterator[Furnished]:
    """Fill a store from every sandbox there is, and serve its pages."""
    with ExitStack() as stack:
        connectors = [load(one.name) for one in installed() if one.state == "ready"]
        made = {
            one.name: _serve(stack, one) for one in connectors if one.manifest.sandbox is not None
        }
        outlet = _serve(stack, load_destination("klaviyo"))
        asked = stack.enter_context(blocking.Desk(store))
        serving = Desk(store)
        for desk in (asked, serving):
            for name, (sandbox, address) in made.items():
                _connect(desk, name, sandbox, address, hostile=hostile)
            given = {**outlet[0].settings, "base_url": outlet[1], "live": False}
            desk.add_destination("klaviyo", consent_without_time="skip", **given)
        for result in asked.sync_all():
            assert not isinstance(result, Exception), result
        asked.deliver("klaviyo")
        address = stack.enter_context(served(serving.asgi({"pages"})))
        yield Furnished(address, asked)


def _serve(stack: ExitStack, plugin: Any) -> tuple[Sandbox, str]:
    known = {field.name for field in options_of(plugin)}
    # Where a platform has one reader a minute, nobody waits for it to be looked at.
    few: dict[str, Any] = dict.fromkeys(_SIZES & known, FEW)
    made = make_sandbox(plugin, few | ({"demo": True} if "demo" in known else {}))
    address = stack.enter_context(served(made.app))
    return made, address + made.path


def _connect(
    desk: Desk | blocking.Desk, name: str, sandbox: Sandbox, address: str, *, hostile: bool
) -> None:
    # Only who fills the store stumbles: who serves it can try again, and succeeds.
    reason = f"the stay is called {HOSTILE}" if hostile else "the arrival is no time"
    wrappers = [Stumbling(reason)] if isinstance(desk, blocking.Desk) else []
    transport = _Hostile() if hostile else None
    settings = {**sandbox.settings, "base_url": address}
    desk.connect(name, name=f"grand-{name}", wrappers=wrappers, transport=transport, **settings)
