"""The bodies of events, profiles, lists and deletions, member by member as Klaviyo publishes them.

What is repeated in a bulk body is left raw here and decoded one by one in :mod:`bulk`, so that
each bad item can be named.
"""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, Raw, UnsetType

T = TypeVar("T")
Text: TypeAlias = str | UnsetType | None
Flag: TypeAlias = bool | UnsetType | None
Number: TypeAlias = int | float | UnsetType | None
Object: TypeAlias = dict[str, Any]
#: A member that may be left out or be null.
Maybe: TypeAlias = T | UnsetType | None


class Shape(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """An object that knows its members; read once and let go, so no cycle is looked for."""


class Data(Shape, Generic[T]):
    """What everything is wrapped in."""

    data: T


class Many(Shape, Generic[T]):
    """A wrapped array."""

    data: list[T]


# --- profiles ------------------------------------------------------------------------------


class Location(Shape):
    """Where somebody lives."""

    address1: Text = UNSET
    address2: Text = UNSET
    city: Text = UNSET
    country: Text = UNSET
    latitude: str | Number = UNSET
    longitude: str | Number = UNSET
    region: Text = UNSET
    zip: Text = UNSET
    timezone: Text = UNSET
    ip: Text = UNSET


class PatchProperties(Shape):
    """Changes to single properties."""

    append: Maybe[Object] = UNSET
    unappend: Maybe[Object] = UNSET
    unset: str | list[str] | UnsetType | None = UNSET


class PatchIdentifiers(Shape):
    """Changes to secondary identifiers."""

    append: Object | UnsetType = UNSET
    unappend: Object | UnsetType = UNSET


class Meta(Shape):
    """Changes beside the attributes."""

    patch_properties: Maybe[PatchProperties] = UNSET
    patch_identifiers: Maybe[PatchIdentifiers] = UNSET


class Created(Shape):
    """What a new profile may have."""

    email: Text = UNSET
    phone_number: Text = UNSET
    external_id: Text = UNSET
    first_name: Text = UNSET
    last_name: Text = UNSET
    organization: Text = UNSET
    locale: Text = UNSET
    title: Text = UNSET
    image: Text = UNSET
    location: Maybe[Location] = UNSET
    properties: Maybe[Object] = UNSET


class Upserted(Created):
    """What an upsert may have."""

    _kx: Text = UNSET


class OfEvent(Upserted):
    """What the profile of an event may have."""

    anonymous_id: Text = UNSET


class OfEventOnce(OfEvent):
    """The same in a single event before revision 2026-10-15."""

    meta: Maybe[Meta] = UNSET


class ProfileCreate(Shape):
    """A profile to create."""

    type: Literal["profile"]
    attributes: Created


class ProfileUpsert(Shape):
    """A profile to create or update."""

    type: Literal["profile"]
    attributes: Upserted
    id: Text = UNSET
    meta: Maybe[Meta] = UNSET


class ProfilePatch(Shape):
    """A profile to update."""

    type: Literal["profile"]
    id: str
    attributes: Created
    meta: Maybe[Meta] = UNSET


class EventProfile(Shape):
    """The profile of a bulk event, and of any since 2026-10-15."""

    type: Literal["profile"]
    attributes: OfEvent
    id: Text = UNSET
    meta: Maybe[Meta] = UNSET


class EventProfileOnce(Shape):
    """The profile of a single event before 2026-10-15."""

    type: Literal["profile"]
    attributes: OfEventOnce
    id: Text = UNSET


class Reference(Shape):
    """A profile that is named by its identity."""

    type: Literal["profile"]
    id: str


# --- events --------------------------------------------------------------------------------


class MetricName(Shape):
    """A metric's name."""

    name: str
    #: Ignored: who sends the event decides.
    service: Text = UNSET


class MetricRef(Shape):
    """A metric by its name."""

    type: Literal["metric"]
    attributes: MetricName


class EventEntry(Shape):
    """An event of a bulk request."""

    properties: Raw
    metric: Data[MetricRef]
    time: Text = UNSET
    value: Number = UNSET
    value_currency: Text = UNSET
    unique_id: Text = UNSET
    backfill: Flag = UNSET


class SingleEntry(EventEntry, kw_only=True):
    """An event that brings its profile."""

    profile: Data[Raw]


class Event(Shape):
    """An event of a bulk request with its type."""

    type: Literal["event"]
    attributes: EventEntry


class SingleEvent(Shape):
    """An event alone."""

    type: Literal["event"]
    attributes: SingleEntry


class EventGroupAttributes(Shape, Generic[T]):
    """A profile and its events."""

    profile: Data[Raw]
    events: Many[T]
    backfill: Flag = UNSET


class EventGroup(Shape, Generic[T]):
    """A profile and its events with their type."""

    type: Literal["event-bulk-create"]
    attributes: EventGroupAttributes[T]


class EventJobAttributes(Shape, Generic[T], rename={"groups": "events-bulk-create"}):
    """What a bulk request for events holds."""

    groups: Many[T]


class EventJob(Shape, Generic[T]):
    """A bulk request for events."""

    type: Literal["event-bulk-create-job"]
    attributes: EventJobAttributes[T]


# --- lists, imports, deletions -------------------------------------------------------------


class ListRef(Shape):
    """A list by its identity."""

    type: Literal["list"]
    id: str


class SegmentRef(Shape):
    """A segment by its identity."""

    type: Literal["segment"]
    id: str


class ListAttributes(Shape):
    """A list's name and manner."""

    name: str
    opt_in_process: Maybe[Literal["double_opt_in", "single_opt_in"]] = UNSET


class ListCreate(Shape):
    """A list to create."""

    type: Literal["list"]
    attributes: ListAttributes


class ImportAttributes(Shape):
    """The profiles of an import."""

    profiles: Many[Raw]


class ImportLists(Shape):
    """The lists of an import."""

    lists: Many[ListRef] | UnsetType = UNSET


class ImportJob(Shape):
    """A bulk request for profiles."""

    type: Literal["profile-bulk-import-job"]
    attributes: ImportAttributes
    relationships: ImportLists | UnsetType = UNSET


class DeletedAttributes(Shape):
    """By what the deleted are named."""

    email: Text = UNSET
    phone_number: Text = UNSET


class DeletedProfile(Shape):
    """Whom to delete."""

    type: Literal["profile"]
    attributes: DeletedAttributes
    id: Text = UNSET


class DeletionAttributes(Shape):
    """The profile of a deletion."""

    profile: Data[DeletedProfile]


class DeletionJob(Shape):
    """A request to delete a profile."""

    type: Literal["data-privacy-deletion-job"]
    attributes: DeletionAttributes
