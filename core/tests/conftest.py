"""What core's tests share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> Path:
    """Where a test's store is, once something makes it."""
    return tmp_path / "frontdesk.db"
