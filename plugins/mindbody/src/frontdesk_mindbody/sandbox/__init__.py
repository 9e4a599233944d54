"""A faithful emulator of Mindbody's Public API and push API, over generated and linked data.

:func:`create` is what the plugin's manifest names. A test that wants to look behind the API,
break it or move its clock makes a :class:`Platform` instead::

    platform = Platform(Options(clients=200))
    platform.faults.add(faults.Maintenance(times=2))
    client = httpx.AsyncClient(transport=httpx.ASGITransport(platform.app))
"""

from __future__ import annotations

from frontdesk.sandbox import Sandbox
from frontdesk_mindbody.sandbox import faults
from frontdesk_mindbody.sandbox.faults import REMOVE
from frontdesk_mindbody.sandbox.journal import Action
from frontdesk_mindbody.sandbox.names import CANARY
from frontdesk_mindbody.sandbox.options import Options
from frontdesk_mindbody.sandbox.outbox import FOREIGN_SITE
from frontdesk_mindbody.sandbox.platform import Platform
from frontdesk_mindbody.sandbox.public import PREFIX
from frontdesk_mindbody.sandbox.push import PUSH_PREFIX
from frontdesk_mindbody.sandbox.sending import Sending

__all__ = [
    "CANARY",
    "FOREIGN_SITE",
    "PREFIX",
    "PUSH_PREFIX",
    "REMOVE",
    "Action",
    "Options",
    "Platform",
    "Sending",
    "create",
    "faults",
    "settings",
]


def settings(platform: Platform) -> dict[str, object]:
    """Give what a connection to a platform is configured with, less its base URL."""
    tokens = platform.tokens
    return {
        "api_key": tokens.keys.api,
        "site_ids": tuple(str(site) for site in platform.world.studios),
        "username": tokens.staff.username,
        "password": tokens.staff.password,
        "webhooks_key": tokens.keys.webhooks,
        "webhook_signature_key": tokens.keys.signature,
    }


def create(options: Options) -> Sandbox:
    """Make an emulated Mindbody that is ready to be served."""
    platform = Platform(options)
    webhooks, studios = platform.webhooks, platform.world.studios.values()

    def send_to(url: str | None) -> None:
        webhooks.stop()
        webhooks.to = url
        # Subscriptions that were made through the push API go on.
        webhooks.automatic = True

    send_to(options.webhooks)
    clients = sum(len(studio.clients) for studio in studios)
    return Sandbox(
        app=platform.app,
        settings=settings(platform),
        play=platform.play,
        send_to=send_to,
        flush=webhooks.flush,
        path=PREFIX.lstrip("/"),
        title=f"Mindbody with {len(studios)} sites and {clients} clients",
    )
