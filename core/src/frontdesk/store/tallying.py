"""How much destinations took so far: cheap enough to be asked again and again."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from frontdesk.store.delivery_schema import destinations, tallies


def taken(db: Connection) -> dict[str, int]:
    """Return how many items each destination ever accepted, by its name."""
    table = tallies.c
    asked = (
        select(destinations.c.name, func.sum(table.total))
        .join(tallies, table.destination_id == destinations.c.id)
        .where(destinations.c.name.is_not(None), table.outcome == "accepted")
        .group_by(destinations.c.name)
    )
    return {row[0]: int(row[1]) for row in db.execute(asked)}
