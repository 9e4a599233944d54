"""Those who use the pages, how they get in, and what cookies are signed with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the tables of users, logins, links and the key."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

    op.create_table(
        "users",
        sa.Column("id", key, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.SmallInteger(), nullable=False),
        sa.Column("password", sa.String(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
    )
    for table, more in (("logins", ("since", "expires")), ("login_links", ("expires",))):
        op.create_table(
            table,
            sa.Column("digest", sa.LargeBinary(), nullable=False),
            sa.Column("user_id", key, nullable=False),
            *(sa.Column(name, sa.BigInteger(), nullable=False) for name in more),
            sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id")),
            sa.PrimaryKeyConstraint("digest", name=op.f(f"pk_{table}")),
        )
    op.create_table(
        "page_keys",
        sa.Column("id", key, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_keys")),
    )
