"""What the tests of the whole share: a small hotel in the sandbox."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from browser import _browser, _visit
from browsing import _quick_hashes
from stores import _new_store, _postgresql, _store_url

from frontdesk.registry import load
from frontdesk.serving import make_sandbox, served

__all__ = ["_browser", "_new_store", "_postgresql", "_quick_hashes", "_store_url", "_visit"]

# Started in a shell's background we would ignore Ctrl-C, and so would every child.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(name="small_hotel")
def _small_hotel() -> Iterator[dict[str, str]]:
    """A small hotel, served over HTTP: the environment that examples and docs speak of."""
    made = make_sandbox(load("mews"), {"reservations": 60, "rate_window": 0.0})
    with served(made.app) as address:
        yield {
            "MEWS_BASE_URL": address + made.path,
            "MEWS_CLIENT_TOKEN": str(made.settings["client_token"]),
            "MEWS_ACCESS_TOKEN": str(made.settings["access_token"]),
        }
