"""Blank guests of a page are erased together, and what is left is as if each was erased alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from inn import Inn, asked, guest, stay, sync

from frontdesk.store import blanking, departures

pytestmark = pytest.mark.anyio

TABLES = (
    "guests",
    "records",
    "payloads",
    "record_guests",
    "log",
    "log_bodies",
    "erasures",
    "forgotten",
    "connections",
)


def erased(id: str) -> dict[str, Any]:
    return {"id": id, "erased": True, "changed": "2026-10-05T10:00:00Z"}


def met() -> Inn:
    """An inn whose history has erased guests: most are blank, one still has a stay."""
    inn = Inn()
    inn.rows["guests"] = [erased("x1"), guest("ada"), erased("x2"), erased("x3")]
    inn.rows["guests"].append(guest("bob", merged="ada"))
    inn.rows["stays"] = [stay("s1", guest="ada"), stay("s2", guest="x3")]
    return inn


def content(store: Path) -> dict[str, list[tuple[Any, ...]]]:
    return {table: asked(store, f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES}


async def test_erased_together_or_alone_the_same_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen to fail when records erased together keep their version, and when the receipts
    count nothing.
    """
    monkeypatch.setattr("secrets.token_bytes", lambda size: b"k" * size)
    together, alone = tmp_path / "together.db", tmp_path / "alone.db"
    some: list[int] = []
    erase = blanking.erase

    def counted(tx: Any, blank: Any) -> Any:
        some.append(len(blank))
        return erase(tx, blank)

    monkeypatch.setattr(departures.blanking, "erase", counted)
    await sync(together, met())
    monkeypatch.setattr(departures.blanking, "erase", lambda tx, blank: {})
    await sync(alone, met())

    assert max(some) >= 2
    assert content(together) == content(alone)


async def test_rows_nobody_could_read_are_searched_for_the_erased(store: Path) -> None:
    """Seen to fail when quarantine is not looked at before guests are erased together."""
    inn = met()
    inn.rows["guests"].insert(0, {"email": "about x1", "id": None, "of": "x1"})
    await sync(store, inn)

    # It is set aside anew when it is read anew.
    first = "SELECT payload, closed FROM quarantine ORDER BY id LIMIT 1"
    assert asked(store, first) == [(b"{}", "forgotten")]
