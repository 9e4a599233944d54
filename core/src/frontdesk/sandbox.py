"""What a plugin's sandbox is: an emulator of its platform that runs over real HTTP.

A sandbox serves the demo, tests, benchmarks and third parties. It is a plain ASGI
application over generated, seeded, linked data; the manifest names the function that
makes one (``sandbox="frontdesk_mews.sandbox:create"``), so that nothing of it is imported
until somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, TypeAlias

import attrs

ASGI: TypeAlias = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]
"""An ASGI application, as Starlette and uvicorn understand it."""


@attrs.frozen
class Sandbox:
    """An emulated platform, ready to be served."""

    app: ASGI
    #: What a connection must be configured with to be let in, less its base URL.
    settings: Mapping[str, object]
    #: One sentence for the person who started it: what is inside.
    title: str
    #: What follows the server's address in the base URL: ``api/v1/``.
    path: str = ""
