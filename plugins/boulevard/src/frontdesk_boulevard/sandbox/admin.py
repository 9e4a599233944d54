"""The door that Boulevard does not have: what a demo or a test does to the world over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import parse_qs

import attrs
import msgspec

from frontdesk.sandbox.wire import Request
from frontdesk_boulevard.sandbox.auth import Keys
from frontdesk_boulevard.sandbox.faults import AnyFault, Faults
from frontdesk_boulevard.sandbox.journal import Journal
from frontdesk_boulevard.sandbox.refusal import Refusal

T = TypeVar("T")
_FAULT: Final[msgspec.json.Decoder[AnyFault]] = msgspec.json.Decoder(AnyFault)


class _Advance(msgspec.Struct, forbid_unknown_fields=True):
    seconds: float = 0.0
    changes: int = 0


class _Move(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    move: str
    how: dict[str, Any] = {}


class _Permission(msgspec.Struct, forbid_unknown_fields=True):
    key: str
    enabled: bool = False


_PERMISSION: Final = msgspec.json.Decoder(_Permission)
_ADVANCE: Final = msgspec.json.Decoder(_Advance)
_MOVE: Final = msgspec.json.Decoder(_Move)


class _Platform(Protocol):
    faults: Faults
    journal: Journal
    keys: Keys

    @property
    def now(self) -> datetime: ...
    def advance(self, by: timedelta) -> None: ...
    def play(self, changes: int) -> None: ...
    def move(self, identity: str, name: str, **how: Any) -> None: ...
    def withhold(self, key: str, *, enabled: bool = False) -> None: ...


class Admin:
    """Answers requests under ``/sandbox/``."""

    def __init__(self, platform: _Platform) -> None:
        self._platform = platform
        self._doors: dict[tuple[str, str], Callable[[Request], object]] = {
            ("GET", "/sandbox/journal"): self._journal,
            ("GET", "/sandbox/keys"): self._keys,
            ("GET", "/sandbox/faults"): self._pending,
            ("POST", "/sandbox/faults"): self._add,
            ("DELETE", "/sandbox/faults"): self._clear,
            ("POST", "/sandbox/advance"): self._advance,
            ("POST", "/sandbox/move"): self._move,
            ("POST", "/sandbox/permission"): self._withhold,
        }

    def answer(self, request: Request) -> object:
        """Do what is asked and tell the result."""
        door = self._doors.get((request.method, request.path))
        if door is None:
            raise Refusal(404, "Not found")
        return door(request)

    def _journal(self, request: Request) -> object:
        since = parse_qs(request.query.decode()).get("since", ["0"])[0]
        if not since.isdecimal():
            raise Refusal(400, "Invalid since")
        return {"actions": self._platform.journal.since(int(since))}

    def _keys(self, _request: Request) -> object:
        return attrs.asdict(self._platform.keys)

    def _withhold(self, request: Request) -> object:
        wanted = _decoded(request, _PERMISSION)
        self._platform.withhold(wanted.key, enabled=wanted.enabled)
        return {"key": wanted.key, "enabled": wanted.enabled}

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
            raise Refusal(400, "Invalid seconds or changes")
        self._platform.advance(timedelta(seconds=wanted.seconds))
        self._platform.play(wanted.changes)
        return {"now": self._platform.now}

    def _move(self, request: Request) -> object:
        wanted = _decoded(request, _MOVE)
        self._platform.move(wanted.id, wanted.move, **wanted.how)
        return {"id": wanted.id}


def _decoded(request: Request, decoder: msgspec.json.Decoder[T]) -> T:
    try:
        return decoder.decode(request.body)
    except msgspec.ValidationError as error:
        # The person at this door wants to know what was wrong, unlike Boulevard's callers.
        raise Refusal(400, str(error)) from error
    except msgspec.DecodeError as error:
        raise Refusal(400, "Invalid JSON") from error
