"""Where a suite finds the platform: a sandbox over real HTTP, or a transport of the author's."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs
import httpx

from frontdesk.registry import Connector
from frontdesk.serving import make_sandbox, served


@attrs.frozen
class Platform:
    """A platform that can be reached.

    Args:
        settings: What a connection must be configured with, ``base_url`` included.
        transport: Instead of the network; it is closed and used again.
    """

    settings: Mapping[str, Any] = attrs.field(repr=False)
    transport: httpx.AsyncBaseTransport | None = None


@contextmanager
def sandboxed(connector: Connector, options: Mapping[str, Any]) -> Generator[Platform]:
    """Serve the sandbox that the manifest names."""
    made = make_sandbox(connector, options)
    with served(made.app) as address:
        yield Platform({**made.settings, "base_url": address + made.path})
