"""Secrets that connectors obtain at run time, encrypted: refreshed tokens, keys of webhooks.

A secret belongs to the account whose row it points at. Until it is known whose account that
is, nobody but the configured credentials can tell: their digest, the secret's *source*, is
encrypted with it. So a secret is found again after a crash before the account was open, and
after the connection got another name, and is left alone once other credentials are
configured.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import attrs
from sqlalchemy import Connection as Db
from sqlalchemy import delete, insert, select, update

from frontdesk import jsons
from frontdesk.connection import Connection
from frontdesk.errors import ConfigurationError
from frontdesk.model import Json
from frontdesk.store.engine import lock_store
from frontdesk.store.keyring import VARIABLE, Keyring, UnreadableError
from frontdesk.store.schema import connections, runtime_secrets

_COLUMNS = runtime_secrets.c
#: What lives no longer is renewed without anybody's help.
SHORT_LIVED: Final = timedelta(days=7)


@attrs.frozen
class Owner:
    """Whose secrets: a connection as it is configured now."""

    connector: str
    name: str
    source: str = attrs.field(repr=False)

    @classmethod
    def of(cls, connection: Connection) -> Owner:
        """Return the owner that *connection* is.

        Its source is what decides which account is opened: the address, the secrets, and
        what has no default (the number of a site, say). Other settings are preferences.
        """
        settings = connection.settings
        fields = attrs.fields(type(settings))
        deciding = [f for f in fields if f.metadata.get("secret") or f.default is attrs.NOTHING]
        facts = [(field.name, str(getattr(settings, field.name))) for field in deciding]
        source = jsons.digest(jsons.encode((connection.base_url, facts))).hex()
        return cls(connection.connector.name, connection.name, source)


@attrs.frozen
class Secret:
    """A secret under its name; None in place of a value removes it."""

    name: str
    value: Json = attrs.field(repr=False)
    expires: datetime | None = None
    #: Other credentials for the account do not end it.
    lasting: bool = False


@attrs.frozen
class Rekeyed:
    """What became of the secrets: how many there are, and how many were encrypted anew."""

    secrets: int
    renewed: int
    dropped: int = 0


@attrs.frozen
class _Kept:
    row: Any
    source: str = attrs.field(repr=False)
    lasting: bool
    value: Json = attrs.field(repr=False)


def read(db: Db, keyring: Keyring, owner: Owner) -> dict[str, Json]:
    """Return what is kept for *owner*, by name.

    Raises:
        ConfigurationError: There is something, and no key that fits.
    """
    asked = select(connections.c.id).where(
        connections.c.name == owner.name, connections.c.connector == owner.connector
    )
    here: int | None = db.execute(asked).scalar()
    found: dict[str, Json] = {}
    for kept in _all(db, keyring, owner.connector):
        place = kept.row.connection_id
        # A connection the store does not know may be one that was called otherwise.
        obtained = kept.source == owner.source and (place in {None, here} or here is None)
        if obtained or (kept.lasting and here is not None and place == here):
            found[kept.row.name] = kept.value
    return {name: value for name, value in found.items() if value is not None}


def write(
    db: Db, keyring: Keyring, owner: Owner, secret: Secret, *, account: int | None, now: datetime
) -> None:
    """Keep a secret, in the place of an earlier one of its name.

    Args:
        account: The connection's row; None if the account is not open yet.

    Raises:
        ConfigurationError: There is no key.
    """
    lock_store(db)
    if account is None:
        earlier = [k.row.id for k in _waiting(db, keyring, owner) if k.row.name == secret.name]
        db.execute(delete(runtime_secrets).where(_COLUMNS.id.in_(earlier)))
    else:
        remove(db, account, secret.name)
        if secret.value is None:
            return
    sealed = _sealed(keyring, owner.connector, owner.source, secret)
    values = {"name": secret.name, "sealed": sealed, "expires": secret.expires, "updated": now}
    place = {"connection_id": account, "connector": owner.connector}
    db.execute(insert(runtime_secrets).values(**place, **values))


def remove(db: Db, account: int, name: str) -> None:
    """Remove a secret of an account, if there is one of the name."""
    db.execute(
        delete(runtime_secrets).where(_COLUMNS.connection_id == account, _COLUMNS.name == name)
    )


def adopt(db: Db, keyring: Keyring, owner: Owner, account: int) -> dict[str, Json]:
    """Give an account that is open now what was obtained while it was being opened.

    Returns:
        All that is kept for it.
    """
    lock_store(db)
    asked = select(_COLUMNS.name, _COLUMNS.updated).where(_COLUMNS.connection_id == account)
    there = {row.name: row.updated for row in db.execute(asked)}
    for kept in _waiting(db, keyring, owner):
        name, mine = kept.row.name, _COLUMNS.id == kept.row.id
        newer = name not in there or there[name] <= kept.row.updated
        if newer:
            remove(db, account, name)
        if kept.value is None or not newer:
            db.execute(delete(runtime_secrets).where(mine))
        else:
            db.execute(update(runtime_secrets).where(mine).values(connection_id=account))
    return read(db, keyring, owner)


def rekey(db: Db, keyring: Keyring, *, drop: bool = False) -> Rekeyed:
    """Encrypt with the first key whatever another one was used for.

    Args:
        drop: Remove what none of the keys fits, instead of refusing.

    Raises:
        ConfigurationError: There is no key, or something that none of them fits.
    """
    lock_store(db)
    keyring.refuse_without_key()
    renewed = dropped = 0
    rows = db.execute(select(runtime_secrets).order_by(_COLUMNS.id)).all()
    for row in rows:
        mine = _COLUMNS.id == row.id
        if keyring.is_newest(row.sealed):
            continue
        try:
            sealed = keyring.seal(keyring.unseal(row.sealed))
        except UnreadableError:
            if not drop:
                raise _unreadable(row) from None
            db.execute(delete(runtime_secrets).where(mine))
            dropped += 1
        else:
            db.execute(update(runtime_secrets).where(mine).values(sealed=sealed))
            renewed += 1
    return Rekeyed(len(rows) - dropped, renewed, dropped)


def expiring(db: Db) -> dict[int, dict[str, datetime]]:
    """Return when secrets end, by account and name, where that is known; it takes no key.

    Tokens that live for hours only are left out: whoever obtained them does so again.
    """
    found: dict[int, dict[str, datetime]] = {}
    asked = select(_COLUMNS.connection_id, _COLUMNS.name, _COLUMNS.expires, _COLUMNS.updated)
    for row in db.execute(asked.where(_COLUMNS.expires.is_not(None)).order_by(_COLUMNS.expires)):
        if row.expires - row.updated > SHORT_LIVED:
            found.setdefault(row.connection_id, {})[row.name] = row.expires
    return found


def _all(db: Db, keyring: Keyring, connector: str) -> Iterator[_Kept]:
    """Yield what is kept for a connector, the latest last."""
    asked = select(runtime_secrets).where(_COLUMNS.connector == connector)
    for row in db.execute(asked.order_by(_COLUMNS.updated, _COLUMNS.id)).all():
        if not keyring:
            raise ConfigurationError(
                f"the store keeps secrets of {connector!r}, and there is no key to read them with; "
                f"give the one they were encrypted with in {VARIABLE} or [store] key"
            )
        try:
            yield _opened(keyring, row)
        except UnreadableError:
            raise _unreadable(row) from None


def _waiting(db: Db, keyring: Keyring, owner: Owner) -> list[_Kept]:
    """Return what the same credentials obtained whose account is not known yet."""
    found = [kept for kept in _all(db, keyring, owner.connector) if kept.source == owner.source]
    return [kept for kept in found if kept.row.connection_id is None]


def _sealed(keyring: Keyring, connector: str, source: str, secret: Secret) -> bytes:
    # Name and connector are in it, so that a row cannot be passed off as another.
    facts = {"connector": connector, "name": secret.name, "source": source}
    return keyring.seal(jsons.encode({**facts, "lasting": secret.lasting, "value": secret.value}))


def _opened(keyring: Keyring, row: Any) -> _Kept:
    facts = jsons.decode(keyring.unseal(row.sealed))
    if (facts["connector"], facts["name"]) != (row.connector, row.name):
        raise UnreadableError
    return _Kept(row, facts["source"], facts["lasting"], facts["value"])


def _unreadable(row: Any) -> ConfigurationError:
    return ConfigurationError(
        f"secret {row.name!r} of {row.connector!r} cannot be read with any of the keys there are; "
        f"add the one it was encrypted with to {VARIABLE} or [store] key. Is it lost? Then "
        "frontdesk store rekey --drop-unreadable removes it, and the credentials must be made anew"
    )
