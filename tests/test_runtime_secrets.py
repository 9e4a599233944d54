"""Secrets obtained at run time: never lost, never in the clear, in both databases."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import attrs
import httpx
import inn
import pytest
from inn import NOW, FixedClock, busy, connected, guest
from postgresql import Server
from rotating import CANARY, ENDS, Rotating, connector
from stores import DATABASES, asked, told

from frontdesk import Desk, secret, setting
from frontdesk.client import State
from frontdesk.errors import AuthenticationError, ConfigurationError, FrontdeskError, LeaseError
from frontdesk.serving import served
from frontdesk.store import moving
from frontdesk.store.keyring import new_key
from frontdesk.store.runtime_secrets import Owner, Secret, adopt, read, write

pytestmark = pytest.mark.anyio

OLD, NEW, OTHER = (new_key() for _ in range(3))
KEPT = "SELECT count(*) FROM runtime_secrets"


@pytest.fixture(autouse=True)
def _no_key_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FRONTDESK_KEY", raising=False)


async def run(
    url: str, platform: Rotating, key: Any = OLD, module: Any = None, **options: Any
) -> Any:
    """Open a desk with a key on a store, and sync the inn into it."""
    async with Desk(url, key=key, clock=options.pop("clock", None) or FixedClock()) as desk:
        made = {**platform.options, **options}
        return await desk.sync(desk.connect(module or connector(), **made))


# -- nothing is lost ----------------------------------------------------------------------


async def test_a_refreshed_token_is_there_in_the_next_process(store_url: str) -> None:
    """Seen to fail when ``Keeping.keep`` writes nothing."""
    platform = Rotating()
    for _ in range(3):
        await run(store_url, platform)

    assert not platform.revoked
    assert len(platform.given) == 3
    assert asked(store_url, KEPT) == [(1,)]


_DYING = """
import os, signal, sys
import anyio, rotating
from frontdesk import Desk
from frontdesk.client import State

url, key, base_url, last_words = sys.argv[1:]
keep = State.keep

async def keep_and_die(self, *args, **options):
    await keep(self, *args, **options)
    if last_words == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    raise RuntimeError("crash")

State.keep = keep_and_die

async def main():
    async with Desk(url, key=key) as desk:
        await desk.sync(
            desk.connect(rotating.connector(), token="first-token", base_url=base_url)
        )

anyio.run(main)
"""


@pytest.mark.skipif(os.name != "posix", reason="kills processes")
@pytest.mark.parametrize("end", ["kill", "crash"])
async def test_a_process_that_dies_right_after_a_refresh_loses_no_token(
    store_url: str, end: str
) -> None:
    """The first dies before the store knows any account, the second after it does. Seen to
    fail when a secret is kept only once the account is open.
    """
    platform = Rotating()
    path = os.pathsep.join([str(Path(inn.__file__).parent), *filter(None, sys.path)])
    with served(inn.app(platform.inn)) as address:

        def die() -> None:
            command = [sys.executable, "-c", _DYING, store_url, OLD, address, end]
            environment = {**os.environ, "PYTHONPATH": path}
            died = subprocess.run(command, env=environment, capture_output=True, check=False)
            assert died.returncode == (-signal.SIGKILL if end == "kill" else 1)
            assert CANARY.encode() not in died.stderr

        await anyio.to_thread.run_sync(die)
        assert asked(store_url, "SELECT count(*) FROM connections") == [(0,)]
        await run(store_url, platform, base_url=address, transport=None)
        await anyio.to_thread.run_sync(die)
        report = await run(store_url, platform, base_url=address, transport=None)

    assert not platform.revoked
    assert len(platform.given) == 4
    assert report.quarantined == 0
    assert asked(store_url, "SELECT connection_id IS NULL FROM runtime_secrets") == [(0,)]


async def test_a_sync_cancelled_while_a_token_waits_to_be_written_loses_none(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen to fail when ``keep`` is not shielded."""
    platform, keep = Rotating(), State.keep
    held, enough, scope = anyio.Event(), anyio.Event(), anyio.CancelScope()
    async with Desk(store_url, key=OLD, clock=FixedClock()) as desk:

        async def write_long() -> None:
            async with desk.store._writing:
                held.set()
                await enough.wait()

        async def keep_late(self: State, *args: Any, **options: Any) -> None:
            group.start_soon(write_long)
            await held.wait()
            scope.cancel()
            group.start_soon(anyio.lowlevel.checkpoint)
            group.start_soon(let_go)
            await keep(self, *args, **options)

        async def let_go() -> None:
            enough.set()

        monkeypatch.setattr(State, "keep", keep_late)
        async with anyio.create_task_group() as group:
            with scope:
                await desk.sync(desk.connect(connector(), **platform.options))
    monkeypatch.undo()

    assert scope.cancelled_caught
    await run(store_url, platform)
    assert not platform.revoked


