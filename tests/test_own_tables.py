"""Tables of plugins: made, brought up to date, moved with the store, and never in the way."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import attrs
import inn
import porter
import pytest
from inn import NOW, FixedClock, busy, connected
from sqlalchemy import Column, MetaData, String, Table
from stores import DATABASES, asked, sync, told

from frontdesk import Desk
from frontdesk.errors import InvalidConnectorError, StoreError
from frontdesk.store import moving

pytestmark = pytest.mark.anyio
LATER = NOW + timedelta(hours=1)
SECOND = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"


def upgrade():
    op.add_column("porter_parcels", sa.Column("shelf", sa.String))
"""


@pytest.fixture(name="installed")
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Porter, installed."""
    monkeypatch.syspath_prepend(inn.install(tmp_path / "site", "porter", "porter"))


@pytest.fixture(name="newer")
def _newer(tmp_path: Path) -> porter.Tables:
    """The Porter's tables in a version to come."""
    return newer_in(tmp_path / "newer")


def newer_in(folder: Path) -> porter.Tables:
    """Return the Porter's tables with one more migration, which lies in *folder*."""
    shutil.copytree(porter.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "0002_shelf.py").write_text(SECOND, "utf-8")
    return attrs.evolve(porter.TABLES, migrations=folder, head="0002")


async def keep(url: str, *names: str, **options: str) -> None:
    """Have parcels, one packed into another that came later."""
    async with Desk(url, clock=FixedClock()) as desk:
        annex = porter.connected(desk, **options)
        for name in names:
            address = f"{name}@example.com"
            await annex.write(lambda db, n=name, a=address: porter.keep(db, n, a, at=NOW))
    if len(names) > 1:
        told(url, "UPDATE porter_parcels SET outer_id = 2 WHERE id = 1")


def parcels(url: str) -> list[tuple[object, ...]]:
    """Return all that the tables hold."""
    every = "SELECT * FROM porter_parcels ORDER BY id"
    return asked(url, every) + asked(url, "SELECT * FROM porter_labels ORDER BY parcel_id, word")


async def test_tables_are_there_once_the_store_is_open(store_url: str) -> None:
    async with Desk(store_url) as desk:
        porter.connected(desk)
        await desk.store.open()

        assert asked(store_url, "SELECT version_num FROM porter_frontdesk_version") == [("0001",)]
        assert parcels(store_url) == []
        # Nothing is done twice.
        porter.connected(desk, name="second")
        await desk.store.open()


async def test_they_are_brought_up_to_date_and_the_store_is_kept_as_it_was(
    store_url: str, newer: porter.Tables, caplog: pytest.LogCaptureFixture
) -> None:
    """Seen to fail when tables that are there already are left as they are."""
    await keep(store_url, "ada", "bob")

    async with Desk(store_url) as desk:
        porter.connected(desk, porter.altered(tables=newer))
        await desk.store.open()

        assert asked(store_url, "SELECT version_num FROM porter_frontdesk_version") == [("0002",)]
        assert asked(store_url, "SELECT name, shelf FROM porter_parcels ORDER BY id") == [
            ("ada", None),
            ("bob", None),
        ]
    if "://" not in store_url:
        (kept,) = Path(store_url).parent.glob("*.before-porter-0002.bak")
        assert len(parcels(str(kept))) == 6
        assert f"it is kept in {kept}" in caplog.text


async def test_newer_tables_are_refused_and_left_alone(
    store_url: str, newer: porter.Tables
) -> None:
    async with Desk(store_url) as desk:
        porter.connected(desk, porter.altered(tables=newer))
        await desk.store.open()

    with pytest.raises(StoreError, match="newer than this plugin 'porter' knows"):
        await keep(store_url, "ada")

    assert asked(store_url, "SELECT version_num FROM porter_frontdesk_version") == [("0002",)]


@pytest.mark.parametrize(
    "name", ["parcels", "guests", "porters_parcels", "porter_frontdesk_version"]
)
async def test_tables_of_another_name_are_refused(store_url: str, name: str) -> None:
    """Seen to fail when only the beginning of the name is compared."""
    metadata = MetaData()
    Table(name, metadata, Column("x", String))
    module = porter.altered(tables=attrs.evolve(porter.TABLES, metadata=metadata))
    async with Desk(store_url) as desk:
        with pytest.raises(InvalidConnectorError, match=f"table '{name}' must be called 'porter_"):
            porter.connected(desk, module)


