"""Events on their way: from a page of the outbox to a batch, and past what holds them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

import attrs
import msgspec
from sqlalchemy import Connection as Db

from frontdesk.deliver.planning import Sorted, screened
from frontdesk.deliver.session import Session
from frontdesk.outgoing import Item, Load, OutgoingEvent
from frontdesk.store import outbox, persons, sending
from frontdesk.store.outbox import Waiting
from frontdesk.store.persons import is_email

#: Events in a batch. A destination may take fewer at a time, and send several requests at once.
BATCH: Final = 4000


class _Logged(msgspec.Struct):
    """What the log says of an event."""

    id: str
    metric: str
    time: datetime
    properties: msgspec.Raw
    value: Decimal | None = None
    currency: str | None = None
    site: str | None = None


_decode = msgspec.json.Decoder(_Logged).decode


@attrs.frozen
class EventPlan:
    """What becomes of a page of the outbox.

    Attributes:
        read: All that were looked at; nothing is left if there are none.
        held: Those that cannot be sent yet, and why.
        lost: Those that were sent before for somebody who was forgotten since.
        whom: The addresses of those that can be sent, by their ids.
    """

    read: Sequence[Waiting]
    held: Sequence[tuple[Waiting, str]]
    lost: Sequence[Waiting]
    items: Sorted[tuple[Item, Waiting]]
    whom: Mapping[str, str]


def plan(
    db: Db,
    session: Session,
    *,
    live: bool,
    after: outbox.Key | None = None,
) -> EventPlan:
    """Look at the next events, the oldest first."""
    read = outbox.events(
        db, session.id, session.sources, live=live, limit=BATCH, after=after, only=session.only
    )
    merged = persons.identify(db, {one.guest for one in read if one.merged})
    before = sending.addresses_of(db, {one.recipient for one in read if one.recipient})
    held: list[tuple[Waiting, str]] = []
    lost: list[Waiting] = []
    planned: list[tuple[Item, Waiting]] = []
    whom: dict[str, str] = {}
    for one in read:
        person = merged.get(one.guest) or persons.found(one.address, one.excluded)
        # Sent before: only for the same as then would the destination know it again.
        address = person.address if one.recipient is None else before.get(one.recipient)
        if one.recipient is not None and address is None:
            lost.append(one)
        elif person.held or address is None:
            held.append((one, person.held))
        else:
            item = outgoing(session, one, address, live=live)
            planned.append((item, one))
            whom[item.id] = address
    load = Load.LIVE_EVENTS if live else Load.HISTORY_EVENTS
    items = screened(session, load, planned)
    return EventPlan(read, held, lost, items, whom)


def outgoing(session: Session, one: Waiting, address: str, *, live: bool) -> OutgoingEvent:
    """Return an event as the destination is handed it."""
    said = _decode(one.body)
    source = session.sources[one.connection]
    email = is_email(address)
    return OutgoingEvent(
        id=said.id,
        metric=said.metric,
        time=said.time,
        email=address if email else None,
        phone_number=None if email else address,
        value=said.value,
        currency=said.currency,
        integration=source.integration,
        site=source.site(said.site),
        body=source.properties(said.metric, bytes(said.properties), said.site),
        live=live,
    )


def metrics(items: Collection[Item]) -> list[str]:
    """Return the metric of each event."""
    return [item.metric for item in items if isinstance(item, OutgoingEvent)]
