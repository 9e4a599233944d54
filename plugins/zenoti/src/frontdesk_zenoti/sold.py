"""What an invoice sold, by the lines of the sales report or by the items of a delivery."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from frontdesk.model import Payload
from frontdesk.rows import objects
from frontdesk_zenoti.rows import part, text, whole

#: The key under which a closed invoice's delivery stands beside the lines of the report.
CLOSED: Final = "Closed"
#: How old what is known of a guest's cards and packages may be, in seconds: a delivery is news.
LINES_OLD: Final = 86_400.0


def told(row: Payload) -> Payload:
    """Return the invoice a delivery brought, with or without a key around it."""
    data = part(part(row, CLOSED), "data")
    return part(data, "invoice") or data


def is_one(line: Payload, words: Collection[str]) -> bool:
    """Tell whether a line of the report is of a type, given by the report's words for it."""
    return (text(line, "item_type") or "").casefold() in words


def wanted(row: Payload, kind: int, words: Collection[str]) -> float | None:
    """Return how old a list of what was sold may be; None where nothing of the kind was."""
    items = objects(told(row), "invoice_items")
    if any(whole(item, "type") == kind for item in items):
        return 0.0
    return LINES_OLD if any(is_one(line, words) for line in objects(row, "sales")) else None
