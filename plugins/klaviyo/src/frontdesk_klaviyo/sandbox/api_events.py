"""Taking events in: one at a time, and in bulk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Final

import attrs
import msgspec
from msgspec import UNSET, Raw

from frontdesk_klaviyo.sandbox import shapes
from frontdesk_klaviyo.sandbox.accounts import Account
from frontdesk_klaviyo.sandbox.call import Call
from frontdesk_klaviyo.sandbox.checks import (
    KB,
    NAME,
    UNIQUE_ID,
    currency_is_good,
    event_time,
    properties_fault,
)
from frontdesk_klaviyo.sandbox.events import Row
from frontdesk_klaviyo.sandbox.options import listed
from frontdesk_klaviyo.sandbox.people import PARTIAL, Who, read_who, take_in
from frontdesk_klaviyo.sandbox.profiles import IDENTIFIERS
from frontdesk_klaviyo.sandbox.refusal import Problem, Refusal, invalid
from frontdesk_klaviyo.sandbox.shapes import Data, Event, EventEntry, EventGroup, EventJob
from frontdesk_klaviyo.sandbox.wire import Reply

MOST: Final = 1_000
_PROFILE: Final = 95 * KB
_GROUPS: Final = "/data/attributes/events-bulk-create/data"
#: From this revision on a single event has its profile's *meta* where bulk ones have it.
_META_MOVED: Final = "2026-10-15"

_Whole = Data[EventJob[EventGroup[Event]]]
_Groups = Data[EventJob[Raw]]


class Draft(msgspec.Struct, gc=False):
    """An event that was found good and waits to be processed."""

    metric: str
    time: int
    timed: bool
    value: int | float | None
    currency: str | None
    unique_id: str | None
    backfill: bool
    properties: bytes


@attrs.frozen
class Bundle:
    """Somebody and their events."""

    who: Who
    drafts: list[Draft]


def create_event(call: Call) -> Reply:
    """Take one event."""
    call.items = 1
    entry = call.read(Data[shapes.SingleEvent]).data.attributes
    place = "/data/attributes"
    who, problems = _who(call, entry.profile.data, f"{place}/profile/data", single=True)
    draft, faults = _draft(call, entry)
    call.refuse([*problems, *_placed(faults, place)])
    draft.backfill = entry.backfill is True
    _queue(call, [Bundle(who, [draft])])
    return Reply(202, headers={PARTIAL: "phone_number"} if who.phone_dropped else {})


def bulk_create_events(call: Call) -> Reply:
    """Take many events, or none of them."""
    try:
        groups = dict(enumerate(call.read(_Whole).data.attributes.groups.data))
    except Refusal as refusal:
        _refuse_each(call, refusal)
        raise
    call.items = sum(len(group.attributes.events.data) for group in groups.values())
    if not 1 <= call.items <= MOST:
        raise invalid(f"A request may have 1 to {MOST} events, not {call.items}.", _GROUPS)
    problems: list[Problem] = []
    bundles = [_bundle(call, index, group, problems) for index, group in groups.items()]
    problems += _repeated(call, bundles)
    call.refuse(problems)
    _queue(call, bundles)
    return Reply(202)


def _refuse_each(call: Call, first: Refusal) -> None:
    """Name each group and event of a bad body; *first* is what its first reading brought up."""
    try:
        groups = call.read(_Groups).data.attributes.groups.data
    except Refusal:
        raise first from None
    good, problems = call.reader.each(EventGroup[Raw], groups, _GROUPS)
    for index, group in good.items():
        place = f"{_GROUPS}/{index}/attributes/events/data"
        events, faults = call.reader.each(Event, group.attributes.events.data, place)
        _, more = _who(
            call, group.attributes.profile.data, f"{_GROUPS}/{index}/attributes/profile/data"
        )
        problems += [*more, *faults]
        for number, event in events.items():
            _, wrong = _draft(call, event.attributes)
            problems += _placed(wrong, f"{place}/{number}/attributes")
    call.refuse(problems)


def _bundle(call: Call, index: int, group: EventGroup[Event], problems: list[Problem]) -> Bundle:
    place = f"{_GROUPS}/{index}/attributes"
    attributes = group.attributes
    who, faults = _who(call, attributes.profile.data, f"{place}/profile/data")
    problems += faults
    drafts: list[Draft] = []
    for number, event in enumerate(attributes.events.data):
        draft, wrong = _draft(call, event.attributes)
        draft.backfill = _backfill(call, attributes.backfill is True, event.attributes)
        if wrong:
            problems += _placed(wrong, f"{place}/events/data/{number}/attributes")
        drafts.append(draft)
    return Bundle(who, drafts)


def _backfill(call: Call, group: bool, entry: EventEntry) -> bool:
    event = entry.backfill is True
    manner = call.options.backfill_conflict
    if manner == "both":
        return event and group
    return {"either": event or group, "event": event, "group": group}[manner]


def _who(call: Call, raw: Raw, base: str, *, single: bool = False) -> tuple[Who, list[Problem]]:
    if len(bytes(raw)) > _PROFILE:
        return Who(None, {}), [Problem("The profile of an event may have at most 95 KB.", base)]
    read: shapes.EventProfile | shapes.EventProfileOnce
    try:
        if single and call.revision < _META_MOVED:
            read = call.reader.read(shapes.EventProfileOnce, raw, base)
        else:
            read = call.reader.read(shapes.EventProfile, raw, base)
    except Refusal as refusal:
        return Who(None, {}), list(refusal.problems)
    meta = read.meta if isinstance(read, shapes.EventProfile) else None
    identity = None if read.id is UNSET else read.id
    lenient = single or call.options.bulk_invalid_phone == "partial"
    return read_who(call, base, read.attributes, identity=identity, meta=meta, partial=lenient)


def _draft(call: Call, entry: EventEntry) -> tuple[Draft, list[tuple[str, str]]]:
    """Read an event, and list what is wrong with it: where and what."""
    faults: list[tuple[str, str]] = []
    name = entry.metric.data.attributes.name
    if not 0 < len(name) < NAME:
        where = "metric/data/attributes/name"
        faults.append((where, f"A metric's name must have 1 to {NAME - 1} characters."))
    unique_id = entry.unique_id or None if entry.unique_id != "" else ""
    if unique_id is not None and not 1 <= len(unique_id) <= UNIQUE_ID:
        faults.append(("unique_id", f"A unique id must have 1 to {UNIQUE_ID} characters."))
    time = call.now if not entry.time else event_time(entry.time, call.now, call.options)
    if entry.time == "":
        time = "Invalid time: it is empty."
    if isinstance(time, str):
        faults.append(("time", time))
        time = call.now
    currency = entry.value_currency if isinstance(entry.value_currency, str) else None
    if currency is not None and not currency_is_good(currency):
        faults.append(("value_currency", "Invalid currency: not a code of ISO 4217."))
    properties = bytes(entry.properties)
    fault = properties_fault(properties, call.options)
    if fault is not None:
        faults.append(("properties", fault))
    draft = Draft(
        metric=name,
        time=int(time.timestamp()),
        timed=isinstance(entry.time, str),
        value=None if entry.value is UNSET else entry.value,
        currency=currency,
        unique_id=unique_id,
        backfill=False,
        properties=properties,
    )
    return draft, faults


def _placed(faults: list[tuple[str, str]], place: str) -> Iterator[Problem]:
    for where, what in faults:
        yield Problem(what, f"{place}/{where}")


def _repeated(call: Call, bundles: list[Bundle]) -> Iterator[Problem]:
    manner = call.options.bulk_repeated_unique_id
    if manner == "drop":
        return
    seen: set[tuple[str, str, str]] = set()
    for index, bundle in enumerate(bundles):
        key = bundle.who.key
        for number, draft in enumerate(bundle.drafts):
            if draft.unique_id is None:
                continue
            named = (key, draft.metric, draft.unique_id)
            if named in seen or (manner == "fail_stored" and _stored(call, bundle.who, draft)):
                place = f"{_GROUPS}/{index}/attributes/events/data/{number}/attributes/unique_id"
                yield Problem("The unique id is repeated for this profile and metric.", place)
            seen.add(named)


def _stored(call: Call, who: Who, draft: Draft) -> bool:
    account = call.account
    profile = account.profiles.by_id(who.id) if who.id else None
    profile = profile or account.profiles.find(who.changes, strict=False)
    metric = account.metrics.get(draft.metric, call.key.integration)
    if profile is None or metric is None:
        return False
    return account.events.known(_row(draft, profile.number, metric.number))


def _row(draft: Draft, profile: int, metric: int) -> Row:
    return Row(
        profile,
        metric,
        draft.time,
        draft.timed,
        draft.value,
        draft.currency,
        draft.unique_id,
        draft.backfill,
        draft.properties,
    )


def _queue(call: Call, bundles: list[Bundle]) -> None:
    account, integration = call.account, call.key.integration
    domains = frozenset(listed(call.options.dropped_domains))
    task = partial(_process, account, bundles, integration, domains)
    call.work.later(call.options.event_delay, task)


def _nobody(account: Account, who: Who) -> bool:
    """Tell whether somebody is named by an id alone that is nobody's (any more)."""
    named = any(who.changes.get(name) for name in IDENTIFIERS)
    return who.id is not None and not named and account.profiles.by_id(who.id) is None


def _process(
    account: Account,
    bundles: list[Bundle],
    integration: str,
    domains: frozenset[str],
    now: datetime,
) -> None:
    for bundle in bundles:
        email = bundle.who.changes.get("email") or ""
        if email.rpartition("@")[2] in domains:
            account.counts["dropped"] += len(bundle.drafts)
            continue
        if _nobody(account, bundle.who):
            account.counts["lost"] += len(bundle.drafts)
            continue
        profile = take_in(account, bundle.who, now)
        latest = profile.last_event
        for draft in bundle.drafts:
            metric = account.metrics.add(draft.metric, integration, now)
            new = account.events.add(_row(draft, profile.number, metric.number), profile)
            account.counts["events" if new else "duplicates"] += 1
            latest = draft.time if latest is None else max(latest, draft.time)
        profile.last_event = latest
