"""A faithful emulator of Boulevard's Admin API, over generated, seeded and linked data.

:func:`create` is what the plugin's manifest names. A test that wants to look behind the API,
break it or move its clock makes a :class:`Platform` instead::

    platform = Platform(Options(appointments=200))
    platform.faults.add(faults.Status(status=503, times=2))
    client = httpx.AsyncClient(transport=httpx.ASGITransport(platform.app))
"""

from __future__ import annotations

from frontdesk.sandbox import Sandbox
from frontdesk_boulevard.sandbox import faults
from frontdesk_boulevard.sandbox.auth import Keys, authorization
from frontdesk_boulevard.sandbox.faults import REMOVE
from frontdesk_boulevard.sandbox.journal import Action, Facts
from frontdesk_boulevard.sandbox.names import CANARY
from frontdesk_boulevard.sandbox.options import Options
from frontdesk_boulevard.sandbox.platform import PREFIX, Platform
from frontdesk_boulevard.sandbox.sending import Sending

__all__ = [
    "CANARY",
    "PREFIX",
    "REMOVE",
    "Action",
    "Facts",
    "Keys",
    "Options",
    "Platform",
    "Sending",
    "authorization",
    "create",
    "faults",
]


def create(options: Options) -> Sandbox:
    """Make an emulated Boulevard that is ready to be served."""
    platform = Platform(options)
    keys, world = platform.keys, platform.world
    webhooks = platform.webhooks
    # Whoever creates a webhook hears of what happens without anybody's having to ask.
    webhooks.automatic = True

    def send_to(url: str | None) -> None:
        webhooks.to = url
        webhooks.settle()

    settings = {
        "api_key": keys.api_key,
        "api_secret": keys.displayed(dotted=options.secret_dotted),
        "business_id": keys.business_id,
    }
    if options.webhook_secret_apart:
        settings["webhook_secret"] = keys.webhook_secret
    return Sandbox(
        app=platform.app,
        settings=settings,
        play=platform.play,
        send_to=send_to,
        flush=webhooks.flush,
        path=PREFIX.removeprefix("/"),
        title=(
            f"Boulevard with {len(world.locations)} locations, "
            f"{len(world.appointments)} appointments, {len(world.memberships)} memberships "
            f"and {len(world.clients)} clients"
        ),
    )
