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
    """An emulated platform, ready to be served.

    ``play``, ``send_to`` and ``flush`` are how whoever started it follows live changes, whatever the platform:
    they may be called from any thread, while the sandbox is served in another::

        made.send_to("http://127.0.0.1:8000/webhooks/mews")  # its secret is among settings
        made.play(50)
        await made.flush()
        made.send_to(None)

    A destination's tells what arrived. Each is None where the platform has no such thing.

    Where the options have a field ``demo``, it is set when the sandbox serves the demo, where
    nobody wants to wait for a quota. A destination's then takes the guests of the other
    sandboxes, who live at ``example.com``.
    """

    app: ASGI
    #: What it must be configured with to be let in, less its base URL.
    settings: Mapping[str, object]
    #: One sentence for the person who started it: what is inside.
    title: str
    #: What follows the server's address in the base URL: ``api/v1/``.
    path: str = ""
    #: Makes so many plausible changes, one after the other; the sandbox's clock moves along.
    play: Callable[[int], None] | None = None
    #: Says where its webhooks go: from now on they leave by themselves, until it is None.
    #: Only addresses of this machine are taken.
    send_to: Callable[[str | None], None] | None = None
    #: Sends every webhook that waits, once, however late it was to be, and returns when all
    #: were answered. What was refused waits again.
    flush: Callable[[], Awaitable[None]] | None = None
    #: Counts what has arrived at a destination, each under a few words: ``profiles``.
    arrived: Callable[[], Mapping[str, int]] | None = None
