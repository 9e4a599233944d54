"""Copies of a SQLite file that are whole while others go on writing to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path

from frontdesk.errors import StoreError
from frontdesk.store.faults import said


def back_up(file: Path, target: Path, finish: Callable[[Path], None] = lambda _: None) -> None:
    """Copy the store in *file* to *target*, which comes to be whole or not at all.

    Args:
        finish: What else is to be done to the copy before it bears its name.

    Raises:
        StoreError: *target* exists or cannot be written, or *file* cannot be read.
    """
    if target.exists():
        raise StoreError(f"{str(target)!r} exists already; name another file, or remove it first")
    if not target.parent.is_dir():
        raise StoreError(f"the folder {str(target.parent)!r} does not exist; create it first")
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    try:
        with _explained(part):
            copy_pages(file, part)
        finish(part)
        part.rename(target)
    finally:
        for left in (part, Path(f"{part}-wal"), Path(f"{part}-shm")):
            left.unlink(missing_ok=True)


def copy_pages(file: Path, into: Path) -> None:
    """Make *into* equal to *file* in one transaction; whoever reads *into* sees all or nothing."""
    with (
        closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(into, timeout=30)) as target,
    ):
        source.backup(target)


@contextmanager
def _explained(file: Path) -> Generator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"the backup {str(file)!r}: {said(error)}") from None
