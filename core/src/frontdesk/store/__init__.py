"""The durable memory: SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

from frontdesk.store.store import Store

__all__ = ["Store"]
