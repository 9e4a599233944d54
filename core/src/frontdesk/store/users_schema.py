"""The tables of those who use the pages. Of what lets somebody in, only a digest is kept."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, LargeBinary, SmallInteger, String, Table

from frontdesk.columns import Instant
from frontdesk.store.schema import metadata, row_id, to

users: Final = Table(
    "users",
    metadata,
    row_id(),
    Column("name", String, nullable=False, unique=True),
    Column("role", SmallInteger, nullable=False),
    # Hashed; empty: the user gets in by one-time links only.
    Column("password", String),
    Column("created", Instant, nullable=False),
    Column("seen", Instant),
)

#: Browsers that are logged in.
logins: Final = Table(
    "logins",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    to("user"),
    Column("since", Instant, nullable=False),
    Column("expires", Instant, nullable=False),
)

#: Links that let a user in once.
login_links: Final = Table(
    "login_links",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    to("user"),
    Column("expires", Instant, nullable=False),
)

#: What cookies and forms are signed with; there is one, or none yet.
page_keys: Final = Table(
    "page_keys",
    metadata,
    row_id(),
    Column("secret", LargeBinary, nullable=False),
)
