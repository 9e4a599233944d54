"""What a plan is: items to send, and what becomes of the others. Nothing here sends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, TypeVar

import attrs

from frontdesk.destination import Destination
from frontdesk.outgoing import Batch, DeliveryContext, Item, Load, Outcome, Receipt

_T = TypeVar("_T")


@attrs.frozen
class Sorted(Generic[_T]):
    """Planned items, parted by whether the destination would take them."""

    sent: list[_T]
    refused: list[tuple[_T, Receipt]]


def screened(
    destination: Destination,
    context: DeliveryContext,
    load: Load,
    planned: Sequence[tuple[Item, _T]],
) -> Sorted[tuple[Item, _T]]:
    """Part planned items by what the destination says of them beforehand."""
    if not planned:
        return Sorted([], [])
    batch = Batch(load, tuple(item for item, _ in planned))
    told = {
        receipt.id: receipt
        for receipt in destination.hooks.screen(batch, context)
        if receipt.outcome is not Outcome.ACCEPTED
    }
    if not told:
        return Sorted(list(planned), [])
    return Sorted(
        [pair for pair in planned if pair[0].id not in told],
        [(pair, told[pair[0].id]) for pair in planned if pair[0].id in told],
    )


def by_id(receipts: Iterable[Receipt]) -> Mapping[str, Receipt]:
    """Return receipts by the items' ids."""
    return {receipt.id: receipt for receipt in receipts}
