"""Klaviyo's filters: ``and(equals(email,"a@b.test"),greater-than(updated,2026-01-01))``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias, cast

import attrs

from frontdesk_klaviyo.sandbox.checks import moment
from frontdesk_klaviyo.sandbox.refusal import Refusal, wrong

Value: TypeAlias = str | tuple[str, ...] | None

_HEAD: Final = re.compile(r"\s*([a-z-]+)\(")
_FIELD: Final = re.compile(r"\s*([A-Za-z_][\w.]*)\s*")
_STRING: Final = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*""")
_BARE: Final = re.compile(r"\s*([^\s,()\[\]\"']+)\s*")
_COMPARED: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "greater-than": lambda one, two: one > two,
    "greater-or-equal": lambda one, two: one >= two,
    "less-than": lambda one, two: one < two,
    "less-or-equal": lambda one, two: one <= two,
}
TIMES: Final = frozenset(_COMPARED)


@attrs.frozen
class Kind:
    """What a field can be compared with."""

    single: frozenset[str] = frozenset()
    many: frozenset[str] = frozenset()
    #: text, time, number or none
    of: str = "text"


@attrs.frozen
class Condition:
    """One comparison."""

    operator: str
    field: str
    value: Any

    def holds(self, value: Any) -> bool:
        """Tell whether a row's value fulfils it."""
        if self.operator in _COMPARED:
            return value is not None and _COMPARED[self.operator](value, self.value)
        if isinstance(self.value, tuple):
            return value in self.value
        return bool(value == self.value)


def parse(text: str | None, fields: Mapping[str, Kind]) -> list[Condition]:
    """Read a filter.

    Raises:
        Refusal: It breaks the grammar, or compares what cannot be compared.
    """
    if text is None:
        return []
    reader = _Reader(text)
    found = reader.conditions()
    if reader.rest():
        raise reader.broken()
    return [_checked(one, fields) for one in found]


def _checked(raw: tuple[str, str, Value, bool], fields: Mapping[str, Kind]) -> Condition:
    operator, field, value, quoted = raw
    kind = fields.get(field)
    if kind is None:
        raise wrong("filter", f"Filtering by field {field!r} is not allowed.")
    many = isinstance(value, tuple)
    if operator not in (kind.many if many else kind.single):
        raise wrong("filter", f"Operator {operator!r} is not allowed for field {field!r}.")
    if kind.of == "none":
        return Condition(operator, field, value)
    if kind.of == "text" and not quoted:
        raise wrong("filter", f"The value for {field!r} must be quoted.")
    if many or kind.of == "text":
        return Condition(operator, field, value)
    return Condition(operator, field, _converted(kind, field, cast("str", value)))


def _converted(kind: Kind, field: str, value: str) -> Any:
    if kind.of == "time":
        read = moment(value)
        if read is None:
            raise wrong("filter", f"The value for {field!r} must be a date and time.")
        return read
    try:
        return float(value)
    except ValueError:
        raise wrong("filter", f"The value for {field!r} must be a number.") from None


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def broken(self) -> Refusal:
        return wrong("filter", f"Invalid filter at position {self._at}.")

    def rest(self) -> bool:
        return bool(self._text[self._at :].strip())

    def conditions(self) -> list[tuple[str, str, Value, bool]]:
        found = self._condition()
        while self._next(","):
            found += self._condition()
        return found

    def _condition(self) -> list[tuple[str, str, Value, bool]]:
        operator = self._match(_HEAD)
        if operator == "and":
            found = self.conditions()
        else:
            field = self._match(_FIELD)
            value, quoted = self._value() if self._next(",") else (None, False)
            found = [(operator, field, value, quoted)]
        self._expect(")")
        return found

    def _value(self) -> tuple[Value, bool]:
        if not self._next("["):
            return self._scalar()
        values: list[str] = []
        quoted = True
        while not self._next("]"):
            one, text = self._scalar()
            values.append(one)
            quoted = quoted and text
            if not self._next(","):
                self._expect("]")
                break
        return tuple(values), quoted

    def _scalar(self) -> tuple[str, bool]:
        found = _STRING.match(self._text, self._at)
        if found is None:
            return self._match(_BARE), False
        self._at = found.end()
        return re.sub(r"\\(.)", r"\1", found[1][1:-1]), True

    def _match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise self.broken()
        self._at = found.end()
        return found[1]

    def _next(self, sign: str) -> bool:
        while self._text[self._at : self._at + 1].isspace():
            self._at += 1
        if self._text[self._at : self._at + 1] != sign:
            return False
        self._at += 1
        return True

    def _expect(self, sign: str) -> None:
        if not self._next(sign):
            raise self.broken()
