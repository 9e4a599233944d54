"""Showing the shape of a payload without what it says."""

from __future__ import annotations

from decimal import Decimal

from frontdesk.model import Json


def masked(value: Json) -> Json:
    """Return *value* with every text and number replaced by what kind of thing it is."""
    if isinstance(value, dict):
        return {key: masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, str):
        return "<text>"
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return "<number>"
    return value
