"""The examples run as they are, as programs of their own, against the sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from inn import install

import frontdesk

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.mark.parametrize("example", ["embed_async.py", "embed_blocking.py"])
def test_an_application_embeds_frontdesk(
    example: str, small_hotel: dict[str, str], tmp_path: Path
) -> None:
    environment = {**os.environ, **small_hotel, "FRONTDESK_STORE": str(tmp_path / "a.db")}

    ran = subprocess.run(
        [sys.executable, str(EXAMPLES / example)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.stderr == ""
    assert ran.returncode == 0
    assert "reservations: " in ran.stdout
    assert "events and " in ran.stdout
    assert "Confirmed Reservation: " in ran.stdout


@pytest.fixture(name="lido")
def _lido() -> ModuleType:
    module = ModuleType("lido")
    exec(compile((EXAMPLES / "lido.py").read_text("utf-8"), "lido.py", "exec"), vars(module))
    return module


class Pools:
    """Lido in memory: guests who change their mind, and visits that are cancelled."""

    def __init__(self) -> None:
        self.guest: dict[str, Any] = {
            "id": "g1",
            "email": "ada@example.com",
            "name": "Ada",
            "season_pass": False,
            "newsletter": True,
            "changed": "2026-05-01T09:00:00Z",
            "card": {"number": "4111", "kind": "credit"},
        }
        self.visit: dict[str, Any] = {
            "id": "v1",
            "guest": "g1",
            "pool": "p1",
            "price": "9.50",
            "booked": "2026-05-01T09:00:00Z",
            "cancelled": None,
            "changed": "2026-05-01T09:00:00Z",
        }

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["x-lido-key"] == "secret"
        stream = request.url.path.rpartition("/")[2]
        if stream == "account":
            return httpx.Response(200, json={"id": "a1", "name": "City pools"})
        pool = {"id": "p1", "name": "Old Danube"}
        row = {"guests": self.guest, "visits": self.visit, "pools": pool}[stream]
        return httpx.Response(200, json={"rows": [row], "total": 1})


def test_lido_follows_a_guest_who_changes_everything(lido: ModuleType, tmp_path: Path) -> None:
    pools = Pools()
    with frontdesk.blocking.Desk(tmp_path / "lido.db") as desk:
        desk.connect(lido, key="secret", transport=httpx.MockTransport(pools.answer))
        first = desk.sync("lido")
        pools.guest |= {"newsletter": False, "changed": "2026-05-02T09:00:00Z"}
        pools.visit |= {"cancelled": "2026-05-02T08:00:00Z", "changed": "2026-05-02T08:00:00Z"}
        second, third = desk.sync("lido"), desk.sync("lido")
        events, (profile,) = desk.events(), desk.profiles()

    assert (first.events, first.profiles, first.consents) == (1, 1, 1)
    assert (second.events, second.consents) == (1, 1)
    assert (third.events, third.profiles, third.consents) == (0, 0, 0)
    assert [row.event["metric"] for row in events] == ["Cancelled Visit", "Booked Visit"]
    assert {row.event["properties"]["Pool"] for row in events} == {"Old Danube"}
    assert profile.consent == {"email": "unsubscribed"}


def test_lido_stores_no_card(lido: ModuleType, tmp_path: Path) -> None:
    store = tmp_path / "lido.db"
    with frontdesk.blocking.Desk(store) as desk:
        desk.connect(lido, key="secret", transport=httpx.MockTransport(Pools().answer))
        desk.sync("lido")

    assert all(b"4111" not in file.read_bytes() for file in tmp_path.glob("lido.db*"))


def test_lido_passes_its_conformance_suite(tmp_path: Path) -> None:
    """Seen to fail when Lido reads the time of a change from rows that it did not check."""
    site = install(tmp_path / "site", "lido", "lido")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(EXAMPLES)])}

    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            str(EXAMPLES / "test_lido.py"),
        ],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout
    assert "passed" in ran.stdout
