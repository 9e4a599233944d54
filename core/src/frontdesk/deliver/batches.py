"""One batch: written down, sent, closed. After a crash it is sent again as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Final, TypeAlias

from cattrs.preconf.json import make_converter
from sqlalchemy import Connection as Db
from sqlalchemy import func, select

from frontdesk.deliver import events
from frontdesk.deliver.consents import Word
from frontdesk.deliver.profiles import Person
from frontdesk.deliver.session import Session
from frontdesk.errors import InvalidConnectorError
from frontdesk.outgoing import (
    Batch,
    Item,
    Load,
    Outcome,
    OutgoingConsent,
    OutgoingEvent,
    OutgoingProfile,
    Receipt,
)
from frontdesk.store import destinations, leases, outbox, persons, sending
from frontdesk.store.schema import connections
from frontdesk.store.sending import EVENTS, OpenBatch, Refused

Noted: TypeAlias = Person | Word
"""What is noted of a profile or a consent once it was sent."""

_converter: Final = make_converter()
# JSON has no bytes, and these are mostly plain text.
_converter.register_unstructure_hook(bytes, lambda value: value.decode("latin-1"))
_converter.register_structure_hook(bytes, lambda value, _: value.encode("latin-1"))
_KINDS: Final[dict[Load, tuple[type[Any], type[Any]]]] = {
    Load.PROFILES: (OutgoingProfile, Person),
    Load.OPT_OUTS: (OutgoingConsent, Word),
    Load.OPT_INS: (OutgoingConsent, Word),
}


class ForgottenMeanwhile(Exception):  # noqa: N818  # a signal, not an error
    """A guest was forgotten after the batch was planned: it must be planned again."""


def forgotten(db: Db, session: Session) -> int:
    """Return how often somebody was forgotten in what feeds the destination."""
    table = connections.c
    asked = select(func.coalesce(func.sum(table.forgotten), 0))
    return int(db.execute(asked.where(table.id.in_(session.sources))).scalar_one())


def begin(db: Db, session: Session, known: int) -> None:
    """Begin to write something down for a destination.

    Raises:
        LeaseError: Another process delivers to it by now.
        ForgottenMeanwhile: Somebody was forgotten since *known* was asked for.
    """
    leases.hold(db, session.lease)
    if forgotten(db, session) != known:
        raise ForgottenMeanwhile
    destinations.bind(db, session.id, session.clock.now())


def write(
    db: Db, session: Session, load: Load, planned: Sequence[tuple[Item, Noted]]
) -> OpenBatch | None:
    """Write profiles or consents down; nothing if there are none."""
    if not planned:
        return None
    body = [
        {"item": _converter.unstructure(item), "noted": _converter.unstructure(noted)}
        for item, noted in planned
    ]
    # Before it is sent: whoever is forgotten meanwhile is to be erased there, too.
    sending.make_known(db, session.id, {noted.address for _, noted in planned})
    id = sending.write_batch(db, session.id, load, body, session.clock.now())
    # The items are at hand: what was written is only read after a crash.
    return OpenBatch(id, load, 0, [])


def write_events(db: Db, session: Session, load: Load, plan: events.EventPlan) -> OpenBatch | None:
    """Write a page of events down, and what becomes of those that are not sent."""
    outbox.hold_events(db, session.id, plan.held)
    outbox.take_events(db, session.id, plan.lost)
    if not plan.items.sent:
        return None
    unknown = {plan.whom[item.id] for item, one in plan.items.sent if _known(one) is None}
    rows = sending.make_known(db, session.id, unknown)
    sent = [(one, _known(one) or rows[plan.whom[item.id]]) for item, one in plan.items.sent]
    id = sending.write_events(db, session.id, load, sent, session.clock.now())
    return OpenBatch(id, load, 0, [])


def _known(one: outbox.Waiting) -> int | None:
    """Return the row of an event's recipient, as far as it was found with the event."""
    return one.recipient or (None if one.merged else one.known)


def _refused(receipt: Receipt, one: outbox.Waiting) -> Refused:
    return Refused(receipt.outcome, receipt.reason, place=(one.connection, one.seq))


def _refused_guest(receipt: Receipt, noted: Noted) -> Refused:
    guest = noted.guests[-1] if isinstance(noted, Person) else noted.guest
    return Refused(receipt.outcome, receipt.reason, guest=guest)


async def send(
    session: Session,
    batch: OpenBatch,
    items: Sequence[Item],
    noted: Mapping[str, Noted | outbox.Waiting],
) -> None:
    """Send a batch that is written down, and close it with what the destination answered.

    Raises:
        FrontdeskError: The destination could not take it now; the batch stays open.
    """
    await session.store.write(lambda db: _count_try(db, session, batch))
    handed = Batch(batch.load, tuple(items), again=batch.tries > 0)
    receipts = await session.destination.hooks.deliver(session.client, handed, session.context)
    told = _checked(session, items, receipts)
    refused = [
        _of(told[item.id], noted[item.id])
        for item in items
        if told[item.id].outcome is not Outcome.ACCEPTED
    ]
    accepted = [item for item in items if told[item.id].outcome is Outcome.ACCEPTED]
    remarks = [told[item.id].reason for item in accepted if told[item.id].reason]

    def close(db: Db) -> None:
        leases.hold(db, session.lease)
        now = session.clock.now()
        sending.close(db, session.id, batch, accepted=len(accepted), refused=refused, now=now)
        _note_sent(db, session, batch.load, [noted[item.id] for item in accepted], now)

    await session.store.write(close)
    session.report.add(labels(session, [(item, noted[item.id]) for item in accepted]))
    for one in refused:
        session.report.leave(batch.load, one.outcome, one.reason)
    for reason in remarks:
        session.report.leave(batch.load, "accepted in part", reason)


