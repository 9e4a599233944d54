"""What core's tests share."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

# Started in a shell's background we would ignore Ctrl-C, and so would every child.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> Path:
    """Where a test's store is, once something makes it."""
    return tmp_path / "frontdesk.db"
