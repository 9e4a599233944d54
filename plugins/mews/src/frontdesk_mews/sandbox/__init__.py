"""A faithful emulator of the Mews Connector API, over generated, seeded and linked data.

:func:`create` is what the plugin's manifest names. A test that wants to look behind the API,
break it or move its clock makes a :class:`Platform` instead::

    platform = Platform(Options(reservations=200))
    platform.faults.add(faults.Status(status=408, times=2))
    client = httpx.AsyncClient(transport=httpx.ASGITransport(platform.app))
"""

from __future__ import annotations

from frontdesk.sandbox import Sandbox
from frontdesk_mews.sandbox import faults
from frontdesk_mews.sandbox.faults import REMOVE
from frontdesk_mews.sandbox.journal import Action, Facts
from frontdesk_mews.sandbox.names import CANARY
from frontdesk_mews.sandbox.options import Options
from frontdesk_mews.sandbox.platform import PREFIX, Platform
from frontdesk_mews.sandbox.sending import Sending
from frontdesk_mews.sandbox.storm import Storm
from frontdesk_mews.sandbox.tokens import Token, Tokens

__all__ = [
    "CANARY",
    "PREFIX",
    "REMOVE",
    "Action",
    "Facts",
    "Options",
    "Platform",
    "Sending",
    "Storm",
    "Token",
    "Tokens",
    "create",
    "faults",
]


def create(options: Options) -> Sandbox:
    """Make an emulated Mews that is ready to be served."""
    platform = Platform(options)
    tokens = platform.tokens
    token = tokens.portfolio if options.portfolio else tokens.properties[0]
    world, webhooks = platform.world, platform.webhooks

    def send_to(url: str | None) -> None:
        webhooks.stop()
        webhooks.to = url
        if url is not None:
            webhooks.start()

    send_to(options.webhooks)
    return Sandbox(
        app=platform.app,
        settings={
            "client_token": tokens.client,
            "access_token": token.value,
            "webhook_token": tokens.webhook,
        },
        play=platform.play,
        send_to=send_to,
        flush=webhooks.flush,
        path="api/connector/v1/",
        title=(
            f"Mews with {len(world.houses)} properties, {len(world.reservations)} reservations "
            f"and {len(world.customers)} guests"
        ),
    )
