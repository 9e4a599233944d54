"""Profiles as Klaviyo reads them: null clears, what is absent stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

import attrs

from frontdesk import jsons
from frontdesk.model import Json
from frontdesk.outgoing import OutgoingProfile
from frontdesk_klaviyo import checks
from frontdesk_klaviyo.faults import Fault

#: The most bytes a profile may have.
LARGEST: Final = 100_000
#: ``external_id`` is none of them: it takes no part in merging and doubles people.
FIELDS: Final = frozenset(
    {
        "first_name",
        "last_name",
        "organization",
        "locale",
        "title",
        "image",
        "location",
        "properties",
    }
)
LOCATION: Final = frozenset(
    {
        "address1",
        "address2",
        "city",
        "region",
        "country",
        "zip",
        "latitude",
        "longitude",
        "timezone",
        "ip",
    }
)
_IDENTIFIERS: Final = ("email", "phone_number")
_OBJECTS: Final = ("location", "properties")


@attrs.frozen
class Entry:
    """A profile to be sent, put together of one or more items.

    Args:
        ids: Of the items.
        body: Its attributes as Klaviyo names them, as JSON: many wait for their job at once.
        notes: What an operator should know, should it be accepted.
    """

    ids: tuple[str, ...]
    body: bytes = attrs.field(repr=False)
    email: str | None = attrs.field(default=None, repr=False)
    phone_number: str | None = attrs.field(default=None, repr=False)
    live: bool = False
    notes: tuple[str, ...] = ()

    @property
    def attributes(self) -> dict[str, Json]:
        """Its attributes, read at each call."""
        attributes: dict[str, Json] = jsons.decode(self.body)
        return attributes

    def resource(self) -> bytes:
        """Return the profile as a resource."""
        return b'{"type":"profile","attributes":' + self.body + b"}"

    def without(self, field: str, why: str) -> Entry:
        """Return the same less one field."""
        first, _, inner = field.partition(".")
        attributes = self.attributes
        kept = {name: value for name, value in attributes.items() if name != first}
        if inner:
            outer = cast("Mapping[str, Json]", attributes[first])
            kept[first] = {name: value for name, value in outer.items() if name != inner}
        notes = (*self.notes, f"{field} left out: {why}")
        return made(self.ids, kept, live=self.live, notes=notes)


def made(
    ids: tuple[str, ...], attributes: Mapping[str, Json], *, live: bool, notes: tuple[str, ...]
) -> Entry:
    """Return an entry with these attributes."""
    email, phone = attributes.get("email"), attributes.get("phone_number")
    return Entry(ids, jsons.encode(attributes), email, phone, live, notes)


def entry(item: OutgoingProfile) -> Entry | str:
    """Return a profile as it is sent, or what is wrong with it."""
    email = None if item.email is None else checks.plain_email(item.email)
    fault = checks.identifier_fault(email, item.phone_number)
    if fault is not None:
        return fault
    attributes: dict[str, Json] = {}
    notes: list[str] = []
    if email is not None:
        attributes["email"] = email
    if item.phone_number is not None:
        if why := checks.phone_fault(item.phone_number):
            notes.append(f"phone_number left out: {why}")
        else:
            attributes["phone_number"] = item.phone_number
    known = item.attributes
    if item.phone_number is None and "phone_number" in known and known["phone_number"] is None:
        attributes["phone_number"] = None
    attributes |= {name: value for name, value in known.items() if name in FIELDS}
    location = attributes.get("location")
    if isinstance(location, Mapping):
        parts = cast("Mapping[str, Json]", location)
        attributes["location"] = {name: parts[name] for name in parts if name in LOCATION}
    one = made((item.id,), attributes, live=item.live, notes=tuple(notes))
    if len(one.resource()) > LARGEST:
        return f"it is larger than {LARGEST // 1000} KB"
    return one


def merged(entries: Iterable[Entry]) -> list[Entry]:
    """Return each person once, in order of the first mention; of two words the later counts."""
    found: dict[str, Entry] = {}
    for one in entries:
        key = one.email or one.phone_number or ""
        before = found.get(key)
        found[key] = one if before is None else _over(before, one)
    return list(found.values())


def _over(old: Entry, new: Entry) -> Entry:
    before, after = old.attributes, new.attributes
    attributes = {**before, **after}
    for name in _OBJECTS:
        first, second = before.get(name), after.get(name)
        if isinstance(first, Mapping) and isinstance(second, Mapping):
            attributes[name] = {**cast("Any", first), **cast("Any", second)}
    notes = tuple(dict.fromkeys((*old.notes, *new.notes)))
    return made((*old.ids, *new.ids), attributes, live=old.live or new.live, notes=notes)


def mended(one: Entry, fault: Fault) -> Entry | None:
    """Return a profile less the field Klaviyo will not have; None: it cannot do without."""
    field = fault.field.replace("/", ".")
    if fault.taken and not field:
        field = "phone_number"
    first, _, inner = field.partition(".")
    attributes = one.attributes
    if first not in attributes:
        return None
    if first in _OBJECTS and not inner:
        return None
    if first in _IDENTIFIERS and not (set(_IDENTIFIERS) - {first}) & set(attributes):
        return None
    if first == "email":
        return None
    if first in _OBJECTS:
        field = _inner(one, first, inner)
        if not field:
            return None
    why = "it belongs to another profile" if fault.taken else "Klaviyo finds it invalid"
    return one.without(field, why)


def _inner(one: Entry, outer: str, pointed: str) -> str:
    """Return the full name of a field inside of another; names may hold dots themselves."""
    names = cast("Mapping[str, Json]", one.attributes[outer])
    name = next((name for name in names if name == pointed or pointed.startswith(f"{name}.")), None)
    return "" if name is None else f"{outer}.{name}"
