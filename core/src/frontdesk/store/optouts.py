"""Opt-outs learnt from a destination: they enter the ledger beside what platforms said.

Somebody who unsubscribes where the mail is sent from tells no platform. The statement counts
for the whole brand, like any other, and stands in the log for the other destinations.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import attrs
from sqlalchemy import Connection, insert, select, update

from frontdesk import jsons
from frontdesk.model import Channel, Consent, ConsentState
from frontdesk.outgoing import OptOut
from frontdesk.store import keyed, ledger
from frontdesk.store.batch import Kind
from frontdesk.store.keyed import Keyed, normal
from frontdesk.store.schema import connections, consents, guests, log, log_bodies, profiles
from frontdesk.store.upserts import insert_missing
from frontdesk.wire import consent_json


@attrs.frozen
class _Telling:
    """A destination that tells: where it writes, and when."""

    db: Connection
    brand: int
    own: list[int]
    destination: str
    seen: datetime


@attrs.frozen
class _Holder:
    """A guest who has the address, and the connection it belongs to."""

    id: int
    connection: int
    key: str


def opt_out(
    db: Connection, brand: int, destination: str, said: Iterable[OptOut], seen: datetime
) -> int:
    """Append a destination's opt-outs to a brand's ledger; return how many are new.

    An address that no guest has is kept under the destination's name: whoever comes to have
    it later is opted out. Of an address that was forgotten only the hash is written.

    Args:
        brand: The brand's row.
        seen: When the destination told.
    """
    table = connections.c
    ids = db.execute(select(table.id).where(table.brand_id == brand).order_by(table.id))
    own = list(ids.scalars())
    if not own:
        return 0
    # The order of commits is that of these locks; whoever forgets takes them in the same one.
    for id in own:
        db.execute(update(connections).where(table.id == id).values(seq=table.seq))
    telling = _Telling(db, brand, own, destination, seen)
    return sum(_append(telling, one) for one in said)


def _append(telling: _Telling, said: OptOut) -> int:
    address = normal(said.address)
    holders = _holders(telling, said.channel, address)
    if not holders:
        address, key = _unheld(telling, address)
        holders = [_stand_in(telling, key)]
    new = 0
    for holder in holders:
        statement = Consent(
            holder.key, address, said.channel, ConsentState.UNSUBSCRIBED, said.at, said.evidence
        )
        if not _is_said(telling.db, holder, statement):
            _write(telling, holder, statement)
            new += 1
    return new


def _holders(telling: _Telling, channel: Channel, address: str) -> list[_Holder]:
    """Return the brand's guests whose profile has the address."""
    column = profiles.c.email if channel is Channel.EMAIL else profiles.c.phone_number
    asked = select(guests.c.id, guests.c.connection_id, guests.c.key).join(profiles)
    mine = guests.c.connection_id.in_(telling.own)
    found = telling.db.execute(asked.where(mine, column == address).order_by(guests.c.id))
    return [_Holder(row.id, row.connection_id, row.key) for row in found]


def _unheld(telling: _Telling, address: str) -> tuple[str, str]:
    """Return how an address no guest has is written, and the key of what stands in for one."""
    hashes: Keyed | None = keyed.read(telling.db)
    hash = hashes and hashes.address(telling.brand, address)
    if hash and ledger.forgotten_since(telling.db, [hash]):
        address = keyed.shown(hash)
    return address, f"{telling.destination}:{address}"


def _stand_in(telling: _Telling, key: str) -> _Holder:
    db, connection = telling.db, telling.own[0]
    insert_missing(db, guests, [{"connection_id": connection, "key": key}])
    table = guests.c
    asked = select(table.id).where(table.connection_id == connection, table.key == key)
    return _Holder(db.execute(asked).scalar_one(), connection, key)


def _is_said(db: Connection, holder: _Holder, said: Consent) -> bool:
    """Tell whether this is the last that was said of the guest's address."""
    table = consents.c
    last = db.execute(
        select(table.state, table.at)
        .where(
            table.guest_id == holder.id,
            table.channel == said.channel.value,
            table.address == said.address,
        )
        .order_by(table.seq.desc())
        .limit(1)
    ).one_or_none()
    return last is not None and (last.state, last.at) == (said.state.value, said.at)


def _write(telling: _Telling, holder: _Holder, said: Consent) -> None:
    db, seen = telling.db, telling.seen
    table = connections.c
    db.execute(update(connections).where(table.id == holder.connection).values(seq=table.seq + 1))
    seq = db.execute(select(table.seq).where(table.id == holder.connection)).scalar_one()
    place = {"connection_id": holder.connection, "seq": seq}
    at = said.at or seen
    entry = {"kind": Kind.CONSENT, "origin": 1, "guest_id": holder.id, "at": at, "logged": seen}
    db.execute(insert(log).values(**place, **entry))
    db.execute(insert(log_bodies).values(**place, body=jsons.encode(consent_json(said))))
    values = attrs.asdict(said, filter=lambda a, _: a.name in {"address", "at", "evidence"})
    state = {"channel": said.channel.value, "state": said.state.value}
    more = {"brand_id": telling.brand, "guest_id": holder.id, "seen": seen}
    db.execute(insert(consents).values(**place, **values, **state, **more))
