"""What a connector declares about itself.

Catalogue, commands, pages and the conformance suite are made from it, and the suite holds
the connector to it: what is declared is what is produced.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs

from frontdesk.model import Channel, Payload, Record

if TYPE_CHECKING:
    import httpx

    import frontdesk.client
    from frontdesk.errors import PlatformError

Window: TypeAlias = timedelta | Literal["all", "none"]


class Kind(enum.StrEnum):
    """Where a profile field ends up at a destination."""

    STANDARD = "standard"
    CUSTOM = "custom"
    CONSENT = "consent"


@attrs.frozen
class Property:
    """A property of a metric.

    Args:
        name: Literal, odd spelling included: it is what marketers filter by.
        type: ``string``, ``number``, ``integer``, ``boolean``, ``datetime``, ``date``,
            ``list<string>``, ``list<object>`` or ``object``.
        of: ``"value"`` or ``"currency"`` if it is the event's own, else empty.
        sensitive: It can be withheld from every destination.
        addition: It is ours, not the published page's.
    """

    name: str
    type: str
    meaning: str = ""
    of: Literal["", "value", "currency"] = attrs.field(default="", kw_only=True)
    values: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    sensitive: bool = attrs.field(default=False, kw_only=True)
    addition: bool = attrs.field(default=False, kw_only=True)


@attrs.frozen
class Metric:
    """A kind of event.

    Args:
        live_only: History cannot prove it; it appears only while following.
    """

    name: str
    properties: tuple[Property, ...] = ()
    meaning: str = ""
    live_only: bool = attrs.field(default=False, kw_only=True)
    addition: bool = attrs.field(default=False, kw_only=True)


@attrs.frozen
class ProfileField:
    """A field of a profile: a standard attribute, a property of ours, or a consent.

    Args:
        attribute: For standard ones, the attribute of :class:`~frontdesk.Profile`, with
            ``location.`` before the parts of an address.
    """

    name: str
    kind: Kind
    type: str = "string"
    meaning: str = ""
    attribute: str = attrs.field(default="", kw_only=True)
    values: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    sensitive: bool = attrs.field(default=False, kw_only=True)
    addition: bool = attrs.field(default=False, kw_only=True)


@attrs.frozen
class Stream:
    """A kind of source record.

    Args:
        history: How far back history is read; ``"all"`` or ``"none"``. Streams with
            ``"none"`` and no *polling* are reference data, read by id only.
        polling: How often changes are asked for; None where the platform cannot tell.
        overlap: How far behind the last answer the next question starts.
        discard: Fields dropped before anything is stored; dots lead into objects, and
            through lists.
        sensitive: Fields of the payload that are masked until somebody asks for them.
        batch: How many ids one call may ask for.
        rows: Where the platform's answers have this stream's rows: a key, or a path whose dots
            lead into objects, and through lists; several where there are several.
        scan: History is always a full scan that ends with ``Page.complete``.
        spare: Changes are asked for in the background, out of the quota that what is live
            leaves over: for what is read again only to find what a lost webhook said.
    """

    name: str
    history: Window = "none"
    polling: timedelta | None = attrs.field(default=None, kw_only=True)
    overlap: timedelta = attrs.field(default=timedelta(0), kw_only=True)
    discard: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    sensitive: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    batch: int = attrs.field(default=100, kw_only=True)
    rows: str | tuple[str, ...] = attrs.field(default="", kw_only=True)
    scan: bool = attrs.field(default=False, kw_only=True)
    spare: bool = attrs.field(default=False, kw_only=True)
    meaning: str = attrs.field(default="", kw_only=True)


@attrs.frozen
class Exclusion:
    """A rule that keeps guests back, with its reason for the operator."""

    name: str
    meaning: str


@attrs.frozen
class Rate:
    """At most *limit* requests in any *seconds*."""

    limit: int
    seconds: float


Lane: TypeAlias = "Callable[[str, str], tuple[str, tuple[Rate, ...]]]"
"""Tells which part of the quota a request (its method and path) draws on."""

Demo: TypeAlias = "Callable[[Mapping[str, str]], Mapping[str, Any] | None]"
"""Makes a connector's settings in the demo of the connections that are there already."""


