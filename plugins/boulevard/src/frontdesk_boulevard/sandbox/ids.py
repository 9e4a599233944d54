"""Names of nodes: a URN that says the type, of which only the last part is compared."""

from __future__ import annotations

from random import Random
from typing import Final

from frontdesk.sandbox.chance import uuid

_URN: Final = "urn:blvd:"


def urn(kind: str, bare_id: str) -> str:
    """Write the id of a node of a type."""
    return f"{_URN}{kind}:{bare_id}"


def new(rng: Random, kind: str) -> str:
    """Draw an id for a node of a type."""
    return urn(kind, uuid(rng))


def bare(identity: str) -> str:
    """Give the part of an id that is compared."""
    return identity.rpartition(":")[2].lower()


def kind(identity: str) -> str | None:
    """Tell the type an id names; None if it is a bare UUID."""
    if not identity.startswith(_URN):
        return None
    return identity[len(_URN) :].partition(":")[0]
