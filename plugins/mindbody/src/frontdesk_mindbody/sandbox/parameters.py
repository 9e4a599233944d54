"""The query of a request: names in any case, with or without ``request.``, lists by repetition."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from urllib.parse import parse_qsl

import attrs

from frontdesk_mindbody.sandbox.refusal import invalid, missing

#: Rows in a page unless asked for, and at most.
PAGE: Final = 100
CAP: Final = 200
_PREFIX: Final = "request."
_FLAGS: Final = {"true": True, "false": False}


@attrs.frozen
class Parameters:
    """What was asked for, by names in lower case."""

    values: dict[str, list[str]]

    @classmethod
    def read(cls, query: bytes) -> Parameters:
        """Read a query string."""
        values: dict[str, list[str]] = {}
        for name, value in parse_qsl(query.decode(), keep_blank_values=True):
            lower = name.lower().removeprefix(_PREFIX).removesuffix("[]")
            values.setdefault(lower, []).append(value)
        return cls(values)

    def texts(self, name: str) -> list[str]:
        """Give all values of a parameter."""
        return [value for value in self.values.get(name.lower(), []) if value]

    def text(self, name: str) -> str | None:
        """Give the value of a parameter."""
        found = self.texts(name)
        return found[-1] if found else None

    def required(self, name: str) -> str:
        """Give the value of a parameter that must be there."""
        found = self.text(name)
        if found is None:
            raise missing(name)
        return found

    def numbers(self, name: str) -> list[int]:
        """Give all values of a parameter that is a number."""
        try:
            return [int(value) for value in self.texts(name)]
        except ValueError:
            raise invalid(name) from None

    def number(self, name: str) -> int | None:
        """Give the value of a parameter that is a number."""
        found = self.numbers(name)
        return found[-1] if found else None

    def flag(self, name: str, *, default: bool | None = False) -> bool | None:
        """Give the value of a parameter that is true or false."""
        found = self.text(name)
        if found is None:
            return default
        if found.lower() not in _FLAGS:
            raise invalid(name)
        return _FLAGS[found.lower()]

    def time(self, name: str) -> datetime | None:
        """Give a time, which has a zone or not."""
        found = self.text(name)
        if found is None:
            return None
        try:
            return datetime.fromisoformat(found)
        except ValueError:
            raise invalid(name) from None

    def day(self, name: str) -> date | None:
        """Give the day of a time as it is written, whatever its zone."""
        found = self.time(name)
        return None if found is None else found.date()

    def page(self, beyond_cap: str) -> tuple[int, int]:
        """Give the limit and the offset."""
        limit, offset = self.number("limit"), self.number("offset")
        limit, offset = PAGE if limit is None else limit, offset or 0
        if limit < 1 or (limit > CAP and beyond_cap == "refuse"):
            raise invalid("Limit")
        if offset < 0:
            raise invalid("Offset")
        return min(limit, CAP), offset
