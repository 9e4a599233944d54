"""An inn whose tokens work once: each refresh gives the next, and a spent one ends them all."""

from __future__ import annotations

import string
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import acorn
import anyio
import attrs
import httpx
from inn import Inn, altered, busy

from frontdesk.client import State

#: Part of every token but the configured one; to be found nowhere.
CANARY = "CANARY-of-a-token"
ENDS = datetime(2026, 12, 1, tzinfo=UTC)


class Rotation(httpx.Auth):
    """Refreshes at the beginning, and keeps what it got before it uses it."""

    def __init__(self, settings: Any, state: State) -> None:
        self._first, self._state = settings.token, state
        self._access = ""
        self._one_at_a_time = anyio.Lock()

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        async with self._one_at_a_time:
            if not self._access:
                self._state.refuse_without_key()
                spent = self._state.get("refresh", {"token": self._first})["token"]
                where, said = request.url.join("/token"), {"x-refresh": spent}
                answer = yield httpx.Request("POST", where, headers=said)
                await answer.aread()
                if answer.is_error:
                    return
                tokens = answer.json()
                await self._state.keep("refresh", {"token": tokens["refresh"]}, expires=ENDS)
                self._access = tokens["access"]
        request.headers["authorization"] = f"Bearer {self._access}"
        yield request


def connector(**hooks: Any) -> ModuleType:
    """Acorn with tokens that rotate."""
    return altered(manifest=attrs.evolve(acorn.manifest, authenticate=Rotation), **hooks)


class Rotating:
    """The platform's side of it, around an inn."""

    def __init__(self, inn: Inn | None = None, first: str = "first-token") -> None:
        self.inn = inn or busy(5)
        self.inn.before = self._answer
        self.letters = iter(string.ascii_lowercase)
        self.fresh = first
        self.given: list[str] = []
        self.revoked = False

    @property
    def options(self) -> dict[str, Any]:
        """What to connect with."""
        return {"token": "first-token", "transport": self.inn.transport}

    def _answer(self, request: httpx.Request) -> httpx.Response | None:
        if request.url.path != "/token":
            return None
        if self.revoked or request.headers["x-refresh"] != self.fresh:
            self.revoked = True
            return httpx.Response(401, json={"Message": "spent"})
        # Nothing in it looks like a token: only who knows it can mask it.
        self.fresh = f"{CANARY}-{next(self.letters)}"
        self.given.append(self.fresh)
        self.inn.token = f"access-{self.fresh}"
        return httpx.Response(200, json={"refresh": self.fresh, "access": self.inn.token})
