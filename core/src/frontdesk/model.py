"""The nouns: what connectors take in and give out.

All are frozen. Times are aware, money is :class:`~decimal.Decimal` with its currency, and
a guest is named by the platform's own id: e-mail and phone are looked up when something
is delivered, never used as a key.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeAlias

import attrs

Json: TypeAlias = Any
"""A JSON value as read: numbers with a fraction are :class:`~decimal.Decimal`."""

Payload: TypeAlias = Mapping[str, Json]

UNSEEN: Final = datetime.min.replace(tzinfo=UTC)
"""Stands in :attr:`Record.seen` until core has taken the record in."""


class Channel(enum.StrEnum):
    """A way to reach a guest that asks for consent of its own."""

    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"


class ConsentState(enum.StrEnum):
    """What a consent says."""

    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"


class Origin(enum.StrEnum):
    """How news reached us: read as history, or followed as it happened."""

    HISTORY = "history"
    LIVE = "live"


class Purpose(enum.StrEnum):
    """Why ``fetch_history`` is called."""

    #: Everything since :attr:`Query.since`, once.
    HISTORY = "history"
    #: What changed since the cursor (or :attr:`Query.since`), again and again.
    CHANGES = "changes"
    #: The records with :attr:`Query.ids`.
    IDS = "ids"


@attrs.frozen
class Site:
    """A property, centre, location or studio of an account.

    Args:
        time_zone: An IANA name; "today" and local wall clocks are read in it.
        currency: ISO 4217.
        country: ISO 3166-1 alpha-2; phones without a prefix are read as this country's.
    """

    id: str
    name: str
    time_zone: str = "UTC"
    currency: str | None = None
    country: str | None = None
    language: str | None = None


@attrs.frozen
class Account:
    """One account as the platform knows it.

    Args:
        id: The platform's own id: event ids are made of it, so it must never change.
        missing: Permissions the credentials lack, in words for the person who must ask.
        clock: What the platform's clock said, if it tells.
    """

    id: str
    title: str
    sites: tuple[Site, ...] = ()
    granted: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    clock: datetime | None = None

    def site(self, id: str | None) -> Site | None:
        """Return the site of this id; of an account with one site, that one for ``None``."""
        if id is None and len(self.sites) == 1:
            return self.sites[0]
        for site in self.sites:
            if site.id == id:
                return site
        return None


@attrs.frozen
class Record:
    """One thing as the platform sent it.

    Args:
        stream: The stream it belongs to, as the manifest spells it.
        id: The platform's id, unique in the stream (and site, where *site* is given).
        payload: The JSON object, joins included.
        site: The site, only where ids are unique per site.
        version: When the platform last changed it; None if it does not tell, then the
            order of arrival decides.
        guests: Ids of all guests it speaks of, read in its *site* if it has one; erasing a
            guest finds the record by them, and by those its events and consents name.
        partial: Only some fields: core lays it over the stored version first, field by
            field at the top level only: a fact that a delivery brings needs a key of its
            own, or the next full version hides that it ever happened. Where nothing is
            stored, the mapping hooks see the record as it is, still partial.
        deleted: The platform no longer has it.
        seen: When core took it in; the only "now" a mapping may use. Set by core.
        origin: Set by core.
    """

    stream: str
    id: str
    payload: Payload
    site: str | None = attrs.field(default=None, kw_only=True)
    version: datetime | None = attrs.field(default=None, kw_only=True)
    guests: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    partial: bool = attrs.field(default=False, kw_only=True)
    deleted: bool = attrs.field(default=False, kw_only=True)
    seen: datetime = attrs.field(default=UNSEEN, kw_only=True)
    origin: Origin = attrs.field(default=Origin.HISTORY, kw_only=True)


@attrs.frozen
class Unreadable:
    """A row that could not even be made a :class:`Record`; core quarantines it.

    Args:
        reason: Names the fault and the field, never a guest's data.
    """

    stream: str
    payload: Json
    reason: str


@attrs.frozen
class Ref:
    """*I need this record.*

    Core answers from the store if that is no older than *max_age* seconds (None: any age
    will do), else asks the platform in batches, then calls the hook again with the answer
    in *related*.
    """

    stream: str
    id: str
    site: str | None = attrs.field(default=None, kw_only=True)
    max_age: float | None = attrs.field(default=None, kw_only=True, eq=False)


class Wanted(Exception):  # noqa: N818  # a signal, not an error: it carries a question
    """Raised where a mapping hook reads an answer that nobody asked for yet; core asks."""

    def __init__(self, *refs: Ref) -> None:
        super().__init__(*refs)
        self.refs = refs


class Related(dict[Ref, Record | None]):
    """Answers to refs: the record, or None where the platform has no such record.

    Reading is asking: ``related[Ref("invoices", id)]`` gives the answer, or stops the hook
    until core has it and calls again. Every mapping hook may ask.
    """

    def __missing__(self, ref: Ref) -> Record | None:
        raise Wanted(ref)

    def all(self, *refs: Ref) -> tuple[Record | None, ...]:
        """Return several answers; those missing are asked for at once."""
        missing = [ref for ref in refs if ref not in self]
        if missing:
            raise Wanted(*missing)
        return tuple(self[ref] for ref in refs)


@attrs.frozen
class Query:
    """What ``fetch_history`` is asked for.

    Args:
        since: The start of history, or of following; None means from the beginning.
        cursor: What an earlier :class:`Page` carried; only the connector reads it.
        ids: For :attr:`Purpose.IDS`: what to fetch, at most as many as the manifest allows.
        overlap: For :attr:`Purpose.CHANGES`: how far behind the last answer to ask again,
            as the manifest or the connection's ``polling`` says.
    """

    stream: str
    purpose: Purpose = Purpose.HISTORY
    since: datetime | None = attrs.field(default=None, kw_only=True)
    cursor: Json = attrs.field(default=None, kw_only=True)
    ids: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    site: str | None = attrs.field(default=None, kw_only=True)
    overlap: timedelta = attrs.field(default=timedelta(0), kw_only=True)


@attrs.frozen
class Progress:
    """How far a walk is: parts (windows, sites, pages) done of all; None where unknown."""

    done: int
    total: int | None = None


@attrs.frozen
class Page:
    """Some records, and the cursor that goes on behind them.

    Args:
        cursor: Versioned JSON that only the connector reads. Records and cursor commit
            together; going on from it after a crash is harmless.
        complete: This page ends a full scan of its stream (and *site*): stored records
            not met in the scan are mapped once as deleted.
    """

    records: Sequence[Record | Unreadable]
    cursor: Json = None
    progress: Progress | None = None
    complete: bool = False
    site: str | None = None


@attrs.frozen
class Delivery:
    """One webhook request as it arrived.

    Args:
        headers: Names in lower case.
        body: The raw bytes, which signatures are made of.
    """

    body: bytes = attrs.field(repr=False)
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    query: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    method: str = "POST"
    received: datetime = UNSEEN


@attrs.frozen
class Context:
    """What every mapping hook may know besides the record.

    Args:
        settings: The connection's settings with secrets blanked.
        start: The start of history; None means there is no limit.
    """

    settings: Any
    account: Account
    start: datetime | None = None


@attrs.frozen
class Event:
    """Something that happened to a guest.

    Core makes the id: from the platform's account (and site), the record's stream and id,
    *action* and *occurrence*. The same action thus has the same id whoever showed it.

    Args:
        metric: A metric the manifest declares.
        guest: The platform's id of the guest.
        time: When it happened.
        value: The money, in units of *currency*.
        properties: By the names the manifest declares. None means the platform says
            "empty"; a name is absent where nothing is known.
        action: What happened, within the record; the metric's name unless given. Give it
            where a metric's name may still change: ids must not change with it.
        occurrence: A fact of the record (a cancellation time, an item's id) that tells
            one occurrence of the action from the next; never a clock or a counter.
        site: Where it happened: its day is counted in that site's zone. The record's site,
            else the account's first, unless given; it is no part of the id.
    """

    metric: str
    guest: str
    time: datetime
    value: Decimal | None = attrs.field(default=None, kw_only=True)
    currency: str | None = attrs.field(default=None, kw_only=True)
    properties: Mapping[str, Json] = attrs.field(factory=dict[str, Json], kw_only=True)
    action: str = attrs.field(default="", kw_only=True)
    occurrence: str = attrs.field(default="", kw_only=True)
    site: str | None = attrs.field(default=None, kw_only=True)


@attrs.frozen(kw_only=True)
class Profile:
    """What is known of one guest.

    Args:
        guest: The platform's id of the guest.
        phone_number: E.164.
        locale: Language and country, ``en-GB``.
        location: ``address1``, ``address2``, ``city``, ``region``, ``country``, ``zip``.
        excluded: The manifest's exclusion that keeps this guest back, if one applies:
            nothing of the guest is delivered while it does.
    """

    guest: str
    email: str | None = None
    phone_number: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    title: str | None = None
    organization: str | None = None
    locale: str | None = None
    location: Mapping[str, str | None] = attrs.field(factory=dict[str, str | None])
    properties: Mapping[str, Json] = attrs.field(factory=dict[str, Json])
    excluded: str | None = None


@attrs.frozen
class Merged:
    """The platform made guest *old* a part of guest *into*."""

    old: str
    into: str


@attrs.frozen
class Gone:
    """The platform no longer has this guest; *erase*: because its data was erased there."""

    guest: str
    erase: bool = attrs.field(default=False, kw_only=True)


@attrs.frozen
class Consent:
    """One statement about one channel.

    Args:
        address: The e-mail address or E.164 number it speaks of.
        at: When it was given, if the platform tells; never guessed.
        evidence: What the platform showed, in words that hold up when somebody asks.
    """

    guest: str
    address: str
    channel: Channel
    state: ConsentState
    at: datetime | None = None
    evidence: str = ""


@attrs.frozen(kw_only=True)
class Reservation:
    """A stay, appointment or class booking in one neutral shape.

    Args:
        status: ``requested``, ``confirmed``, ``arrived``, ``departed``, ``cancelled`` or
            ``no_show``.
        channel: How it was sold, in the platform's word.
        language: ``en-GB``.
        country: ISO 3166-1 alpha-2.
        duplicate_of: Number of the reservation this one repeats.
    """

    number: str
    guest: str
    status: str
    site: str | None = None
    from_: datetime | None = None
    to: datetime | None = None
    checked_in: bool = False
    amount: Decimal | None = None
    currency: str | None = None
    channel: str | None = None
    language: str | None = None
    country: str | None = None
    created: datetime | None = None
    updated: datetime | None = None
    duplicate_of: str | None = None
