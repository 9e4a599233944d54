"""Consents on their way: what counts for an address, unless the destination was told already.

Opt-outs go first and need no list. Opt-ins go where somebody named a list for the connection
and channel, and never past what the destination itself shows (design law 4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import attrs
from sqlalchemy import Connection as Db

from frontdesk.consent import Statement, effective
from frontdesk.deliver import profiles
from frontdesk.deliver.planning import Sorted, screened
from frontdesk.deliver.profiles import Turn
from frontdesk.deliver.report import DeliveryReport
from frontdesk.deliver.session import Session
from frontdesk.model import Channel, ConsentState
from frontdesk.outgoing import Item, Load, OptOut, OutgoingConsent, Subscription
from frontdesk.store import persons, sending, statements, turns
from frontdesk.store.outbox import Stage
from frontdesk.store.statements import Said
from frontdesk.store.turns import GuestKey

#: Guests looked at in one transaction.
BATCH: Final = 1000
#: How long a destination is left alone about an address it was just told of.
QUIET: Final = timedelta(minutes=30)
#: How much later a destination may date what it was told.
ECHO: Final = timedelta(minutes=10)
#: Why an opt-in is not sent.
NO_LIST: Final = "no list is named for it (subscribers)"
NO_TIME: Final = "nobody knows when it was given (consent_without_time)"
NEWER: Final = "the destination shows a newer opt-out"
RECENT: Final = "the destination was told of the person a moment ago"


@attrs.frozen
class Word:
    """What is noted of a consent once it was sent.

    Attributes:
        source: The connection that brought it.
        learnt: Of an opt-in: when the destination was known to have an opt-out, if it was.
    """

    guest: int
    source: int
    channel: Channel
    address: str = attrs.field(repr=False)
    state: ConsentState
    learnt: datetime | None = None


@attrs.frozen
class OptOutPlan:
    """What becomes of some guests' opt-outs."""

    read: Sequence[GuestKey]
    items: Sorted[tuple[Item, Word]]


@attrs.frozen
class _Who:
    """Whose opt-in it may be: the person's own address, a guest of theirs, and what is known."""

    person: str
    guest: int
    learnt: datetime | None


@attrs.frozen
class OptInPlan:
    """What becomes of some guests' opt-ins.

    Attributes:
        skipped: Channels that are not sent, and why, by how many.
        postponed: Guests the destination was told of too lately.
    """

    turn: Turn
    planned: list[tuple[Item, Word]]
    skipped: list[tuple[Channel, str]]
    postponed: set[int]


def plan_opt_outs(db: Db, session: Session, *, after: GuestKey | None = None) -> OptOutPlan:
    """Look for opt-outs of the next guests that the destination does not know."""
    now = session.clock.now()
    read = turns.changed_guests(
        db, session.id, Stage.OPT_OUTS, limit=BATCH, now=now, after=after, only=session.only,
        whole=session.report.dry_run,
    )  # fmt: skip
    spoken = statements.addressed(db, [guest for _, guest in read])
    guests = {place: guest for guest, places in spoken.items() for place in places}
    addresses = {address for _, address in guests}
    said = statements.said_of(db, session.stored.brand, addresses)
    told = sending.told_of(db, session.id, addresses)
    known = sending.know(db, session.id, addresses)
    found = persons.identify(db, spoken)
    planned: list[tuple[Item, Word]] = []
    for (channel, address), guest in sorted(guests.items()):
        if channel not in session.destination.manifest.channels:
            continue
        if counting(said[channel, address]) is not ConsentState.UNSUBSCRIBED:
            continue
        before = told.get((channel, address))
        if before is not None and before[0] is ConsentState.UNSUBSCRIBED:
            continue
        person = found[guest]
        # Nobody is made known there only to be unsubscribed.
        if before is None and address not in known and (person.held or person.address != address):
            continue
        # A guest may have had several addresses.
        id = f"{channel}:{guest}:{len(planned)}"
        planned.append(_opt_out(session, id, (guest, channel, address), said[channel, address]))
    return OptOutPlan(read, screened(session, Load.OPT_OUTS, planned))


def counting(said: Sequence[Said]) -> ConsentState | None:
    """Return what counts of all that was said of an address."""
    return effective(Statement(one.state, one.at, one.seen) for one in said)


def _opt_out(
    session: Session, id: str, of: tuple[int, Channel, str], said: Sequence[Said]
) -> tuple[OutgoingConsent, Word]:
    guest, channel, address = of
    last = [one for one in said if one.state is ConsentState.UNSUBSCRIBED][-1]
    source = session.sources.get(last.connection)
    item = OutgoingConsent(
        id=id,
        channel=channel,
        state=ConsentState.UNSUBSCRIBED,
        address=address,
        at=last.at,
        integration=source.integration if source else "",
        evidence=last.evidence,
    )
    return item, Word(guest, last.connection, channel, address, ConsentState.UNSUBSCRIBED)


def plan_opt_ins(db: Db, session: Session, *, after: GuestKey | None = None) -> OptInPlan:
    """Look for opt-ins of the next persons that the destination does not know."""
    whose = profiles.turn(db, session, Stage.OPT_INS, limit=BATCH, after=after)
    places = _places(session, whose)
    addresses = {address for _, address in places}
    said = statements.said_of(db, session.stored.brand, addresses)
    told = sending.told_of(db, session.id, addresses)
    made = OptInPlan(whose, [], [], set())
    for (channel, address), (person, guest) in places.items():
        before = told.get((channel, address))
        if counting(said.get((channel, address), ())) is not ConsentState.SUBSCRIBED:
            continue
        if before is not None and before[0] is ConsentState.SUBSCRIBED:
            continue
        if before is not None and before[1] + QUIET > session.clock.now():
            # All of the person's: whichever of them waits is looked at again.
            made.postponed.update(part.guest for part in whose.persons[person])
            continue
        learnt = before[1] if before is not None else None
        place, who = (channel, address), _Who(person, guest, learnt)
        _plan_opt_in(session, made, place, who, said[place])
    return made


