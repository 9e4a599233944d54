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
        attributes: As Klaviyo names them.
        notes: What an operator should know, should it be accepted.
    """

    ids: tuple[str, ...]
    attributes: Mapping[str, Json] = attrs.field(repr=False)
    live: bool = False
    notes: tuple[str, ...] = ()

    @property
    def email(self) -> str | None:
        """The e-mail address."""
        return cast("str | None", self.attributes.get("email"))

    @property
    def phone_number(self) -> str | None:
        """The phone number."""
        return cast("str | None", self.attributes.get("phone_number"))

    def resource(self) -> bytes:
        """Return the profile as a resource."""
        return jsons.encode({"type": "profile", "attributes": self.attributes})

    def without(self, field: str, why: str) -> Entry:
        """Return the same less one field."""
        first, _, inner = field.partition(".")
        kept = {name: value for name, value in self.attributes.items() if name != first}
        if inner:
            outer = cast("Mapping[str, Json]", self.attributes[first])
            kept[first] = {name: value for name, value in outer.items() if name != inner}
        return attrs.evolve(self, attributes=kept, notes=(*self.notes, f"{field} left out: {why}"))


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
    elif "phone_number" in item.attributes and item.attributes["phone_number"] is None:
        attributes["phone_number"] = None
    attributes |= {name: item.attributes[name] for name in item.attributes if name in FIELDS}
    location = attributes.get("location")
    if isinstance(location, Mapping):
        known = cast("Mapping[str, Json]", location)
        attributes["location"] = {name: known[name] for name in known if name in LOCATION}
    made = Entry((item.id,), attributes, item.live, tuple(notes))
    if len(made.resource()) > LARGEST:
        return f"it is larger than {LARGEST // 1000} KB"
    return made


def merged(entries: Iterable[Entry]) -> list[Entry]:
    """Return each person once, in order of the first mention; of two words the later counts."""
    found: dict[str, Entry] = {}
    for one in entries:
        key = one.email or one.phone_number or ""
        before = found.get(key)
        found[key] = one if before is None else _over(before, one)
    return list(found.values())


def _over(old: Entry, new: Entry) -> Entry:
    attributes = {**old.attributes, **new.attributes}
    for name in _OBJECTS:
        before, after = old.attributes.get(name), new.attributes.get(name)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            attributes[name] = {**cast("Any", before), **cast("Any", after)}
    notes = tuple(dict.fromkeys((*old.notes, *new.notes)))
    return Entry((*old.ids, *new.ids), attributes, old.live or new.live, notes)


def mended(one: Entry, fault: Fault) -> Entry | None:
    """Return a profile less the field Klaviyo will not have; None: it cannot do without."""
    field = fault.field.replace("/", ".")
    if fault.taken and not field:
        field = "phone_number"
    first, _, inner = field.partition(".")
    if first not in one.attributes:
        return None
    if first in _OBJECTS and not inner:
        return None
    if first in _IDENTIFIERS and not (set(_IDENTIFIERS) - {first}) & set(one.attributes):
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
