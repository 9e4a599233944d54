"""Laws 1, 2 and 5 in a storm of webhooks, over a service that is killed again and again."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from stores import DATABASES

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills processes")


@pytest.mark.parametrize("database", DATABASES)
def test_nothing_is_lost_doubled_or_invented(
    new_store: Callable[..., str], monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    """The full size is a command: ``python benchmarks/storm.py``."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import storm

    where, clean = [new_store(database) for _ in range(2)]
    outcome: Any = storm.storm(where, clean, deliveries=400, reservations=200, kills=2, seed=11)

    assert outcome.good, outcome
    assert 0 < outcome.must < outcome.may
    assert min(outcome.inbox[end] for end in ("duplicate", "drained", "quarantined")) > 0
