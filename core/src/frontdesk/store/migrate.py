"""Bringing a store to the schema of this version: one migration history."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, column, inspect, select
from sqlalchemy import table as sql

from frontdesk.annex import Tables
from frontdesk.errors import InvalidConnectorError, StoreError
from frontdesk.store.backups import back_up
from frontdesk.store.engine import file_of, lock_store, reading, writing
from frontdesk.store.schema import metadata

if TYPE_CHECKING:
    from alembic.config import Config

_log = logging.getLogger("frontdesk")

#: The newest migration; a test compares it with the folder.
HEAD: Final = "0008"
#: Where the version of our tables is kept; a plugin's are kept apart, so that a store can be
#: used without the plugin. Other programs in the same database have versions, too.
_OURS: Final = "alembic_version"
_VERSION: Final = "_frontdesk_version"
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
        _refuse_newer(engine, found, config, "frontdesk", HEAD)
        if found is None:
            _refuse_foreign(engine, db)
        else:
            _back_up(engine, HEAD)
        command.upgrade(config, "head")


def _is_current(engine: Engine) -> bool:
    try:
        with reading(engine) as db:
            return revision(db) == HEAD
    except StoreError:
        # Somebody is just creating it: asked as a writer, we wait for them.
        return False


def upgrade_own(engine: Engine, plugin: str, own: Tables) -> None:
    """Create the tables of a plugin, or bring them up to date; like :func:`upgrade`.

    Raises:
        StoreError: They were written by a newer version of the plugin.
        InvalidConnectorError: A table of its bears another's name.
    """
    refuse_unprefixed(plugin, own)
    with reading(engine) as db:
        if own_revision(db, plugin) == own.head:
            return
    with writing(engine) as db:
        lock_store(db)
        found = own_revision(db, plugin)
        if found == own.head:
            return
        from alembic import command  # noqa: PLC0415  # see above

        config = _config(db, own.migrations, version_table(plugin))
        _refuse_newer(engine, found, config, f"plugin {plugin!r}", own.head)
        if found is not None:
            _back_up(engine, f"{plugin}-{own.head}")
        command.upgrade(config, "head")


def version_table(plugin: str) -> str:
    """Return the name of the table that says which version a plugin's tables are of."""
    return f"{plugin}{_VERSION}"


def own_revision(db: Connection, plugin: str) -> str | None:
    """Return the version of a plugin's tables; None if there are none."""
    return _revision(db, version_table(plugin))


def plugins_with_tables(db: Connection) -> list[str]:
    """Return the plugins that have tables in the store, installed or not."""
    names = inspect(db).get_table_names()
    return sorted(name.removesuffix(_VERSION) for name in names if name.endswith(_VERSION))


def refuse_unprefixed(plugin: str, own: Tables) -> None:
    """Refuse tables that do not bear the name of their plugin.

    Raises:
        InvalidConnectorError: Names the table.
    """
    for name in own.metadata.tables:
        if not name.startswith(f"{plugin}_") or name == version_table(plugin):
            raise InvalidConnectorError(
                f"connector {plugin!r} breaks the contract: its table {name!r} must be called "
                f"'{plugin}_...'"
            )


def _refuse_newer(
    engine: Engine, found: str | None, config: Config, program: str, head: str
) -> None:
    from alembic.script import ScriptDirectory  # noqa: PLC0415  # see above

    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StoreError(
            f"the store {engine.url.database!r} is of version {found!r}, newer than this "
            f"{program} knows ({head!r}); update {program}, or use another store"
        )


def _refuse_foreign(engine: Engine, db: Connection) -> None:
    """Another program's tables are none to add ours to; a shared PostgreSQL has schemas."""
    ours = set(inspect(db).get_table_names()) & metadata.tables.keys()
    if ours:
        raise StoreError(
            f"the database {engine.url.database!r} has a table {min(ours)!r} of another program; "
            "give frontdesk a file or a database of its own"
        )


def _back_up(engine: Engine, head: str) -> None:
    """Keep the store as it is, beside itself, before it is changed for good."""
    file = file_of(engine.url)
    if file is None:
        return
    kept = file.with_name(f"{file.name}.before-{head}.bak")
    number = 2
    # An earlier upgrade was undone or failed; its backup may be all there is.
    while kept.exists():
        kept = file.with_name(f"{file.name}.before-{head}.{number}.bak")
        number += 1
    back_up(file, kept)
    _log.warning("upgrading the store to %s; as it was, it is kept in %s", head, kept)


def revision(db: Connection) -> str | None:
    """Return the store's schema version, None for an empty store."""
    return _revision(db, _OURS)


def _revision(db: Connection, table: str) -> str | None:
    if not inspect(db).has_table(table):
        return None
    found: str | None = db.execute(select(column("version_num")).select_from(sql(table))).scalar()
    return found


def _config(db: Connection, folder: Path | None = None, table: str = _OURS) -> Config:
    from alembic.config import Config  # noqa: PLC0415  # see above

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    if folder is not None:
        config.set_main_option("path_separator", "os")
        config.set_main_option("version_locations", str(folder))
    config.attributes["connection"] = db
    config.attributes["version_table"] = table
    return config
