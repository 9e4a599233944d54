"""The same desk for code that does not await.

>>> from frontdesk import blocking
>>> with blocking.Desk("frontdesk.db") as desk:
...     hotel = desk.connect("mews", client_token="...", access_token="...")
...     report = desk.sync(hotel)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal

from frontdesk import desk as async_desk
from frontdesk.connection import Connection
from frontdesk.deliver.checking import DestinationCheck
from frontdesk.deliver.report import DeliveryReport
from frontdesk.destination import Destination
from frontdesk.errors import FrontdeskError
from frontdesk.ingest.checking import Check
from frontdesk.ingest.receiving import Answer
from frontdesk.ingest.remap import Remapped
from frontdesk.notices import Installed
from frontdesk.people import Role
from frontdesk.progress import Report, Update
from frontdesk.store import auditing, forgetting, inbox, left, listing, users
from frontdesk.store.outlooks import DestinationRow, RefusalRow
from frontdesk.store.pruning import Pruned
from frontdesk.store.runtime_secrets import Rekeyed
from frontdesk.store.status import ConnectionRow

_T = TypeVar("_T")


class Desk:
    """A :class:`frontdesk.Desk` whose methods return when they are done.

    Use it as a context manager; an event loop in a thread of its own does the work.
    """

    def __init__(self, store: str | Path = "frontdesk.db", **options: Any) -> None:
        self._desk = async_desk.Desk(store, **options)
        self._portal: BlockingPortal | None = None
        self._running: Any = None

    @classmethod
    def from_config(cls, path: Path) -> Self:
        """Make a desk of a configuration file; see :meth:`frontdesk.Desk.from_config`."""
        made = async_desk.Desk.from_config(path)
        desk = cls(made.store.where, key=())
        desk._desk = made
        return desk

    def __enter__(self) -> Self:
        self._running = start_blocking_portal()
        self._portal = self._running.__enter__()
        self._run(self._desk.store.open)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._desk.close()
        self._running.__exit__(kind, error, traceback)
        self._portal = None

    @property
    def connections(self) -> dict[str, Connection]:
        """The connections by name."""
        return self._desk.connections

    @property
    def destinations(self) -> dict[str, Destination]:
        """The destinations by name."""
        return self._desk.destinations

    def connect(self, *args: Any, **options: Any) -> Connection:
        """Bind a connector to an account; see :meth:`frontdesk.Desk.connect`."""
        return self._desk.connect(*args, **options)

    def add_destination(self, *args: Any, **options: Any) -> Destination:
        """Bind a destination plugin; see :meth:`frontdesk.Desk.add_destination`."""
        return self._desk.add_destination(*args, **options)

    def subscribe(self, listener: Callable[[Update], None]) -> Callable[[], None]:
        """Call *listener*, in the loop's thread, after every commit of a sync."""
        return self._desk.subscribe(listener)

    def sync(self, connection: Connection | str) -> Report:
        """Bring the store up to date; see :meth:`frontdesk.Desk.sync`."""
        return self._run(lambda: self._desk.sync(connection))

    def call(self, connection: Connection | str) -> bool:
        """Have the service ask for changes now; see :meth:`frontdesk.Desk.call`."""

        async def ring() -> bool:
            return self._desk.call(connection)

        return self._run(ring)

    def sync_all(self, *names: str) -> list[Report | FrontdeskError]:
        """Sync several connections; see :meth:`frontdesk.Desk.sync_all`."""
        return self._run(lambda: self._desk.sync_all(*names))

    def check(self, connection: Connection | str) -> Check:
        """Ask the platform whether all is well; see :meth:`frontdesk.Desk.check`."""
        return self._run(lambda: self._desk.check(connection))

    def webhook_url(self, connection: Connection | str, *, reveal: bool = False) -> str:
        """Return the URL to give to the platform; see :meth:`frontdesk.Desk.webhook_url`."""
        return self._desk.webhook_url(connection, reveal=reveal)

    def webhooks(
        self, connection: Connection | str, action: Literal["install", "list", "remove"] = "list"
    ) -> tuple[Installed, ...]:
        """Install, list or remove webhooks; see :meth:`frontdesk.Desk.webhooks`."""
        return self._run(lambda: self._desk.webhooks(connection, action))

    def deliver(
        self, destination: Destination | str, *, only: str | None = None, dry_run: bool = False
    ) -> DeliveryReport:
        """Deliver what was not sent yet; see :meth:`frontdesk.Desk.deliver`."""
        return self._run(lambda: self._desk.deliver(destination, only=only, dry_run=dry_run))

    def deliver_all(
        self, *names: str, only: str | None = None, dry_run: bool = False
    ) -> list[DeliveryReport | FrontdeskError]:
        """Deliver to several destinations; see :meth:`frontdesk.Desk.deliver_all`."""
        return self._run(lambda: self._desk.deliver_all(*names, only=only, dry_run=dry_run))

    def check_destination(self, destination: Destination | str) -> DestinationCheck:
        """Ask a destination whether all is well."""
        return self._run(lambda: self._desk.check_destination(destination))

    def destination_status(self) -> list[DestinationRow]:
        """Return how every destination is that the store knows."""
        return self._run(self._desk.destination_status)

    def refusals(self, destination: Destination | str | None = None) -> list[RefusalRow]:
        """Return what destinations would not take; see :meth:`frontdesk.Desk.refusals`."""
        return self._run(lambda: self._desk.refusals(destination))

    def redeliver(
        self,
        destination: Destination | str,
        connection: Connection | str | None = None,
        *,
        refused: bool = False,
    ) -> int:
        """Let the next delivery send again; see :meth:`frontdesk.Desk.redeliver`."""
        return self._run(lambda: self._desk.redeliver(destination, connection, refused=refused))

    def rebind(self, destination: Destination | str) -> str:
        """Let a destination go to another account; see :meth:`frontdesk.Desk.rebind`."""
        return self._run(lambda: self._desk.rebind(destination))

    def replay(self, *ids: int) -> dict[int, str]:
        """Try entries of quarantine again; see :meth:`frontdesk.Desk.replay`."""
        return self._run(lambda: self._desk.replay(*ids))

    def metrics(self, integration: str | None = None) -> list[listing.MetricRow]:
        """Return every metric in use."""
        return self._run(lambda: self._desk.metrics(integration))

    def profiles(self, **options: Any) -> list[listing.ProfileRow]:
        """Return profiles."""
        return self._run(lambda: self._desk.profiles(**options))

    def gone(self, **options: Any) -> list[left.GoneRow]:
        """Return guests whom their platform deleted; see :meth:`frontdesk.Desk.gone`."""
        return self._run(lambda: self._desk.gone(**options))

    def events(self, **options: Any) -> list[listing.EventRow]:
        """Return events, latest first."""
        return self._run(lambda: self._desk.events(**options))

    def quarantine(self, **options: Any) -> list[listing.QuarantineRow]:
        """Return what could not be used."""
        return self._run(lambda: self._desk.quarantine(**options))

    def quarantined(self, id: int, *, reveal: bool = False) -> dict[str, Any]:
        """Return one entry of quarantine, masked unless *reveal* is set."""
        return self._run(lambda: self._desk.quarantined(id, reveal))

    def status(self) -> list[ConnectionRow]:
        """Return how every connection is that the store knows."""
        return self._run(self._desk.status)

    def pause(self, name: Connection | Destination | str) -> None:
        """Stop working for a connection or destination; see :meth:`frontdesk.Desk.pause`."""
        self._run(lambda: self._desk.pause(name))

    def resume(self, name: Connection | Destination | str) -> None:
        """Let a connection or destination go on; see :meth:`frontdesk.Desk.resume`."""
        self._run(lambda: self._desk.resume(name))

    def refetch(self, connection: Connection | str, stream: str | None = None) -> tuple[str, ...]:
        """Let the next sync read again; see :meth:`frontdesk.Desk.refetch`."""
        return self._run(lambda: self._desk.refetch(connection, stream))

    def remap(
        self, connection: Connection | str, stream: str | None = None, *, dry_run: bool = False
    ) -> Remapped:
        """Run stored records through today's mapping; see :meth:`frontdesk.Desk.remap`."""
        return self._run(lambda: self._desk.remap(connection, stream, dry_run=dry_run))

    def prune(self, before: datetime, *, dry_run: bool = False) -> Pruned:
        """Remove what nobody needs any more; see :meth:`frontdesk.Desk.prune`."""
        return self._run(lambda: self._desk.prune(before, dry_run=dry_run))

    @contextmanager
    def service(self) -> Generator[None]:
        """Follow all connections beside the block; see :meth:`frontdesk.Desk.service`."""
        with self._opened.wrap_async_context_manager(self._desk.service()):
            yield

    def receive(self, connection: Connection | str, **request: Any) -> Answer:
        """Take in a webhook; see :meth:`frontdesk.Desk.receive`."""
        return self._run(lambda: self._desk.receive(connection, **request))

    def receive_at(self, connector: str, **request: Any) -> Answer:
        """Take in a webhook to a shared URL; see :meth:`frontdesk.Desk.receive_at`."""
        return self._run(lambda: self._desk.receive_at(connector, **request))

    def inboxes(self) -> list[inbox.InboxRow]:
        """Return the inbox of every connection the store knows."""
        return self._run(self._desk.inboxes)

    def strays(self) -> dict[str, tuple[int, datetime]]:
        """Return how many webhooks were meant for nobody here; see :meth:`frontdesk.Desk.strays`."""
        return self._run(self._desk.strays)

    def audits(self) -> list[dict[str, Any]]:
        """Return what persons did that cannot be undone."""
        return self._run(self._desk.audits)

    def discard_deliveries(
        self, before: datetime, connection: Connection | str | None = None
    ) -> dict[str, int]:
        """Give up deliveries that wait; see :meth:`frontdesk.Desk.discard_deliveries`."""
        return self._run(lambda: self._desk.discard_deliveries(before, connection))

    def export_guest(self, who: str | Collection[int]) -> dict[str, Any]:
        """Return all that is stored of a guest; see :meth:`frontdesk.Desk.export_guest`."""
        return self._run(lambda: self._desk.export_guest(who))

    def forget(self, who: str | Collection[int]) -> list[forgetting.Receipt]:
        """Erase a guest from the store; see :meth:`frontdesk.Desk.forget`."""
        return self._run(lambda: self._desk.forget(who))

    def receipts(self) -> list[forgetting.Receipt]:
        """Return the receipts of all erasures; see :meth:`frontdesk.Desk.receipts`."""
        return self._run(self._desk.receipts)

    def users(self) -> list[users.UserRow]:
        """Return the users of the pages."""
        return self._run(self._desk.users)

    def add_user(self, name: str, role: Role = Role.VIEWER, *, by: str = "") -> None:
        """Add a user of the pages; see :meth:`frontdesk.Desk.add_user`."""
        self._run(lambda: self._desk.add_user(name, role, by=by))

    def set_role(self, name: str, role: Role, *, by: str = "") -> None:
        """Give a user another role; see :meth:`frontdesk.Desk.set_role`."""
        self._run(lambda: self._desk.set_role(name, role, by=by))

    def remove_user(self, name: str, *, by: str = "") -> None:
        """Remove a user of the pages; see :meth:`frontdesk.Desk.remove_user`."""
        self._run(lambda: self._desk.remove_user(name, by=by))

    def login_link(self, name: str, **options: Any) -> str:
        """Return a path that lets a user in once; see :meth:`frontdesk.Desk.login_link`."""
        return self._run(lambda: self._desk.login_link(name, **options))

    def first_login_link(self, *, always: bool = False) -> str | None:
        """Return a path that lets the first user in; see :meth:`frontdesk.Desk.first_login_link`."""
        return self._run(lambda: self._desk.first_login_link(always=always))

    def audit_trail(self, before: int | None = None, limit: int = 50) -> list[auditing.AuditRow]:
        """Return what persons did, latest first; see :meth:`frontdesk.Desk.audit_trail`."""
        return self._run(lambda: self._desk.audit_trail(before, limit))

    def note(self, user: str, action: str, **what: Any) -> None:
        """Note that somebody did something; see :meth:`frontdesk.Desk.note`."""
        self._run(lambda: self._desk.note(user, action, **what))

    def rekey(self, *, drop_unreadable: bool = False) -> Rekeyed:
        """Encrypt all secrets with the first key; see :meth:`frontdesk.Desk.rekey`."""
        return self._run(lambda: self._desk.rekey(drop_unreadable=drop_unreadable))

    @property
    def _opened(self) -> BlockingPortal:
        if self._portal is None:
            raise RuntimeError("the desk is not open: use it in a with block")
        return self._portal

    def _run(self, verb: Callable[[], Awaitable[_T]]) -> _T:
        return self._opened.call(verb)
