"""What counts when several statements of consent speak of one address (design law 4)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import attrs

from frontdesk.model import ConsentState


@attrs.frozen
class Statement:
    """One statement in the ledger: *at* is when it was given, *seen* when we learnt of it."""

    state: ConsentState
    at: datetime | None
    seen: datetime


def effective(statements: Iterable[Statement]) -> ConsentState | None:
    """Return what counts for one brand, channel and address; None if nothing was said.

    The latest dated statement counts, an opt-out on a tie. One without a time ranks below:
    among themselves, an opt-out counts for good. An opt-out without a time still stands
    against every opt-in given before it was seen: only a newer, dated opt-in revives.
    """
    said = list(statements)
    if not said:
        return None
    opted_in = [s.at for s in said if s.state is ConsentState.SUBSCRIBED and s.at is not None]
    opted_out = [s.at or s.seen for s in said if s.state is ConsentState.UNSUBSCRIBED]
    if not opted_out:
        return ConsentState.SUBSCRIBED
    revived = opted_in and max(opted_in) > max(opted_out)
    return ConsentState.SUBSCRIBED if revived else ConsentState.UNSUBSCRIBED
