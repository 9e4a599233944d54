"""What a delivery may say of the connection itself, beside the records it names."""

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
