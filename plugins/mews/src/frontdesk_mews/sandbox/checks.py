"""What makes a request invalid, and what a valid one asks for."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

import attrs
import msgspec

from frontdesk_mews.sandbox.catalogue import Listing
from frontdesk_mews.sandbox.filters import Among, Colliding, Filter, Within, until
from frontdesk_mews.sandbox.refusal import Refusal, invalid

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PAGE: Final = 1_000

#: Says whether an id is in a table of the world, as far as the token sees it.
Known = Callable[[str, str], bool]
Body = Mapping[str, Any]
T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Query:
    """A listing request that passed all checks."""

    wanted: dict[Filter, Any]
    count: int
    cursor: str | None
    extent: frozenset[str]


@attrs.frozen(kw_only=True)
class Manners:
    """How the emulated platform treats what is not documented."""

    known: Known
    refuse_unknown: bool
    narrow_defaults: bool


def common(body: Body) -> None:
    """Check what every request must have."""
    if not isinstance(body.get("Client"), str):
        raise invalid("Client")
    for name in ("LanguageCode", "CultureCode"):
        text(body, name)
    if (body.get("LanguageCode") is None) != (body.get("CultureCode") is None):
        raise Refusal(400, "LanguageCode and CultureCode are only valid together.")


def text(body: Body, name: str) -> str | None:
    """Read a text that may be left out."""
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(name)
    return value


def flag(body: Body, name: str) -> bool:
    """Read a switch that is off when left out."""
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise invalid(name)
    return bool(value)


def identity(body: Body, name: str) -> str | None:
    """Read an id that may be left out."""
    value = body.get(name)
    return None if value is None else _uuid(name, value)


def identities(body: Body, name: str, limit: int = _PAGE) -> frozenset[str] | None:
    """Read an array of ids that may be left out."""
    if body.get(name) is None:
        return None
    return frozenset(_uuid(name, value) for value in _array(name, body[name], limit))


def read(listing: Listing, body: Body, manners: Manners) -> Query:
    """Check a listing request."""
    given = {name for name, value in body.items() if value is not None}
    for name in listing.required:
        if name not in given:
            raise invalid(name)
    if listing.one_of and not given.intersection(listing.one_of):
        raise Refusal(400, f"At least one of {', '.join(listing.one_of)} is required.")
    for first, second in listing.exclusive:
        if first in given and second in given:
            raise Refusal(400, f"{first} and {second} are mutually exclusive.")
    if "DeletedUtc" in given and body.get("ActivityStates") != ["Deleted"]:
        raise Refusal(400, "DeletedUtc requires ActivityStates to be Deleted.")
    count, cursor = _limitation(body.get("Limitation"))
    return Query(
        wanted=_wanted(listing, body, manners),
        count=count,
        cursor=cursor,
        extent=_extent(listing, body.get("Extent")),
    )


def _wanted(listing: Listing, body: Body, manners: Manners) -> dict[Filter, Any]:
    wanted: dict[Filter, Any] = {}
    for name, condition in listing.filters.items():
        value = body.get(name)
        if value is not None:
            wanted[condition] = _parse(name, condition, value, manners)
        elif isinstance(condition, Among) and condition.default and manners.narrow_defaults:
            wanted[condition] = frozenset(condition.default)
    return wanted


def _parse(name: str, condition: Filter, value: Any, manners: Manners) -> Any:
    if isinstance(condition, Within | Colliding):
        return _interval(name, value, condition.months)
    values = [value] if condition.single else _array(name, value, condition.limit)
    if condition.choices is not None:
        return _choices(name, values, condition.choices)
    if condition.text:
        if not all(isinstance(word, str) for word in values):
            raise invalid(name)
        return frozenset(values)
    found = frozenset(_uuid(name, one) for one in values)
    if table := condition.of:
        # Only services can be unfit, not just unknown: those that take no reservations.
        place = "bookables" if condition.bookable else table
        if condition.strict or manners.refuse_unknown:
            _refuse_unknown(name, place, found, manners.known)
    return found


def _refuse_unknown(name: str, table: str, found: frozenset[str], known: Known) -> None:
    if not all(known(table, one) for one in found):
        raise invalid(name)


def _choices(name: str, values: list[Any], choices: Mapping[str, object]) -> frozenset[object]:
    if not all(isinstance(value, str) and value in choices for value in values):
        raise invalid(name)
    return frozenset(choices[value] for value in values)


def _shaped(name: str, value: Any, shape: type[T]) -> T:
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        raise invalid(name) from error


def _array(name: str, value: Any, limit: int) -> list[Any]:
    values = _shaped(name, value, list[Any])
    if not 1 <= len(values) <= limit:
        raise invalid(name)
    return values


def _uuid(name: str, value: Any) -> str:
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise invalid(name)
    return value.lower()


def _limitation(value: Any) -> tuple[int, str | None]:
    limitation = _shaped("Limitation", value, dict[str, Any])
    count = limitation.get("Count")
    # A JSON true is an int to Python, but no count.
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= _PAGE:
        raise invalid("Limitation.Count")
    return count, identity(limitation, "Cursor")


def _extent(listing: Listing, value: Any) -> frozenset[str]:
    if not listing.extent:
        return frozenset()
    extent = _shaped("Extent", value, dict[str, Any])
    return frozenset(name for name in listing.extent if flag(extent, name))


def _interval(name: str, value: Any, months: int) -> tuple[float, float]:
    ends = _shaped(name, value, dict[str, Any])
    start, end = (_instant(name, ends.get(edge)) for edge in ("StartUtc", "EndUtc"))
    if end < start or end > _later(start, months):
        raise invalid(name)
    return start.timestamp(), until(start.timestamp(), end.timestamp())


def _instant(name: str, value: Any) -> datetime:
    instant = _shaped(name, value, datetime)
    if instant.tzinfo is None:
        raise invalid(name)
    return instant


def _later(start: datetime, months: int) -> datetime:
    """Count calendar months on; how Mews counts them is not documented."""
    years, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + years, month + 1
    return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))
