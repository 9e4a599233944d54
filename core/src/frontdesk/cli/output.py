"""Printing: tables for people, JSON for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs

from frontdesk import jsons
from frontdesk.wire import time_json


def print_json(value: Any) -> None:
    """Print one JSON value, readable."""
    import msgspec  # keeps --help fast

    text = msgspec.json.format(jsons.encode(_plain(value)), indent=2)
    sys.stdout.write(text.decode() + "\n")


def print_line(value: Any) -> None:
    """Print one JSON value on one line."""
    sys.stdout.write(jsons.encode(_plain(value)).decode() + "\n")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; columns of numbers stand to the right."""
    from rich.console import Console  # keeps --help fast
    from rich.table import Table
    from rich.text import Text

    body = [list(row) for row in rows]
    if not body:
        sys.stdout.write(f"{title}: none\n")
        return
    table = Table(title=title, title_justify="left", show_edge=False, pad_edge=False)
    for number, column in enumerate(columns):
        right = bool(body) and all(isinstance(row[number], int | Decimal) for row in body)
        table.add_column(column, justify="right" if right else "left", overflow="fold")
    for row in body:
        # Text, not markup: what guests are called is not ours to interpret.
        table.add_row(*(Text(shown(value)) for value in row))
    Console().print(table)


def shown(value: Any) -> str:
    """Return a value as a table shows it; control characters are made visible."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return "\n".join(f"{shown(v)} {k}" for k, v in value.items())
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(value))


def _plain(value: Any) -> Any:
    if attrs.has(type(value)):
        return _plain(attrs.asdict(value, recurse=False))
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return time_json(value) if isinstance(value, datetime) else value
