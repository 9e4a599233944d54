"""Bringing a store to the schema of this version: one migration history."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, inspect, text

from frontdesk.errors import StoreError
from frontdesk.store.backups import back_up
from frontdesk.store.engine import file_of, lock_store, reading, writing
from frontdesk.store.schema import metadata

if TYPE_CHECKING:
    from alembic.config import Config

_log = logging.getLogger("frontdesk")

#: The newest migration; a test compares it with the folder.
HEAD: Final = "0008"
_FOLDER: Final = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> None:
    """Create the tables, or bring them up to date; a SQLite file is backed up before.

    Raises:
        StoreError: The store was written by a newer frontdesk, or is none of ours.
    """
    # Read first: whoever only looks must not wait for the lock of whoever writes.
    if _is_current(engine):
        return
    with writing(engine) as db:
        lock_store(db)
        found = revision(db)
        if found == HEAD:
            return
        # Only an upgrade needs alembic, and importing it takes a while.
        from alembic import command  # noqa: PLC0415

        config = _config(db)
        _refuse_newer(engine, found, config)
        if found is None:
            _refuse_foreign(engine, db)
        else:
            _back_up(engine)
        command.upgrade(config, "head")


def _is_current(engine: Engine) -> bool:
    try:
        with reading(engine) as db:
            return revision(db) == HEAD
    except StoreError:
        # Somebody is just creating it: asked as a writer, we wait for them.
        return False


def _refuse_newer(engine: Engine, found: str | None, config: Config) -> None:
    from alembic.script import ScriptDirectory  # noqa: PLC0415  # see above

    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StoreError(
            f"the store {engine.url.database!r} is of version {found!r}, newer than this "
            f"frontdesk knows ({HEAD!r}); update frontdesk, or use another store"
        )


def _refuse_foreign(engine: Engine, db: Connection) -> None:
    """Another program's tables are none to add ours to; a shared PostgreSQL has schemas."""
    ours = set(inspect(db).get_table_names()) & metadata.tables.keys()
    if ours:
        raise StoreError(
            f"the database {engine.url.database!r} has a table {min(ours)!r} of another program; "
            "give frontdesk a file or a database of its own"
        )


def _back_up(engine: Engine) -> None:
    """Keep the store as it is, beside itself, before it is changed for good."""
    file = file_of(engine.url)
    if file is None:
        return
    kept = file.with_name(f"{file.name}.before-{HEAD}.bak")
    number = 2
    # An earlier upgrade was undone or failed; its backup may be all there is.
    while kept.exists():
        kept = file.with_name(f"{file.name}.before-{HEAD}.{number}.bak")
        number += 1
    back_up(file, kept)
    _log.warning("upgrading the store to %s; as it was, it is kept in %s", HEAD, kept)


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
