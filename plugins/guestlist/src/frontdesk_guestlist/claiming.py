"""What keeps an e-mail from going out twice: its row, written before it is handed over.

A row is claimed in a transaction of its own, which outlasts a power cut, and says afterwards
what became of it. Whoever is killed in between leaves it ``sending``; once its time is over
it is ``uncertain``, is shown, and is not sent again by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

import attrs
from sqlalchemy import Connection as Db
from sqlalchemy import select, update

from frontdesk.annex import Annex
from frontdesk.sql import insert_into
from frontdesk_guestlist import (
    activities,
    changes,
    emails,
    guests,
    mailing,
    schedule,
    stopping,
    timing,
    wording,
)
from frontdesk_guestlist.emails import Email
from frontdesk_guestlist.guests import Guest
from frontdesk_guestlist.posting import Outcome
from frontdesk_guestlist.schedule import WhyNot
from frontdesk_guestlist.schema import guests as guests_table
from frontdesk_guestlist.schema import mails
from frontdesk_guestlist.settings import Mail

#: How often an e-mail is tried that the server would not take yet.
MOST: Final = 8
#: How long handing over may take, at least; afterwards nobody knows.
_PATIENCE: Final = timedelta(minutes=5)
#: Answers of the server that one message may wait for.
_ANSWERS: Final = 8
_LONGEST: Final = timedelta(hours=1)
_MANUAL: Final = "manual:"
KILLED: Final = "the service ended while it was sent; nobody knows whether the server took it"
HELD: Final = "test mode: the address is not in mail.allow"
LATE: Final = "its time has passed"
MISSED: Final = "its time passed while nothing was sent"
OFF: Final = "the e-mail was switched off"


@attrs.frozen(kw_only=True, repr=False)
class Claim:
    """An e-mail that is ours to send, and nobody else's."""

    id: int
    uid: str
    email: Email
    guest: Guest
    tries: int
    by: str


def claim(db: Db, annex: Annex, email_id: int, guest_id: int) -> Claim | None:
    """Take an e-mail whose turn it is; None if it is not, or somebody else did."""
    now, zone = annex.clock.now(), changes.zone(annex)
    email, guest = emails.get(db, annex, email_id), _guest(db, annex, guest_id)
    if email is None or guest is None or not email.active:
        return None
    turn = timing.turn(email, guest, zone, now)
    if turn is None or not turn.is_on(now) or unmet(db, annex, email, guest):
        return None
    return _insert(db, annex, email, guest, occasion=turn.occasion)


def claim_by_hand(
    db: Db, annex: Annex, email: Email, guest: Guest, *, once: str, who: str
) -> tuple[Claim | None, str]:
    """Take an e-mail that somebody sends by hand; return the uid of its row as well.

    There is no claim if it was taken before, or is held back.
    """
    occasion = f"{_MANUAL}{once}"
    if not mailing.is_allowed(annex.settings.mail, guest.address):
        ended = {"state": "held", "reason": HELD, "ended": annex.clock.now(), "by": who}
        row = _row(annex, email, guest, occasion) | ended
        db.execute(insert_into(db, mails).on_conflict_do_nothing(), row)
        found = None
    else:
        found = _insert(db, annex, email, guest, occasion=occasion, by=who)
    same = (mails.c.guest_id == guest.id) & (mails.c.email_id == email.id)
    asked = select(mails.c.uid).where(same, mails.c.occasion == occasion)
    uid: str = db.execute(asked).scalar_one()
    return found, uid


def claim_again(db: Db, annex: Annex, id: int) -> Claim | None:
    """Take an e-mail that waited; None if it is not to be sent any more."""
    found = _still_meant(db, annex, id)
    ours = {"state": "sending", "next_try": annex.clock.now() + _longest(annex.settings.mail)}
    return found if found is not None and _move(db, id, "waiting", **ours) else None


def _still_meant(db: Db, annex: Annex, id: int) -> Claim | None:
    """Return an e-mail that waits; note why if it is not to be sent any more."""
    row = db.execute(select(mails).where(mails.c.id == id)).one_or_none()
    if row is None:
        return None
    email, guest = emails.get(db, annex, row.email_id), _guest(db, annex, row.guest_id)
    reason = OFF if email is None or guest is None else _over(db, annex, row, email, guest)
    if email is None or guest is None or reason:
        over = {"state": "held" if reason == HELD else "skipped", "reason": reason}
        _move(db, id, "waiting", **over, ended=annex.clock.now(), next_try=None)
        return None
    return Claim(id=id, uid=row.uid, email=email, guest=guest, tries=row.tries, by=row.by)


def hold(db: Db, annex: Annex, email: Email, some: Iterable[Guest]) -> None:
    """Note that e-mails whose turn it is are held back: the property tests."""
    _put(db, annex, email, some, state="held", reason=HELD, ended=annex.clock.now())


def miss(db: Db, annex: Annex, email: Email, some: Iterable[Guest]) -> None:
    """Note that the turn of e-mails passed while nothing was sent."""
    _put(db, annex, email, some, state="skipped", reason=MISSED, ended=annex.clock.now())


def postpone(
    db: Db, annex: Annex, email: Email, some: Iterable[Guest], *, reason: str, until: datetime
) -> None:
    """Note that e-mails whose turn it is wait for the server."""
    _put(db, annex, email, some, state="waiting", reason=reason, next_try=until)


