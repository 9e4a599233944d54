"""A faithful emulator of Zenoti's REST API and webhooks, over generated, seeded and linked data.

:func:`create` is what the plugin's manifest names. A test that wants to look behind the API,
break it or move its clock makes a :class:`Platform` instead::

    platform = Platform(Options(groups=200))
    platform.faults.add(faults.RevokedKey(after=30))
    client = httpx.AsyncClient(transport=httpx.ASGITransport(platform.app))
"""

from __future__ import annotations

from frontdesk.sandbox import Sandbox
from frontdesk_zenoti.sandbox import faults
from frontdesk_zenoti.sandbox.faults import REMOVE
from frontdesk_zenoti.sandbox.journal import Action
from frontdesk_zenoti.sandbox.keys import Keys
from frontdesk_zenoti.sandbox.names import CANARY
from frontdesk_zenoti.sandbox.options import Options
from frontdesk_zenoti.sandbox.platform import PREFIX, Platform

__all__ = [
    "CANARY",
    "PREFIX",
    "REMOVE",
    "Action",
    "Keys",
    "Options",
    "Platform",
    "create",
    "faults",
]


def create(options: Options) -> Sandbox:
    """Make an emulated Zenoti that is ready to be served."""
    platform = Platform(options)
    world, webhooks = platform.world, platform.webhooks

    def send_to(url: str | None) -> None:
        webhooks.stop()
        webhooks.to = url
        if url is not None:
            webhooks.start()

    send_to(options.webhooks)
    settings: dict[str, object] = {
        "api_key": platform.keys.current,
        "webhook_secret": platform.keys.secret,
    }
    if options.demo:
        settings["calls_a_minute"] = 60_000
    return Sandbox(
        app=platform.app,
        settings=settings,
        play=platform.play,
        send_to=send_to,
        flush=webhooks.flush,
        path="v1/",
        title=(
            f"Zenoti with {len(world.centers)} centers, {len(world.groups)} groups of "
            f"appointments and {len(world.guests)} guests"
        ),
    )
