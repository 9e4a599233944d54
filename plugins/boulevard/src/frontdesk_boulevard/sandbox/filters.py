"""The filter language: ``startAt >= '2026-01-01T00:00:00Z' AND (cancelled = true OR ...)``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

import attrs

from frontdesk_boulevard.sandbox.ids import bare

Value: TypeAlias = str | float | bool | datetime
Test: TypeAlias = Callable[[Any], bool]
Getter: TypeAlias = Callable[[Any], Any]


class QueryError(Exception):
    """The text is not of the language, or names what cannot be filtered."""


_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<string>'(?:[^'\\]|\\.)*')
      | (?P<double>"(?:[^"\\]|\\.)*")
      | (?P<number>-?\d+(?:\.\d+)?)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<operator><=|>=|!=|==|<|>|=)
      | (?P<paren>[()])
    )""",
    re.VERBOSE,
)
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}
_MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_UNCONFIRMED: Final = frozenset({"!=", "=="})
_DEEPEST: Final = 50


@attrs.frozen
class Comparison:
    """A field, what it is compared by, and with what."""

    field: str
    operator: str
    value: Value


@attrs.frozen
class Grammar:
    """Which fields a connection can be filtered by, and how the language is spoken.

    Args:
        fields: How each is read from a row; a tuple of values matches if one of them does.
        times: Those that are times.
        ids: Those that are ids, of which only the last part is compared.
        zulu: Times must be written in UTC, with a Z.
    """

    fields: Mapping[str, Getter]
    times: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    zulu: bool = False
    lenient: bool = False
    nulls_match: bool = False


@attrs.frozen
class Filter:
    """A test of rows, and what must be true of every row that passes it."""

    test: Test
    needed: tuple[Comparison, ...] = ()

    def span(self, field: str) -> tuple[float, float]:
        """Tell between which moments a time must lie, roughly: from a little before to after."""
        low, high = float("-inf"), float("inf")
        for one in self.needed:
            if one.field == field and isinstance(one.value, datetime):
                at = one.value.timestamp()
                if one.operator in {">", ">=", "=", "=="}:
                    low = max(low, at)
                if one.operator in {"<", "<=", "=", "=="}:
                    high = min(high, at + 1)
        return low, high

    def equal(self, field: str) -> Value | None:
        """Tell the one value that a field must have."""
        for one in self.needed:
            if one.field == field and one.operator in {"=", "=="}:
                return one.value
        return None


EVERYTHING: Final = Filter(lambda _row: True)


def parse(text: str, grammar: Grammar) -> Filter:
    """Read a filter.

    Raises:
        QueryError: It cannot be read, or names a field that is not to be filtered by.
    """
    return _Parser(text, grammar).read()


class _Parser:
    def __init__(self, text: str, grammar: Grammar) -> None:
        self._tokens = list(_tokens(text))
        self._grammar = grammar
        self._place = 0
        self._depth = 0

    def read(self) -> Filter:
        found = self._either()
        if self._place < len(self._tokens):
            raise QueryError(f"unexpected {self._tokens[self._place][1]}")
        return found

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._place] if self._place < len(self._tokens) else ("end", "the end")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._place += 1
        return token

    def _took(self, text: str) -> bool:
        if self._peek() in {("word", text), ("paren", text)}:
            self._place += 1
            return True
        return False

    def _either(self) -> Filter:
        found = [self._both()]
        while self._took("OR"):
            found.append(self._both())
        if len(found) == 1:
            return found[0]
        tests = [one.test for one in found]
        return Filter(lambda row: any(test(row) for test in tests))

    def _both(self) -> Filter:
        found = [self._term()]
        while self._took("AND"):
            found.append(self._term())
        if len(found) == 1:
            return found[0]
        tests = [one.test for one in found]
        needed = tuple(needed for one in found for needed in one.needed)
        return Filter(lambda row: all(test(row) for test in tests), needed)

    def _term(self) -> Filter:
        if not self._took("("):
            return self._comparison()
        self._depth += 1
        if self._depth > _DEEPEST:
            raise QueryError("too many parentheses")
        found = self._either()
        if not self._took(")"):
            raise QueryError(f"expected ) and not {self._peek()[1]}")
        return found

    def _comparison(self) -> Filter:
        left = self._next()
        if self._took("IS"):
            negated = self._took("NOT")
            if not self._took("NULL"):
                raise QueryError(f"expected NULL and not {self._peek()[1]}")
            return _null(self._getter(left), negated=negated)
        kind, sign = self._next()
        if kind != "operator":
            raise QueryError(f"expected an operator and not {sign}")
        if sign in _UNCONFIRMED and not self._grammar.lenient:
            raise QueryError(f"unknown operator {sign}")
        right = self._next()
        if self._names(right) and not self._names(left):
            left, right, sign = right, left, _MIRRORED.get(sign, sign)
        getter = self._getter(left)
        if self._names(right):
            return _fields(getter, sign, self._getter(right))
        value = self._value(right, left[1])
        comparison = Comparison(left[1], sign, value)
        return Filter(_test(getter, comparison, nulls=self._grammar.nulls_match), (comparison,))

    def _names(self, token: tuple[str, str]) -> bool:
        return token[0] == "word" and token[1] not in {"true", "false"}

    def _getter(self, token: tuple[str, str]) -> Getter:
        kind, text = token
        if kind != "word" or text not in self._grammar.fields:
            raise QueryError(f"cannot filter by {text}")
        return self._grammar.fields[text]

    def _value(self, token: tuple[str, str], field: str) -> Value:
        kind, text = token
        if field in self._grammar.times and kind != "string":
            raise QueryError(f"invalid datetime {text}")
        if kind == "word":
            return text == "true"
        if kind == "number":
            return float(text)
        if kind != "string" and not (kind == "double" and self._grammar.lenient):
            raise QueryError(f"expected a value and not {text}")
        plain = re.sub(r"\\(.)", r"\1", text[1:-1])
        if field in self._grammar.ids:
            return bare(plain)
        return self._time(plain) if field in self._grammar.times else plain

    def _time(self, text: str) -> datetime:
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            raise QueryError(f"invalid datetime '{text}'") from None
        if found.tzinfo is None or (self._grammar.zulu and not text.endswith("Z")):
            raise QueryError(f"datetime '{text}' is not in UTC")
        return found


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place, end = 0, len(text.rstrip())
    while place < end:
        found = _TOKEN.match(text, place)
        if found is None:
            raise QueryError(f"unexpected {text[place:].lstrip()[:1]}")
        place = found.end()
        yield str(found.lastgroup), found[str(found.lastgroup)]


def _null(getter: Getter, *, negated: bool) -> Filter:
    return Filter(lambda row: (getter(row) is None) is not negated)


def _fields(left: Getter, sign: str, right: Getter) -> Filter:
    compare = _COMPARE[sign]

    def test(row: Any) -> bool:
        one, other = left(row), right(row)
        return type(one) is type(other) and one is not None and compare(one, other)

    return Filter(test)


def _test(getter: Getter, wanted: Comparison, *, nulls: bool) -> Test:
    compare, value = _COMPARE[wanted.operator], wanted.value

    def test(row: Any) -> bool:
        found = getter(row)
        if found is None:
            return nulls
        if isinstance(found, tuple):
            return any(compare(one, value) for one in found)
        if isinstance(found, str) is not isinstance(value, str):
            return False
        return compare(found, value)

    return test