def _places(session: Session, whose: Turn) -> dict[tuple[Channel, str], tuple[str, int]]:
    """Return channels and addresses of persons, with the person's own and a guest of theirs."""
    places: dict[tuple[Channel, str], tuple[str, int]] = {}
    channels = session.destination.manifest.channels
    for person, parts in whose.persons.items():
        email = person if persons.is_email(person) else None
        phone = profiles.phone_of(session.sources, parts) if email else person
        for channel, address in ((Channel.EMAIL, email), (Channel.SMS, phone)):
            if address and channel in channels:
                places[channel, address] = (person, parts[-1].guest)
    return places


def _plan_opt_in(
    session: Session,
    made: OptInPlan,
    place: tuple[Channel, str],
    who: _Who,
    said: Sequence[Said],
) -> None:
    channel, address = place
    one = _telling(session, said)
    if one is None:
        return
    subscribers = session.subscribers(one.connection, channel)
    if subscribers is None:
        made.skipped.append((channel, NO_LIST))
        return
    when = _given(session, one, said)
    if when is None:
        made.skipped.append((channel, NO_TIME))
        return
    at, observed, history = when
    item = OutgoingConsent(
        id=f"{channel}:{who.guest}",
        channel=channel,
        state=ConsentState.SUBSCRIBED,
        address=address,
        email=who.person if channel is not Channel.EMAIL and persons.is_email(who.person) else None,
        at=at,
        observed=observed,
        history=history,
        subscribers=subscribers,
        integration=session.sources[one.connection].integration,
        evidence=one.evidence,
    )
    word = Word(who.guest, one.connection, channel, address, ConsentState.SUBSCRIBED, who.learnt)
    made.planned.append((item, word))


def _telling(session: Session, said: Sequence[Said]) -> Said | None:
    """Return the opt-in that counts: the newest dated one, else the first that was seen."""
    own = [
        one
        for one in said
        if one.state is ConsentState.SUBSCRIBED and one.connection in session.sources
    ]
    dated = [one for one in own if one.at is not None]
    if dated:
        return max(dated, key=lambda one: one.at or one.seen)
    return own[0] if own else None


def _given(
    session: Session, one: Said, said: Sequence[Said]
) -> tuple[datetime | None, bool, bool] | None:
    """Return when an opt-in was given, whether that is only when it was seen, and whether it
    is history; None if it must not be sent.
    """
    now = session.clock.now()
    if one.live and now - (one.at or one.seen) <= session.live_within:
        return one.at, False, False
    if one.at is not None:
        return min(one.at, now), False, True
    if session.destination.rules.consent_without_time == "first_seen":
        return min(one.seen for one in said if one.state is ConsentState.SUBSCRIBED), True, True
    return None


def shown_newer(
    planned: Sequence[tuple[Item, Word]], shown: Mapping[str, Subscription]
) -> dict[str, OptOut]:
    """Return the opt-outs that the destination shows against planned opt-ins, by their ids.

    An opt-in counts only if it is dated, and newer than that.
    """
    found: dict[str, OptOut] = {}
    for item, word in planned:
        one = shown.get(item.id)
        if one is None or one.state is not ConsentState.UNSUBSCRIBED:
            continue
        given = item.at if isinstance(item, OutgoingConsent) and not item.observed else None
        older = _is_older(one.at or word.learnt, given)
        if given is not None and (older or _is_echo(one.at, given, word)):
            continue
        found[item.id] = OptOut(word.channel, word.address, one.at, one.evidence)
    return found


def is_known(at: datetime | None, told: datetime | None) -> bool:
    """Tell whether an opt-out that a destination shows was known when it was told of it.

    What it is told it dates itself, a little later; the ledger has the time that counts.
    """
    return told is not None and (at is None or at <= told + ECHO)


def _is_echo(at: datetime | None, given: datetime, word: Word) -> bool:
    """Tell whether what is shown is only what the destination was told, after the opt-in.

    Of an opt-in given later, an opt-out right after it may be the guest's own.
    """
    return word.learnt is not None and given <= word.learnt and is_known(at, word.learnt)


def _is_older(at: datetime | None, given: datetime | None) -> bool:
    return at is not None and given is not None and at < given


def willing(
    session: Session, planned: Sequence[tuple[Item, Word]], newer: Mapping[str, OptOut]
) -> Sorted[tuple[Item, Word]]:
    """Return the opt-ins that are sent, and those the destination would not take."""
    left = [pair for pair in planned if pair[0].id not in newer]
    return screened(session, Load.OPT_INS, left)


def count_skipped(report: DeliveryReport, plan: OptInPlan, newer: Mapping[str, OptOut]) -> None:
    """Count the opt-ins that are not sent."""
    for channel, reason in plan.skipped:
        report.leave(Load.OPT_INS, "skipped", f"{channel.value}: {reason}")
    for one in newer.values():
        report.leave(Load.OPT_INS, "skipped", f"{one.channel.value}: {NEWER}")
    if plan.postponed:
        report.leave(Load.OPT_INS, "postponed", RECENT, len(plan.postponed))
