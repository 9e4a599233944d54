"""What ``delivery.py`` needs: a filled store, and somebody who takes all."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).parents[1] / "core" / "tests"))
from jumping import START, JumpingClock

from frontdesk import Account, Connection, Desk, Site
from frontdesk.store import accounts
from frontdesk.store.engine import open_engine, writing
from frontdesk.store.migrate import upgrade

__all__ = ["JumpingClock", "Recorder", "account_of", "fill"]
#: Seconds a job takes, as in the emulator.
JOB = 4.0
_MICROS = int(START.timestamp()) * 1_000_000
_HOUR = 3_600_000_000
_METRICS = ("Confirmed Reservation", "Checked In to Reservation", "Checked Out of Reservation")
_ACCOUNT = Account("hotel", "Grand Hotel", (Site("hotel", "Grand Hotel", "Europe/Prague", "EUR"),))


class Recorder(httpx.AsyncBaseTransport):
    """A Klaviyo that takes everything, and writes down what was posted in bulk."""

    def __init__(self, folder: Path, clock: JumpingClock) -> None:
        self._folder, self._clock = folder, clock
        self._number = 0
        self._posted: dict[str, float] = {}
        #: CPU seconds of its own.
        self.own = 0.0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        began = time.process_time()
        try:
            return self._answer(request)
        finally:
            self.own += time.process_time() - began

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if request.method == "POST" and "bulk" in path:
            self._number += 1
            body = request.content.decode()
            file = self._folder / f"{self._number:06}.json"
            file.write_text(f'["{path}", {body}]')
        if path.endswith("/api/accounts"):
            about = {"contact_information": {"organization_name": "Hotel"}, "test_account": True}
            return _json(200, [{"type": "account", "id": "A1", "attributes": about}])
        if "profile-bulk-import-jobs" in path:
            return self._job(request, path)
        if request.method == "GET":
            return _json(200, [])
        return httpx.Response(202)

    def _job(self, request: httpx.Request, path: str) -> httpx.Response:
        """Take a job, or tell whether it is done."""
        now = self._clock.monotonic()
        id = path.rpartition("/")[2] if request.method == "GET" else f"J{self._number}"
        posted = self._posted.setdefault(id, now)
        told = {"status": "complete" if now - posted >= JOB else "processing", "failed_count": 0}
        job = {"type": "profile-bulk-import-job", "id": id, "attributes": told}
        return _json(200 if request.method == "GET" else 202, job)


def _json(status: int, data: Any) -> httpx.Response:
    return httpx.Response(status, json={"data": data, "links": {"next": None}})


def account_of(desk: Desk) -> Connection:
    """Connect the hotel that a store was filled for."""
    tokens = {"client_token": "-", "access_token": "-"}
    return desk.connect("mews", name="hotel", **tokens)


def fill(store: Path, events: int, guests: int) -> None:
    """Put so many events of so many guests into a new store, as a sync would."""
    engine = open_engine(store)
    upgrade(engine)
    connection = account_of(Desk(store))
    with writing(engine) as db:
        stored = accounts.register(db, connection, _ACCOUNT, now=START)
        stream = stored.streams["customers"]
    engine.dispose()
    with sqlite3.connect(store) as bare:
        bare.execute(
            "INSERT INTO records (id, stream_id, key, digest, seen, origin, version)"
            " VALUES (1, ?, 'r', x'00', ?, 0, ?)",
            (stream, _MICROS, _MICROS),
        )
        bare.execute(
            "INSERT INTO metrics (id, connection_id, name, total, first, last) VALUES (1, ?, 'm', 1, 0, 0)",
            (stored.id,),
        )
        many = bare.executemany
        many("INSERT INTO guests (id, connection_id, key) VALUES (?, ?, ?)",
             ((n, stored.id, f"g{n}") for n in range(1, guests + 1)))  # fmt: skip
        many("INSERT INTO profiles (guest_id, record_id, email, digest, body, updated)"
             " VALUES (?, 1, ?, x'00', ?, ?)", _profiles(guests))  # fmt: skip
        many("INSERT INTO log (connection_id, seq, kind, origin, guest_id, record_id, metric_id, at,"
             " logged, event_id, value, currency) VALUES (?, ?, ?, 0, ?, 1, ?, ?, ?, ?, ?, ?)",
             _log(stored.id, events, guests))  # fmt: skip
        many("INSERT INTO log_bodies (connection_id, seq, body) VALUES (?, ?, ?)",
             _bodies(stored.id, events, guests))  # fmt: skip
        bare.execute("UPDATE connections SET seq = ?", (events + guests,))
    bare.close()


def _email(guest: int) -> str:
    return f"guest{guest}@hotel-guests.net"


def _profile(guest: int) -> bytes:
    said = {
        "guest": f"g{guest}", "email": _email(guest), "phone_number": None, "first_name": "Ada",
        "last_name": f"Guest {guest}", "title": None, "organization": None, "locale": "en-GB",
        "location": {"address1": f"Street {guest}", "city": "Praha", "zip": "11000", "country": "CZ"},
        "properties": {"Loyalty Code": f"L{guest}", "Nationality": "CZ", "Stays": guest % 7},
    }  # fmt: skip
    return json.dumps(said).encode()


def _profiles(guests: int) -> Iterator[tuple[Any, ...]]:
    for n in range(1, guests + 1):
        yield n, _email(n), _profile(n), _MICROS


def _log(connection: int, events: int, guests: int) -> Iterator[tuple[Any, ...]]:
    for n in range(1, guests + 1):
        yield connection, n, 2, n, None, _MICROS, _MICROS, None, None, None
    for n in range(1, events + 1):
        at = _MICROS - _ago(n, events)
        id = n.to_bytes(16, "big")
        guest = 1 + n * 7919 % guests
        yield connection, guests + n, 1, guest, 1, at, _MICROS, id, 412_500_000, "EUR"


def _bodies(connection: int, events: int, guests: int) -> Iterator[tuple[Any, ...]]:
    for n in range(1, guests + 1):
        yield connection, n, _profile(n)
    for n in range(1, events + 1):
        yield connection, guests + n, _event(n, 1 + n * 7919 % guests, events)


def _ago(n: int, events: int) -> int:
    """Return how long ago an event was, in microseconds: a history is read oldest first."""
    return 48 * _HOUR + (events - n) * (17_000 * _HOUR // events)


def _event(n: int, guest: int, events: int) -> bytes:
    """Return a body of about a kilobyte."""
    at = START - timedelta(microseconds=_ago(n, events))
    said = {
        "id": n.to_bytes(16, "big").hex(), "metric": _METRICS[n % 3],
        "time": at.isoformat().replace("+00:00", "Z"), "value": 412.5, "currency": "EUR",
        "guest": f"g{guest}", "site": "hotel",
        "properties": {
            "Reservation Number": str(n), "Reservation State": "Confirmed", "Room": "Deluxe Double",
            "Rate": "Best Available Rate", "Arrival": "2026-03-01T14:00:00Z", "Nights": 3,
            "Departure": "2026-03-04T10:00:00Z", "Adults": 2, "Children": 0, "Origin": "Connector",
            "Products": [{"Name": "Breakfast", "Amount": 21.5, "Currency": "EUR"}] * 4,
            "Notes": "A quiet room, please. " * 12,
        },
    }  # fmt: skip
    return json.dumps(said, separators=(",", ":")).encode()
