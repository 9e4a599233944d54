"""Bringing a store to the schema of this version: one migration history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, inspect, text

from frontdesk.errors import StoreError
from frontdesk.store.engine import lock_store, writing

if TYPE_CHECKING:
    from alembic.config import Config

#: The newest migration; a test compares it with the folder.
HEAD: Final = "0001"
_FOLDER: Final = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> None:
    """Create the tables, or bring them up to date.

    Raises:
        StoreError: The store was written by a newer frontdesk.
    """
    with writing(engine) as db:
        lock_store(db)
        found = revision(db)
        if found == HEAD:
            return
        # Only an upgrade needs alembic, and importing it takes a while.
        from alembic import command  # noqa: PLC0415
        from alembic.script import ScriptDirectory  # noqa: PLC0415

        config = _config(db)
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if found is not None and found not in known:
            raise StoreError(
                f"the store {engine.url.database!r} is of version {found!r}, newer than this "
                f"frontdesk knows ({HEAD!r}); update frontdesk, or use another store"
            )
        command.upgrade(config, "head")


def revision(db: Connection) -> str | None:
    """Return the store's schema version, None for an empty store."""
    if not inspect(db).has_table("alembic_version"):
        return None
    found: str | None = db.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _config(db: Connection) -> Config:
    from alembic.config import Config  # noqa: PLC0415  # see above

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = db
    return config
