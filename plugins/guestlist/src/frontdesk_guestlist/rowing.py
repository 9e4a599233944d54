"""What follows for a guest's row from its other columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from frontdesk import addresses, names

#: No e-mail goes to who has such a reservation.
OFF: Final = frozenset({"cancelled", "no_show"})


def emailable(values: Mapping[str, Any]) -> bool:
    """Tell whether a guest can be written to: what *View only emailable guests* asks.

    Args:
        values: By column: ``address``, ``status``, ``duplicate_of``, ``stopped``, ``hidden``.
    """
    reachable = values["address"] and values["status"] not in OFF
    return bool(
        reachable
        and not values["duplicate_of"]
        and not values["stopped"]
        and values["hidden"] is None
    )


def address(email: str) -> str:
    """Return an e-mail address as addresses are compared; empty if it is none."""
    valid = addresses.email(email)
    return "" if valid is None else valid.lower()


def folded(first_name: str, last_name: str) -> str:
    """Return both names as they are searched for, in each order."""
    first, last = fold(first_name), fold(last_name)
    return "|".join(dict.fromkeys((f"{first} {last}".strip(), f"{last} {first}".strip())))


def fold(text: str) -> str:
    """Return *text* without accents and case, with single spaces."""
    return names.folded(text) or ""
