"""Users of the pages: their names and roles, and what lets their browsers in.

Of passwords, links and logins only hashes are kept: whoever reads a store or a backup can
log in with nothing in it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from typing import Any, Final

import attrs
from sqlalchemy import Connection, delete, insert, select, update

from frontdesk.errors import ConfigurationError
from frontdesk.people import Role, User
from frontdesk.store.engine import lock_store
from frontdesk.store.users_schema import login_links, logins, page_keys, users

#: How long a browser stays logged in.
LOGIN: Final = timedelta(hours=12)
#: How the first user is called, where nobody chose a name.
FIRST: Final = "operator"
_NAME: Final = re.compile(r"[\w.@+-]{1,64}")


@attrs.frozen
class UserRow:
    """A user as they are listed.

    Attributes:
        password: Whether there is one; without it, only links let the user in.
        seen: When the user last logged in.
    """

    name: str
    role: Role
    password: bool
    created: datetime
    seen: datetime | None


def list_users(db: Connection) -> list[UserRow]:
    """Return all users, by name."""
    rows = db.execute(select(users).order_by(users.c.name))
    return [
        UserRow(row.name, Role(row.role), row.password is not None, row.created, row.seen)
        for row in rows
    ]


def add_user(db: Connection, name: str, role: Role, now: datetime) -> None:
    """Add a user, who has no password yet.

    Raises:
        ConfigurationError: The name is taken, or none.
    """
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} is no name for a user: up to 64 letters, digits, and . _ - @ +"
        )
    lock_store(db)
    if db.execute(select(users.c.id).where(users.c.name == name)).first() is not None:
        raise ConfigurationError(f"there already is a user {name!r}")
    db.execute(insert(users).values(name=name, role=role.value, created=now))


def first_user(db: Connection, now: datetime) -> str | None:
    """Return the admin who is to log in first, made if there is nobody at all.

    None once anybody has logged in: from then on users let each other in.
    """
    lock_store(db)
    known = list_users(db)
    if not known:
        add_user(db, FIRST, Role.ADMIN, now)
        return FIRST
    admins = [row.name for row in known if row.role is Role.ADMIN]
    return None if any(row.seen for row in known) else next(iter(admins), None)


def an_admin(db: Connection, now: datetime) -> str:
    """Return an admin, made if there is none."""
    asked = select(users.c.name).where(users.c.role == Role.ADMIN.value).order_by(users.c.id)
    found: str | None = db.execute(asked.limit(1)).scalar()
    if found is None:
        found = FIRST
        add_user(db, found, Role.ADMIN, now)
    return found


def remove_user(db: Connection, name: str) -> None:
    """Remove a user; whoever is logged in by the name no longer is.

    Raises:
        ConfigurationError: There is no such user, or nobody else is an admin.
    """
    id = _id(db, name)
    _refuse_last_admin(db, id)
    _throw_out(db, id)
    db.execute(delete(users).where(users.c.id == id))


def set_role(db: Connection, name: str, role: Role) -> None:
    """Give a user another role; it counts from the next request on.

    Raises:
        ConfigurationError: There is no such user, or nobody else is an admin.
    """
    id = _id(db, name)
    if role is not Role.ADMIN:
        _refuse_last_admin(db, id)
    db.execute(update(users).where(users.c.id == id).values(role=role.value))


def _refuse_last_admin(db: Connection, id: int) -> None:
    # Two admins may want each other gone at the same time.
    lock_store(db)
    admins = db.execute(select(users.c.id).where(users.c.role == Role.ADMIN.value)).scalars().all()
    if admins == [id]:
        raise ConfigurationError(
            "nobody else is an admin, and somebody must be; make another one first"
        )


def make_link(db: Connection, name: str, expires: datetime, *, keep: bool = False) -> str:
    """Return a secret that lets a user in once, until it expires.

    Args:
        keep: Links made earlier work on; else they end.

    Raises:
        ConfigurationError: There is no such user.
    """
    id, secret = _id(db, name), secrets.token_urlsafe(32)
    if not keep:
        db.execute(delete(login_links).where(login_links.c.user_id == id))
    db.execute(insert(login_links).values(digest=_digest(secret), user_id=id, expires=expires))
    return secret


def owner_of_link(db: Connection, secret: str, now: datetime) -> User | None:
    """Return whom a link lets in; None if it was used, or has expired."""
    joined = select(users.c.name, users.c.role).join(login_links)
    row = db.execute(
        joined.where(login_links.c.digest == _digest(secret), login_links.c.expires > now)
    ).first()
    return None if row is None else User(row.name, Role(row.role))


def use_link(
    db: Connection, secret: str, login: str, now: datetime, password: str | None
) -> User | None:
    """Log in by a link, which is gone then; None if it lets nobody in.

    Args:
        login: The secret of the browser that is let in.
        password: The hash of a new one; None keeps what there was. Who has a new one is
            logged out everywhere else.
    """
    user = owner_of_link(db, secret, now)
    if user is None:
        return None
    gone = db.execute(delete(login_links).where(login_links.c.digest == _digest(secret)))
    if gone.rowcount == 0:
        return None
    if password is None:
        log_in(db, user.name, login, now)
    else:
        change_password(db, user.name, password, login, now)
    return user


def password_of(db: Connection, name: str) -> str | None:
    """Return the hash of a user's password; None if there is no user, or none."""
    found: str | None = db.execute(select(users.c.password).where(users.c.name == name)).scalar()
    return found


