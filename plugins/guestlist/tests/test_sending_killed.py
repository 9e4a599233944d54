"""Nobody is mailed twice and nothing is lost unseen: under SIGKILL, and by two processes at once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from posthouse import MailServer, mail_server, posted
from stores import _new_store, _postgresql, _store_url, asked

__all__ = ["_new_store", "_postgresql", "_store_url"]

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(os.name != "posix", reason="kills processes"),
]
MAILER = Path(__file__).parent / "mailer.py"
#: Ten in the morning, in Paris.
MORNING = datetime(2026, 6, 2, 8, tzinfo=UTC)
GUESTS = [f"guest{number}@example.com" for number in range(40)]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(name="server")
def _server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def started(store: str, server: MailServer, at: datetime) -> subprocess.Popen[str]:
    """Start a process that is about to send."""
    process = subprocess.Popen(
        [sys.executable, str(MAILER), store, str(server.port), at.isoformat()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def begin(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def close(process: subprocess.Popen[str]) -> int:
    """Wait for a process; return what it ended with."""
    with process:
        return process.wait(60)


async def prepare(store: str, server: MailServer) -> None:
    async with posted(store, server, at=MORNING) as post:
        await post.house.put(*({"email": address} for address in GUESTS))
        await post.email()


def states(store: str) -> dict[str, str]:
    """Return how the e-mails of all guests are; each guest has one row at most."""
    rows = asked(store, "SELECT address, state FROM guestlist_mails")
    found = dict(rows)
    assert len(found) == len(rows)
    return found


async def test_a_sender_killed_at_any_moment_mails_nobody_twice(
    store_url: str, server: MailServer
) -> None:
    """Whatever was under way is shown as uncertain, and everybody else gets theirs."""
    await prepare(store_url, server)
    chance, now, kills = random.Random(10), MORNING, 0

    while True:
        process = started(store_url, server, now)
        begin(process)
        try:
            process.wait(chance.uniform(0.02, 0.5) if kills < 6 else 60)
        except subprocess.TimeoutExpired:
            process.kill()
            kills += 1
        if close(process) != -signal.SIGKILL and now > MORNING:
            break
        # Long enough to know that whoever claimed something is dead.
        now += timedelta(minutes=10)

    found = states(store_url)
    assert found.keys() == set(GUESTS)
    assert set(found.values()) <= {"sent", "uncertain"}
    assert max(server.times.values()) == 1
    sent = {address for address, state in found.items() if state == "sent"}
    assert sent <= server.times.keys()
    # What may or may not have gone out is shown, and that is one a kill at most.
    assert len(found) - len(sent) <= kills
    activities = asked(store_url, "SELECT count(*) FROM guestlist_activities")
    assert activities == [(len(sent),)]


async def test_a_sender_killed_as_the_server_takes_it_leaves_it_uncertain(
    store_url: str, server: MailServer
) -> None:
    """Seen to fail when what a killed process left is tried again."""
    await prepare(store_url, server)
    process = started(store_url, server, MORNING)
    server.on_message = lambda _: process.kill() if len(server.taken) == 5 else None
    begin(process)
    assert close(process) == -signal.SIGKILL

    assert Counter(states(store_url).values()) == {"sent": 4, "sending": 1}
    again = started(store_url, server, MORNING + timedelta(minutes=10))
    begin(again)
    assert close(again) == 0

    found = states(store_url)
    assert Counter(found.values()) == {"sent": 39, "uncertain": 1}
    assert set(server.times.values()) == {1}
    assert server.times.keys() == set(GUESTS)


async def test_two_processes_at_once_send_each_email_once(
    store_url: str, server: MailServer
) -> None:
    """Seen to fail when a claim overwrites the row that another one made."""
    await prepare(store_url, server)
    both = [started(store_url, server, MORNING) for _ in range(2)]
    for process in both:
        begin(process)

    assert [close(process) for process in both] == [0, 0]

    assert server.times == Counter(GUESTS)
    assert set(states(store_url).values()) == {"sent"}
    assert server.connections == 2
