"""Delivery cut off anywhere ends where an undisturbed one does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from inn import busy, guest
from post import Post, post, unaccounted_events
from sqlalchemy import Engine, event

from frontdesk.deliver.delivering import Delivery
from frontdesk.errors import InvalidConnectorError, LeaseError, UnavailableError
from frontdesk.store import leases

pytestmark = pytest.mark.anyio


class Crash(BaseException):
    """The process ends here."""


def crashing(load: str, times: int = 1) -> Callable[[str], None]:
    """Break off so often when a batch with *load* has arrived."""
    left = times

    def crash(arrived: str) -> None:
        nonlocal left
        if arrived == load and left:
            left -= 1
            raise Crash

    return crash


async def outcome(store: Path, inn: Any = None) -> Any:
    """Return what an undisturbed delivery leads to."""
    async with post(store, inn or busy(12)) as oak:
        await oak.both()
        return oak.loft.state()


@pytest.mark.parametrize("load", ["profiles", "opt-ins", "history events"])
async def test_a_batch_that_may_have_arrived_is_sent_again_as_it_was(
    store: Path, tmp_path: Path, load: str
) -> None:
    """Check 44. Seen to fail when a batch is closed before its receipts are there."""
    expected = await outcome(tmp_path / "other.db")
    async with post(store, busy(12)) as oak:
        oak.loft.after = crashing(load)
        with pytest.raises(Crash):
            await oak.both()
        crashed = [items for name, items in oak.loft.batches if name == load]
        await oak.deliver()

        assert oak.loft.state() == expected
        assert [items for name, items in oak.loft.batches if name == load][:2] == crashed * 2
        assert oak.ask("SELECT count(*) FROM batches") == [(0,)]
        assert unaccounted_events(oak) == []


async def test_an_address_that_changes_meanwhile_changes_nothing_of_an_open_batch(
    store: Path,
) -> None:
    """Seen to fail when recipients are looked up again."""
    async with post(store, busy(12)) as oak:
        oak.loft.after = crashing("history events")
        with pytest.raises(Crash):
            await oak.both()
        oak.inn.rows["guests"][0].update(email="ada@new.example", changed="2026-11-01T13:00:00Z")
        await oak.both()

    assert {who for who, _, _ in oak.loft.events} == {"ada@example.com", "bob@example.com"}
    assert oak.loft.repeats == 10


async def test_an_outage_leaves_the_batch_open_and_the_destination_waiting(store: Path) -> None:
    async with post(store, busy(12)) as oak:
        oak.loft.before = lambda request: (
            httpx.Response(503) if request.url.path == "/batch" else None
        )
        with pytest.raises(UnavailableError):
            await oak.both()
        (row,) = await oak.desk.destination_status()
        assert (row.state, row.open_batches) == ("waiting", 1)

        oak.loft.before = lambda _: None
        await oak.deliver()
        (row,) = await oak.desk.destination_status()
        assert (row.state, row.open_batches) == ("running", 0)
        assert oak.loft.metrics()["Booked Stay"] == 8


async def test_a_plugin_that_forgets_a_receipt_is_at_fault(store: Path, monkeypatch: Any) -> None:
    import pigeon

    whole = pigeon.deliver

    async def deliver(client: Any, batch: Any, context: Any) -> Any:
        return list(await whole(client, batch, context))[:-1]

    deliver.frontdesk_impl = whole.frontdesk_impl  # type: ignore[attr-defined]
    monkeypatch.setattr(pigeon, "deliver", deliver)
    async with post(store, busy(12)) as oak:
        with pytest.raises(InvalidConnectorError, match="no receipt for 1 of 2 items"):
            await oak.both()
        monkeypatch.undo()


async def test_whoever_lost_the_lease_writes_nothing_more(store: Path) -> None:
    """Seen to fail when a batch is written down without a look at the epoch."""
    async with post(store, busy(12)) as oak:
        await oak.sync()
        async with oak.desk._deliverer().opened(oak.desk.destinations["pigeon"]) as session:
            delivery = Delivery(session)
            await delivery.begin()
            later = oak.clock.now() + leases.LEASE * 2
            await oak.desk.store.write(
                lambda db: leases.take(db, session.id, "other:1", later, of=session.lease.of)
            )
            with pytest.raises(LeaseError, match="lease on destination 'pigeon' was lost"):
                await delivery.turn()
        assert oak.ask("SELECT count(*) FROM batches") == [(0,)]
        assert not oak.loft.batches


async def test_somebody_forgotten_while_a_batch_is_planned_is_not_sent(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen to fail when it is not asked whether somebody was forgotten."""
    async with post(store, busy(12)) as oak:
        await oak.sync()
        await oak.deliver(dry_run=True)
        forgotten = False
        planned = type(oak.desk.store).write

        async def write(self: Any, change: Any, **options: Any) -> Any:
            nonlocal forgotten
            # The first batch that is written down: the plan was made before.
            if not forgotten and change.__qualname__.endswith("_profiles.<locals>.write"):
                forgotten = True
                await oak.desk.forget("ada@example.com")
            return await planned(self, change, **options)

        monkeypatch.setattr(type(oak.desk.store), "write", write)
        await oak.deliver()
        assert forgotten

    assert "ada@example.com" not in repr(oak.loft.batches)
    assert set(oak.loft.profiles) == {"bob@example.com"}


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(moment=some.integers(1, 260))
@pytest.mark.parametrize("forget", [False, True])
def test_a_delivery_cut_off_at_any_statement_loses_and_doubles_nothing(
    tmp_path_factory: pytest.TempPathFactory, moment: int, forget: bool
) -> None:
    """Property. Seen to fail when events leave the outbox in a transaction of their own."""
    import anyio

    folder = tmp_path_factory.mktemp("cut")

    async def work() -> None:
        inn = busy(12)
        inn.rows["guests"].append(guest("eve", said=[["email", "unsubscribed", None]]))
        async with post(folder / "cut.db", inn) as oak:
            await oak.sync()
            await cut(oak, moment)
            if forget:
                await oak.desk.forget("ada@example.com")
            await oak.deliver()
            assert unaccounted_events(oak) == []
            state = oak.loft.state()
        async with post(folder / "whole.db", inn) as whole:
            await whole.sync()
            if forget:
                await whole.deliver()
                await whole.desk.forget("ada@example.com")
            await whole.deliver()
            assert state == whole.loft.state()

    anyio.run(work)


async def cut(oak: Post, moment: int) -> None:
    """Deliver until so many statements were made."""
    passed = 0

    def pass_by(*_: Any) -> None:
        nonlocal passed
        passed += 1
        if passed == moment:
            raise Crash

    event.listen(Engine, "before_cursor_execute", pass_by)
    try:
        await oak.deliver()
    except Crash:
        pass
    finally:
        event.remove(Engine, "before_cursor_execute", pass_by)
    # Whoever died while it gave the lease back holds it a while longer.
    oak.clock.at += leases.LEASE
