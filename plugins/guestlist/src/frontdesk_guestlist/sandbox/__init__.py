"""A channel manager that sends a property's reservations, signed, over generated data.

:func:`create` is what the plugin's manifest names. A test that wants to look behind it makes a
:class:`Manager` instead::

    manager = Manager(Options(reservations=20))
    manager.webhooks.to = "http://127.0.0.1:8000/webhooks/grand-hotel"
    manager.play(5)
    await manager.webhooks.flush()
"""

from __future__ import annotations

from frontdesk.sandbox import Sandbox
from frontdesk_guestlist.sandbox.manager import SECRET, Manager
from frontdesk_guestlist.sandbox.options import Options

__all__ = ["SECRET", "Manager", "Options", "create", "settings"]


def settings() -> dict[str, object]:
    """Give what a guest list that a channel manager feeds is configured with."""
    return {
        "property": "sandbox-hotel",
        "title": "Sandbox Hotel",
        "time_zone": "Europe/Paris",
        "currency": "EUR",
        "country": "FR",
        "campaigns": True,
        "channel_secret": SECRET,
    }


def create(options: Options) -> Sandbox:
    """Make a channel manager that is ready to be served."""
    manager = Manager(options)
    manager.send_to(options.webhooks)
    return Sandbox(
        app=manager.app,
        settings=settings(),
        play=manager.play,
        send_to=manager.send_to,
        flush=manager.webhooks.flush,
        title=f"a channel manager with {len(manager.book)} reservations",
    )
