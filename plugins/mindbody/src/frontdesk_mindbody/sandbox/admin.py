"""The door that Mindbody does not have: what a demo or a test does to the world over HTTP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import parse_qs

import msgspec

from frontdesk.sandbox.wire import Request
from frontdesk_mindbody.sandbox.faults import AnyFault, Faults
from frontdesk_mindbody.sandbox.journal import Journal
from frontdesk_mindbody.sandbox.refusal import Refusal, invalid

T = TypeVar("T")
_FAULT: Final[msgspec.json.Decoder[AnyFault]] = msgspec.json.Decoder(AnyFault)


class _Advance(msgspec.Struct, forbid_unknown_fields=True):
    seconds: float = 0.0
    changes: int = 0


class _Move(msgspec.Struct, forbid_unknown_fields=True):
    move: str
    site: int
    fields: dict[str, Any] = {}


_ADVANCE: Final = msgspec.json.Decoder(_Advance)
_MOVE: Final = msgspec.json.Decoder(_Move)


class _Platform(Protocol):
    faults: Faults
    journal: Journal

    @property
    def now(self) -> datetime: ...
    @property
    def calls(self) -> Counter[tuple[date, int]]: ...
    def advance(self, by: timedelta) -> None: ...
    def play(self, changes: int) -> None: ...
    def move(self, name: str, site: int, *args: Any, **fields: Any) -> Any: ...


class Admin:
    """Answers requests under ``/sandbox/``."""

    def __init__(self, platform: _Platform) -> None:
        self._platform = platform
        self._doors: dict[tuple[str, str], Callable[[Request], object]] = {
            ("GET", "/sandbox/journal"): self._journal,
            ("GET", "/sandbox/calls"): self._calls,
            ("GET", "/sandbox/faults"): self._pending,
            ("POST", "/sandbox/faults"): self._add,
            ("DELETE", "/sandbox/faults"): self._clear,
            ("POST", "/sandbox/advance"): self._advance,
            ("POST", "/sandbox/move"): self._move,
        }

    def answer(self, request: Request) -> object:
        """Do what is asked and tell the result."""
        door = self._doors.get((request.method, request.path))
        if door is None:
            raise Refusal(404, "Not found.", code="")
        return door(request)

    def _journal(self, request: Request) -> object:
        since = parse_qs(request.query.decode()).get("since", ["0"])[0]
        if not since.isdecimal():
            raise invalid("since")
        return {"actions": self._platform.journal.since(int(since))}

    def _calls(self, _request: Request) -> object:
        calls = self._platform.calls
        return {
            "calls": [
                {"day": day, "site": site, "calls": count} for (day, site), count in calls.items()
            ]
        }

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
            raise invalid("seconds or changes")
        self._platform.advance(timedelta(seconds=wanted.seconds))
        self._platform.play(wanted.changes)
        return {"now": self._platform.now}

    def _move(self, request: Request) -> object:
        wanted = _decoded(request, _MOVE)
        try:
            row = self._platform.move(wanted.move, wanted.site, **wanted.fields)
        except TypeError as error:
            raise invalid(str(error)) from error
        return {"id": row.id}


def _decoded(request: Request, decoder: msgspec.json.Decoder[T]) -> T:
    try:
        return decoder.decode(request.body)
    except msgspec.ValidationError as error:
        # The person at this door wants to know what was wrong.
        raise Refusal(400, str(error), code="InvalidParameter") from error
    except msgspec.DecodeError as error:
        raise Refusal(400, "The body is no JSON.", code="InvalidParameter") from error
