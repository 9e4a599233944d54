"""The key of a store: where it comes from, and the commands around it."""

from __future__ import annotations

import base64
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest
from inn import busy, guest, opened, sync
from rotating import Rotating, connector

from frontdesk import Desk, blocking
from frontdesk.cli import main
from frontdesk.errors import ConfigurationError, SettingsError
from frontdesk.store.keyring import Keyring, new_key

# Not drawn: the names of tests must be the same in every process that runs them.
OLD, NEW = (base64.urlsafe_b64encode(bytes([7 * n] * 31 + [n])).decode() for n in (1, 2))


@pytest.fixture(autouse=True)
def _no_key_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FRONTDESK_KEY", raising=False)


def ran(monkeypatch: pytest.MonkeyPatch, *words: object) -> object:
    """Run a command in this process; return its status."""
    monkeypatch.setattr(sys, "argv", ["frontdesk", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def configured(folder: Path, text: str) -> Path:
    file = folder / "frontdesk.toml"
    file.write_text(f"[store]\n{text}\n")
    return file


def filled(store: Path, key: str) -> None:
    """Sync an inn whose tokens rotate into a store."""
    platform = Rotating(busy(1))
    with blocking.Desk(store, key=key) as desk:
        desk.connect(connector(), **platform.options)
        desk.sync("acorn")


@pytest.mark.parametrize(
    "said",
    [
        'key = { env = "STORE_KEY" }',
        'key = { file = "KEYS" }',
        'key = [{ env = "STORE_KEY" }, { file = "KEYS" }]',
        "",
    ],
)
def test_a_key_is_read_from_the_environment_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setenv("STORE_KEY", OLD)
    monkeypatch.setenv("FRONTDESK_KEY", OLD)
    (tmp_path / "keys").write_text(f"{OLD}\n{NEW}\n")
    file = configured(tmp_path, said.replace("KEYS", str(tmp_path / "keys")))

    keyring = Desk.from_config(file).store.keyring

    assert keyring.unseal(Keyring(OLD).seal(b"x")) == b"x"
    assert OLD not in repr(keyring)


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        (f'key = "{OLD}"', "a key does not belong into this file"),
        (f'key = ["{OLD}"]', "a key does not belong into this file"),
        ('key = { env = "NOT_SET" }', "store.key: environment variable 'NOT_SET' is not set"),
        ('key = { env = "SHORT" }', "is not a key; make one with: frontdesk store key"),
    ],
)
def test_what_is_no_key_is_refused_and_not_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, refusal: str
) -> None:
    monkeypatch.setenv("SHORT", OLD[:-8])

    with pytest.raises(SettingsError) as caught:
        Desk.from_config(configured(tmp_path, said))

    assert refusal in str(caught.value)
    assert OLD[:8] not in f"{caught.value} {caught.value!r}"


@pytest.mark.parametrize(
    "word",
    ["x", "a b", OLD[1:], OLD + "=", "Å" * 43 + "="],
    ids=["short", "words", "cut", "long", "no ASCII"],
)
def test_a_key_is_32_bytes(word: str) -> None:
    with pytest.raises(SettingsError, match="is not a key"):
        Desk("x.db", key=word)


def test_the_command_makes_keys(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = []
    for _ in range(2):
        assert ran(monkeypatch, "store", "key") == 0
        made.append(capsys.readouterr().out.strip())

    assert made[0] != made[1]
    assert Keyring(made[0])


def test_the_key_is_changed_by_command(
    store: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    filled(store, OLD)
    file = configured(tmp_path, f'url = "{store.name}"\nkey = {{ env = "KEYS" }}')
    monkeypatch.setenv("KEYS", f"{NEW} {OLD}")

    assert ran(monkeypatch, "store", "rekey", "--config", file) == 0
    assert "1 of 1 secrets encrypted anew" in capsys.readouterr().out
    assert ran(monkeypatch, "store", "rekey", "--config", file) == 0
    assert "0 of 1 secrets encrypted anew" in capsys.readouterr().out

    monkeypatch.setenv("KEYS", OLD)
    assert ran(monkeypatch, "store", "rekey", "--config", file) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "cannot be read with any of the keys there are" in said
    monkeypatch.setenv("FRONTDESK_KEY", OLD)
    words = ("store", "rekey", "--store", store, "--drop-unreadable")
    assert ran(monkeypatch, *words) == 0
    assert "1 that no key fits removed" in capsys.readouterr().out


def test_rekeying_without_a_key_says_how_to_make_one(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(store, OLD)

    assert ran(monkeypatch, "store", "rekey", "--store", store) == 2
    assert "make one with: frontdesk store key" in capsys.readouterr().err


def test_a_library_that_is_missing_says_what_to_install(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who obtains no secret needs neither library nor key."""
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'frontdesk\[secrets\]'"):
        filled(store, OLD)
    with pytest.raises(ConfigurationError, match=r"pip install 'frontdesk\[secrets\]'"):
        new_key()
    anyio.run(sync, store, busy(1))


@pytest.mark.parametrize(("days", "announced"), [(29, True), (31, False), (-1, True)])
def test_the_end_of_a_secret_is_announced_a_month_ahead(
    store: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    days: int,
    announced: bool,
) -> None:
    """Without the key. Seen to fail when every end is announced, and when none is."""
    filled(store, OLD)
    ends = datetime.now(UTC) + timedelta(days=days)
    with opened(store) as db:
        db.execute("UPDATE runtime_secrets SET expires = ?", (int(ends.timestamp() * 1e6),))
        db.execute("UPDATE runtime_secrets SET updated = expires - 40 * 86400 * 1000000")

    assert ran(monkeypatch, "status", "--store", store) == 0

    said = f"ends soon: refresh on {ends:%Y-%m-%d}"
    assert (said in capsys.readouterr().out) == announced


def test_the_end_of_a_token_that_lives_for_hours_is_no_news(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Seen to fail when every end within a month is announced."""
    filled(store, OLD)
    with opened(store) as db:
        db.execute("UPDATE runtime_secrets SET expires = updated + 3600000000")

    assert ran(monkeypatch, "status", "--store", store) == 0
    assert "ends soon" not in capsys.readouterr().out


def test_a_state_that_cannot_be_kept_needs_attention(store: Path) -> None:
    """Seen to fail when only errors of the platform are noted."""
    platform = Rotating(busy(1))
    platform.inn.rows["guests"].append(guest("zoe"))
    filled(store, OLD)
    with blocking.Desk(store, key=NEW) as desk:
        desk.connect(connector(), **platform.options)
        with pytest.raises(ConfigurationError):
            desk.sync("acorn")
        (row,) = desk.status()

    assert row.state == "needs attention"
    assert "cannot be read with any of the keys" in row.reason