@attrs.frozen(kw_only=True)
class Quota:
    """So many requests in any 24 hours, counted in the store.

    All processes that use the store share the count, and a restart does not forget it.

    Args:
        limit: How many, unless the connection says otherwise.
        setting: The setting in which it does.
        counted_by: Headers of a request; each of their values has a count of its own.
        labelled_by: The one of them that may be shown, and tells counts apart.
        reserve: What part is kept for what is live: history leaves it alone.
    """

    limit: int
    setting: str = ""
    counted_by: tuple[str, ...] = ()
    labelled_by: str = ""
    reserve: float = 0.2


@attrs.frozen(kw_only=True)
class Points:
    """A leaky bucket of points, of which each request takes what its answer says it cost.

    Args:
        capacity: How many points it holds.
        per_second: How fast it fills again.
        cost_header: The answer's header that says what the request cost.
    """

    capacity: float
    per_second: float
    cost_header: str


@attrs.frozen
class Verdict:
    """What an answer really is, where its status alone does not tell.

    Args:
        error: The error to raise. :class:`~frontdesk.errors.RateLimitedError` and
            :class:`~frontdesk.errors.UnavailableError` are tried again first.
        reason: What the platform says; shown without secrets, addresses and numbers.
        wait: Seconds the platform wants to be left alone.
        again: Whether to try again after all, or never.
    """

    error: type[PlatformError]
    reason: str = ""
    wait: float | None = None
    again: bool | None = None


@attrs.frozen(kw_only=True)
class ConsentRules:
    """Which channels become consent records, and which stay properties."""

    records: frozenset[Channel] = frozenset()
    properties_only: frozenset[Channel] = frozenset()


class Webhook(enum.StrEnum):
    """What a webhook brings."""

    #: The platform has none, or none is used.
    NONE = "none"
    #: Ids only: always fetched.
    IDS = "ids"
    #: The delivery carries a fact of its own beside or instead of the record.
    FACTS = "facts"


@attrs.frozen(kw_only=True)
class Manifest:
    """Everything a connector says of itself before it is connected.

    Args:
        settings: An attrs class; see :func:`setting` and :func:`secret`.
        authenticate: Makes the authentication strategy from the settings; one that names
            ``state`` as a second argument is handed the :class:`~frontdesk.client.State`.
        base_urls: By name; the first is the default. A connection's ``base_url`` is one
            of the names or a URL of its own.
        rates: Windows the platform allows per account; all apply at once.
        lane: Which part of the quota a request draws on besides: a name, and the windows of
            that name. One that names ``settings`` as a third argument is handed the
            connection's. What ``RateLimit-Remaining`` and ``RateLimit-Reset`` say is heeded there.
        quota: How many requests a day the platform allows, where that is what is scarce.
        points: How it weighs requests, where it does.
        judge: Reads every answer that is JSON and tells what it really is: platforms answer
            200 and write an error into the body. None: what the status says. Pure.
        streams: In the order history is read.
        guests: The stream whose record ids are the guests' ids: core fetches a guest it
            meets in an event and does not know yet.
        webhook_discard: What of a delivery is dropped before it is stored: fields of its JSON
            body, as in :attr:`Stream.discard`, and parameters of its query after a ``?``.
            ``verify_webhook`` and ``route_webhook`` see the delivery as it arrived,
            ``read_webhook`` what is left.
        build_record: Makes a record of one row of a stream as the platform sends it;
            raises :class:`~frontdesk.errors.RecordError` where it cannot.
        sandbox: ``"module:function"`` making a :class:`~frontdesk.sandbox.Sandbox` from
            an instance of ``module:Options``.
        demo: For a connector that feeds on another connection: its settings in
            ``frontdesk demo``, made of the connections that are there, each a name with its
            connector; None to stay out of it. It decides, whether there is a sandbox or not.
        request_id: The answer header that carries the platform's request id.
        delivery_id: Where a delivery names itself, so that repeats are known:
            ``header:NAME`` or ``body:path.to.field``; without it, by their content.
        webhook_query: What the URL given to the platform ends with: the query's names, and
            the (secret) settings whose values they carry.
    """

    title: str
    settings: type[Any]
    authenticate: Callable[..., httpx.Auth | None]
    base_urls: Mapping[str, str]
    streams: tuple[Stream, ...]
    metrics: tuple[Metric, ...] = ()
    profile: tuple[ProfileField, ...] = ()
    consent: ConsentRules = ConsentRules()
    exclusions: tuple[Exclusion, ...] = ()
    rates: tuple[Rate, ...] = ()
    lane: Lane | Callable[[str, str, Any], tuple[str, tuple[Rate, ...]]] | None = None
    quota: Quota | None = None
    points: Points | None = None
    judge: Callable[[frontdesk.client.Answer], Verdict | None] | None = None
    build_record: Callable[[str, Payload], Record] | None = None
    guests: str | None = None
    realtime: bool = False
    webhook: Webhook = Webhook.NONE
    webhook_discard: tuple[str, ...] = ()
    icon: str = ""
    sandbox: str | None = None
    demo: Demo | None = None
    request_id: str = "x-request-id"
    delivery_id: str = ""
    webhook_query: Mapping[str, str] = attrs.field(factory=dict[str, str])
    documentation: str | None = None

    def stream(self, name: str) -> Stream | None:
        """Return the stream of this name."""
        # Plain loops: core asks for every record and event.
        for stream in self.streams:
            if stream.name == name:
                return stream
        return None

    def metric(self, name: str) -> Metric | None:
        """Return the metric of this name."""
        for metric in self.metrics:
            if metric.name == name:
                return metric
        return None


