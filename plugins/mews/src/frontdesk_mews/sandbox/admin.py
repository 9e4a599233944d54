"""The door that Mews does not have: what a demo or a test does to the world over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar
from urllib.parse import parse_qs

import msgspec

from frontdesk.sandbox.wire import Request
from frontdesk_mews.sandbox.faults import AnyFault, Faults
from frontdesk_mews.sandbox.integration import Integration
from frontdesk_mews.sandbox.journal import Journal
from frontdesk_mews.sandbox.refusal import Refusal
from frontdesk_mews.sandbox.tokens import Tokens

T = TypeVar("T")
_FAULT: Final[msgspec.json.Decoder[AnyFault]] = msgspec.json.Decoder(AnyFault)


class _Advance(msgspec.Struct, forbid_unknown_fields=True):
    seconds: float = 0.0
    changes: int = 0


class _Restore(msgspec.Struct, forbid_unknown_fields=True, rename="pascal"):
    reservation_ids: list[str]


class _Move(_Restore, rename="pascal"):
    move: str


class _News(msgspec.Struct, forbid_unknown_fields=True, rename="pascal"):
    action: str
    enterprise_id: str | None = None


_ADVANCE: Final = msgspec.json.Decoder(_Advance)
_RESTORE: Final = msgspec.json.Decoder(_Restore)
_MOVE: Final = msgspec.json.Decoder(_Move)


_NEWS: Final = msgspec.json.Decoder(_News)


class _Platform(Protocol):
    tokens: Tokens
    faults: Faults
    journal: Journal
    integration: Integration

    @property
    def now(self) -> datetime: ...
    def advance(self, by: timedelta) -> None: ...
    def play(self, changes: int) -> None: ...
    def move(self, reservation: str, move: str) -> None: ...


class Admin:
    """Answers requests under ``/sandbox/``."""

    def __init__(self, platform: _Platform) -> None:
        self._platform = platform
        self._doors: dict[tuple[str, str], Callable[[Request], object]] = {
            ("GET", "/sandbox/journal"): self._journal,
            ("GET", "/sandbox/tokens"): self._tokens,
            ("GET", "/sandbox/faults"): self._pending,
            ("POST", "/sandbox/faults"): self._add,
            ("DELETE", "/sandbox/faults"): self._clear,
            ("POST", "/sandbox/advance"): self._advance,
            ("POST", "/sandbox/restore"): self._restore,
            ("POST", "/sandbox/move"): self._move,
            ("POST", "/sandbox/integration"): self._announce,
        }

    def answer(self, request: Request) -> object:
        """Do what is asked and tell the result."""
        door = self._doors.get((request.method, request.path))
        if door is None:
            raise Refusal(404, "Not found.")
        return door(request)

    def _journal(self, request: Request) -> object:
        since = parse_qs(request.query.decode()).get("since", ["0"])[0]
        if not since.isdecimal():
            raise Refusal(400, "Invalid since.")
        return {"Actions": self._platform.journal.since(int(since))}

    def _tokens(self, _request: Request) -> object:
        tokens = self._platform.tokens
        return {
            "ClientToken": tokens.client,
            "Portfolio": tokens.portfolio.value,
            "Properties": {token.enterprise_id: token.value for token in tokens.properties},
        }

    def _pending(self, _request: Request) -> object:
        return {"Faults": self._platform.faults.pending}

    def _add(self, request: Request) -> object:
        self._platform.faults.add(_decoded(request, _FAULT))
        return self._pending(request)

    def _clear(self, request: Request) -> object:
        self._platform.faults.clear()
        return self._pending(request)

    def _advance(self, request: Request) -> object:
        wanted = _decoded(request, _ADVANCE)
        if wanted.seconds < 0 or wanted.changes < 0:
            raise Refusal(400, "Invalid seconds or changes.")
        self._platform.advance(timedelta(seconds=wanted.seconds))
        self._platform.play(wanted.changes)
        return {"NowUtc": self._platform.now}

    def _restore(self, request: Request) -> object:
        return self._moved(_decoded(request, _RESTORE).reservation_ids, "restore")

    def _move(self, request: Request) -> object:
        wanted = _decoded(request, _MOVE)
        return self._moved(wanted.reservation_ids, wanted.move)

    def _announce(self, request: Request) -> object:
        wanted = _decoded(request, _NEWS)
        return {"ApiKey": self._platform.integration.announce(wanted.action, wanted.enterprise_id)}

    def _moved(self, reservations: list[str], move: str) -> object:
        for reservation in reservations:
            self._platform.move(reservation, move)
        return {"ReservationIds": reservations}


def _decoded(request: Request, decoder: msgspec.json.Decoder[T]) -> T:
    try:
        return decoder.decode(request.body)
    except msgspec.ValidationError as error:
        # The person at this door wants to know what was wrong, unlike Mews's callers.
        raise Refusal(400, str(error)) from error
    except msgspec.DecodeError as error:
        raise Refusal(400, "Invalid JSON.") from error
