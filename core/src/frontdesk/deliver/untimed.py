"""Opt-ins of the past whose time nobody knows: a person must say what becomes of them."""

from __future__ import annotations

from frontdesk.deliver.session import Session
from frontdesk.errors import ConfigurationError
from frontdesk.model import Channel
from frontdesk.store import statements


async def refuse_untimed(session: Session) -> None:
    """Refuse to go live before somebody has chosen.

    Raises:
        ConfigurationError: There are opt-ins without a time, and no choice.
    """
    untimed = await count_untimed(session)
    if session.only is not None or not untimed:
        return
    name = session.destination.name
    raise ConfigurationError(
        f"destination {name!r}: of {untimed} opt-ins nobody knows when they were given, and lists "
        f'are named for them; choose: consent_without_time = "skip" (the profile is sent, the '
        f'opt-in is not) or "first_seen" (it is sent as given when it was first seen here)'
    )


async def count_untimed(session: Session) -> int:
    """Return how many opt-ins wait for that choice; none once it is made."""
    if session.destination.rules.consent_without_time is not None:
        return 0
    channels = [
        (source, channel)
        for source in session.sources
        for channel in session.destination.manifest.channels & set(Channel)
        if session.subscribers(source, channel) is not None
    ]
    if not channels:
        return 0
    return await session.store.read(lambda db: statements.count_untimed(db, session.id, channels))