async def test_what_is_kept_is_written_so_that_a_power_cut_cannot_undo_it(store_url: str) -> None:
    """Seen to fail when ``keep`` asks for no durable transaction."""
    setting = "PRAGMA synchronous" if "://" not in store_url else "SHOW synchronous_commit"
    told_by: list[Any] = []
    async with Desk(store_url, key=OLD, clock=FixedClock()) as desk:
        write = desk.store.write

        async def listening(change: Any, **options: Any) -> Any:
            def both(db: Any) -> Any:
                result = change(db)
                if "Keeping.keep" in change.__qualname__:
                    told_by.append(db.exec_driver_sql(setting).scalar())
                return result

            return await write(both, **options)

        desk.store.write = listening  # type: ignore[method-assign]
        await desk.sync(desk.connect(connector(), **Rotating().options))
        usual = await write(lambda db: db.exec_driver_sql(setting).scalar())

    assert told_by == ([2] if "://" not in store_url else ["on"])
    assert usual != told_by[0]


async def test_a_connection_may_get_another_name(store_url: str) -> None:
    """Seen to fail when secrets are looked for under the connection's name only."""
    platform = Rotating()
    await run(store_url, platform, name="oak")
    await run(store_url, platform, name="elm")

    assert not platform.revoked
    assert asked(store_url, "SELECT name FROM connections") == [("elm",)]


async def test_new_credentials_are_used_instead_of_what_old_ones_obtained(store_url: str) -> None:
    """Seen to fail when the source of a secret is not compared."""
    platform = Rotating()
    await run(store_url, platform)
    platform.fresh = "second-token"

    await run(store_url, platform, token="second-token")
    await run(store_url, platform, token="second-token")

    assert not platform.revoked
    assert asked(store_url, KEPT) == [(1,)]


async def test_a_refused_change_of_account_leaves_the_old_ones_token(store_url: str) -> None:
    """Seen to fail when a secret is written over the known account's before it is open."""
    oak, elm = Rotating(), Rotating(inn.Inn("elm-1"), first="of the elm")
    await run(store_url, oak)
    with pytest.raises(FrontdeskError, match="until now"):
        await run(store_url, elm, token="of the elm", name="acorn")

    await run(store_url, oak)

    assert not oak.revoked


async def test_two_accounts_have_their_own(store_url: str) -> None:
    oak, elm = Rotating(), Rotating(inn.Inn("elm-1"), first="of the elm")
    for _ in range(2):
        await run(store_url, oak, name="oak")
        await run(store_url, elm, name="elm", token="of the elm")

    assert (oak.revoked, elm.revoked) == (False, False)
    assert asked(store_url, KEPT) == [(2,)]


async def test_a_lasting_secret_is_the_accounts_and_none_removes_one(store_url: str) -> None:
    """As the key of a webhook: whatever the credentials are. Seen to fail when ``lasting``
    is not looked at, and when None is kept like a value.
    """
    seen: list[dict[str, Any]] = []
    words: dict[str, Any] = {"hook": {"id": 7, "key": CANARY}, "odd": "x"}

    async def fetch_history(client: Any, query: Any) -> Any:
        if (query.stream, query.purpose) == ("guests", "changes"):
            seen.append(dict(client.state))
            for name, value in words.items():
                await client.keep(name, value, lasting=name == "hook")
                assert client.state.get(name) == value
        for page in ():
            yield page

    module, platform = connector(fetch_history=fetch_history), Rotating()
    await run(store_url, platform, module=module)
    platform.fresh = "second-token"
    await run(store_url, platform, module=module, token="second-token")
    words = {"hook": None}
    for _ in range(2):
        await run(store_url, platform, module=module, token="second-token")

    assert [sorted(state) for state in seen] == [
        ["refresh"],
        ["hook", "refresh"],
        ["hook", "odd", "refresh"],
        ["odd", "refresh"],
    ]
    assert seen[1]["hook"] == {"id": 7, "key": CANARY}
    assert asked(store_url, KEPT) == [(2,)]


