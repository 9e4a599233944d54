"""Keeping out what the platform still shows of guests who were forgotten.

A record that was erased stays away, and so does an older one that speaks of nobody else. A
newer one brings the guest back as a new guest, and then its own record may come as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from frontdesk import jsons
from frontdesk.model import Record
from frontdesk.store.batch import Kept, StoredRecord
from frontdesk.store.mentions import Mentions
from frontdesk.store.remembering import Memory, keys_of

if TYPE_CHECKING:
    from frontdesk.ingest.reader import Before


def admitted(record: Record, memory: Memory, back: set[str], *, own: bool) -> Record | None:
    """Return what of *record* may be taken in; None if nothing.

    Args:
        back: Keys of guests whom newer records of this take brought back; added to.
        own: In this stream, ids of records are those of guests.
    """
    if not (memory.guests or memory.records):
        return record
    keys = keys_of(record, own=own)
    gone = [key for key in keys if key in memory.guests]
    there = {key for key in gone if key in memory.back or key in back}
    erased, was_own = memory.records.get((record.site or "", record.id), (None, own))
    if erased is not None and not was_own:
        # The same booking, whatever became of it since.
        return None
    since = max((memory.guests[key] for key in gone), default=erased)
    if since is None:
        return record
    if was_own:
        newer = record.version is not None and record.version > since
        newer = newer or bool(there)
    else:
        # Without a version, an id nobody has seen before is new.
        newer = record.version is None or record.version > since
    if newer:
        back.update(gone)
        return record
    others = [key for key in keys if key not in gone]
    return _without(record, gone) if others and not was_own else None


def digest_of(record: Record, body: bytes) -> bytes:
    """Return what stands for a version, written as *body*."""
    # The whole is news even where it says no more than the part did.
    part = b"~" if record.partial else b""
    return jsons.digest(body + (b"-" if record.deleted else b"+") + part)


def as_it_was(record: Record, stored: Before) -> bool:
    """Tell whether a record still says what it said before a mention was cut out of it."""
    known = stored.rows.get((record.site or "", record.id))
    if known is None or stored.memory is None:
        return False
    digest = digest_of(record, jsons.canonical(record.payload))
    return stored.memory.keyed.digest(digest) == known.digest


def same(digest: bytes, known: Kept | StoredRecord | None, memory: Memory | None) -> bool:
    """Tell whether a version is the known one, be it that a mention was cut out of that."""
    if known is None:
        return False
    if known.digest == digest:
        return True
    return memory is not None and known.digest == memory.keyed.digest(digest)


def hidden(records: Sequence[Record], memory: Memory | None, *, own: bool) -> set[str]:
    """Return the ids of those records no hook may be shown: they speak of the forgotten."""
    if memory is None:
        return set()
    return {r.id for r in records if admitted(r, memory, set(), own=own) is None}


def _without(record: Record, gone: list[str]) -> Record | None:
    """Return a record of several guests less those who are gone; None if they stay in it."""
    prefix = "" if record.site is None else f"{record.site}:"
    ids = {key.removeprefix(prefix) for key in gone}
    if any(isinstance(value, str) and value in ids for value in record.payload.values()):
        # It is theirs: a hook would look for its guest in vain.
        return None
    cut = Mentions(ids).cut(record.payload)
    if not cut.clean:
        return None
    guests = tuple(id for id in record.guests if id not in ids)
    return attrs.evolve(record, payload=cut.value, guests=guests)