def settle(db: Db, annex: Annex, claim: Claim, outcome: Outcome) -> None:
    """Note what became of an e-mail; the first outcome stands."""
    now, tries = annex.clock.now(), claim.tries + 1
    state, next_try = outcome.state, None
    if state == "waiting" and tries >= MOST:
        state = "failed"
    if state == "waiting":
        next_try = now + min(timedelta(minutes=1 << tries), _LONGEST)
    row = {"state": state, "reason": outcome.reason, "tries": tries, "next_try": next_try}
    ended = None if state == "waiting" else now
    if _move(db, claim.id, "sending", "uncertain", **row, ended=ended) and state == "sent":
        activities.record(
            db,
            annex,
            claim.guest.id,
            activities.Kind.EMAIL_SENT,
            now,
            occurrence=claim.uid,
            mail=claim.uid,
            email=claim.email.name,
            email_kind=claim.email.kind.value,
            phase=claim.email.phase.value,
            manual=bool(claim.by),
        )


def release(db: Db, claim: Claim, *, reason: str, until: datetime) -> None:
    """Let an e-mail wait that was not handed over: the server took nothing."""
    _move(db, claim.id, "sending", "uncertain", state="waiting", reason=reason, next_try=until)


def delay(db: Db, annex: Annex, until: datetime) -> None:
    """Let all that waited long enough wait on: the server still takes nothing."""
    waits = (
        update(mails)
        .where(mails.c.property == annex.settings.property, mails.c.state == "waiting")
        .where(mails.c.next_try <= annex.clock.now())
        .values(next_try=until)
    )
    db.execute(waits)


def recover(db: Db, annex: Annex) -> int:
    """Note of e-mails whose sender must have been killed that nobody knows; return how many."""
    now = annex.clock.now()
    dead = (
        update(mails)
        .where(mails.c.property == annex.settings.property)
        .where(mails.c.state == "sending", mails.c.next_try <= now)
        .values(state="uncertain", reason=KILLED, ended=now, next_try=None)
    )
    return db.execute(dead).rowcount


def waiting(db: Db, annex: Annex, limit: int) -> list[int]:
    """Return the ids of what waited long enough and is still to be sent."""
    asked = (
        select(mails.c.id)
        .where(mails.c.property == annex.settings.property, mails.c.state == "waiting")
        .where(mails.c.next_try <= annex.clock.now())
        .order_by(mails.c.next_try, mails.c.id)
        .limit(limit)
    )
    return [id for id in db.execute(asked).scalars().all() if _still_meant(db, annex, id)]


def unmet(db: Db, annex: Annex, email: Email, guest: Guest) -> WhyNot:
    """Return what keeps a guest from an e-mail, by the ledger as it is now."""
    found = schedule.unmet(db, annex, email, guest)
    return found or stopped(db, annex, email, guest)


def stopped(db: Db, annex: Annex, email: Email, guest: Guest) -> WhyNot:
    """Return whether the guest's address is stopped for an e-mail, by the ledger as it is now."""
    found = stopping.standing(db, annex, [guest.address])[guest.address]
    if found.stopped != guest.stopped:
        # The row is behind: it shall not come up again and again.
        stopping.refresh(db, annex, [guest.address])
    if not found.stopped:
        return WhyNot.NOTHING
    if found.service_only:
        return WhyNot.NOTHING if email.service else WhyNot.ELSEWHERE
    return WhyNot.STOPPED


def _over(db: Db, annex: Annex, row: Any, email: Email, guest: Guest) -> str:
    """Return why something that waited is not to be sent any more; empty if it is."""
    now, by_hand = annex.clock.now(), row.occasion.startswith(_MANUAL)
    if not mailing.is_allowed(annex.settings.mail, guest.address):
        return HELD
    if by_hand:
        late = now >= row.created + timing.NEWS
        return LATE if late else stopped(db, annex, email, guest)
    turn = timing.turn(email, guest, changes.zone(annex), now)
    if turn is None or turn.occasion != row.occasion:
        return f"{LATE}; {row.reason}" if row.reason else LATE
    return OFF if not email.active else unmet(db, annex, email, guest)


def _insert(
    db: Db, annex: Annex, email: Email, guest: Guest, *, occasion: str, by: str = ""
) -> Claim | None:
    until = annex.clock.now() + _longest(annex.settings.mail)
    row = _row(annex, email, guest, occasion)
    row |= {"state": "sending", "next_try": until, "by": by}
    new = insert_into(db, mails).values(row).on_conflict_do_nothing()
    id = db.execute(new.returning(mails.c.id)).scalar()
    if id is None:
        return None
    return Claim(id=id, uid=row["uid"], email=email, guest=guest, tries=0, by=by)


def _put(db: Db, annex: Annex, email: Email, some: Iterable[Guest], **what: Any) -> None:
    now, zone = annex.clock.now(), changes.zone(annex)
    turns = ((guest, timing.turn_ever(email, guest, zone, now)) for guest in some)
    rows = [_row(annex, email, one, turn.occasion) | what for one, turn in turns if turn]
    if rows:
        db.execute(insert_into(db, mails).on_conflict_do_nothing(), rows)


def _row(annex: Annex, email: Email, guest: Guest, occasion: str) -> dict[str, Any]:
    return {
        "property": annex.settings.property,
        "uid": changes.chosen(),
        "guest_id": guest.id,
        "email_id": email.id,
        "occasion": occasion,
        "address": guest.address,
        "language": wording.choose(email.texts, guest.language, annex.settings.language),
        "created": annex.clock.now(),
    }


def _move(db: Db, id: int, *states: str, **row: Any) -> bool:
    """Change a row that is in one of *states*; return whether it was."""
    moved = update(mails).where(mails.c.id == id, mails.c.state.in_(states)).values(row)
    return db.execute(moved).rowcount == 1


def _guest(db: Db, annex: Annex, id: int) -> Guest | None:
    found = guests.read(db.execute(guests.asked(annex, guests_table.c.id == id)))
    return found[0] if found else None


def _longest(mail: Mail) -> timedelta:
    return max(_PATIENCE, timedelta(seconds=_ANSWERS * mail.timeout))
