"""A house with a guest list whose pages are served, for a browser in the same thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import attrs
from anyio.from_thread import BlockingPortal, start_blocking_portal
from guesthouse import House, opened

from frontdesk import Desk, Role
from frontdesk.serving import served
from frontdesk_guestlist import guests
from frontdesk_guestlist.guests import Guest


@attrs.frozen
class Room:
    """Pages that are served, and the house they show, asked from elsewhere."""

    address: str
    house: House
    portal: BlockingPortal

    def read(self, question: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Answer a question of the guest list."""
        return self.portal.call(partial(self.house.read, question, *args, **more))

    def write(self, change: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Change something in the guest list."""
        return self.portal.call(partial(self.house.write, change, *args, **more))

    def put(self, **row: Any) -> Guest:
        """Put a guest who arrives today for a night into the list, as a source would."""
        [uid] = self.portal.call(self.house.put, row)
        found: Guest = self.read(guests.get, uid)
        return found

    def link(self, role: Role = Role.STAFF, name: str = "") -> str:
        """Add a user; return what lets them in."""
        name = name or role.name.lower()
        self.portal.call(self.house.desk.add_user, name, role)
        link: str = self.portal.call(self.house.desk.login_link, name)
        return link

    def audit(self) -> list[tuple[str, str]]:
        """Return who did what, the newest first."""
        rows = self.portal.call(self.house.desk.audit_trail)
        return [(row.user, row.action) for row in rows]


@contextmanager
def open_room(store: Path, **settings: Any) -> Iterator[Room]:
    """Open a house in Paris and serve its pages."""
    given = {"pages_url": "https://stay.example.com", **settings}
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(opened(str(store), **given)) as house,
    ):
        serving = Desk(store, clock=house.clock)
        own = house.desk.connections["grand"].settings
        serving.connect("guestlist", name="grand", **attrs.asdict(own, recurse=True))
        with served(serving.asgi({"pages"})) as address:
            yield Room(address, house, portal)
