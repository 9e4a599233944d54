"""What a plan is: items to send, and what becomes of the others. Nothing here sends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

import attrs

from frontdesk.deliver.session import Session
from frontdesk.outgoing import Batch, Item, Load, Outcome, Receipt

_T = TypeVar("_T")


@attrs.frozen
class Sorted(Generic[_T]):
    """Planned items, parted by whether the destination would take them."""

    sent: list[_T]
    refused: list[tuple[_T, Receipt]]


def screened(
    session: Session, load: Load, planned: Sequence[tuple[Item, _T]]
) -> Sorted[tuple[Item, _T]]:
    """Part planned items by what the destination says of them beforehand.

    Only a preview asks: whoever delivers hears it from the receipts.
    """
    if not planned or not session.report.dry_run:
        return Sorted(list(planned), [])
    batch = Batch(load, tuple(item for item, _ in planned))
    told = {
        receipt.id: receipt
        for receipt in session.destination.hooks.screen(batch, session.context)
        if receipt.outcome is not Outcome.ACCEPTED
    }
    if not told:
        return Sorted(list(planned), [])
    return Sorted(
        [pair for pair in planned if pair[0].id not in told],
        [(pair, told[pair[0].id]) for pair in planned if pair[0].id in told],
    )