def _count_try(db: Db, session: Session, batch: OpenBatch) -> None:
    leases.hold(db, session.lease)
    sending.try_again(db, batch.id)


def _of(receipt: Receipt, noted: Noted | outbox.Waiting) -> Refused:
    if isinstance(noted, outbox.Waiting):
        return _refused(receipt, noted)
    return _refused_guest(receipt, noted)


def _checked(
    session: Session, items: Sequence[Item], receipts: Iterable[Receipt]
) -> dict[str, Receipt]:
    """Return receipts by item: one for each, or the plugin is at fault."""
    told = {receipt.id: receipt for receipt in receipts}
    missing = [item.id for item in items if item.id not in told]
    if missing:
        error = InvalidConnectorError(
            f"destination plugin {session.destination.plugin.name!r} breaks the contract: deliver "
            f"returned no receipt for {len(missing)} of {len(items)} items"
        )
        raise error
    return told


def _note_sent(
    db: Db, session: Session, load: Load, accepted: Sequence[Any], now: datetime
) -> None:
    if load not in EVENTS:
        # Somebody may have been forgotten meanwhile: of them nothing is noted.
        still = persons.still_known(db, {one.address for one in accepted})
        accepted = [one for one in accepted if one.address in still]
    if load is Load.PROFILES:
        rows = sending.know(db, session.id, {one.address for one in accepted})
        known = [one for one in accepted if one.address in rows]
        sending.write_profiles(db, [(rows[one.address].id, one.digest, one.names) for one in known])
        sending.forgive(db, session.id, load, {g for one in accepted for g in one.guests})
    elif load not in EVENTS:
        words = {(one.channel, one.address): one.state for one in accepted}
        sending.tell(db, session.id, words, now)
        sending.forgive(db, session.id, load, {one.guest for one in accepted})


def labels(
    session: Session, items: Iterable[tuple[Item, Noted | outbox.Waiting]]
) -> Iterator[tuple[str, str]]:
    """Yield for each item whose it is, by connection, and what a report counts it as."""
    names = {row: source.name for row, source in session.sources.items()}
    for item, noted in items:
        row = noted.connection if isinstance(noted, outbox.Waiting) else noted.source
        yield names.get(row, ""), label(item)


def label(item: Item) -> str:
    """Return what a report counts an item as."""
    if isinstance(item, OutgoingEvent):
        return item.metric
    if isinstance(item, OutgoingProfile):
        return "profiles"
    word = "opt-ins" if item.subscribers else "opt-outs"
    return f"{word}: {item.channel.value}"


async def resume(session: Session) -> None:
    """Send the batches that were written down and not closed, as they were written.

    Where only some guests may be sent anything, a batch with others in it stays open.
    """
    allowed = await session.store.read(lambda db: _allowed(db, session))
    for batch in await session.store.read(lambda db: sending.open_batches(db, session.id)):
        if batch.load in EVENTS:
            items, noted = await session.store.read(_reading(session, batch))
        else:
            items, noted = _written(batch)
        if allowed is None or {_address(item) for item in items} <= allowed:
            await send(session, batch, items, noted)


def _allowed(db: Db, session: Session) -> set[str] | None:
    """Return the addresses something may be sent for; None: all."""
    if session.only is None:
        return None
    found = {one.address for one in persons.identify(db, session.only).values() if one.address}
    parts = persons.parts(db, found, session.sources)
    phones = {part.phone_number for some in parts.values() for part in some}
    return found | {phone for phone in phones if phone}


def _address(item: Item) -> str | None:
    if isinstance(item, OutgoingConsent):
        return item.address
    return item.email or item.phone_number


def _reading(
    session: Session, batch: OpenBatch
) -> Callable[[Db], tuple[list[Item], dict[str, Any]]]:
    def read(db: Db) -> tuple[list[Item], dict[str, Any]]:
        items: list[Item] = []
        noted: dict[str, Any] = {}
        for one, address in sending.events_of(db, batch.id):
            item = events.outgoing(session, one, address, live=batch.load is Load.LIVE_EVENTS)
            items.append(item)
            noted[item.id] = one
        # The oldest first, as ever.
        items.sort(key=attrgetter("time"))
        return items, noted

    return read


def _written(batch: OpenBatch) -> tuple[list[Item], dict[str, Any]]:
    kind, noting = _KINDS[batch.load]
    items: list[Item] = []
    noted: dict[str, Any] = {}
    for entry in batch.body:
        item = _converter.structure(entry["item"], kind)
        items.append(item)
        noted[item.id] = _converter.structure(entry["noted"], noting)
    return items, noted
