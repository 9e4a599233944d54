"""Dropping what must never be stored, before anything is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from frontdesk.model import Json


class Discard:
    """Drops fields by path: ``Passport``, ``card.number``, ``payments.lastFour``.

    Dots lead into objects, and through lists into each of their objects. The payload
    itself is left as it is; what is changed is copied.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._tree: dict[str, Any] = {}
        # Shorter paths first: what is dropped whole needs no look inside.
        for *parents, last in sorted((path.split(".") for path in paths), key=len):
            branch: dict[str, Any] | None = self._tree
            for part in parents:
                branch = branch.setdefault(part, {}) if branch is not None else None
            if branch is not None:
                branch[last] = None

    def __call__(self, payload: Json) -> Json:
        """Return *payload* without the fields."""
        return _without(payload, self._tree) if self._tree else payload


def _without(value: Json, tree: dict[str, Any]) -> Json:
    if isinstance(value, list):
        return [_without(item, tree) for item in value]
    if not isinstance(value, dict):
        return value
    # Copied, then cut: there are many fields, and few to drop.
    kept = dict(value)
    for key, inner in tree.items():
        if key in kept:
            if inner is None:
                del kept[key]
            else:
                kept[key] = _without(kept[key], inner)
    return kept