async def test_a_second_process_asks_nothing_of_the_platform(store_url: str) -> None:
    """It would spend the token the first one holds. Seen to fail when the lease is looked at
    only after the account is open.
    """
    platform = Rotating()
    await run(store_url, platform)
    told(store_url, "UPDATE connections SET holder = 'elsewhere:1', lease_until = 9000000000000000")
    with pytest.raises(LeaseError, match="elsewhere:1"):
        await run(store_url, platform)

    assert len(platform.given) == 1


async def test_a_check_uses_and_keeps_what_there_is(store_url: str) -> None:
    platform = Rotating()
    for _ in range(2):
        async with Desk(store_url, key=OLD, clock=FixedClock()) as desk:
            assert (await desk.check(desk.connect(connector(), **platform.options))).ok
        await run(store_url, platform)

    assert not platform.revoked


async def test_what_was_obtained_last_counts_whoever_obtained_it(store_url: str) -> None:
    """A check beside a sync. Seen to fail when what waited always replaces what is there."""
    async with Desk(store_url, key=OLD, clock=FixedClock()) as desk:
        made = desk.connect(connector(), **Rotating().options)
        await desk.sync(made)
        ring, owner = desk.store.keyring, Owner.of(made)

        def obtain(db: Any) -> list[Any]:
            row = db.exec_driver_sql("SELECT id FROM connections").scalar()
            found: list[Any] = []
            for waiting, there in ((1, 2), (4, 3)):
                for hours, account in ((waiting, None), (there, row)):
                    now = NOW + timedelta(hours=hours)
                    write(db, ring, owner, Secret("x", hours), account=account, now=now)
                found.append(read(db, ring, owner)["x"])
                found.append(adopt(db, ring, owner, row)["x"])
            return found

        assert await desk.store.write(obtain) == [2, 2, 4, 4]
    assert asked(store_url, KEPT) == [(2,)]


async def test_a_check_makes_no_store(tmp_path: Path) -> None:
    store = tmp_path / "none.db"
    desk = Desk(store, clock=FixedClock())

    assert (await desk.check(connected(desk, busy()))).ok
    assert not store.exists()


@attrs.frozen
class Settings:
    """What the strategy on the page about hooks is made from."""

    refresh_token: str = secret()
    page_size: int = setting(10)


