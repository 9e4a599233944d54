"""What a plugin may have of its own in a store: tables, and work that is done in time.

A connector whose platform is the store itself (a guest list) keeps its tables there, reads
what other connections of its brand brought, and does its own work while it is followed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypeVar

import attrs

from frontdesk.consent import Statement
from frontdesk.model import Channel, Json, Profile, Reservation, Site

if TYPE_CHECKING:
    from sqlalchemy import Connection, MetaData

    from frontdesk.client import Clock

_T = TypeVar("_T")
Subject: TypeAlias = Literal["reservation", "profile", "consent", "merged", "gone"]
"""What an entry of the log speaks of; events are left out."""


@attrs.frozen(kw_only=True)
class Erasure:
    """Somebody to be forgotten, as a plugin's tables may know them.

    Attributes:
        guests: Connector, account and guest's key of everybody who is meant.
        addresses: What they are or were known by: e-mail addresses in lower case, numbers.
            Empty where it is their platform that erased them: other connections of the brand
            have a word of their own on an address.
        spared: Accounts of the plugin's own connections that are of another brand: what is
            theirs stays.
    """

    guests: frozenset[tuple[str, str, str]] = attrs.field(repr=False)
    addresses: frozenset[str] = attrs.field(repr=False)
    spared: frozenset[str] = frozenset()
    at: datetime


@attrs.frozen(kw_only=True)
class Tables:
    """Tables of a plugin's own, which live in the store beside those of frontdesk.

    Their names begin with the plugin's: ``guestlist_guests``. They have a history of
    migrations of their own, kept in ``<plugin>_frontdesk_version``.

    Args:
        metadata: The tables, as SQLAlchemy knows them.
        migrations: The folder of the migrations, as Alembic reads them.
        head: The newest of these.
        erase: Erases people in the transaction that forgets them; returns how many rows were
            removed or overwritten. What remains of them must tell nobody who they were.
        export: Returns all that the tables hold of people, for whoever asks what is known;
            nothing but empty lists and the like where they hold nothing.
        known_as: Account and key of the guests of the plugin's own connections who are meant:
            copies that were made of the guests of others. They are then meant, too.
        addresses: All addresses the tables hold, in lower case. A backup that is restored may
            have people whom nothing else in it speaks of, and who were forgotten since.
    """

    metadata: MetaData
    migrations: Path
    head: str
    erase: Callable[[Connection, Erasure], int]
    export: Callable[[Connection, Erasure], Json]
    known_as: Callable[[Connection, Erasure], Iterable[tuple[str, str]]] | None = None
    addresses: Callable[[Connection], Iterable[str]] | None = None


@attrs.frozen(kw_only=True)
class Job:
    """Work that is done again and again while the connection is followed.

    It is done in one process only, and not while the connection is paused or held. What it
    raises is logged, and it is done again at its next turn.

    Args:
        every: How long to wait in between; :meth:`Annex.call` ends a wait.
    """

    name: str
    every: timedelta
    work: Callable[[Annex], Awaitable[None]]


@attrs.frozen(kw_only=True)
class Source:
    """A connection of the same brand, as the store knows it.

    Attributes:
        has_reservations: Whether its connector makes reservations, as far as that is known.
    """

    name: str
    connector: str
    account: str
    title: str
    sites: tuple[Site, ...] = ()


@attrs.frozen(kw_only=True)
class News:
    """An entry of a connection's log.

    Attributes:
        seq: Its number; numbers grow, and none appears later between those seen.
        guest: The key of the guest it speaks of.
        stream: The stream of the record it was made of; empty where there is none.
        record: That record's id, in its site.
        body: What the log keeps: of a consent or merge, as ``frontdesk map`` prints it.
    """

    seq: int
    subject: Subject
    guest: str
    stream: str = ""
    site: str = ""
    record: str = ""
    logged: datetime
    reservation: Reservation | None = None
    body: Mapping[str, Json] = attrs.field(factory=dict[str, Json])


@attrs.frozen(kw_only=True)
class Known:
    """A guest of a connection, as the store knows them now, through merges.

    Attributes:
        key: Of the guest they are by now.
        excluded: The rule that keeps the guest back from destinations, if one does.
        gone: Whether the platform no longer has the guest.
    """

    key: str
    profile: Profile | None = None
    excluded: str | None = None
    gone: bool = False


@attrs.frozen
class Said(Statement):
    """A statement of the brand's ledger, with what shows it."""

    evidence: str = ""


class Annex(Protocol):
    """A connection's own part of the store, for its pages, commands, jobs and ``client.annex``.

    Methods with a *db* are called within :meth:`read` or :meth:`write`, which run what they
    are given in a worker thread and in one transaction.
    """

    @property
    def name(self) -> str:
        """What the connection is called."""
        ...

    @property
    def settings(self) -> Any:
        """The connection's settings, secrets included."""
        ...

    @property
    def clock(self) -> Clock:
        """Where time comes from."""
        ...

    @property
    def pages_url(self) -> str | None:
        """How people reach the pages from outside; None if nobody said."""
        ...

    async def read(self, question: Callable[[Connection], _T]) -> _T:
        """Return what *question* answers in a reading transaction."""
        ...

    async def write(self, change: Callable[[Connection], _T], *, durable: bool = False) -> _T:
        """Run *change* in a writing transaction; it is not interrupted half-way.

        Args:
            durable: Once it has returned, what was written outlasts even a power cut.
        """
        ...

    async def key(self) -> bytes:
        """Return 32 bytes to sign with: the plugin's own, and the same for all processes."""
        ...

    def call(self) -> bool:
        """Have changes read and jobs done now, if a service of this process follows."""
        ...

    def refuse_stopped(self, db: Connection) -> None:
        """Refuse to do outside what a person stopped: to be asked before anything leaves.

        Jobs are not begun then. Pages and commands are open, also in a restored store or a
        demo's, which must reach nobody until a person says so.

        Raises:
            PausedError: The connection is paused or held.
        """
        ...

    def sources(self, db: Connection) -> list[Source]:
        """Return the connections of the brand, this one among them, by name."""
        ...

    def news(self, db: Connection, source: str, after: int, limit: int = 500) -> list[News]:
        """Return what a connection of the brand has logged since, oldest first.

        Args:
            source: What the connection is called.
            after: The number of the last entry seen.

        Raises:
            ConfigurationError: The brand has no such connection.
        """
        ...

    def last(self, db: Connection, source: str) -> int:
        """Return the number of the last entry that a connection has logged."""
        ...

    def known(self, db: Connection, source: str, guests: Collection[str]) -> Mapping[str, Known]:
        """Return what is known of guests of a connection, by the key they were asked by."""
        ...

    def said(
        self, db: Connection, channel: Channel, addresses: Collection[str]
    ) -> Mapping[str, Sequence[Said]]:
        """Return what the brand's ledger says of addresses, oldest first.

        :func:`frontdesk.consent.effective` tells what counts of it.
        """
        ...

    def note(self, db: Connection, user: str, action: str, **what: Any) -> None:
        """Note in the audit trail that somebody did something; *what* names ids, no guest."""
        ...
