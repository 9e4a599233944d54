"""Addresses that get no e-mail: stops of staff and guests, and opt-outs from elsewhere.

A stop is never removed. Staff may undo one that staff made; that is no consent: the opt-out
which frontdesk was told of stays in its ledger, and only the property's own e-mails go again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

import attrs
from sqlalchemy import Connection, bindparam, select, update

from frontdesk.annex import Annex, Said
from frontdesk.consent import Statement, effective
from frontdesk.errors import ConfigurationError
from frontdesk.model import Channel, ConsentState
from frontdesk.sql import among
from frontdesk_guestlist import activities, rowing
from frontdesk_guestlist.activities import Kind
from frontdesk_guestlist.changes import chosen, next_change
from frontdesk_guestlist.schema import guests, stops

By: TypeAlias = Literal["staff", "guest"]

_KINDS: Final[Mapping[By, Kind]] = {"staff": Kind.STOPPED, "guest": Kind.UNSUBSCRIBED}
_IN_VAIN: Final = {
    "": "nothing is stopped for this address",
    "guest": "the guest left all e-mails; only the guest can ask for them again",
    "elsewhere": "the opt-out was learnt elsewhere; it can only be changed there, by the guest",
}


@attrs.frozen(kw_only=True)
class Standing:
    """Whether an address may be written to, and what can be done about it.

    Args:
        stopped: Who stopped it: ``staff`` or ``guest`` stop everything; ``elsewhere`` (an
            opt-out that another connection or a destination told) leaves service e-mails.
        since: Since when, where that is known.
        who: The member of staff.
        service_only: Whether e-mails that are part of the stay still go, and no others.
        can_undo: Whether staff may undo it.
    """

    stopped: Literal["", "staff", "guest", "elsewhere"] = ""
    since: datetime | None = None
    who: str = ""
    service_only: bool = False
    can_undo: bool = False


_FREE: Final = Standing()


def standing(db: Connection, annex: Annex, addresses: Collection[str]) -> dict[str, Standing]:
    """Return how each of *addresses* (in lower case) stands."""
    own, said = _heard(db, annex, addresses)
    return {address: _standing(own[address], said.get(address, ())) for address in addresses}


def stop(
    db: Connection,
    annex: Annex,
    address: str,
    by: By,
    who: str = "",
    *,
    guest_id: int,
    at: datetime | None = None,
) -> bool:
    """Stop every e-mail to an address; return whether that is new.

    Args:
        who: The member of staff who does it.
        guest_id: The guest on whose page, or by whose link, it is done.
        at: When; now unless given.
    """
    now = annex.clock.now()
    # Whoever else stops or undoes waits: what is read now still holds when it is written.
    next_change(db, annex.settings.property, now, 0)
    standing = {row.by for row in _stops(db, annex, [address]) if row.undone is None}
    if "guest" in standing or by in standing or not address:
        return False
    uid, at = chosen(), at or now
    row = {"uid": uid, "address": address, "by": by, "who": who, "at": at}
    db.execute(stops.insert(), {"property": annex.settings.property, **row})
    told = {"stop": uid, "address": address, "who": who}
    activities.record(db, annex, guest_id, _KINDS[by], at, occurrence=uid, **told)
    refresh(db, annex, [address])
    if by == "staff":
        annex.note(db, who, "guestlist stop", guest=_uid(db, guest_id), stop=uid)
    return True


def undo(db: Connection, annex: Annex, address: str, who: str, *, guest_id: int) -> None:
    """Undo a stop that staff made.

    Raises:
        ConfigurationError: No member of staff made it.
    """
    now = annex.clock.now()
    next_change(db, annex.settings.property, now, 0)
    found = standing(db, annex, [address])[address]
    if not found.can_undo:
        raise ConfigurationError(f"this cannot be undone: {_IN_VAIN[found.stopped]}")
    undone = update(stops).where(stops.c.id == bindparam("row"))
    for row in _stops(db, annex, [address]):
        if row.undone is None:
            db.execute(undone.values(undone=now, undone_by=who), {"row": row.id})
            told = {"stop": row.uid, "who": who}
            activities.record(db, annex, guest_id, Kind.RESTORED, now, occurrence=row.uid, **told)
            annex.note(db, who, "guestlist undo", guest=_uid(db, guest_id), stop=row.uid)
    refresh(db, annex, [address])


def refresh(db: Connection, annex: Annex, addresses: Collection[str]) -> int:
    """Write how addresses stand into the rows of their guests; return how many changed."""
    wanted = sorted({address for address in addresses if address})
    if not wanted:
        return 0
    property, c = annex.settings.property, guests.c
    asked = select(c.id, c.address, c.status, c.duplicate_of, c.stopped, c.hidden).where(
        c.property == property, among(db, c.address, wanted)
    )
    stands = standing(db, annex, wanted)
    rows = [dict(row) for row in db.execute(asked).mappings()]
    rows = [row for row in rows if row["stopped"] != stands[row["address"]].stopped]
    if not rows:
        return 0
    last = next_change(db, property, annex.clock.now(), len(rows))
    db.execute(
        update(guests)
        .where(c.id == bindparam("row"))
        .values({name: bindparam(f"new_{name}") for name in ("stopped", "emailable", "change")}),
        [
            {"row": row["id"], "new_change": last - number, **_written(row, stands)}
            for number, row in enumerate(rows)
        ],
    )
    return len(rows)


def opted_out(db: Connection, annex: Annex, addresses: Collection[str]) -> set[str]:
    """Return those of *addresses* with an opt-out that counts, an undone stop among them.

    An undo is no consent: only a newer opt-in that was given elsewhere outweighs it.
    """
    own, said = _heard(db, annex, addresses)
    return {
        address
        for address in addresses
        if any(row.undone is None for row in own[address])
        or effective([*said.get(address, ()), *map(_statement, own[address])])
        is ConsentState.UNSUBSCRIBED
    }


def evidence(by: str, who: str, uid: str) -> str:
    """Return what shows that an address was stopped; :func:`standing` knows it again."""
    if by == "guest":
        return f"The guest left all e-mails by the link in one of them; stop {uid}"
    return f"{who or 'Staff'} stopped all e-mails in the guest list; stop {uid}"


def _heard(
    db: Connection, annex: Annex, addresses: Collection[str]
) -> tuple[Mapping[str, Sequence[Any]], Mapping[str, Sequence[Said]]]:
    """Return the property's own stops, and what the brand's ledger says, by address."""
    own: defaultdict[str, list[Any]] = defaultdict(list)
    for row in _stops(db, annex, addresses):
        own[row.address].append(row)
    return own, annex.said(db, Channel.EMAIL, addresses)


def _stops(db: Connection, annex: Annex, addresses: Collection[str]) -> Sequence[Any]:
    asked = select(stops).where(
        stops.c.property == annex.settings.property, among(db, stops.c.address, addresses)
    )
    return db.execute(asked.order_by(stops.c.id)).all()


def _standing(own: Sequence[Any], said: Sequence[Said]) -> Standing:
    active = [row for row in own if row.undone is None]
    for row in sorted(active, key=lambda row: row.by != "guest"):
        staff = row.by == "staff"
        return Standing(stopped=row.by, since=row.at, who=row.who, can_undo=staff)
    undone = [row.uid for row in own]
    # What an undone stop of ours had told the ledger speaks no more against our own e-mails.
    others = [one for one in said if not one.evidence.endswith(tuple(undone))] if undone else said
    if effective(others) is not ConsentState.UNSUBSCRIBED:
        return _FREE
    return Standing(stopped="elsewhere", since=_latest(others), service_only=True)


def _latest(said: Iterable[Statement]) -> datetime:
    return max(one.at or one.seen for one in said if one.state is ConsentState.UNSUBSCRIBED)


def _statement(row: Any) -> Statement:
    return Statement(ConsentState.UNSUBSCRIBED, row.at, row.at)


def _written(row: Mapping[str, Any], stands: Mapping[str, Standing]) -> dict[str, Any]:
    values = {**row, "stopped": stands[row["address"]].stopped}
    return {"new_stopped": values["stopped"], "new_emailable": rowing.emailable(values)}


def _uid(db: Connection, guest_id: int) -> str:
    found: str = db.execute(select(guests.c.uid).where(guests.c.id == guest_id)).scalar_one()
    return found