async def test_the_strategy_that_the_docs_show_works(store_url: str) -> None:
    """One refresh serves several processes. Seen to fail when it keeps nothing."""
    page = (Path(__file__).parents[1] / "docs" / "hooks.md").read_text("utf-8")
    (shown,) = re.findall(r"```python\n([^`]*class Refreshing.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {}
    exec(shown, names)
    manifest = {"settings": Settings, "authenticate": names["Refreshing"]}
    module = inn.altered(manifest=attrs.evolve(inn.acorn.manifest, **manifest))
    house, spent, lifetime = busy(2), [], -1

    def refresh(request: httpx.Request) -> httpx.Response | None:
        if request.url.path != "/token":
            return None
        spent.append(json.loads(request.content)["refresh"])
        tokens = {"refresh": f"next-{len(spent)}", "access": house.token, "lifetime": lifetime}
        return httpx.Response(200, json=tokens)

    house.before = refresh
    counts: list[int] = []
    for seconds in (-1, 3600, 3600, 3600):
        lifetime = seconds
        async with Desk(store_url, key=OLD, clock=FixedClock()) as desk:
            options = {"refresh_token": "first-token", "transport": house.transport}
            await desk.sync(desk.connect(module, **options))
        counts.append(len(spent))

    assert spent[0] == "first-token"
    assert len(spent) == len(set(spent))
    # While tokens end at once, every request needs new ones; then two processes need none.
    assert counts[1:] == [counts[0] + 1] * 3


# -- keys ---------------------------------------------------------------------------------


async def test_without_a_key_nothing_is_obtained(store_url: str) -> None:
    """Seen to fail when the strategy does not ask, and in ``keep`` when that does not."""
    platform = Rotating()
    with pytest.raises(ConfigurationError, match=r"frontdesk store key.*FRONTDESK_KEY"):
        await run(store_url, platform, key=())
    assert platform.given == []

    with pytest.raises(ConfigurationError, match="no store behind it"):
        await State().keep("x", "y")


async def test_a_key_comes_from_the_environment(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTDESK_KEY", OLD)
    platform = Rotating()
    for _ in range(2):
        await run(store_url, platform, key=None)

    assert not platform.revoked


@pytest.mark.parametrize("key", [(), NEW], ids=["missing", "wrong"])
async def test_a_key_that_is_missing_or_wrong_is_one_sentence(store_url: str, key: Any) -> None:
    """And the token is still good afterwards."""
    platform = Rotating()
    await run(store_url, platform)
    before = asked(store_url, "SELECT sealed FROM runtime_secrets")

    with pytest.raises(ConfigurationError) as caught:
        await run(store_url, platform, key=key)

    assert "FRONTDESK_KEY" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert before == asked(store_url, "SELECT sealed FROM runtime_secrets")
    await run(store_url, platform)
    assert not platform.revoked


async def test_rekeying_uses_the_first_key_and_can_be_repeated(store_url: str) -> None:
    """Seen to fail when what the first key fits is encrypted again, and when nothing is."""
    oak, elm = Rotating(), Rotating(inn.Inn("elm-1"), first="of the elm")
    await run(store_url, oak, name="oak")
    await run(store_url, elm, name="elm", token="of the elm", key=[NEW, OLD])
    async with Desk(store_url, key=f"{NEW}\n{OLD}") as desk:
        done = await desk.rekey()
        again = await desk.rekey()

    assert (done.secrets, done.renewed, again.renewed) == (2, 1, 0)
    await run(store_url, oak, name="oak", key=NEW)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        await run(store_url, oak, name="oak", key=OLD)
    assert not oak.revoked


async def test_rekeying_is_all_or_nothing(store_url: str) -> None:
    """Seen to fail when what no key fits is passed over."""
    oak, elm = Rotating(), Rotating(inn.Inn("elm-1"), first="of the elm")
    await run(store_url, oak, name="oak")
    await run(store_url, elm, name="elm", token="of the elm")
    told(store_url, "UPDATE runtime_secrets SET sealed = :x WHERE id = 2", x=b"other")
    before = asked(store_url, "SELECT sealed FROM runtime_secrets ORDER BY id")
    async with Desk(store_url, key=[NEW, OLD]) as desk:
        with pytest.raises(ConfigurationError, match=r"'refresh' of 'acorn'.*--drop-unr"):
            await desk.rekey()
        assert before == asked(store_url, "SELECT sealed FROM runtime_secrets ORDER BY id")

        done = await desk.rekey(drop_unreadable=True)

    assert (done.secrets, done.renewed, done.dropped) == (1, 1, 1)


async def test_a_row_cannot_be_passed_off_as_another(store_url: str) -> None:
    await run(store_url, Rotating())
    told(store_url, "UPDATE runtime_secrets SET name = 'other'")

    with pytest.raises(ConfigurationError, match="'other' of 'acorn' cannot be read"):
        await run(store_url, Rotating())


# -- what carries them, and what does not touch them ----------------------------------------


@pytest.mark.parametrize("database", DATABASES)
async def test_copies_and_backups_carry_them_encrypted(
    new_store: Callable[..., str], tmp_path: Path, database: str
) -> None:
    store, copy, kept, back = (
        new_store("sqlite"),
        new_store(database),
        tmp_path / "kept.bak",
        new_store("sqlite"),
    )
    platform = Rotating()
    await run(store, platform)

    moving.copy(store, copy, NOW)
    moving.backup(store, kept, NOW)
    moving.restore(kept, back, NOW)

    assert CANARY.encode() not in kept.read_bytes()
    for where in (copy, back):
        async with Desk(where, key=OLD, clock=FixedClock()) as desk:
            await desk.resume("acorn")
        await run(where, platform)
        # Each goes on from its own: the platform takes what this one holds.
        platform.fresh = platform.given[0]
    assert len(platform.given) == 3


async def test_forgetting_and_pruning_leave_them(store_url: str) -> None:
    platform = Rotating()
    platform.inn.rows["guests"].append(guest("zoe"))
    await run(store_url, platform)
    before = asked(store_url, "SELECT * FROM runtime_secrets")
    async with Desk(store_url, key=OLD, clock=FixedClock()) as desk:
        assert await desk.forget("zoe@example.com")
        await desk.prune(NOW + timedelta(days=1))
        exported = await desk.export_guest("ada@example.com")

    assert before == asked(store_url, "SELECT * FROM runtime_secrets")
    assert "refresh" not in json.dumps(exported, default=str)


# -- nothing is shown ---------------------------------------------------------------------


@pytest.fixture(name="shown")
def _shown(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    caplog.set_level(logging.DEBUG)
    return lambda: "\n".join(f"{r.getMessage()} {vars(r)}" for r in caplog.records)


async def test_no_message_shows_one(store_url: str, shown: Callable[[], str]) -> None:
    """Seen to fail when the redactor is not told of what is kept."""
    platform = Rotating()
    await run(store_url, platform)
    errors: list[str] = []

    def echo(request: httpx.Request) -> httpx.Response | None:
        if request.url.path == "/account":
            words = f"no {platform.fresh.replace('-', ' ')} in {platform.fresh}"
            return httpx.Response(403, json={"Message": words})
        return platform._answer(request)

    platform.inn.before = echo
    with pytest.raises(AuthenticationError) as caught:
        await run(store_url, platform)
    errors += [str(caught.value), repr(caught.value)]
    async with Desk(store_url, key=OLD, clock=FixedClock()) as desk:
        errors += [repr(await desk.status()), repr(desk.store.keyring), repr(vars(desk))]
    state = State({"refresh": CANARY})
    async with desk.connect(connector(), **platform.options).client(state=state) as client:
        errors += [repr(state), repr(client), repr(vars(state).keys())]

    text = "\n".join([*errors, shown()])
    assert "***" in text
    for word in (CANARY, OLD, platform.fresh):
        assert word not in text


def every_byte(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


@pytest.mark.parametrize("database", DATABASES)
async def test_no_file_of_the_store_holds_one(
    tmp_path: Path, database: str, request: pytest.FixtureRequest
) -> None:
    """Every byte of the database is searched, logs of what was written included. Seen to
    fail when ``seal`` returns what it is given.
    """
    if database == "sqlite":
        store, folder = str(tmp_path / "frontdesk.db"), tmp_path
    else:
        running: Server = request.getfixturevalue("postgresql")
        store = running.create("searched", "template1")
        ((folder,),) = asked(store, "SHOW data_directory")
    platform = Rotating()
    async with Desk(store, key=OLD, clock=FixedClock()) as desk:
        await desk.sync(desk.connect(connector(), **platform.options))
        if database == "postgresql":
            told(store, "CHECKPOINT")
        bytes_ = every_byte(Path(folder))
    if database == "postgresql":
        running.drop("searched")

    assert len(platform.given) == 1
    # What is stored is found this way; what is encrypted is not.
    assert b"The Oak" in bytes_
    assert CANARY.encode() not in bytes_
    assert b"first-token" not in bytes_
    assert OLD.encode() not in bytes_


async def test_an_end_is_known_without_a_key(store_url: str) -> None:
    await run(store_url, Rotating())

    async with Desk(store_url, key=()) as desk:
        (row,) = await desk.status()
    assert row.expiring == {"refresh": ENDS}
