"""Addresses that get no e-mail: stops of staff and guests, and opt-outs from elsewhere.

A stop is never removed. Staff may undo one that staff made; that is no consent: the opt-out
which frontdesk was told of stays in its ledger, and only the property's own e-mails go again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal, TypeAlias

import attrs
from sqlalchemy import Connection

from frontdesk.annex import Annex

By: TypeAlias = Literal["staff", "guest"]


@attrs.frozen(kw_only=True)
class Standing:
    """Whether an address may be written to, and what can be done about it.

    Args:
        stopped: Who stopped it: ``staff`` or ``guest`` stop everything; ``elsewhere`` (an
            opt-out that another connection or a destination told) leaves service e-mails.
        since: Since when, where that is known.
        who: The member of staff.
        service_only: Whether e-mails that are part of the stay still go.
        can_undo: Whether staff may undo it.
    """

    stopped: Literal["", "staff", "guest", "elsewhere"] = ""
    since: datetime | None = None
    who: str = ""
    service_only: bool = False
    can_undo: bool = False


def standing(db: Connection, annex: Annex, addresses: Collection[str]) -> dict[str, Standing]:
    """Return how each of *addresses* (in lower case) stands."""
    raise NotImplementedError


def stop(
    db: Connection,
    annex: Annex,
    address: str,
    by: By,
    who: str = "",
    *,
    guest_id: int,
    at: datetime | None = None,
) -> bool:
    """Stop every e-mail to an address; return whether that is new.

    Args:
        guest_id: The guest on whose page, or by whose link, it was done.
        at: When; now unless given.
    """
    raise NotImplementedError


def undo(db: Connection, annex: Annex, address: str, who: str, *, guest_id: int) -> None:
    """Undo a stop that staff made.

    Raises:
        ConfigurationError: No member of staff made it.
    """
    raise NotImplementedError


def refresh(db: Connection, annex: Annex, addresses: Collection[str]) -> int:
    """Write how addresses stand into the rows of their guests; return how many changed."""
    raise NotImplementedError


def opted_out(db: Connection, annex: Annex, addresses: Collection[str]) -> Mapping[str, str]:
    """Return those of *addresses* with any opt-out that counts, undone stops too, and why."""
    raise NotImplementedError
