"""What core's tests share."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import _quick_hashes
from inn import asked, has_counters, unaccounted

__all__ = ["_quick_hashes"]

# Started in a shell's background we would ignore Ctrl-C, and so would every child.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> Iterator[Path]:
    """Where a test's store is, once something makes it; afterwards its counters must add up.

    Seen to fail when what is unchanged is not counted.
    """
    store = tmp_path / "frontdesk.db"
    yield store
    if has_counters(store):
        assert unaccounted(str(store), lambda question: asked(store, question)) == []
