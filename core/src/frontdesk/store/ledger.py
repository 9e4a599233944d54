"""The ledger of consent: what counts of a page's statements, and what was said of an address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Connection, select

from frontdesk.annex import Said
from frontdesk.model import Channel, Consent, ConsentState
from frontdesk.store import keyed
from frontdesk.store.batch import Kept
from frontdesk.store.schema import consents, forgotten
from frontdesk.store.transaction import Transaction
from frontdesk.store.upserts import chunks

Stated: TypeAlias = Sequence[tuple[Consent, Kept]]


def counting(tx: Transaction) -> Stated:
    """Return the page's statements less the opt-ins of guests forgotten since.

    An opt-in given before its guest or address was forgotten, or at a time nobody knows,
    is the old consent, whatever record shows it. An opt-out always counts.
    """
    said = tx.batch.consents
    opted_in = [c for c, _ in said if c.state is ConsentState.SUBSCRIBED]
    hashes = keyed.read(tx.db) if tx.forgotten and opted_in else None
    if hashes is None:
        return said
    brand, connection = tx.stored.brand, tx.stored.id
    stand_for = {
        id(c): (hashes.address(brand, c.address), hashes.guest(connection, c.guest))
        for c in opted_in
    }
    since = forgotten_since(tx.db, {hash for pair in stand_for.values() for hash in pair})

    def stale(consent: Consent) -> bool:
        times = [since[hash] for hash in stand_for.get(id(consent), ()) if hash in since]
        return bool(times) and (consent.at is None or consent.at <= max(times))

    return [(consent, kept) for consent, kept in said if not stale(consent)]


def forgotten_since(db: Connection, hashes: Collection[bytes]) -> dict[bytes, datetime]:
    """Return when each of *hashes* was forgotten, of those that were."""
    return {
        row.hash: row.at
        for part in chunks(sorted(hashes))
        for row in db.execute(
            select(forgotten.c.hash, forgotten.c.at).where(forgotten.c.hash.in_(part))
        )
    }


def statements(
    db: Connection, wanted: Collection[tuple[int, str]]
) -> dict[tuple[int, str, str], list[Said]]:
    """Return what was said of addresses, given with their brand, by brand, channel, address.

    Of a guest who was forgotten, opt-outs still speak against the address.
    """
    meant = dict.fromkeys(wanted)
    spelt = {(brand, address): address for brand, address in meant}
    hashes = keyed.read(db)
    if hashes is not None:
        hidden = {(b, keyed.shown(hashes.address(b, a))): a for b, a in meant}
        spelt |= hidden
    table = consents.c
    # Their index begins with brand and channel.
    asked = select(
        table.brand_id,
        table.channel,
        table.address,
        table.state,
        table.at,
        table.seen,
        table.evidence,
    ).where(
        table.brand_id.in_(sorted({brand for brand, _ in meant})),
        table.channel.in_([channel.value for channel in Channel]),
    )
    said: dict[tuple[int, str, str], list[Said]] = defaultdict(list)
    for part in chunks(sorted({address for _, address in spelt})):
        for row in db.execute(asked.where(table.address.in_(part))):
            address = spelt.get((row.brand_id, row.address))
            state = ConsentState(row.state)
            old = address != row.address and state is ConsentState.SUBSCRIBED
            if address is not None and not old:
                said[row.brand_id, row.channel, address].append(
                    Said(state, row.at, row.seen, row.evidence)
                )
    return said
