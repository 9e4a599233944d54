"""Indexes that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, TextClause


def where(condition: TextClause) -> dict[str, Any]:
    """Return how an index is told of which rows it is."""
    return {f"{database}_where": condition for database in ("sqlite", "postgresql")}


def prefixes(table: str, *columns: str) -> Index:
    """Return an index that finds whole values and their beginnings, whatever the collation."""
    ops = dict.fromkeys(columns, "varchar_pattern_ops")
    return Index(f"ix_{table}_{'_'.join(columns)}", *columns, postgresql_ops=ops)
