"""Finding the guests of a record without a look at all of them."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the index."""

    op.create_index("ix_record_guests_record_id", "record_guests", ["record_id"])
