"""The states of connections and destinations: who sets them, and what a person should do."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Final

import attrs
from sqlalchemy import Connection as Db
from sqlalchemy import Table, select, update

from frontdesk.errors import ConfigurationError, PausedError
from frontdesk.store.delivery_schema import destinations
from frontdesk.store.schema import connections


@attrs.frozen
class Workers:
    """A table of what is at work under a lease and has a state, and what one of them is called."""

    table: Table
    word: str


CONNECTIONS: Final = Workers(connections, "connection")
DESTINATIONS: Final = Workers(destinations, "destination")


class State(enum.StrEnum):
    """How a connection or destination is."""

    RUNNING = "running"
    PAUSED = "paused"
    WAITING = "waiting"
    ATTENTION = "needs attention"
    HELD = "held"


#: States that only a person ends.
STOPPED: Final = (State.PAUSED, State.HELD)
HELD_BECAUSE: Final = "this store was restored or copied"


def what_to_do(name: str, state: str) -> str:
    """Say what a person should do about whatever is in *state*; nothing if all is well."""
    return {
        State.PAUSED: f"frontdesk resume {name}",
        State.HELD: f"see that no other copy of this store is at work, then: frontdesk resume {name}",
        State.WAITING: "nothing: the next try goes on",
        State.ATTENTION: f"mend what the reason says, try it with: frontdesk check {name}; "
        "the next try goes on where the last one stopped",
    }.get(State(state), "")


def note_state(
    db: Db, name: str, state: State, reason: str, now: datetime, *, of: Workers = CONNECTIONS
) -> None:
    """Note how work ended, if the store knows who did it; *since* stays with a state.

    What a person stopped, only a person sets going again.
    """
    table = of.table.c
    db.execute(
        update(of.table)
        .where(
            table.name == name,
            table.state.not_in(STOPPED),
            (table.state != state) | (table.reason != reason),
        )
        .values(state=state, reason=reason, since=now)
    )


def pause(db: Db, name: str, now: datetime) -> None:
    """Pause a connection or destination; one that is held stays held.

    Raises:
        ConfigurationError: The store has none of this name.
    """
    of, state = _found(db, name)
    if state not in STOPPED:
        _set(db, of, name, State.PAUSED, reason="somebody paused it", now=now)


def resume(db: Db, name: str, now: datetime) -> None:
    """Let what is paused or held run; any other is left as it is.

    Raises:
        ConfigurationError: The store has none of this name.
    """
    of, state = _found(db, name)
    if state in STOPPED:
        _set(db, of, name, State.RUNNING, reason="", now=now)


def hold_all(db: Db, now: datetime, reason: str = HELD_BECAUSE) -> None:
    """Hold every connection and destination, and end all leases: as in a store that is a copy."""
    for of in (CONNECTIONS, DESTINATIONS):
        db.execute(
            update(of.table).values(
                state=State.HELD, reason=reason, since=now, holder=None, lease_until=None
            )
        )


def refuse_stopped(name: str, state: str, of: Workers = CONNECTIONS) -> None:
    """Refuse to work for what a person stopped.

    Raises:
        PausedError: It is paused or held.
    """
    if state in STOPPED:
        raise PausedError(
            f"{of.word} {name!r} is {state}; resume it first: frontdesk resume {name}"
        )


def refuse_stopped_name(db: Db, name: str, of: Workers = CONNECTIONS) -> None:
    """Like :func:`refuse_stopped`, for whatever the store has under *name*."""
    table = of.table.c
    found = db.execute(select(table.state).where(table.name == name)).scalar()
    refuse_stopped(name, found or State.RUNNING, of)


def _set(db: Db, of: Workers, name: str, state: State, *, reason: str, now: datetime) -> None:
    changed = update(of.table).where(of.table.c.name == name)
    db.execute(changed.values(state=state, reason=reason, since=now))


def _found(db: Db, name: str) -> tuple[Workers, str]:
    """Return what the store has under *name*, and its state."""
    known: list[str] = []
    for of in (CONNECTIONS, DESTINATIONS):
        for row in db.execute(select(of.table.c.name, of.table.c.state)):
            if row.name == name:
                return of, row.state
            known += [row.name] if row.name else []
    raise ConfigurationError(
        f"the store has no connection or destination {name!r}; it has: {', '.join(known) or 'none'}"
    )
