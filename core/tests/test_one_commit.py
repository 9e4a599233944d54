"""Law 1: a page and the cursor that says so are one transaction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from inn import Counting, busy, dump, sync

from frontdesk.store import outputs

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("page", [1, 2, 3])
async def test_a_page_whose_commit_fails_is_read_again(
    store: Path, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    """Seen to fail when the cursor is written in a transaction before that of its page."""
    undisturbed = store.with_name("whole.db")
    # A page that was undone was read, and counts nowhere.
    Counting.others.add(str(store))
    await sync(undisturbed, busy())
    original, pages = outputs.log_reservations, 0

    def broken(tx: Any) -> int:
        nonlocal pages
        pages += bool(tx.batch.reservations)
        if tx.batch.reservations and pages == page:
            raise KeyboardInterrupt
        return original(tx)

    monkeypatch.setattr(outputs, "log_reservations", broken)
    with pytest.raises(KeyboardInterrupt):
        await sync(store, busy())

    await sync(store, busy())
    assert dump(store) == dump(undisturbed)
