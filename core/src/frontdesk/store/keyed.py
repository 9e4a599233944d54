"""Keyed hashes: what remains of a forgotten guest, and how he is known again.

The key lies in the store. Without it nobody can try out addresses until a hash fits.
"""

from __future__ import annotations

import hmac
import secrets

import attrs
from sqlalchemy import Connection, insert, select

from frontdesk import jsons
from frontdesk.store.schema import hash_keys


@attrs.frozen
class Keyed:
    """Hashes with the store's own key."""

    secret: bytes = attrs.field(repr=False)

    def __call__(self, *facts: str | int) -> bytes:
        """Return 32 bytes that stand for *facts*."""
        return hmac.digest(self.secret, jsons.encode(facts), "sha256")

    def address(self, brand: int, address: str) -> bytes:
        """Return what stands for an e-mail address or phone number."""
        return self("address", brand, normal(address))

    def guest(self, connection: int, key: str) -> bytes:
        """Return what stands for a guest of a connection."""
        return self("guest", connection, key)

    def record(self, stream: int, site: str, key: str) -> bytes:
        """Return what stands for a record."""
        return self("record", stream, site, key)

    def digest(self, digest: bytes) -> bytes:
        """Return what stands for a record's content, or an event's id."""
        return self("digest", digest.hex())[:16]


def normal(address: str) -> str:
    """Return an address as it is compared."""
    return address.strip().lower()


def shown(hash: bytes) -> str:
    """Return the word written where an address or an id was."""
    return f"forgotten-{hash.hex()}"


def read(db: Connection) -> Keyed | None:
    """Return the store's hashes; None if nobody was ever forgotten."""
    secret: bytes | None = db.execute(select(hash_keys.c.secret)).scalar()
    return None if secret is None else Keyed(secret)


def made(db: Connection) -> Keyed:
    """Return the store's hashes, with a new key if there is none yet."""
    found = read(db)
    if found is None:
        found = Keyed(secrets.token_bytes(32))
        db.execute(insert(hash_keys).values(id=1, secret=found.secret))
    return found
