"""Bringing the properties of an event within Klaviyo's limits, the same way every time.

What cannot be segmented on anyway may hide under ``$extra``: the largest properties go there
until few enough are left. Klaviyo does not say whether names inside of objects count; should
they, the same is sent once more with ``$extra`` written as text.
"""

from __future__ import annotations

from typing import Any, Final, cast

import attrs

from frontdesk import jsons
from frontdesk.model import Json

PROPERTIES: Final = 400
TEXT: Final = 100_000
ARRAY: Final = 4_000
DEPTH: Final = 10
_BITS: Final = 2**63
#: Where Klaviyo keeps what nobody segments on.
EXTRA: Final = "$extra"


@attrs.frozen
class Trimmed:
    """Properties that can be sent.

    Args:
        spare: To be sent instead if these are refused.
    """

    body: bytes
    spare: bytes | None = None
    note: str = ""


def trim(properties: dict[str, Json], ours: frozenset[str] = frozenset()) -> Trimmed | str:
    """Return properties within the limits, or what limit cannot be kept.

    Args:
        ours: Properties that stay where they are.
    """
    for name, value in properties.items():
        if fault := _fault(value, 2):
            return f"property {name[:100]!r} {fault}"
    fitting = {name: _narrow(value) for name, value in properties.items()}
    if _names(fitting) <= PROPERTIES:
        return Trimmed(jsons.encode(fitting))
    spare = jsons.encode(_moved(fitting, ours, nested=True))
    if len(fitting) <= PROPERTIES:
        return Trimmed(jsons.encode(fitting), spare)
    moved = _moved(fitting, ours, nested=False)
    if len(moved) > PROPERTIES:
        return f"it has more than {PROPERTIES} properties, too deep to go under {EXTRA}"
    count = len(fitting) - len(moved) + 1
    return Trimmed(jsons.encode(moved), spare, f"{count} of its properties are under {EXTRA}")


def _fault(value: Json, depth: int) -> str | None:
    """Tell which limit *value* breaks; *depth* is its own if it holds anything."""
    if isinstance(value, str):
        short = len(value) <= TEXT // 4 or len(value.encode()) <= TEXT
        return None if short else f"holds a text of more than {TEXT // 1000} KB"
    if not isinstance(value, dict | list):
        return None
    if depth > DEPTH:
        return f"is nested more than {DEPTH} deep"
    if isinstance(value, list) and len(value) > ARRAY:
        return f"holds a list of more than {ARRAY} entries"
    inner = cast("Any", value.values() if isinstance(value, dict) else value)
    return next((fault for one in inner if (fault := _fault(one, depth + 1))), None)


def _narrow(value: Json) -> Json:
    """Return *value* with whole numbers beyond 64 bits as texts, as which they lose nothing."""
    if isinstance(value, dict):
        return {name: _narrow(one) for name, one in cast("dict[str, Json]", value).items()}
    if isinstance(value, list):
        return [_narrow(one) for one in value]
    wide = isinstance(value, int) and not -_BITS <= value < _BITS
    return str(value) if wide else value


def _names(value: Json) -> int:
    """Count the names in *value*, those inside of objects included."""
    if isinstance(value, dict):
        inner = cast("dict[str, Json]", value)
        return len(inner) + sum(_names(one) for one in inner.values())
    return sum(_names(one) for one in value) if isinstance(value, list) else 0


def _moved(properties: dict[str, Json], ours: frozenset[str], *, nested: bool) -> dict[str, Json]:
    """Return *properties* with the largest of them under ``$extra``."""
    extra = properties.get(EXTRA)
    hidden: dict[str, Json] = {} if extra is None else {EXTRA: extra}
    if isinstance(extra, dict):
        hidden = dict(cast("dict[str, Json]", extra))
    kept = {name: value for name, value in properties.items() if name != EXTRA}
    movable = [name for name in kept if name not in ours]
    # Nested ones first: nobody can segment on them. The name decides between equals.
    movable.sort(key=lambda n: (isinstance(kept[n], dict | list), _size(kept[n]), n), reverse=True)
    total = _names(kept) if nested else len(kept)
    for name in movable:
        if total < PROPERTIES:
            break
        if not nested and _fault(kept[name], 3):
            # One level deeper it would break another limit.
            continue
        total -= 1 + (_names(kept[name]) if nested else 0)
        hidden[name] = kept.pop(name)
    return {**kept, EXTRA: jsons.encode(hidden).decode() if nested else hidden}


def _size(value: Json) -> int:
    return len(jsons.encode(value))
