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
from frontdesk_mews.sandbox.journal import Action
from frontdesk_mews.sandbox.names import CANARY
from frontdesk_mews.sandbox.options import Options
from frontdesk_mews.sandbox.platform import PREFIX, Platform
from frontdesk_mews.sandbox.tokens import Token, Tokens

__all__ = [
    "CANARY",
    "PREFIX",
    "REMOVE",
    "Action",
    "Options",
    "Platform",
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
    world = platform.world
    return Sandbox(
        app=platform.app,
        settings={"client_token": tokens.client, "access_token": token.value},
        path="api/connector/v1/",
        title=(
            f"Mews with {len(world.houses)} properties, {len(world.reservations)} reservations "
            f"and {len(world.customers)} guests"
        ),
    )
