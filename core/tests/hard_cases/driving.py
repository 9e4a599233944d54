"""Do with a connector's hooks what core does, without a store and without a platform."""

from __future__ import annotations

import copy
import functools
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from types import ModuleType
from typing import Any, Final, TypeAlias

import attrs
import pluggy

from frontdesk.hooks import ConnectorHooks
from frontdesk.model import Context, Delivery, Event, Json, Origin, Record, Ref, Related, Wanted

ROUNDS: Final = 3
"""How often one mapping may ask for more records."""

RECEIVED: Final = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
"""When every delivery of these tests arrives."""

Log: TypeAlias = dict[str, Event]
"""Events by id, in the order they were first told."""


@attrs.frozen
class Sighting:
    """One observation: what is mapped, beside what, and what is kept afterwards."""

    record: Record
    previous: Record | None
    kept: Record


@functools.cache
def hooks_of(connector: ModuleType) -> Any:
    """Return the connector's hooks, called the way core calls them."""
    manager = pluggy.PluginManager("frontdesk")
    manager.add_hookspecs(ConnectorHooks)
    manager.register(connector)
    manager.check_pending()
    return manager.hook


def lay(over: Record, under: Record) -> Record:
    """Lay *over* over *under*, field by field of the top level."""
    return attrs.evolve(
        over,
        payload={**under.payload, **over.payload},
        guests=tuple(dict.fromkeys(over.guests + under.guests)),
        version=over.version or under.version,
        partial=over.partial and under.partial,
    )


def observe(kept: Record | None, seen: Record) -> Sighting:
    """Decide what to map and what to keep when *seen* arrives and *kept* is stored."""
    if kept is None:
        return Sighting(seen, None, seen)
    if _is_late(seen, kept):
        return _observe_late(kept, seen)
    current = lay(seen, kept) if seen.partial else seen
    return Sighting(current, kept, current)


def _is_late(seen: Record, kept: Record) -> bool:
    """Tell whether *seen* is older than *kept*; without versions arrival decides."""
    return bool(seen.version and kept.version and seen.version < kept.version)


def _observe_late(kept: Record, seen: Record) -> Sighting:
    """Map a late version without a previous one.

    The stored version is newer: as *previous* it would show every transition backwards,
    and a reservation confirmed before it was cancelled would look restored.
    """
    if not (seen.partial or kept.partial):
        return Sighting(seen, None, kept)
    completed = lay(kept, seen)
    return Sighting(completed, None, completed)


def parse(
    connector: ModuleType,
    record: Record,
    *,
    context: Context,
    previous: Record | None = None,
    platform: Mapping[Ref, Record | None] | None = None,
) -> tuple[Event, ...]:
    """Call ``parse_event``, answering what it asks for from *platform*."""
    return asked(connector, record, context=context, previous=previous, platform=platform)[1]


def asked(
    connector: ModuleType,
    record: Record,
    *,
    context: Context,
    previous: Record | None = None,
    platform: Mapping[Ref, Record | None] | None = None,
) -> tuple[list[list[Ref]], tuple[Event, ...]]:
    """Return the refs of every round, and the events of the round that needed none."""
    related = Related()
    rounds: list[list[Ref]] = []
    while True:
        try:
            told = tuple(
                hooks_of(connector).parse_event(
                    record=record, previous=previous, related=related, context=context
                )
            )
        except Wanted as wanted:
            refs = list(wanted.refs)
        else:
            return rounds, told
        rounds.append(refs)
        assert len(rounds) <= ROUNDS, f"{connector.__name__} asks for ever: {rounds}"
        related.update((ref, None if platform is None else platform.get(ref)) for ref in refs)


def event_id(account: str, record: Record, event: Event) -> str:
    """Digest what makes an action itself: never a clock, a counter or a connection."""
    parts = [
        account,
        record.site,
        record.stream,
        record.id,
        event.action or event.metric,
        event.occurrence,
    ]
    # A list, not joined text: an id that contains the separator must not meet another.
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def ids(account: str, record: Record, events: Iterable[Event]) -> set[str]:
    """Return the ids of *events* that *record* told."""
    return {event_id(account, record, event) for event in events}


def follow(
    connector: ModuleType,
    records: Iterable[Record],
    *,
    context: Context,
    platform: Mapping[Ref, Record | None] | None = None,
) -> Log:
    """Observe *records* one after the other; the first event under an id stands."""
    log: Log = {}
    shelf: dict[tuple[str, str | None, str], Record] = {}
    for seen in records:
        place = (seen.stream, seen.site, seen.id)
        sighting = observe(shelf.get(place), seen)
        told = parse(
            connector,
            sighting.record,
            context=context,
            previous=sighting.previous,
            platform=platform,
        )
        for event in told:
            log.setdefault(event_id(context.account.id, seen, event), event)
        shelf[place] = sighting.kept
    return log


def receive(
    connector: ModuleType,
    deliveries: Iterable[Delivery],
    *,
    context: Context,
    platform: Mapping[Ref, Record | None] | None = None,
) -> Iterator[Record]:
    """Yield the records of *deliveries*, refs answered in the place they were named."""
    for delivery in deliveries:
        for told in hooks_of(connector).read_webhook(delivery=delivery, context=context):
            record = (platform or {}).get(told) if isinstance(told, Ref) else told
            if record is not None:
                yield attrs.evolve(record, seen=delivery.received, origin=Origin.LIVE)


def delivered(message: Json) -> Delivery:
    """Return *message* as a request that arrived."""
    return Delivery(body=json.dumps(message).encode(), received=RECEIVED)


def check_purity(
    connector: ModuleType,
    record: Record,
    *,
    context: Context,
    previous: Record | None = None,
    platform: Mapping[Ref, Record | None] | None = None,
) -> None:
    """Map the same twice: the answers are equal and the arguments as they were."""
    before = copy.deepcopy((record, previous, platform))
    first, second = (
        parse(connector, record, context=context, previous=previous, platform=platform)
        for _ in range(2)
    )

    assert first == second
    assert (record, previous, platform) == before
