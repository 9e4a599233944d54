"""Ids that depend on facts of the platform only (design law 2)."""

from __future__ import annotations

from frontdesk import jsons
from frontdesk.model import Account, Event, Record


def event_id(connector: str, account: Account, record: Record, event: Event) -> bytes:
    """Return 16 bytes that name the action *event* tells of.

    They are made of the platform, its account (and site, where the record has one), the
    record's stream and id, the action and its occurrence: never of a connection's name, a
    clock, a counter or a delivery.
    """
    facts = (
        connector,
        account.id,
        record.site or "",
        record.stream,
        record.id,
        event.action or event.metric,
        event.occurrence,
    )
    return jsons.digest(jsons.encode(facts))
