"""Segments as conditions of the database, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, String, and_, func, or_, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from frontdesk_guestlist import rules
from frontdesk_guestlist.rules import UNKNOWN, Criterion, Segment
from frontdesk_guestlist.schema import guests

_ASCII: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


class _Small(FunctionElement[str]):
    """What :func:`small` makes of a column, by the database."""

    inherit_cache = True
    name = "small"
    type = String()


@compiles(_Small, "sqlite")
def _small_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    # Of letters beyond ASCII it knows nothing.
    return f"lower({compiler.process(element.clauses, **options)})"


@compiles(_Small, "postgresql")
def _small_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    # lower() knows more letters, and which depends on the database's locale.
    text = compiler.process(element.clauses, **options)
    return f"translate({text}, '{string.ascii_uppercase}', '{string.ascii_lowercase}')"


def small(text: str) -> str:
    """Return *text* in small letters as all databases know to make them: those of ASCII."""
    return text.translate(_ASCII)


def folded(column: ColumnElement[str]) -> ColumnElement[str]:
    """Return what :func:`small` makes of a column."""
    return _Small(column)


def matches(segments: Sequence[Segment]) -> ColumnElement[bool]:
    """Return the condition that a row of guests is in all of *segments*."""
    return and_(true(), *map(_segment, segments))


def _segment(segment: Segment) -> ColumnElement[bool]:
    one = or_(*(_value(segment.criterion, value.strip()) for value in segment.values))
    return one if segment.include else ~one


def _value(criterion: Criterion, value: str) -> ColumnElement[bool]:
    if criterion is Criterion.NIGHTS:
        return _nights(value)
    column: Column[str] = guests.c[criterion.value]
    if value == UNKNOWN:
        return column == ""
    if criterion is Criterion.LANGUAGE:
        # As it is known: fr, fr-CA or fr_CA.
        spoken, asked = func.replace(folded(column), "_", "-"), small(value).replace("_", "-")
        return or_(spoken == asked, spoken.like(f"{asked}-%"))
    return folded(column) == small(value)


def _nights(value: str) -> ColumnElement[bool]:
    nights = func.coalesce(guests.c.nights, -1)
    if value == UNKNOWN:
        return nights == -1
    low, high = rules.nights(value)
    return nights.between(low, high)
