"""Ways to plant in a row, and to spoil one: canaries, missing fields, fields of a wrong kind."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeAlias, cast

from frontdesk.model import Json

#: No platform says this; wherever it is found, it leaked.
CANARY: Final = "frontdesk-canary"
Path: TypeAlias = tuple[str, ...]
#: What a field is made, by name; the first takes it away.
WRONG: Final[tuple[tuple[str, Any], ...]] = (
    ("missing", None),
    ("null", None),
    ("text", f"{CANARY} text"),
    ("number", 987_654_321_987_654_321),
    ("negative", -1),
    ("list", [f"{CANARY} list"]),
    ("object", {"x": f"{CANARY} object"}),
    ("boolean", True),
)
_DEEP: Final = 4


def paths(value: Json, deep: int = _DEEP) -> Iterator[Path]:
    """Yield the path of every field, through the first object of lists."""
    if isinstance(value, list):
        first = next((v for v in value if isinstance(v, dict)), None)
        yield from paths(first, deep)
    if not isinstance(value, dict) or not deep:
        return
    for name, inner in cast("dict[str, Json]", value).items():
        yield (name,)
        yield from ((name, *path) for path in paths(inner, deep - 1))


def spoil(row: dict[str, Json], path: Path, kind: int) -> None:
    """Spoil the field at *path* in the kind-th way, in place."""
    name, wrong = WRONG[kind % len(WRONG)]
    for holder in _holders(row, path[:-1]):
        if name == "missing":
            holder.pop(path[-1], None)
        else:
            holder[path[-1]] = copy.deepcopy(wrong)


def spoilt(row: dict[str, Json]) -> Iterator[tuple[str, dict[str, Json]]]:
    """Yield copies of a row, each with one field spoilt, and what was done."""
    for path in list(paths(row)):
        for kind, (name, _) in enumerate(WRONG):
            fresh = copy.deepcopy(row)
            spoil(fresh, path, kind)
            yield f"{'.'.join(path)} {name}", fresh


def in_turn(chosen: Callable[[str], bool]) -> Callable[[str, int, dict[str, Json]], None]:
    """Return what spoils another field in another way in each row of the chosen streams."""

    def change(stream: str, number: int, row: dict[str, Json]) -> None:
        found = list(paths(row))
        if chosen(stream) and found:
            # Every second row stays whole, or nothing would be left to walk on.
            turn, whole = divmod(number, 2)
            if not whole:
                path, kind = found[turn % len(found)], turn // len(found) + turn
                spoil(row, path, kind)

    return change


def plant(row: dict[str, Json], path: str, value: str) -> None:
    """Put a canary where the manifest's *path* leads; what is not there is made."""
    *parents, last = path.split(".")
    for holder in _holders(row, parents, make=True):
        holder[last] = value


def plant_gently(row: dict[str, Json], path: str, value: str) -> None:
    """Put a canary in place of the texts at *path*, in their shape."""
    *parents, last = path.split(".")
    for holder in _holders(row, parents):
        holder[last] = _shaped(holder.get(last), value)


def _shaped(known: Json, value: str) -> Json:
    if isinstance(known, dict):
        return {k: _shaped(v, value) for k, v in cast("dict[str, Json]", known).items()}
    if isinstance(known, list):
        return [_shaped(v, value) for v in known] or [value]
    return value if known is None or isinstance(known, str) else known


def _holders(value: Json, path: Sequence[str], *, make: bool = False) -> Iterable[dict[str, Json]]:
    if isinstance(value, list):
        for item in value:
            yield from _holders(item, path, make=make)
    elif isinstance(value, dict):
        row = cast("dict[str, Json]", value)
        if not path:
            yield row
            return
        if make and not isinstance(row.get(path[0]), dict | list):
            row[path[0]] = {}
        yield from _holders(row.get(path[0]), path[1:], make=make)
