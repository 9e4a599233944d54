"""Who may write for a connection or a destination: one at a time, fenced by an epoch.

A lease is taken by raising the epoch of the row. Every commit asks for that row with the
epoch it knows: a holder that slept through the end of its lease finds another epoch there
and cannot commit.
"""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta
from typing import Any, Final

import attrs
from sqlalchemy import Connection, select, update

from frontdesk.errors import LeaseError
from frontdesk.store.states import CONNECTIONS, Workers, refuse_stopped

LEASE: Final = timedelta(seconds=60)


@attrs.frozen
class Lease:
    """The right to write for a connection or destination.

    Attributes:
        row: The row it is written in.
        mending: The work is a person's own: a paused connection does not refuse it.
    """

    row: int
    name: str
    holder: str | None
    epoch: int
    mending: bool = False
    of: Workers = CONNECTIONS


def take(
    db: Connection,
    row: int,
    holder: str,
    now: datetime,
    *,
    mending: bool = False,
    of: Workers = CONNECTIONS,
) -> Lease:
    """Take the lease of a row.

    Raises:
        LeaseError: Somebody else holds it; says who, where, and when it frees.
        PausedError: A person stopped it, and the work is not *mending*.
    """
    table = of.table.c
    found = db.execute(
        select(table.name, table.state, table.epoch, table.holder, table.lease_until)
        .where(table.id == row)
        .with_for_update()
    ).one()
    if not mending:
        refuse_stopped(found.name, found.state, of)
    _refuse_held(found, now, of)
    db.execute(
        update(of.table)
        .where(table.id == row)
        .values(epoch=found.epoch + 1, holder=holder, lease_until=now + LEASE)
    )
    return Lease(row, found.name, holder, found.epoch + 1, mending, of)


def refuse_held_name(db: Connection, name: str, now: datetime, of: Workers = CONNECTIONS) -> None:
    """Refuse to work for what somebody else writes for, whoever asks.

    Asked before the platform is: a second process must neither use up its quota nor a
    token that can be refreshed only once.

    Raises:
        LeaseError: Somebody else holds its lease.
    """
    table = of.table.c
    asked = select(table.name, table.holder, table.lease_until).where(table.name == name)
    row = db.execute(asked).one_or_none()
    if row is not None:
        _refuse_held(row, now, of)


def _refuse_held(row: Any, now: datetime, of: Workers) -> None:
    if row.holder is not None and row.lease_until > now and not _dead(row.holder):
        raise LeaseError(
            f"{of.word} {row.name!r} is being written by {row.holder}; its lease ends at "
            f"{row.lease_until:%H:%M:%S} UTC unless renewed: wait, or stop that process",
            holder=row.holder,
            until=row.lease_until,
        )


def borrowed(db: Connection, connection: int) -> Lease:
    """Return a connection's lease good for a transaction that will be undone; who holds it keeps it."""
    table = CONNECTIONS.table.c
    row = db.execute(
        select(table.name, table.holder, table.epoch).where(table.id == connection)
    ).one()
    return Lease(connection, row.name, row.holder, row.epoch, mending=True)


def renew(db: Connection, lease: Lease, now: datetime) -> None:
    """Move the end of *lease* to a minute from *now*.

    Raises:
        LeaseError: The lease was lost.
        PausedError: A person stopped it meanwhile.
    """
    _fenced(db, lease, {"lease_until": now + LEASE})
    _refuse_stopped(db, lease)


def release(db: Connection, lease: Lease) -> None:
    """Give *lease* back, unless somebody else has taken it already."""
    table = lease.of.table.c
    db.execute(
        update(lease.of.table)
        .where(table.id == lease.row, table.epoch == lease.epoch)
        .values(holder=None, lease_until=None)
    )


def lock(db: Connection, lease: Lease) -> tuple[int, int]:
    """Lock the connection's row for this transaction.

    Returns its last sequence number, and how often somebody was forgotten.

    Raises:
        LeaseError: The lease was lost: nothing of this transaction may commit.
        PausedError: A person stopped the connection meanwhile.
    """
    # Written before it is read: that takes the row's lock on PostgreSQL.
    _fenced(db, lease, {"holder": lease.holder})
    table = CONNECTIONS.table.c
    row = db.execute(
        select(table.seq, table.state, table.forgotten).where(table.id == lease.row)
    ).one()
    if not lease.mending:
        refuse_stopped(lease.name, row.state)
    return row.seq, row.forgotten


def hold(db: Connection, lease: Lease) -> None:
    """Lock a destination's row for this transaction.

    Raises:
        LeaseError: The lease was lost: nothing of this transaction may commit.
        PausedError: A person stopped the destination meanwhile.
    """
    _fenced(db, lease, {"holder": lease.holder})
    _refuse_stopped(db, lease)


def _refuse_stopped(db: Connection, lease: Lease) -> None:
    if not lease.mending:
        table = lease.of.table.c
        state = db.execute(select(table.state).where(table.id == lease.row)).scalar_one()
        refuse_stopped(lease.name, state, lease.of)


def _fenced(db: Connection, lease: Lease, values: dict[str, object]) -> None:
    table = lease.of.table.c
    done = db.execute(
        update(lease.of.table)
        .where(table.id == lease.row, table.epoch == lease.epoch)
        .values(**values)
    )
    if done.rowcount != 1:
        raise LeaseError(
            f"the lease on {lease.of.word} {lease.name!r} was lost to another process; "
            f"what was not committed is read again by it"
        )


def _dead(holder: str) -> bool:
    """Tell whether the holder was a process of this machine that is no more.

    It was killed: nobody has to wait for its lease. Were it alive after all, its epoch
    would keep it from committing.
    """
    host, _, process = holder.rpartition(":")
    if os.name != "posix" or host != socket.gethostname() or not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
