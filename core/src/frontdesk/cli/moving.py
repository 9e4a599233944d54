"""``frontdesk store``: back up, restore, copy and prune; the key to its secrets."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from frontdesk.cli.options import ConfigOption, StoreOption, configured, looking
from frontdesk.cli.output import print_table
from frontdesk.cli.running import run

if TYPE_CHECKING:
    from frontdesk.store.runtime_secrets import Rekeyed


def add(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    group = typer.Typer(help="Back up, restore, copy and prune the store; its key.")
    for command in (backup, restore, copy, prune, key, rekey):
        group.command()(command)
    app.add_typer(group, name="store", no_args_is_help=True)


def backup(
    file: Annotated[Path, typer.Argument(help="To be written; must not exist.")],
    *,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Write a copy of a SQLite store that is whole, also while it is in use."""
    from frontdesk.store import moving  # keeps --help fast

    moving.backup(looking(config, store).store.where, file, datetime.now(UTC))
    typer.echo(f"backed up to {file}; all in it is held until somebody resumes it")


def restore(
    file: Annotated[Path, typer.Argument(help="A backup, or any SQLite store.")],
    *,
    config: ConfigOption = None,
    store: StoreOption = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Throw away what the store has now.")
    ] = False,
) -> None:
    """Put a backup into the store; connections and destinations are held until resumed."""
    from frontdesk.store import moving  # keeps --help fast

    where = configured(config).store.where if store is None else store
    again = moving.restore(file, where, datetime.now(UTC), replace=replace)
    typer.echo(
        "restored; connections and destinations are held until you say: frontdesk resume NAME"
    )
    if again is None:
        typer.echo(
            "nobody knows here whom the store forgot since the backup was made: forget them "
            "again before you resume"
        )
    elif again:
        typer.echo(f"guests forgotten since the backup was made, forgotten again: {again}")


def copy(
    source: Annotated[str, typer.Argument(help="Path or URL of the store to read.")],
    target: Annotated[str, typer.Argument(help="Path or URL of an empty store.")],
) -> None:
    """Copy a store into an empty one, between SQLite and PostgreSQL too."""
    from frontdesk.store import moving  # keeps --help fast

    counts = moving.copy(source, target, datetime.now(UTC))
    print_table("Copied", ("table", "rows"), counts.items())
    typer.echo(
        "in the copy connections and destinations are held until you say: frontdesk resume NAME"
    )


def prune(
    *,
    before: Annotated[
        datetime, typer.Option("--before", formats=["%Y-%m-%d"], help="A day, in UTC.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, and remove nothing.")] = False,
    config: ConfigOption = None,
) -> None:
    """Remove what nobody needs any more; never the log, consent or profiles."""
    desk = configured(config)

    async def work() -> tuple[int, int]:
        pruned = await desk.prune(before.replace(tzinfo=UTC), dry_run=dry_run)
        return pruned.quarantined, pruned.payloads

    quarantined, payloads = run(work)
    typer.echo(
        f"{'would remove' if dry_run else 'removed'}: {quarantined:,} settled entries of "
        f"quarantine, {payloads:,} payloads of reference records"
    )


def key() -> None:
    """Print a fresh key for secrets that connectors obtain at run time."""
    from frontdesk.store.keyring import new_key  # keeps --help fast

    typer.echo(new_key())


def rekey(
    *,
    drop_unreadable: Annotated[
        bool, typer.Option("--drop-unreadable", help="Remove what none of the keys fits.")
    ] = False,
    config: ConfigOption = None,
    store: StoreOption = None,
) -> None:
    """Encrypt all secrets obtained at run time with the first of the configured keys."""
    desk = looking(config, store)

    async def work() -> Rekeyed:
        return await desk.rekey(drop_unreadable=drop_unreadable)

    done = run(work)
    dropped = f"; {done.dropped:,} that no key fits removed" if done.dropped else ""
    typer.echo(
        f"{done.renewed:,} of {done.secrets:,} secrets encrypted anew; all are encrypted with the "
        f"first key{dropped}"
    )
