"""What sandboxes are made of, apart from any platform."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any

import anyio
import attrs
import httpx
import msgspec
import pytest

from frontdesk.sandbox import chance, faults, options, outbox, sender, wire
from frontdesk.sandbox.clock import ServerClock
from frontdesk.sandbox.journal import LONGEST, Journal
from frontdesk.sandbox.limiter import Window
from frontdesk.sandbox.timeline import Timeline
from frontdesk.serving import served

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class FullError(Exception):
    """How the kiosk says no."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@attrs.frozen(kw_only=True, field_transformer=options.own_first)
class Options(options.Options):
    """What can be chosen about the kiosk."""

    webhooks: str | None = options.webhooks("Where webhooks go.")
    stalls: int = 3


class Outbox(outbox.Outbox[outbox.Message, Options]):
    """Sends everything twice at most."""

    def put(self, body: bytes) -> None:
        """Let a message leave."""
        with self.lock:
            if not self.deals("dropped", self.sending.webhook_dropped):
                self.dispatch(self.numbered(outbox.Message(body)))

    def again(self, message: outbox.Message) -> None:
        """Try once more after a minute."""
        message.attempts += 1
        with self.lock:
            if message.attempts < 2:
                self.postpone(message, 60.0)


class Sender(sender.Sender[outbox.Message, Outbox]):
    """Sends to one URL."""

    to = "http://127.0.0.1:9/"

    async def accepted(self, transport: httpx.AsyncHTTPTransport, message: outbox.Message) -> bool:
        """Send a message, and say whether it was accepted."""
        try:
            return await sender.told(transport, httpx.URL(self.to), message.body)
        except (httpx.TransportError, ValueError):
            return False


class Kiosk:
    """Answers what *answer* does; remembers bodies."""

    def __init__(self, *replies: wire.Reply) -> None:
        self.replies = list(replies)
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Any, receive: wire.Receive, send: wire.Send) -> None:
        try:
            request = await wire.read(scope, receive, FullError)
        except FullError as full:
            reply = wire.json(full.status, {"error": str(full)}, {})
        else:
            self.bodies.append(request.body)
            reply = self.replies.pop(0) if self.replies else wire.Reply(204)
        await wire.send_reply(reply, receive, send)


@contextmanager
def kiosk(*replies: wire.Reply) -> Iterator[tuple[Kiosk, str]]:
    app = Kiosk(*replies)
    with served(app) as url:
        yield app, url


def test_what_a_sandbox_is_costs_nothing_to_import() -> None:
    """Seen to fail when the package imported its parts."""
    heavy = ["uvicorn", "starlette", "httpx", "anyio"]
    code = f"import sys, frontdesk.sandbox; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_answer_can_be_cut_short_and_a_request_too_large() -> None:
    whole = wire.json(200, {"rows": [1, 2]}, {"x-page": "1"})
    cut = faults.spoiled(whole, [faults.Truncate()])
    with kiosk(whole, cut, faults.spoiled(whole, [faults.Huge(size=200_000)])) as (_, url):
        assert httpx.get(url).headers["x-page"] == "1"
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(url)
        huge = httpx.get(url)
        assert len(huge.content) > 200_000
        assert huge.json() == {"rows": [1, 2]}
        refused = httpx.post(url, content=b"x" * (17 * 1024 * 1024))
        assert refused.status_code == 413


def test_the_rest_of_the_ways_to_spoil_an_answer() -> None:
    whole = wire.json(200, {"rows": [1, 2]}, {})
    assert faults.spoiled(whole, [faults.Slow(seconds=1)]) is whole
    assert faults.spoiled(whole, [faults.Drop()]).promised == len(whole.body)
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(faults.spoiled(whole, [faults.Malformed()]).body)


def test_a_clock_stands_still_until_it_is_moved_and_never_goes_back() -> None:
    east = NOON.astimezone(timezone(timedelta(hours=5)))
    clock = ServerClock(east + timedelta(milliseconds=700))
    assert clock.now.isoformat() == "2026-03-01T12:00:00+00:00"
    clock.advance(timedelta(seconds=1.5))
    assert clock.now == NOON + timedelta(seconds=2)
    assert clock.exact == NOON + timedelta(seconds=2.2)
    with pytest.raises(ValueError, match="go back"):
        clock.advance(timedelta(seconds=-1))
    assert ServerClock(None, wall=lambda: NOON).now == NOON


