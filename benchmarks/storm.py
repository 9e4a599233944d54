"""A storm of webhooks over a service that is killed again and again, while history is read.

::

    python benchmarks/storm.py --deliveries 10000 --kills 5 --store sqlite

A fifth of the deliveries are repeats, a fifth are out of order, some are no JSON, some have a
wrong secret. The service (``frontdesk run``, a process of its own) is killed with SIGKILL at
random deliveries and started again. What is not accepted is sent again, as Mews does. In the
end the log must hold every event that an oracle, written apart from the mapping, proves from
the sandbox's journal, and none that never happened; profiles and reservations must be those
of a store that read everything once, when all was over; and the sums must be right.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import attrs

from frontdesk import Desk
from frontdesk.client import SystemClock
from frontdesk.columns import from_micros, to_micros
from frontdesk.ingest.draining import drain
from frontdesk.ingest.session import opened
from frontdesk.progress import Report
from frontdesk.serving import listen, served
from frontdesk_mews.sandbox import PREFIX, Options, Platform, Storm

sys.path[:0] = [str(Path(__file__).parents[1] / part) for part in ("tests", "core/tests")]
NAME = "lakes"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Service:
    """``frontdesk run``, which can be killed and started again at the same address."""

    def __init__(self, config: Path, port: int) -> None:
        self._command = [sys.executable, "-m", "frontdesk", "run"]
        self._command += ["--config", str(config), "--port", str(port)]
        self._process: subprocess.Popen[str] | None = None
        self._reading = threading.Thread()
        self.lines: list[str] = []

    def start(self) -> None:
        """Start it, and wait until deliveries can come."""
        self._process = subprocess.Popen(self._command, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if "listening on" in line:
                break
        # Somebody must go on reading, or the pipe fills up.
        self._reading = threading.Thread(target=self.lines.extend, args=(self._process.stderr,))
        self._reading.start()

    def kill(self) -> None:
        """Kill it in the middle of whatever it does."""
        assert self._process is not None
        self._process.kill()
        self._ended()

    def stop(self) -> int:
        """Ask it to end; return how it did."""
        assert self._process is not None
        self._process.terminate()
        return self._ended()

    def _ended(self) -> int:
        assert self._process is not None
        assert self._process.stderr is not None
        status = self._process.wait(timeout=15)
        self._reading.join()
        self._process.stderr.close()
        return status


@attrs.frozen
class Outcome:
    """What a storm left."""

    missing: int
    invented: int
    must: int
    may: int
    #: Tables that differ from those of a store that read everything once.
    differing: tuple[str, ...]
    inbox: dict[str, int]
    strays: int
    accepted: int = 0
    seconds: float = 0.0
    #: How the service ended in the end.
    status: int = 0

    @property
    def good(self) -> bool:
        """Whether nothing was lost, doubled or invented, and the sums are right."""
        box = self.inbox
        ends = box["duplicate"] + box["drained"] + box["quarantined"] + box["discarded"]
        summed = box["received"] == ends and box["pending"] == 0
        return (
            summed
            and not (self.missing or self.invented or self.differing or self.status)
            and box["received"] >= self.accepted
        )


def killing(messages: Iterator[Any], service: Service, moments: set[int]) -> Iterator[Any]:
    """Yield *messages*, and kill the service before some of them."""
    for number, message in enumerate(messages):
        if number in moments:
            service.kill()
            service.start()
        yield message


def storm(
    where: str, clean: str, *, deliveries: int, reservations: int, kills: int, seed: int
) -> Outcome:
    """Let a storm blow over the store at *where*; compare it with one made at *clean*."""
    options = Options(now=NOW, reservations=reservations, rate_window=0, seed=seed)
    platform = Platform(options)
    chance = random.Random(seed)
    moments = set(chance.sample(range(deliveries // 20, deliveries), kills))
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, served(platform.app) as address:
        port = _free_port()
        config = Path(folder) / "frontdesk.toml"
        settings = _settings(platform, address)
        config.write_text(_toml(where, settings), "utf-8")
        service = Service(config, port)
        service.start()
        platform.webhooks.to = f"http://127.0.0.1:{port}/webhooks/at/mews"
        anyio.run(_blow, platform, Storm(deliveries=deliveries, seed=seed), service, moments)
        accepted = platform.webhooks.outbox.counts["accepted"]
        status = service.stop()
        platform.webhooks.to = None
        # A window of changes ends before the present second.
        platform.advance(timedelta(seconds=1))
        anyio.run(_finish, where, settings)
        anyio.run(_finish, clean, settings)
    found = _judged(platform, where, clean)
    spent = time.monotonic() - began
    return attrs.evolve(found, accepted=accepted, seconds=spent, status=status)


async def _blow(platform: Platform, storm: Storm, service: Service, moments: set[int]) -> None:
    messages = killing(platform.storm(storm), service, moments)
    await platform.webhooks.send(messages)
    for _ in range(20):
        if not len(platform.webhooks.outbox):
            return
        await platform.webhooks.flush()


def _settings(platform: Platform, address: str) -> dict[str, str]:
    return {
        "base_url": address.rstrip("/") + PREFIX,
        "client_token": platform.tokens.client,
        "access_token": platform.tokens.portfolio.value,
        "webhook_token": platform.tokens.webhook,
    }


def _toml(where: str, settings: dict[str, str]) -> str:
    lines = ["[store]", f"url = {json.dumps(where)}", "[service]", "collect = 0"]
    lines += [f"[connections.{NAME}]", 'connector = "mews"']
    lines += [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    return "\n".join(lines) + "\n"


async def _finish(where: str, settings: dict[str, str]) -> None:
    """Read what is left to be read, as a service that goes on would."""
    from hotel import unpaced

    async with Desk(where) as desk:
        hotel = desk.connect(unpaced(), name=NAME, **settings)
        await desk.sync(hotel)
        async with opened(hotel, desk.store, SystemClock(), frozenset()) as session:
            while await drain(session, Report(NAME, "mews")):
                pass
        await desk.sync(hotel)


def _free_port() -> int:
    listening = listen(0)
    port: int = listening.getsockname()[1]
    listening.close()
    return port


def _judged(platform: Platform, where: str, clean: str) -> Outcome:
    import oracle
    from stores import asked

    due = oracle.expected(
        platform.journal,
        platform.stays(),
        read=platform.now,
        start=_start(where),
        forgotten=platform.forgotten(),
    )
    account = platform.world.chain
    must, may = set(oracle.ids(due.must, account)), set(oracle.ids(due.may, account))
    question = (
        "SELECT l.event_id FROM log l JOIN guests g ON g.id = l.guest_id"
        " WHERE l.kind = 1 AND g.key NOT LIKE 'forgotten-%'"
    )
    logged = {bytes(id) for (id,) in asked(where, question)}
    names = ("received", "duplicate", "drained", "quarantined", "discarded", "pending", "bytes")
    (row,) = asked(where, f"SELECT {', '.join(names)} FROM inboxes")
    return Outcome(
        missing=len(must - logged),
        invented=len(logged - may),
        must=len(must),
        may=len(may),
        differing=tuple(_differing(where, clean, platform.forgotten())),
        inbox=dict(zip(names, row, strict=True)),
        strays=sum(total for (total,) in asked(where, "SELECT total FROM strays")),
    )


def _differing(where: str, clean: str, forgotten: set[str]) -> Iterator[str]:
    from stores import asked

    # The clean store's history begins as much later as the storm took. Of what changed before,
    # it has only guests of whom events speak; the other may have heard of more.
    question = "SELECT key FROM records WHERE version < :start"
    old = {str(key) for (key,) in asked(where, question, start=to_micros(_start(clean)))}
    questions = {
        "profiles": "SELECT g.key, p.body FROM profiles p JOIN guests g ON g.id = p.guest_id",
        "reservations": "SELECT r.key, v.body FROM reservations v"
        " JOIN records r ON r.id = v.record_id",
    }
    for table, question in questions.items():
        one, other = (
            {
                key: bytes(body)
                for key, body in asked(store, question)
                if _told_apart(key, forgotten)
            }
            for store in (where, clean)
        )
        met = {key: body for key, body in one.items() if key in other or key not in old}
        if met != other:
            yield table
    # Consent depends on what was seen: whoever opted out and in again without a date is in
    # only for who never saw the opt-out. Nobody may be in for the storm alone.
    if not _subscribed(where) <= _subscribed(clean) | old:
        yield "consents"


def _start(where: str) -> datetime:
    """Return where a store's history begins: two years before its account was opened."""
    from stores import asked

    ((began,),) = asked(where, "SELECT live_start FROM connections")
    return from_micros(began) - timedelta(days=730)


def _told_apart(key: str, forgotten: set[str]) -> bool:
    return key not in forgotten and not key.startswith("forgotten-")


def _subscribed(where: str) -> set[str]:
    async def ask() -> set[str]:
        async with Desk(where) as desk:
            rows = await desk.profiles(limit=10**6)
            return {
                str(row.profile["guest"])
                for row in rows
                if row.consent.get("email") == "subscribed"
            }

    return anyio.run(ask)


def main() -> None:
    """Read the command line, and say how it went."""
    from ingest import stores

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--deliveries", type=int, default=10_000)
    parser.add_argument("--reservations", type=int, default=5_000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        stores(chosen.store, Path(folder)) as made,
        made.bare() as where,
        made.bare() as clean,
    ):
        outcome = storm(
            where,
            clean,
            deliveries=chosen.deliveries,
            reservations=chosen.reservations,
            kills=chosen.kills,
            seed=chosen.seed,
        )
    for name, value in attrs.asdict(outcome).items():
        print(f"{name}: {value}")
    if not outcome.good:
        sys.exit("something was lost, doubled or invented")
    print("nothing was lost, doubled or invented")


if __name__ == "__main__":
    main()
