"""How a good answer is spoiled."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from random import Random
from typing import Any, Final

from frontdesk_boulevard.sandbox.faults import (
    REMOVE,
    Duplicate,
    EmptyPage,
    ErrorAlone,
    ErrorBeside,
    ExpiredCursor,
    Fault,
    Mutate,
    NullEdge,
    NullEdges,
    NullNode,
    Shuffle,
    Status,
    StuckCursor,
)
from frontdesk_boulevard.sandbox.refusal import Refusal

_TEXTS: Final = {
    400: "Bad request",
    401: "Invalid credentials",
    403: "Forbidden",
    429: "Too many requests",
    500: "Internal server error",
    502: "Bad gateway",
    503: "Service unavailable",
    504: "Gateway timeout",
}


def refuse(faults: Iterable[Fault], now: datetime) -> None:
    """Raise the error a fault asks for."""
    for fault in faults:
        if isinstance(fault, ErrorAlone):
            raise Refusal(200, fault.message, error={"code": fault.code} if fault.code else None)
        if isinstance(fault, Status):
            text = fault.message or _TEXTS.get(fault.status, "Error")
            raise Refusal(fault.status, text, retry_after=fault.again(now))


def expire(faults: Iterable[Fault]) -> None:
    """Refuse a cursor, if a fault asks for it."""
    if any(isinstance(fault, ExpiredCursor) for fault in faults):
        raise Refusal(200, "cursor has expired")


def content(answer: dict[str, Any], faults: Iterable[Fault], rng: Random) -> None:
    """Spoil what an answer says."""
    for fault in faults:
        if isinstance(fault, ErrorBeside):
            told: dict[str, Any] = {"message": fault.message}
            told |= {"path": list(fault.path)} if fault.path else {}
            told |= {"code": fault.code} if fault.code else {}
            answer.setdefault("errors", []).append(told)
        data = answer.get("data") or {}
        asked = [name for name, value in data.items() if isinstance(value, dict)]
        for place, name in enumerate(asked):
            if data[name].get("edges") is not None:
                _spoil(data[name], fault, rng)
            elif place == getattr(fault, "row", None):
                _spoil_node(data, name, fault)


def _spoil(found: dict[str, Any], fault: Fault, rng: Random) -> None:
    edges: list[Any] = found["edges"]
    if isinstance(fault, NullEdges):
        found["edges"] = None
    elif isinstance(fault, StuckCursor | EmptyPage):
        _more(found, empty=isinstance(fault, EmptyPage))
    elif isinstance(fault, Duplicate):
        found["edges"] = edges[: fault.rows] + edges
    elif isinstance(fault, Shuffle):
        found["edges"] = rng.sample(edges, len(edges))
    elif isinstance(fault, NullEdge | NullNode | Mutate) and fault.row < len(edges):
        _spoil_edge(edges, fault)


def _spoil_node(holder: dict[str, Any], name: str, fault: Fault) -> None:
    if isinstance(fault, NullNode):
        holder[name] = None
    elif isinstance(fault, Mutate) and "edges" not in holder[name]:
        _mutate(holder[name], fault)


def _spoil_edge(edges: list[Any], fault: NullEdge | NullNode | Mutate) -> None:
    if isinstance(fault, NullEdge):
        edges[fault.row] = None
    elif isinstance(fault, NullNode):
        edges[fault.row]["node"] = None
    else:
        _mutate(edges[fault.row]["node"], fault)


def _more(found: dict[str, Any], *, empty: bool) -> None:
    page = found.setdefault("pageInfo", {})
    page["hasNextPage"] = True
    if empty:
        found["edges"], page["endCursor"] = [], None
    else:
        page["endCursor"] = "c3R1Y2s="


def _mutate(node: dict[str, Any], fault: Mutate) -> None:
    *path, name = fault.field.split(".")
    place: Any = node
    try:
        for step in path:
            place = place[int(step)] if step.isdecimal() else place[step]
    except (LookupError, TypeError):
        # What was not asked for, or is not there, cannot be spoiled.
        return
    if not isinstance(place, dict):
        return
    if fault.value is REMOVE:
        place.pop(name, None)
    else:
        place[name] = fault.value