@attrs.frozen(kw_only=True)
class DestinationManifest:
    """Everything a destination plugin says of itself.

    Args:
        settings: An attrs class; see :func:`setting` and :func:`secret`.
        authenticate: Makes the authentication strategy, as in :class:`Manifest`.
        base_urls: By name; the first is the default.
        rates: Windows that hold for all requests together.
        lane: As in :class:`Manifest`. None: there are no quotas by endpoint.
        sandbox: ``"module:function"``, as in :class:`Manifest`.
        channels: The channels the destination keeps consent for.
    """

    title: str
    settings: type[Any]
    authenticate: Callable[..., httpx.Auth | None]
    base_urls: Mapping[str, str]
    rates: tuple[Rate, ...] = ()
    lane: Lane | None = None
    channels: frozenset[Channel] = frozenset()
    sandbox: str | None = None
    request_id: str = "x-request-id"
    icon: str = ""
    documentation: str | None = None


def setting(default: Any = attrs.NOTHING, *, help: str = "") -> Any:
    """Declare a setting of a connection; *help* goes into ``frontdesk init``."""
    return attrs.field(default=default, kw_only=True, metadata={"help": help})


def secret(default: Any = attrs.NOTHING, *, help: str = "") -> Any:
    """Declare a setting that must never be shown: no repr, no log, no context."""
    metadata = {"help": help, "secret": True}
    return attrs.field(default=default, repr=False, kw_only=True, metadata=metadata)


def secrets_of(settings: Any) -> tuple[str, ...]:
    """Return the values of all secret settings that have one."""
    found: list[str] = []
    for field in attrs.fields(type(settings)):
        value = getattr(settings, field.name)
        if field.metadata.get("secret"):
            found += [str(value)] if value else []
        elif attrs.has(type(value)):
            found += secrets_of(value)
    return tuple(found)


def without_secrets(settings: Any) -> Any:
    """Return *settings* with every secret blanked, as mapping hooks may see them."""
    blank: dict[str, Any] = {}
    for field in attrs.fields(type(settings)):
        value = getattr(settings, field.name)
        if field.metadata.get("secret"):
            blank[field.alias] = ""
        elif attrs.has(type(value)):
            blank[field.alias] = without_secrets(value)
    return attrs.evolve(settings, **blank)
