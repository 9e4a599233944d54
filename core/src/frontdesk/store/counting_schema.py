"""Tables of counts that are kept as events come, so that nobody has to count them.

Both are by site: who looks at one property of many must not wait for a sum over all.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Integer, String, Table

from frontdesk.columns import Amount, Instant, Key
from frontdesk.store.schema import metadata, to

#: What is counted where the platform does not say at which site it was.
NOWHERE: Final = ""

metric_days = Table(
    "metric_days",
    metadata,
    to("metric", key=True),
    # Days since 1970 in the site's own zone.
    Column("day", Integer, primary_key=True),
    # Before the site: sums over sites then read the key in its order.
    Column("currency", String, primary_key=True),
    Column("site", String, primary_key=True),
    Column("total", Key, nullable=False),
    Column("value", Amount, nullable=False),
    # Read by ranges of its key.
    sqlite_with_rowid=False,
)

metric_sites = Table(
    "metric_sites",
    metadata,
    to("metric", key=True),
    Column("site", String, primary_key=True),
    Column("currency", String, primary_key=True),
    Column("total", Key, nullable=False),
    Column("value", Amount, nullable=False),
    Column("first", Instant, nullable=False),
    Column("last", Instant, nullable=False),
    sqlite_with_rowid=False,
)
