"""News of a connection itself: what a delivery says of it, and how its webhooks are."""

from __future__ import annotations

import enum

import attrs


class Standing(enum.StrEnum):
    """What became of a connection at the platform's side."""

    #: The platform lets it in, or does so again.
    OPEN = "open"
    #: The platform lets it in no more.
    CLOSED = "closed"
    #: It is let in, but a person must do something.
    CHANGED = "changed"


@attrs.frozen
class Notice:
    """What a delivery says of the connection itself, for the operator.

    A delivery may be forged, late, or meant for another account at the same URL. Core thus
    believes neither ``OPEN`` nor ``CLOSED``: it calls ``open_account``, and the platform's
    answer decides; where that refuses, *reason* tells why. Only ``CHANGED`` counts as it
    is: the connection goes on, and shows *reason* until a person has seen to it.

    Args:
        reason: What happened and what a person should do, in a sentence. It goes into logs
            and pages: no secret, no guest.
    """

    standing: Standing
    reason: str


@attrs.frozen
class Installed:
    """One webhook as the platform has it.

    Args:
        id: The platform's id of it.
        url: Where it sends to; a query may hold secrets, so it is never shown whole.
        state: The platform's own word for how it is.
        events: What it is sent for, in the platform's words.
        working: Whether deliveries can be expected of it.
        note: What a person should know or do, in a sentence.
    """

    id: str
    url: str
    state: str
    events: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    working: bool = attrs.field(default=True, kw_only=True)
    note: str = attrs.field(default="", kw_only=True)
