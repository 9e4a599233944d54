"""The states of a connection: which there are, who sets them, and what a person should do."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Final

from sqlalchemy import Connection as Db
from sqlalchemy import select, update

from frontdesk.errors import ConfigurationError, PausedError
from frontdesk.store.schema import connections


class State(enum.StrEnum):
    """How a connection is."""

    RUNNING = "running"
    PAUSED = "paused"
    WAITING = "waiting"
    ATTENTION = "needs attention"
    HELD = "held"


#: States that only a person ends.
STOPPED: Final = (State.PAUSED, State.HELD)
HELD_BECAUSE: Final = "this store was restored or copied"


def what_to_do(name: str, state: str) -> str:
    """Say what a person should do about a connection in *state*; nothing if all is well."""
    return {
        State.PAUSED: f"frontdesk resume {name}",
        State.HELD: f"see that no other copy of this store is at work, then: frontdesk resume {name}",
        State.WAITING: "nothing: the next sync tries again",
        State.ATTENTION: f"mend what the reason says, try it with: frontdesk check {name}; "
        "the next sync goes on where the last one stopped",
    }.get(State(state), "")


def note_state(db: Db, name: str, state: State, reason: str, now: datetime) -> None:
    """Note how a sync ended, if the store knows the connection; *since* stays with a state.

    What a person stopped, only a person sets going again.
    """
    table = connections.c
    db.execute(
        update(connections)
        .where(
            table.name == name,
            table.state.not_in(STOPPED),
            (table.state != state) | (table.reason != reason),
        )
        .values(state=state, reason=reason, since=now)
    )


def pause(db: Db, name: str, now: datetime) -> None:
    """Pause a connection; one that is held stays held.

    Raises:
        ConfigurationError: The store has no such connection.
    """
    if _state(db, name) not in STOPPED:
        _set(db, name, State.PAUSED, "somebody paused it", now)


def resume(db: Db, name: str, now: datetime) -> None:
    """Let a paused or held connection run; any other is left as it is.

    Raises:
        ConfigurationError: The store has no such connection.
    """
    if _state(db, name) in STOPPED:
        _set(db, name, State.RUNNING, "", now)


def hold_all(db: Db, now: datetime) -> None:
    """Hold every connection, and end all leases: this store is a copy of another."""
    db.execute(
        update(connections).values(
            state=State.HELD, reason=HELD_BECAUSE, since=now, holder=None, lease_until=None
        )
    )


def refuse_stopped(name: str, state: str) -> None:
    """Refuse to work for a connection that a person stopped.

    Raises:
        PausedError: It is paused or held.
    """
    if state in STOPPED:
        raise PausedError(
            f"connection {name!r} is {state}; resume it first: frontdesk resume {name}"
        )


def refuse_stopped_name(db: Db, name: str) -> None:
    """Like :func:`refuse_stopped`, for whatever the store has under *name*."""
    found = db.execute(select(connections.c.state).where(connections.c.name == name)).scalar()
    refuse_stopped(name, found or State.RUNNING)


def _set(db: Db, name: str, state: State, reason: str, now: datetime) -> None:
    db.execute(
        update(connections)
        .where(connections.c.name == name)
        .values(state=state, reason=reason, since=now)
    )


def _state(db: Db, name: str) -> str:
    found: str | None = db.execute(
        select(connections.c.state).where(connections.c.name == name)
    ).scalar()
    if found is None:
        known = ", ".join(db.execute(select(connections.c.name)).scalars()) or "none"
        raise ConfigurationError(f"the store has no connection {name!r}; it has: {known}")
    return found
