"""Guests whose address changed: nobody confirmed that this changes the guest's own row."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from frontdesk.model import Json, Payload
from frontdesk_mews import operations
from frontdesk_mews.asking import by_ids
from frontdesk_mews.grants import Asker


async def moved(asker: Asker, asked: Payload, extra: Payload) -> AsyncIterator[Sequence[Json]]:
    """Yield the guests whose addresses changed in the time *asked* for, a batch at a time.

    An address belongs to no record of its own: what it is part of is the guest. A guest
    whose own row changed as well comes twice, which core sees.

    Args:
        extra: What this account must be asked besides.
    """
    rows = await asker.walk(operations.ADDRESSES, {**asked, **extra})
    owners = [row.get("AccountId") for row in rows or () if row.get("AccountType") != "Company"]
    ids = list(dict.fromkeys(owner for owner in owners if isinstance(owner, str)))
    size = operations.CUSTOMERS.batch
    for start in range(0, len(ids), size):
        yield await by_ids(asker.client, operations.CUSTOMERS, ids[start : start + size], extra)
