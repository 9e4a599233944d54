"""A faithful emulator of Klaviyo's API, as far as a destination needs it.

:func:`create` is what the plugin names for ``frontdesk sandbox klaviyo``. A test that wants to
look behind the API, break it or move its clock makes a :class:`Platform` instead::

    platform = Platform(Options(rate_limits=False), clock=clock)
    platform.faults.add(faults.Status(path="/api/events", status=503, times=2))
    client = httpx.AsyncClient(transport=httpx.ASGITransport(platform.app))
    ...
    assert len(platform.account.events.of("guest@hotel.test")) == 3
    assert platform.state() == other.state()
"""

from __future__ import annotations

import attrs
import phonenumbers

from frontdesk.sandbox import Sandbox
from frontdesk_klaviyo.sandbox import faults
from frontdesk_klaviyo.sandbox.accounts import Account, Key
from frontdesk_klaviyo.sandbox.consents import MARKETING, State
from frontdesk_klaviyo.sandbox.events import Event
from frontdesk_klaviyo.sandbox.journal import Asked
from frontdesk_klaviyo.sandbox.options import ERASURE_SCOPES, SCOPES, Options
from frontdesk_klaviyo.sandbox.platform import Platform
from frontdesk_klaviyo.sandbox.profiles import Profile

__all__ = [
    "ERASURE_SCOPES",
    "SCOPES",
    "Account",
    "Asked",
    "Event",
    "Key",
    "Options",
    "Platform",
    "Profile",
    "State",
    "create",
    "faults",
]


def create(options: Options) -> Sandbox:
    """Make an emulated Klaviyo that is ready to be served."""
    if options.demo:
        # Whoever is made up lives at example.com, or is known by a phone from anywhere.
        everywhere = ",".join(sorted(phonenumbers.SUPPORTED_REGIONS))
        options = attrs.evolve(options, dropped_domains="", sms_regions=everywhere)
    platform = Platform(options)
    account, now = platform.account, platform.clock.now()
    single = account.lists.add("Newsletter", now, "single_opt_in")
    double = account.lists.add("Newsletter, to be confirmed", now, "double_opt_in")
    settings: dict[str, object] = {
        "api_key": account.key.value,
        "erasure_key": account.erasure_key.value,
    }
    if options.demo:
        settings |= {"test_domains": [], "subscribers": {"email": single.id}}
    return Sandbox(
        app=platform.app,
        settings=settings,
        title=(
            f"Klaviyo with account {account.id}, list {single.id} (single opt-in) "
            f"and list {double.id} (double opt-in)"
        ),
        arrived=lambda: _arrived(platform),
    )


def _arrived(platform: Platform) -> dict[str, int]:
    """Count what is there once all that was accepted is done."""
    platform.drain()
    account = platform.account
    subscribed = sum(
        profile.consents is not None and profile.consents.of(MARKETING).state is State.SUBSCRIBED
        for profile in account.profiles
    )
    backfill = sum(event.backfill for event in account.events)
    return {
        "profiles": len(account.profiles),
        "subscribed to e-mail": subscribed,
        "events of the past": backfill,
        "events that may trigger": len(account.events) - backfill,
        "metrics": len(account.metrics),
    }
