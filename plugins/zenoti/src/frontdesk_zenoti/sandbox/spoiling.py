"""How a good answer is spoiled."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from random import Random
from typing import Final

from frontdesk.sandbox.faults import mutated
from frontdesk_zenoti.sandbox.faults import (
    DENIED,
    Duplicate,
    Fault,
    Mutate,
    Shuffle,
    SoftError,
    Status,
)
from frontdesk_zenoti.sandbox.queries import Page
from frontdesk_zenoti.sandbox.refusal import Refusal

_TEXTS: Final = {
    400: "The request is invalid.",
    401: DENIED,
    403: "You are not permitted to access this resource.",
    429: "API rate limit exceeded",
    500: "Internal server error.",
    503: "Service unavailable.",
}


def refuse(faults: Iterable[Fault], now: datetime) -> None:
    """Raise the error a fault asks for."""
    for fault in faults:
        if isinstance(fault, Status):
            text = fault.message or _TEXTS.get(fault.status, "Error.")
            raise Refusal(
                fault.status, text, code=fault.code, shape=fault.shape, retry_after=fault.again(now)
            )


def rows(page: Page, faults: Iterable[Fault], rng: Random) -> None:
    """Double, shuffle and change the rows of a page."""
    for fault in faults:
        if isinstance(fault, SoftError):
            page.rows = [{}] if page.single else []
            page.extras["error"] = {"code": fault.code, "message": fault.message}
        elif isinstance(fault, Duplicate) and not page.single:
            page.rows = page.rows[: fault.rows] + page.rows
        elif isinstance(fault, Shuffle):
            page.rows = rng.sample(page.rows, len(page.rows))
        elif isinstance(fault, Mutate) and fault.row < len(page.rows):
            page.rows = list(page.rows)
            page.rows[fault.row] = mutated(page.rows[fault.row], fault)