async def test_versions_of_other_programs_are_no_plugins(store_url: str) -> None:
    """A database may be shared. Seen to fail when every ``..._version`` is taken for a plugin's."""
    await sync(store_url, busy(3))
    told(store_url, "CREATE TABLE schema_version (version_num INTEGER)")

    async with Desk(store_url) as desk:
        assert await desk.forget("nobody@example.com") == []


async def test_a_store_is_used_without_the_plugin_as_well(store_url: str) -> None:
    """Seen to fail when the plugin's version is taken for the store's."""
    await keep(store_url, "ada", "bob")
    before = parcels(store_url)

    report = await sync(store_url, busy(3))

    assert report.events > 0
    assert before == parcels(store_url)


# -- moving -------------------------------------------------------------------------------


@pytest.mark.parametrize("there", DATABASES)
@pytest.mark.usefixtures("installed")
async def test_a_copy_has_them_and_counts_on(
    store_url: str, there: str, new_store: Callable[..., str]
) -> None:
    """Seen to fail when sequences are not set, and when rows of one table point forward."""
    await keep(store_url, "ada", "bob")
    target = new_store(there)

    counts = moving.copy(store_url, target, LATER)

    assert (counts["porter_parcels"], counts["porter_labels"]) == (2, 4)
    assert parcels(target) == parcels(store_url)
    assert parcels(target)[0][-1] == 2
    await keep(target, "eve")
    assert [row[:1] for row in parcels(target)[:3]] == [(1,), (2,), (3,)]


async def test_nothing_is_copied_without_the_plugin(
    store_url: str, new_store: Callable[..., str]
) -> None:
    """Seen to fail when tables that cannot be read are left out."""
    await keep(store_url, "ada", "bob")
    target = new_store("sqlite")

    with pytest.raises(
        StoreError, match=r"tables of plugin 'porter', .* pip install frontdesk-porter"
    ):
        moving.copy(store_url, target, LATER)

    assert asked(target, "SELECT name FROM sqlite_master") == []


@pytest.mark.usefixtures("installed")
async def test_where_there_are_some_is_no_empty_store(
    store_url: str, new_store: Callable[..., str]
) -> None:
    """Seen to fail when only connections tell: nothing of this one was ever synced."""
    await keep(store_url, "ada", "bob")
    source = new_store("sqlite")
    await sync(source, busy(1))

    with pytest.raises(StoreError, match="is not empty: it has tables of plugin 'porter'"):
        moving.copy(source, store_url, LATER)


@pytest.mark.usefixtures("installed")
async def test_a_restored_backup_replaces_them(
    store_url: str, new_store: Callable[..., str], tmp_path: Path
) -> None:
    """Seen to fail when what was kept since the backup stays."""
    # What was read into one store comes to be in another.
    inn.Counting.others.add(store_url)
    source, with_them, without = new_store("sqlite"), tmp_path / "a.bak", tmp_path / "b.bak"
    await sync(source, busy(2))
    moving.backup(source, without, LATER)
    await keep(source, "ada", "bob")
    moving.backup(source, with_them, LATER)
    await keep(store_url, "eve", "kim", "zoe")

    moving.restore(with_them, store_url, LATER, replace=True)
    assert parcels(store_url) == parcels(source)

    moving.restore(without, store_url, LATER, replace=True)
    if "://" in store_url:
        assert parcels(store_url) == []
    async with Desk(store_url, clock=FixedClock(LATER)) as desk:
        connected(desk, busy(2))
        porter.connected(desk)
        await desk.store.open()
        assert parcels(store_url) == []


async def test_a_backup_is_restored_without_the_plugin_where_nobody_was_forgotten(
    new_store: Callable[..., str], tmp_path: Path
) -> None:
    source, backup = new_store("sqlite"), tmp_path / "a.bak"
    await keep(source, "ada", "bob")
    moving.backup(source, backup, LATER)
    before = parcels(source)

    moving.restore(backup, source, LATER, replace=True)

    assert before == parcels(source)
