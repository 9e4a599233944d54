"""Alembic's door: always the connection that :mod:`frontdesk.store.migrate` hands over."""

from __future__ import annotations

from alembic import context

from frontdesk.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    version_table=context.config.attributes["version_table"],
    target_metadata=metadata,
    transactional_ddl=False,
)
# The transaction is the caller's: it commits all migrations or none.
context.run_migrations()
