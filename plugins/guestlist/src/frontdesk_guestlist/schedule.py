"""Who is due for which e-mail and when, asked of the database."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final, Literal, TypeAlias

import attrs
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    cast,
    exists,
    func,
    literal,
    select,
    type_coerce,
)
from sqlalchemy import Connection as Db

from frontdesk.annex import Annex
from frontdesk_guestlist import changes, emails, exclusions, mailing, matching, rowing, timing
from frontdesk_guestlist import guests as listed
from frontdesk_guestlist.emails import Email
from frontdesk_guestlist.guests import Guest
from frontdesk_guestlist.rules import Criterion, Kind, On, Phase
from frontdesk_guestlist.schema import emails as emails_table
from frontdesk_guestlist.schema import guests, mails

#: Guests looked at in one go.
PAGE: Final = 200
State: TypeAlias = Literal[
    "waiting", "sending", "sent", "refused", "failed", "uncertain", "held", "skipped"
]
"""How an e-mail to a guest is:

``waiting`` is tried again; ``refused`` by the server for good; ``failed`` was tried too often,
or cannot be made; ``uncertain``: nobody knows whether the server took it, and it is not sent
again; ``held`` back in test mode; ``skipped``: its time passed, or the guest is no longer meant.
"""


class WhyNot(enum.StrEnum):
    """Why an e-mail would not go out, as things are."""

    NOTHING = ""
    NO_MAIL = "no mail server is set"
    NO_PAGES = "nobody said how guests reach the pages (pages_url)"
    TEST_MODE = "test mode: the address is not in mail.allow"
    ADDRESS = "no valid e-mail address"
    CANCELLED = "the reservation is cancelled"
    DUPLICATE = "the reservation is a duplicate"
    HIDDEN = "the guest was deleted from the list"
    ARRIVED = "the guest has arrived already"
    LEFT = "the guest has left already"
    UNCONFIRMED = "the reservation is not confirmed"
    STOPPED = "unsubscribed from all e-mails"
    ELSEWHERE = "unsubscribed elsewhere: only service e-mails go out"
    KEPT_BACK = "the source keeps the guest from marketing: only service e-mails go out"
    EXCLUDED = "excluded"
    SEGMENT = "not in the e-mail's segments"
    NIGHTS = "the stay is too short"
    BEFORE = "made before the e-mail was switched on"
    CREATED = "made before the day the e-mail is meant from"
    PERIOD = "outside the period the e-mail is sent in"


@attrs.frozen(kw_only=True)
class Planned:
    """An e-mail that a guest is to get.

    Args:
        due: When its turn comes; what has passed is sent within a minute.
        why_not: Why it would not go out, in words; empty: it will.
    """

    email: Email
    due: datetime
    why_not: WhyNot


@attrs.frozen(kw_only=True)
class Mailed:
    """An e-mail whose turn came, or that was sent by hand.

    Args:
        email: The name of the e-mail.
        reason: Why it is not sent, in words; of a server's refusal its code.
        by: Who sent it by hand; empty: nobody.
        next_try: Of a waiting one.
        ended: When it was sent, or given up.
    """

    uid: str
    email_id: int
    email: str
    occasion: str
    state: State
    reason: str
    by: str
    language: str
    created: datetime
    next_try: datetime | None
    tries: int
    ended: datetime | None


def count(db: Db, annex: Annex, email: Email, days: int = 90) -> int:
    """Return how many guests of the next days an e-mail is meant for, saved or not.

    Those count who arrive, or for what is sent after the stay depart, until then.
    """
    today = changes.today(annex)
    day = guests.c.departure if email.phase is Phase.POST_STAY else guests.c.arrival
    soon = day.between(today, today + timedelta(days))
    own = guests.c.property == annex.settings.property
    met = [condition for why, condition in conditions(annex, email) if why is not WhyNot.BEFORE]
    asked = select(func.count()).select_from(guests).where(own, soon, *met)
    found: int = db.execute(asked).scalar_one()
    return found


def planned(db: Db, annex: Annex, guest: Guest) -> list[Planned]:
    """Return what a guest is to get, soonest first; of active e-mails only."""
    now, zone = annex.clock.now(), changes.zone(annex)
    asked = select(mails.c.email_id, mails.c.occasion).where(_of(guest))
    had = {(row.email_id, row.occasion) for row in db.execute(asked)}
    found: list[Planned] = []
    for email in emails.all_(db, annex):
        turn = timing.turn(email, guest, zone, now) if email.active else None
        if turn is not None and (email.id, turn.occasion) not in had:
            when = max(turn.due, now)
            why = outside(annex, email, guest, when) or unmet(db, annex, email, guest)
            found.append(Planned(email=email, due=turn.due, why_not=why))
    return sorted(found, key=lambda one: one.due)


def sent(db: Db, annex: Annex, guest: Guest) -> list[Mailed]:
    """Return what a guest got, or should have, newest first."""
    own = mails.c.property == annex.settings.property
    return mailed(db, own & _of(guest))


def mailed(db: Db, condition: ColumnElement[bool]) -> list[Mailed]:
    """Return the mails that meet a condition, newest first."""
    names = [f.name for f in attrs.fields(Mailed) if f.name != "email"]
    asked = (
        select(*(mails.c[name] for name in names), emails_table.c.name.label("email"))
        .join(emails_table, emails_table.c.id == mails.c.email_id)
        .where(condition)
        .order_by(mails.c.created.desc(), mails.c.id.desc())
    )
    return [Mailed(**row._asdict()) for row in db.execute(asked)]


def values(db: Db, annex: Annex, criterion: Criterion, limit: int = 200) -> list[str]:
    """Return what guests have of a criterion, for an editor to offer."""
    column = guests.c[criterion.value]
    asked = select(column).where(guests.c.property == annex.settings.property).distinct()
    found = db.execute(asked.order_by(column).limit(limit)).scalars()
    return [str(value) for value in found if value not in {None, ""}]


def due(
    db: Db, annex: Annex, email: Email, after: int = 0, limit: int = PAGE
) -> tuple[list[Guest], int | None]:
    """Return guests whose turn it is, by their ids, and the id to go on after; None: all seen."""
    now, zone = annex.clock.now(), changes.zone(annex)
    if not email.active or _is_outside(email, now.astimezone(zone).date()):
        return [], None
    met = [condition for _, condition in conditions(annex, email)]
    rows, last = _page(db, annex, email, [timing.within(email, zone, now), *met], (after, limit))
    turns = ((guest, timing.turn(email, guest, zone, now)) for guest in rows)
    return [guest for guest, turn in turns if turn is not None and turn.is_on(now)], last


def missed(
    db: Db, annex: Annex, email: Email, after: int = 0, limit: int = PAGE
) -> tuple[list[Guest], int | None]:
    """Return guests whose turn ended of late while nothing was sent; as :func:`due`."""
    now, zone = annex.clock.now(), changes.zone(annex)
    # What it was like before it was switched on, or changed, is not known any more.
    since = max(filter(None, (now - timing.BEHIND, email.activated, email.updated)))
    if not email.active:
        return [], None
    gone = {WhyNot.ARRIVED, WhyNot.LEFT}
    met = [condition for why, condition in conditions(annex, email) if why not in gone]
    rows, last = _page(
        db, annex, email, [timing.behind(email, zone, since, now), *met], (after, limit)
    )
    turns = ((guest, timing.turn_ever(email, guest, zone, now)) for guest in rows)
    ended = ((guest, turn) for guest, turn in turns if turn and since < turn.until <= now)
    found = [g for g, turn in ended if not _is_outside(email, turn.due.astimezone(zone).date())]
    return found, last


def _page(
    db: Db,
    annex: Annex,
    email: Email,
    met: Sequence[ColumnElement[bool]],
    place: tuple[int, int],
) -> tuple[list[Guest], int | None]:
    """Return guests without a row for an e-mail, and the id to go on after.

    Args:
        place: The id to begin after, and how many there may be.
    """
    after, limit = place
    new = ~exists().where(
        mails.c.guest_id == guests.c.id,
        mails.c.email_id == email.id,
        mails.c.occasion == _occasion(email),
    )
    page = listed.asked(annex, guests.c.id > after, *met, new)
    rows = listed.read(db.execute(page.order_by(guests.c.id).limit(limit)))
    return rows, rows[-1].id if len(rows) == limit else None


def unmet(db: Db, annex: Annex, email: Email, guest: Guest) -> WhyNot:
    """Return what keeps a guest from an e-mail, as the database has it now."""
    named = list(conditions(annex, email))
    asked = select(*(condition.label(why.name) for why, condition in named))
    row = db.execute(asked.where(guests.c.id == guest.id)).one()
    met = (why for (why, _), so in zip(named, row, strict=True) if not so)
    return next(met, WhyNot.NOTHING)


def conditions(annex: Annex, email: Email) -> Iterator[tuple[WhyNot, ColumnElement[bool]]]:
    """Yield what must be so of a guest to get an e-mail, each with what is said otherwise."""
    row, rules = guests.c, email.rules
    yield WhyNot.ADDRESS, row.address != ""
    yield WhyNot.CANCELLED, row.status.not_in(rowing.OFF)
    yield WhyNot.DUPLICATE, row.duplicate_of == ""
    yield WhyNot.HIDDEN, row.hidden.is_(None)
    yield WhyNot.STOPPED, row.stopped.not_in(("staff", "guest"))
    if not email.service:
        yield WhyNot.ELSEWHERE, row.stopped != "elsewhere"
        yield WhyNot.KEPT_BACK, row.excluded == ""
    yield from _staying(email)
    yield WhyNot.EXCLUDED, ~exclusions.excluded(annex.settings.property, email.id)
    yield WhyNot.SEGMENT, matching.matches(rules.segments)
    if email.listed_since is not None:
        since = email.listed_since
        yield WhyNot.BEFORE, (row.listed >= since) & (row.created >= since)
    if rules.created_from is not None:
        began = datetime.combine(rules.created_from, time(), changes.zone(annex))
        yield WhyNot.CREATED, row.created >= began


def _staying(email: Email) -> Iterator[tuple[WhyNot, ColumnElement[bool]]]:
    """Yield what a stay must be like."""
    row = guests.c
    if email.phase is Phase.PRE_STAY:
        arrived = row.checked_in | row.status.in_(("arrived", "departed"))
        yield WhyNot.ARRIVED, ~arrived
    if email.kind is Kind.CONFIRMATION:
        yield WhyNot.UNCONFIRMED, row.status == "confirmed"
    if email.phase is Phase.DURING:
        yield WhyNot.LEFT, row.status != "departed"
        yield WhyNot.NIGHTS, func.coalesce(row.nights, 0) >= email.rules.min_nights


def outside(annex: Annex, email: Email, guest: Guest, due: datetime) -> WhyNot:
    """Return what settings, or the e-mail's period, keep from being sent."""
    if annex.settings.mail is None:
        return WhyNot.NO_MAIL
    if not (annex.settings.pages_url or annex.pages_url):
        return WhyNot.NO_PAGES
    if _is_outside(email, due.astimezone(changes.zone(annex)).date()):
        return WhyNot.PERIOD
    if guest.address and not mailing.is_allowed(annex.settings.mail, guest.address):
        return WhyNot.TEST_MODE
    return WhyNot.NOTHING


def _is_outside(email: Email, day: date) -> bool:
    start, end = email.rules.active_from, email.rules.active_until
    return (start is not None and day < start) or (end is not None and day > end)


def _occasion(email: Email) -> ColumnElement[str]:
    if email.kind is Kind.CONFIRMATION and email.rules.on is On.MODIFIED:
        # As timing.py writes it: times are kept as microseconds.
        micros = cast(type_coerce(guests.c.modified, BigInteger), String)
        return literal("modified:").concat(micros)
    return literal(timing.ONCE)


def _of(guest: Guest) -> ColumnElement[bool]:
    return mails.c.guest_id == guest.id
