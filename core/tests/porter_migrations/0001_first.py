"""The porter's first tables."""

from __future__ import annotations

from alembic import op
from porter import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    metadata.create_all(op.get_bind(), checkfirst=False)