def test_chance_repeats_itself_and_leaves_no_value_out() -> None:
    shares = {"often": 98, "seldom": 1, "never seen": 1}
    assert chance.covering(Random(1), shares, 9) == chance.covering(Random(1), shares, 9)
    assert set(chance.covering(Random(1), shares, 3)) == set(shares)
    assert chance.spread({"a": 2, "b": 1}) == ("a", "a", "b")
    identity = chance.uuid(Random(1))
    assert identity[14] == "4"
    assert chance.noise(chance.cousin(identity, "beef")) == chance.noise(identity)


def test_options_list_a_sandboxs_own_first() -> None:
    names = [field.name for field in attrs.fields(Options)]
    assert names[:4] == ["webhooks", "stalls", "seed", "now"]
    assert all(field.metadata.get("help") for field in attrs.fields(options.Options))


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhooks": "http://elsewhere.example/"},
        {"webhooks": "https://127.0.0.1/"},
        {"webhooks": "http://[::1"},
        {"now": datetime(2026, 3, 1)},  # noqa: DTZ001  # naive, as it is refused
        {"webhook_dropped": 1.5},
    ],
)
def test_options_refuse_what_cannot_be_meant(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Options(**wrong)


def test_of_each_hundred_messages_exactly_a_share_is_lost_and_doubled() -> None:
    """Seen to fail when the deck was shuffled anew for each card."""
    chosen = Options(webhook_dropped=0.1, webhook_doubled=0.2)
    box = Outbox(chosen, ServerClock(NOON), "kiosk")
    for number in range(1_000):
        box.put(b"%d" % number)
    assert box.counts["dropped"] == 100
    assert box.counts["doubled"] == 180
    assert len(box) == box.counts["made"] == 1_080


def test_what_is_to_leave_behind_later_ones_waits_for_them() -> None:
    """Seen to fail when messages were ready at their time, whatever their place."""
    box = Outbox(Options(webhook_disordered=1.0), ServerClock(NOON), "kiosk")
    box.put(b"first")
    assert box.take() == []
    for number in range(40):
        box.put(b"%d" % number)
    left = [message.number for message in box.take()]
    assert 1 in left
    assert left != sorted(left)
    assert len(left) + len(box.take(everything=True)) == 41


def test_late_messages_leave_by_the_sandboxs_clock() -> None:
    clock = ServerClock(NOON)
    box = Outbox(Options(webhook_late=100.0), clock, "kiosk")
    box.put(b"late")
    due = box.next_due()
    assert due is not None
    assert NOON.timestamp() < due < NOON.timestamp() + 100
    assert box.take() == []
    clock.advance(timedelta(seconds=100))
    assert [message.body for message in box.take()] == [b"late"]
    assert box.next_due() is None


@pytest.fixture
async def sending() -> AsyncIterator[Sender]:
    box = Outbox(Options(), ServerClock(NOON), "kiosk")
    made = Sender(box, box.clock)
    yield made
    made.stop()


@pytest.mark.anyio
async def test_what_is_refused_waits_and_goes_again(sending: Sender) -> None:
    with kiosk(wire.Reply(500)) as (app, url):
        sending.to = url
        sending.outbox.put(b"a")
        assert await sending.deliver_due() == 0
        assert await sending.deliver_due() == 0
        sending.clock.advance(timedelta(minutes=1))
        assert await sending.deliver_due() == 1
        assert app.bodies == [b"a", b"a"]


@pytest.mark.anyio
async def test_redirects_are_followed_on_this_machine_and_nowhere_else(sending: Sender) -> None:
    """Seen to fail when the new URL was asked without a look at its host."""
    headers = wire.encode({"location": "/there"})
    away = wire.encode({"location": "http://elsewhere.example/"})
    with kiosk(wire.Reply(307, headers=headers), wire.Reply(200)) as (app, url):
        sending.to = url
        sending.outbox.put(b"a")
        assert await sending.deliver_due() == 1
        assert app.bodies == [b"a", b"a"]
        app.replies.append(wire.Reply(308, headers=away))
        async with httpx.AsyncHTTPTransport() as transport:
            with pytest.raises(ValueError, match="this machine only"):
                await sender.told(transport, httpx.URL(url), b"b")


@pytest.mark.anyio
async def test_whoever_is_cut_short_puts_back_what_it_did_not_get_to(sending: Sender) -> None:
    """Seen to fail when the rest was let go; what was under way counts as an attempt."""
    started = anyio.Event()

    async def never(_transport: object, _message: object) -> bool:
        started.set()
        await anyio.sleep_forever()
        return True

    sending.accepted = never
    for body in (b"a", b"b", b"c"):
        sending.outbox.put(body)
    async with anyio.create_task_group() as group:
        group.start_soon(lambda: sending.send(sending.outbox.take(), at_once=1))
        await started.wait()
        group.cancel_scope.cancel()
    left = sending.outbox.take(everything=True)
    assert [(one.body, one.attempts) for one in left] == [(b"a", 1), (b"b", 0), (b"c", 0)]


@pytest.mark.anyio
async def test_webhooks_leave_by_themselves(sending: Sender) -> None:
    with kiosk() as (app, url):
        sending.to = url
        sending.start()
        sending.outbox.put(b"a")
        sending.notice()
        with anyio.fail_after(10):
            while not app.bodies:
                await anyio.lowlevel.checkpoint()
        await sending.flush()
    assert len(sending.outbox) == 0


class Fire(faults.Ending, frozen=True, kw_only=True, tag="fire"):
    """Burn the kiosk down."""


def test_only_one_fault_ends_a_request_and_the_others_wait() -> None:
    """Seen to fail when every fault that matched was drawn."""
    plan = faults.Faults()
    plan.add(faults.Slow(seconds=1), Fire(), faults.Status(status=503, times=None))
    assert [type(one) for one in plan.draw("stalls")] == [faults.Slow, Fire]
    assert [type(one) for one in plan.draw("stalls")] == [faults.Status]
    assert len(plan.pending) == 1
    plan.clear()
    assert plan.draw("stalls") == []


def test_faults_wait_for_their_operation_and_their_turn() -> None:
    plan = faults.Faults()
    plan.add(Fire(operation="stalls", after=2, times=2))
    drawn = [bool(plan.draw(name)) for name in ("tills", "stalls", "stalls", "stalls", "stalls")]
    assert drawn == [False, False, False, True, True]
    assert plan.pending == []
    plan.add(Fire(), Fire(operation="tills"))
    assert plan.first("stalls", lambda fault: fault.operation == "tills") is None
    assert plan.first("tills", lambda fault: fault.operation == "tills") is not None
    assert len(plan.pending) == 1


def test_a_status_says_when_to_come_back() -> None:
    assert faults.Status(status=429).again(NOON) is None
    assert faults.Status(status=429, retry_after="soon").again(NOON) == "soon"
    late = faults.Status(status=429, retry_date=60).again(NOON)
    assert late == "Sun, 01 Mar 2026 12:01:00 GMT"


def test_a_field_is_changed_or_taken_away_and_nothing_else_is_touched() -> None:
    """Seen to fail when nested objects were changed where they stand."""
    row: dict[str, Any] = {"who": {"name": "Ada", "age": 36}}
    told = faults.mutated(row, faults.Mutate(field="who.name"))
    assert told == {"who": {"age": 36}}
    faults.put(kept := dict(row), "who.name", None)
    assert kept["who"] == {"name": None, "age": 36}
    assert row == {"who": {"name": "Ada", "age": 36}}


class Action(msgspec.Struct, frozen=True):
    """One thing that happened."""

    number: int


def test_a_journal_tells_and_remembers_so_much() -> None:
    """Seen to fail when the journal had no end."""
    journal = Journal[Action]()
    heard: list[object] = []
    journal.listeners.append(heard.append)
    for _ in range(LONGEST + 2):
        journal.keep(Action(journal.number()))
    journal.tell("news")
    assert heard == ["news"]
    assert len(journal) == LONGEST
    assert next(iter(journal)).number == 3
    assert [action.number for action in journal.since(LONGEST)] == [LONGEST + 1, LONGEST + 2]


def test_a_window_slides() -> None:
    seconds = [0.0]
    window = Window(2, 10.0, lambda: seconds[0])
    admitted: list[int | None] = []
    for at in (0.0, 4.0, 5.5, 9.9, 10.0, 10.1):
        seconds[0] = at
        admitted.append(window.admit("key"))
    assert admitted == [None, None, 5, 1, None, 4]
    assert window.admit("other") is None
    window.reset()
    assert window.admit("key") is None
    assert Window(0, 10.0, lambda: 0.0).admit("key") == 10


def test_a_timeline_finds_rows_by_their_time() -> None:
    """Seen to fail when it had a length: tables ask whether there is one, be it empty."""
    line = Timeline()
    assert line
    for moment, number in ((3.0, 0), (1.0, 1), (2.0, 2), (2.0, 3)):
        line.insert(moment, number)
    assert line.between(1.0, 3.0) == [1, 3, 2]
    line.remove(2.0, 2)
    assert line.between(0.0, 9.0) == [1, 3, 0]
