"""An export tells all that is stored of a guest, and nothing of others."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import anyio
import pytest
from inn import Inn, connected, guest, stay, sync

from frontdesk import Desk
from frontdesk.cli import main


def ada() -> Inn:
    inn = Inn()
    inn.rows["guests"] = [guest("ada"), guest("bob")]
    inn.rows["stays"] = [stay("s1"), stay("s2", booked=None), stay("s3", guest="bob")]
    return inn


@pytest.mark.anyio
async def test_all_that_is_indexed_by_a_guest_is_exported(store: Path) -> None:
    await sync(store, ada())

    async with Desk(store) as desk:
        found = await desk.export_guest("ADA@example.com")

    (brand,) = found["brands"]
    assert brand["brand"] == "default"
    assert brand["identifiers"] == {"platform": ["ada"], "addresses": ["ada@example.com"]}
    assert brand["consent"] == [
        {"channel": "email", "address": "ada@example.com", "state": "subscribed"}
    ]
    (one,) = brand["guests"]
    assert one["profile"]["first_name"] == "Ada"
    assert [entry["evidence"] for entry in one["consents"]] == ["news"]
    assert sorted(record["key"] for record in one["records"]) == ["ada", "s1", "s2"]
    assert [entry["key"] for entry in one["quarantine"]] == ["s2"]
    assert sorted(r["number"] for r in one["reservations"]) == ["s1", "s2"]
    assert "bob" not in repr(found)


@pytest.mark.anyio
async def test_brands_are_told_apart(store: Path) -> None:
    async with Desk(store) as desk:
        for name in ("oak", "elm"):
            inn = ada()
            inn.id = inn.site = name
            await desk.sync(connected(desk, inn, name=name, brand=name))

        found = await desk.export_guest("ada@example.com")
        assert [brand["brand"] for brand in found["brands"]] == ["oak", "elm"]
        receipts = await desk.forget("ada@example.com")

    assert [receipt.brand for receipt in receipts] == ["oak", "elm"]


def command(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["frontdesk", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_who_is_meant_may_come_from_standard_input(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    anyio.run(sync, store, ada())
    monkeypatch.setattr(sys, "stdin", io.StringIO("ada@example.com\n"))

    assert command(monkeypatch, "forget", "-", "--store", str(store)) == 0

    (receipt,) = json.loads(capsys.readouterr().out)["receipts"]
    assert receipt["erased"]["acorn"]["guests"] == 1
    assert command(monkeypatch, "export-guest", "ada", "--store", str(store)) == 1
    assert "nothing is stored" in capsys.readouterr().err


def test_receipts_are_listed_again(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever asks for proof a year later gets it, and nobody is erased by asking."""
    anyio.run(sync, store, ada())
    monkeypatch.setenv("COLUMNS", "200")
    assert command(monkeypatch, "forget", "--receipts", "--store", str(store)) == 0
    assert capsys.readouterr().out == "Receipts: none\n"
    assert command(monkeypatch, "forget", "ada", "--store", str(store)) == 0
    given = json.loads(capsys.readouterr().out)

    assert command(monkeypatch, "forget", "--receipts", "--json", "--store", str(store)) == 0
    assert json.loads(capsys.readouterr().out) == given
    assert command(monkeypatch, "forget", "--receipts", "--store", str(store)) == 0
    shown = capsys.readouterr().out
    assert given["receipts"][0]["hash"] in shown
    # Hexadecimal, the hash may spell her name.
    assert "ada" not in shown.replace(given["receipts"][0]["hash"], "")

    for words in (["--receipts", "bob"], []):
        assert command(monkeypatch, "forget", *words, "--store", str(store)) == 2
    assert "name nobody with it" in capsys.readouterr().err
    assert command(monkeypatch, "export-guest", "bob", "--store", str(store)) == 0
