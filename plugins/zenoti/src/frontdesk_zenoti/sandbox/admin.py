"""The door that Zenoti does not have: what a demo or a test does to the world over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar
from urllib.parse import parse_qs

import msgspec

from frontdesk.sandbox.wire import Request
from frontdesk_zenoti.sandbox.faults import AnyFault, Faults
from frontdesk_zenoti.sandbox.journal import Journal
from frontdesk_zenoti.sandbox.keys import Keys
from frontdesk_zenoti.sandbox.limiter import Limiter
from frontdesk_zenoti.sandbox.refusal import Refusal, bad, missing

T = TypeVar("T")
_FAULT: Final[msgspec.json.Decoder[AnyFault]] = msgspec.json.Decoder(AnyFault)


class _Advance(msgspec.Struct, forbid_unknown_fields=True):
    seconds: float = 0.0
    changes: int = 0


class _Move(msgspec.Struct, forbid_unknown_fields=True):
    move: str
    id: str


class _Others(msgspec.Struct, forbid_unknown_fields=True):
    requests: float


_ADVANCE: Final = msgspec.json.Decoder(_Advance)
_MOVE: Final = msgspec.json.Decoder(_Move)
_OTHERS: Final = msgspec.json.Decoder(_Others)


class _Platform(Protocol):
    faults: Faults
    journal: Journal
    keys: Keys
    limiter: Limiter

    @property
    def now(self) -> datetime: ...
    def advance(self, by: timedelta) -> None: ...
    def play(self, changes: int) -> None: ...
    def move(self, move: str, identity: str) -> object: ...
    def rotate(self) -> str: ...


class Admin:
    """Answers requests under ``/sandbox/``."""

    def __init__(self, platform: _Platform) -> None:
        self._platform = platform
        self._doors: dict[tuple[str, str], Callable[[Request], object]] = {
            ("GET", "/sandbox/journal"): self._journal,
            ("GET", "/sandbox/keys"): self._keys,
            ("POST", "/sandbox/keys"): self._rotate,
            ("DELETE", "/sandbox/keys"): self._revoke,
            ("GET", "/sandbox/faults"): self._pending,
            ("POST", "/sandbox/faults"): self._add,
            ("DELETE", "/sandbox/faults"): self._clear,
            ("POST", "/sandbox/advance"): self._advance,
            ("POST", "/sandbox/move"): self._move,
            ("POST", "/sandbox/others"): self._others,
        }

    def answer(self, request: Request) -> object:
        """Do what is asked and tell the result."""
        door = self._doors.get((request.method, request.path))
        if door is None:
            raise missing()
        return door(request)

    def _journal(self, request: Request) -> object:
        since = parse_qs(request.query.decode()).get("since", ["0"])[0]
        if not since.isdecimal():
            raise bad("invalid since.")
        return {"actions": self._platform.journal.since(int(since))}

    def _keys(self, _request: Request) -> object:
        keys = self._platform.keys
        return {
            "current": keys.current,
            "previous": keys.previous,
            "webhook_secret": keys.secret,
            "login": keys.asked(),
        }

    def _rotate(self, request: Request) -> object:
        self._platform.rotate()
        return self._keys(request)

    def _revoke(self, request: Request) -> object:
        """Make the key before the latest one worthless at once."""
        keys = self._platform.keys
        keys.revoke(keys.previous or keys.current)
        return self._keys(request)

    def _pending(self, _request: Request) -> object:
        return {"faults": self._platform.faults.pending}

    def _add(self, request: Request) -> object:
        self._platform.faults.add(_decoded(request, _FAULT))
        return self._pending(request)

    def _clear(self, request: Request) -> object:
        self._platform.faults.clear()
        return self._pending(request)

    def _advance(self, request: Request) -> object:
        wanted = _decoded(request, _ADVANCE)
        if wanted.seconds < 0 or wanted.changes < 0:
            raise bad("invalid seconds or changes.")
        self._platform.advance(timedelta(seconds=wanted.seconds))
        self._platform.play(wanted.changes)
        return {"now": self._platform.now}

    def _move(self, request: Request) -> object:
        wanted = _decoded(request, _MOVE)
        return {"id": self._platform.move(wanted.move, wanted.id) or wanted.id}

    def _others(self, request: Request) -> object:
        self._platform.limiter.take(_decoded(request, _OTHERS).requests)
        return self._platform.limiter.headers()


def _decoded(request: Request, decoder: msgspec.json.Decoder[T]) -> T:
    try:
        return decoder.decode(request.body)
    except msgspec.ValidationError as error:
        # The person at this door wants to know what was wrong.
        raise bad(str(error)) from error
    except msgspec.DecodeError as error:
        raise Refusal(400, "Invalid JSON.") from error
