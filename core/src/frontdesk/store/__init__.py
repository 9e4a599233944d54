"""The durable memory: SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

# Its tables are part of every store.
from frontdesk.store import counting_schema, delivery_schema, users_schema
from frontdesk.store.store import Store

__all__ = ["Store", "counting_schema", "delivery_schema", "users_schema"]
