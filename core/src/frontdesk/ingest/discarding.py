"""Dropping what must never be stored, before anything is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
import msgspec

from frontdesk import jsons
from frontdesk.model import Delivery, Json


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


class DeliveryDiscard:
    """Drops what of a delivery must not be stored: fields of its body, parameters of its query.

    Args:
        paths: As in the manifest's ``webhook_discard``; ``?token`` is a parameter, in any case.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        named = tuple(paths)
        self._query = {path[1:].lower() for path in named if path.startswith("?")}
        fields = [path for path in named if not path.startswith("?")]
        self._body = Discard(fields) if fields else None

    def __call__(self, delivery: Delivery) -> Delivery:
        """Return *delivery* without them; verify it before: a signature is of the whole body."""
        return attrs.evolve(
            delivery,
            body=self._cleaned(delivery.body),
            query={k: v for k, v in delivery.query.items() if k.lower() not in self._query},
        )

    def _cleaned(self, body: bytes) -> bytes:
        if self._body is None:
            return body
        try:
            # Written anew even where nothing was found: a key may come twice in one object.
            return jsons.encode(self._body(jsons.decode(body)))
        except (msgspec.DecodeError, msgspec.EncodeError, RecursionError):
            # What cannot be read cannot be cleaned, and is no use to read_webhook either.
            return b""


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
