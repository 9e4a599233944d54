"""Letting browsers in and out, as the store remembers them."""

from __future__ import annotations

from frontdesk.client import Clock
from frontdesk.people import User
from frontdesk.store import Store, users


class Doors:
    """What logging in needs of the store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def page_key(self) -> bytes:
        """Return what cookies and forms are signed with."""
        found = await self._store.read(users.page_key)
        return await self._store.write(users.make_page_key) if found is None else found

    async def logged_in(self, login: str) -> User | None:
        """Return whose browser this is."""
        now = self._clock.now()
        return await self._store.read(lambda db: users.logged_in(db, login, now))

    async def log_in(self, name: str, login: str) -> None:
        """Let a browser in."""
        now = self._clock.now()
        await self._store.write(lambda db: users.log_in(db, name, login, now))

    async def log_out(self, login: str) -> None:
        """Let a browser in no longer."""
        await self._store.write(lambda db: users.log_out(db, login))

    async def password_of(self, name: str) -> str | None:
        """Return the hash of a user's password, if there is one."""
        return await self._store.read(lambda db: users.password_of(db, name))

    async def set_password(self, name: str, hashed: str) -> None:
        """Keep a password."""
        await self._store.write(lambda db: users.set_password(db, name, hashed))

    async def change_password(self, name: str, hashed: str, login: str) -> None:
        """Keep a new password; only the browser *login* stays logged in."""
        now = self._clock.now()
        await self._store.write(lambda db: users.change_password(db, name, hashed, login, now))

    async def owner_of_link(self, secret: str) -> User | None:
        """Return whom a link lets in."""
        now = self._clock.now()
        return await self._store.read(lambda db: users.owner_of_link(db, secret, now))

    async def use_link(self, secret: str, login: str, password: str | None) -> User | None:
        """Let a browser in by a link, which is gone then."""
        now = self._clock.now()
        return await self._store.write(lambda db: users.use_link(db, secret, login, now, password))
