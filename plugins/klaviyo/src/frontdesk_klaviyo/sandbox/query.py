"""The query of a request: which parameters, which page, which fields."""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

import attrs

from frontdesk_klaviyo.sandbox.refusal import wrong


@attrs.frozen
class Page:
    """How much an endpoint shows at once; without *most* nobody can choose."""

    default: int
    most: int | None = None


@attrs.frozen
class Query:
    """What a query says."""

    values: Mapping[str, str]
    page: Page
    #: The address that was asked, without its query.
    url: str

    def get(self, name: str) -> str | None:
        """Give a parameter."""
        return self.values.get(name)

    def many(self, name: str) -> tuple[str, ...]:
        """Give a parameter that is a list."""
        return tuple(one.strip() for one in self.values.get(name, "").split(",") if one.strip())

    def choices(self, name: str, known: Iterable[str]) -> tuple[str, ...]:
        """Give a parameter that is a list of known words."""
        chosen, known = self.many(name), frozenset(known)
        for one in chosen:
            if one not in known:
                raise wrong(name, f"{one!r} is not a valid value.")
        return chosen

    def size(self) -> int:
        """Tell how many rows to show."""
        text = self.get("page[size]")
        if text is None or self.page.most is None:
            return self.page.default
        if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= self.page.most:
            raise wrong("page[size]", f"The page size must be from 1 to {self.page.most}.")
        return int(text)

    def cursor(self) -> list[Any] | None:
        """Give the place at which a page begins."""
        text = self.get("page[cursor]")
        if text is None:
            return None
        try:
            # Klaviyo's own client leaves an equals sign before it when it takes a link apart.
            return list(json.loads(base64.urlsafe_b64decode(text.lstrip("=").encode())))
        except (binascii.Error, ValueError, TypeError):
            raise wrong("page[cursor]", "Invalid cursor.") from None

    def sort(self, known: Iterable[str], default: str) -> tuple[str, bool]:
        """Tell what to sort by, and whether downwards."""
        chosen = self.get("sort") or default
        if chosen.removeprefix("-") not in set(known):
            raise wrong("sort", f"Sorting by {chosen!r} is not allowed.")
        return chosen.removeprefix("-"), chosen.startswith("-")

    def link(self, cursor: list[Any] | None = None) -> str:
        """Give the address of this page, or of another."""
        values = {name: value for name, value in self.values.items() if name != "page[cursor]"}
        if cursor is None:
            values = dict(self.values)
        else:
            plain = json.dumps(cursor, separators=(",", ":")).encode()
            values["page[cursor]"] = base64.urlsafe_b64encode(plain).decode()
        return f"{self.url}?{urlencode(values)}" if values else self.url


def parse(query: str, url: str, allowed: Iterable[str], page: Page) -> Query:
    """Read a query; what an endpoint does not know is refused.

    Raises:
        Refusal: A parameter is unknown or repeated.
    """
    values: dict[str, str] = {}
    known = frozenset(allowed)
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in known:
            raise wrong(name, f"{name!r} is not a valid parameter here.")
        if name in values:
            raise wrong(name, f"{name!r} may be given once.")
        values[name] = value
    return Query(values, page, url)


def paged(
    places: list[tuple[Any, int]], query: Query, *, down: bool = False
) -> tuple[list[int], dict[str, Any]]:
    """Cut a page out of rows, given what they are sorted by and their numbers, upwards.

    Raises:
        Refusal: The cursor is of another collection.
    """
    start, size = query.cursor(), query.size()
    try:
        if down:
            end = len(places) if start is None else bisect_left(places, tuple(start))
            shown = places[max(0, end - size) : end][::-1]
            more = end > size
        else:
            begin = 0 if start is None else bisect_right(places, tuple(start))
            shown = places[begin : begin + size]
            more = begin + size < len(places)
    except TypeError:
        raise wrong("page[cursor]", "Invalid cursor.") from None
    following = query.link(list(shown[-1])) if more and shown else None
    links = {"self": query.link(), "next": following, "prev": None}
    return [number for _, number in shown], links
