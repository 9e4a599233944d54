"""Who may use the pages: the part of a desk that knows users, and what they did."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import Connection as Db

from frontdesk.client import Clock
from frontdesk.people import Role
from frontdesk.store import Store, auditing, users
from frontdesk.store.inbox import audit

_T = TypeVar("_T")
#: How long a link lets somebody in, unless told otherwise.
VALID: Final = timedelta(hours=24)
#: How long the link does that is made when a service starts.
_FIRST: Final = timedelta(hours=1)


class Admission:
    """Users of the pages. Where an application has a login of its own, there are none."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self._clock = clock

    @property
    def clock(self) -> Clock:
        """Where time comes from."""
        return self._clock

    async def users(self) -> list[users.UserRow]:
        """Return the users of the pages, by name."""
        return await self._ask(users.list_users)

    async def add_user(self, name: str, role: Role = Role.VIEWER, *, by: str = "") -> None:
        """Add a user of the pages; :meth:`login_link` then lets them in.

        Args:
            by: Who adds them, for the audit.

        Raises:
            ConfigurationError: The name is taken, or none.
        """

        def write(db: Db, now: datetime) -> None:
            users.add_user(db, name, role, now)
            audit(db, now, "users add", {"user": by, "name": name, "role": role.name.lower()})

        await self._change(write)

    async def set_role(self, name: str, role: Role, *, by: str = "") -> None:
        """Give a user of the pages another role, from the next request on.

        Raises:
            ConfigurationError: There is no such user, or nobody else is an admin.
        """

        def write(db: Db, now: datetime) -> None:
            users.set_role(db, name, role)
            audit(db, now, "users role", {"user": by, "name": name, "role": role.name.lower()})

        await self._change(write)

    async def remove_user(self, name: str, *, by: str = "") -> None:
        """Remove a user of the pages, who is logged out everywhere.

        Raises:
            ConfigurationError: There is no such user, or nobody else is an admin.
        """

        def write(db: Db, now: datetime) -> None:
            users.remove_user(db, name)
            audit(db, now, "users remove", {"user": by, "name": name})

        await self._change(write)

    async def login_link(self, name: str, valid: timedelta = VALID, *, by: str = "") -> str:
        """Return a path that lets a user in once: to be put after the address of the pages.

        A link made earlier for the same user ends.

        Raises:
            ConfigurationError: There is no such user.
        """

        def write(db: Db, now: datetime) -> str:
            secret = users.make_link(db, name, now + valid)
            audit(db, now, "users link", {"user": by, "name": name})
            return secret

        return f"enter/{await self._change(write)}"

    async def first_login_link(self, *, always: bool = False) -> str | None:
        """Return a path that lets an admin in once, within an hour, who is made if need be.

        None once anybody has logged in: from then on users let each other in.

        Args:
            always: Also then, for whoever may use the store anyway.
        """

        def write(db: Db, now: datetime) -> str | None:
            name = users.first_user(db, now) or (users.an_admin(db, now) if always else None)
            return name and users.make_link(db, name, now + _FIRST, keep=True)

        secret = await self._change(write)
        return secret and f"enter/{secret}"

    async def audit_trail(
        self, before: int | None = None, limit: int = 50
    ) -> list[auditing.AuditRow]:
        """Return what persons did that has to be answered for, latest first.

        Args:
            before: The id of a row, to go on from there.
        """
        return await self._ask(lambda db: auditing.list_audit(db, before, limit))

    async def note(self, user: str, action: str, **what: Any) -> None:
        """Note that somebody did something; *what* names ids, never a guest."""
        await self._change(lambda db, now: audit(db, now, action, {"user": user, **what}))

    async def _change(self, change: Callable[[Db, datetime], _T]) -> _T:
        now = self._clock.now()
        return await self.store.write(lambda db: change(db, now))

    async def _ask(self, question: Callable[[Db], _T]) -> _T:
        return await self.store.read(question)
