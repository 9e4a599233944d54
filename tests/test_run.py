"""``frontdesk run``: one process that receives, follows and ends when told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from stores import asked

pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends signals")
TOKEN = "a-long-random-word"


class Running:
    """A service in a process of its own, known by the lines it writes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []

    def until(self, word: str) -> str:
        """Read lines until one has *word*; return it."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            if word in line:
                return line
        raise AssertionError(f"it ended without {word!r}: {''.join(self.lines)}")

    def end(self, how: signal.Signals) -> float:
        """Send a signal; return how long it took to end."""
        began = time.monotonic()
        self.process.send_signal(how)
        assert self.process.stderr is not None
        self.lines += self.process.stderr.readlines()
        self.process.wait()
        return time.monotonic() - began


@contextmanager
def running(config: Path) -> Iterator[tuple[Running, str]]:
    command = [sys.executable, "-m", "frontdesk", "run", "--config", str(config), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        started = Running(process)
        try:
            yield started, started.until("listening on").rpartition(" ")[2].strip()
        finally:
            process.kill()


@pytest.fixture(name="config")
def _config(small_hotel: dict[str, str], tmp_path: Path) -> Callable[[str], Path]:
    """A function that writes the configuration for a store."""

    def write(store: str) -> Path:
        path = tmp_path / "frontdesk.toml"
        lines = [
            "[store]",
            f"url = {json.dumps(store)}",
            "[service]",
            'public_url = "https://hooks.example.com/"',
            "collect = 0",
            "[connections.grand-hotel]",
            'connector = "mews"',
            f"base_url = {json.dumps(small_hotel['MEWS_BASE_URL'])}",
            f"client_token = {json.dumps(small_hotel['MEWS_CLIENT_TOKEN'])}",
            f"access_token = {json.dumps(small_hotel['MEWS_ACCESS_TOKEN'])}",
            f"webhook_token = {json.dumps(TOKEN)}",
        ]
        path.write_text("\n".join(lines) + "\n", "utf-8")
        return path

    return write


def site(store: str) -> str:
    """Return a property the hotel has."""
    ((details,),) = asked(store, "SELECT details FROM connections")
    found: str = json.loads(bytes(details))["sites"][0]["id"]
    return found


def one_reservation(store: str) -> str:
    question = (
        "SELECT r.key FROM records r JOIN streams s ON s.id = r.stream_id"
        " WHERE s.name = 'reservations' ORDER BY r.key LIMIT 1"
    )
    ((key,),) = asked(store, question)
    return str(key)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_service_receives_follows_and_ends(
    store_url: str, config: Callable[[str], Path], how: signal.Signals
) -> None:
    with running(config(store_url)) as (service, address):
        service.until("history of reservations")
        event = {
            "Discriminator": "ServiceOrderUpdated",
            "Value": {"Id": one_reservation(store_url)},
        }
        body = {"EnterpriseId": site(store_url), "IntegrationId": "i", "Events": [event]}
        url = f"{address}webhooks/at/mews"

        bad = httpx.post(url, params={"Token": "wrong"}, json=body)
        good = httpx.post(url, params={"Token": TOKEN}, json=body)
        service.until("deliveries drained")
        ready = httpx.get(f"{address}readyz").json()
        took = service.end(how)

    assert (bad.status_code, good.status_code) == (401, 200)
    assert ready["service"] == "at work here"
    assert ready["connections"] == {"grand-hotel": "running"}
    assert took < 10
    assert service.process.returncode in {0, 130}
    assert asked(store_url, "SELECT holder FROM connections") == [(None,)]
    assert asked(store_url, "SELECT received, drained, pending FROM inboxes") == [(1, 1, 0)]
    assert TOKEN not in "".join(service.lines)


def test_the_url_to_give_to_the_platform(config: Callable[[str], Path], tmp_path: Path) -> None:
    path = config(str(tmp_path / "frontdesk.db"))
    command = [sys.executable, "-m", "frontdesk", "webhooks", "url", "grand-hotel"]
    command += ["--config", str(path)]

    shown = subprocess.run(command, check=True, capture_output=True, text=True)
    revealed = subprocess.run([*command, "--reveal"], check=True, capture_output=True, text=True)

    assert shown.stdout == "https://hooks.example.com/webhooks/at/mews?Token=***\n"
    assert revealed.stdout == f"https://hooks.example.com/webhooks/at/mews?Token={TOKEN}\n"
