"""What core's tests share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from frontdesk import blocking


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(name="_empty", scope="session")
def _empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make one empty store: creating the tables anew for every test would take a while."""
    empty = tmp_path_factory.mktemp("empty") / "frontdesk.db"
    with blocking.Desk(empty):
        pass
    return empty


@pytest.fixture(name="store")
def _store(tmp_path: Path, _empty: Path) -> Path:
    """Where a test's store is; there is nothing in it."""
    return Path(shutil.copy(_empty, tmp_path / "frontdesk.db"))