def set_password(db: Connection, name: str, hashed: str) -> None:
    """Keep a password, hashed anew."""
    db.execute(update(users).where(users.c.name == name).values(password=hashed))


def change_password(db: Connection, name: str, hashed: str, login: str, now: datetime) -> None:
    """Give a user a new password; from then on only the browser *login* is logged in."""
    _throw_out(db, _id(db, name))
    set_password(db, name, hashed)
    log_in(db, name, login, now)


def log_in(db: Connection, name: str, login: str, now: datetime) -> None:
    """Let a browser in that holds the secret *login*; what has expired goes."""
    id = _id(db, name)
    db.execute(delete(logins).where(logins.c.expires <= now))
    db.execute(delete(login_links).where(login_links.c.expires <= now))
    values = {"digest": _digest(login), "user_id": id, "since": now, "expires": now + LOGIN}
    db.execute(insert(logins).values(values))
    db.execute(update(users).where(users.c.id == id).values(seen=now))


def log_out(db: Connection, login: str) -> None:
    """Let a browser in no longer."""
    db.execute(delete(logins).where(logins.c.digest == _digest(login)))


def logged_in(db: Connection, login: str, now: datetime) -> User | None:
    """Return whose browser holds the secret *login*."""
    joined = select(users.c.name, users.c.role).join(logins)
    row = db.execute(
        joined.where(logins.c.digest == _digest(login), logins.c.expires > now)
    ).first()
    return None if row is None else User(row.name, Role(row.role))


def end_logins(db: Connection) -> None:
    """Let nobody in whom another store had let in: a copy may be older than a log-out."""
    for table in (logins, login_links):
        db.execute(delete(table))


def page_key(db: Connection) -> bytes | None:
    """Return what cookies and forms are signed with, if there is a key yet."""
    found: bytes | None = db.execute(select(page_keys.c.secret)).scalar()
    return found


def make_page_key(db: Connection) -> bytes:
    """Return what cookies and forms are signed with; whoever asks first makes it."""
    lock_store(db)
    found = page_key(db)
    if found is None:
        found = secrets.token_bytes(32)
        db.execute(insert(page_keys).values(id=1, secret=found))
    return found


def _throw_out(db: Connection, id: int) -> None:
    for table in (logins, login_links):
        db.execute(delete(table).where(table.c.user_id == id))


def _id(db: Connection, name: str) -> int:
    found: Any = db.execute(select(users.c.id).where(users.c.name == name)).scalar()
    if found is None:
        raise ConfigurationError(f"there is no user {name!r}")
    id: int = found
    return id


def _digest(secret: str) -> bytes:
    """Long and random as it is, a secret needs no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).digest()
