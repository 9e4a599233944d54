"""Who an account knows, by which identifiers, and what becomes of changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, cast

import attrs

from frontdesk_klaviyo.sandbox.consents import Consents
from frontdesk_klaviyo.sandbox.ids import Long
from frontdesk_klaviyo.sandbox.options import Options

IDENTIFIERS: Final = ("email", "phone_number", "external_id", "_kx")
FIELDS: Final = ("first_name", "last_name", "organization", "locale", "title", "image")
Changes = dict[str, Any]
#: Of many nothing is known but an address: all of them share it, and it is never changed.
_NOTHING: Final[Mapping[str, Any]] = {}


@attrs.define(eq=False)
class Profile:
    """One person, as an account knows them."""

    number: int
    _ids: Long = attrs.field(repr=False)
    created: datetime
    updated: datetime
    email: str | None = None
    phone_number: str | None = None
    external_id: str | None = None
    _kx: str | None = attrs.field(default=None, init=False, repr=False)
    #: Names and the like, as far as they are set.
    fields: Mapping[str, str] = attrs.field(default=_NOTHING, repr=False)
    location: Mapping[str, Any] = attrs.field(default=_NOTHING, repr=False)
    properties: Mapping[str, Any] = attrs.field(default=_NOTHING, repr=False)
    #: When the last of their events happened, in seconds since 1970.
    last_event: int | None = None
    #: None as long as nobody said anything.
    consents: Consents | None = attrs.field(default=None, repr=False)

    @property
    def id(self) -> str:
        """Give the id that Klaviyo makes."""
        return self._ids.of(self.number)

    @property
    def key(self) -> str:
        """Name the person by what a client knows: address, number or its own id."""
        return self.email or self.phone_number or f"external:{self.external_id}"

    def consent(self) -> Consents:
        """Give the consents, to change them."""
        if self.consents is None:
            self.consents = Consents()
        return self.consents


class ConflictError(Exception):
    """Identifiers belong to another profile as well."""

    def __init__(self, other: Profile) -> None:
        super().__init__(other.id)
        self.other = other


class Profiles:
    """The profiles of one account."""

    def __init__(self, seed: str, options: Options) -> None:
        self.ids = Long(seed, "profile")
        self._deep = options.property_merge == "deep"
        self._rows: list[Profile | None] = []
        self._by: dict[str, dict[str, Profile]] = {name: {} for name in IDENTIFIERS}
        self._count = 0

    def __iter__(self) -> Iterator[Profile]:
        return (row for row in self._rows if row is not None)

    def __len__(self) -> int:
        return self._count

    def at(self, number: int) -> Profile | None:
        """Find a profile by its number."""
        return self._rows[number] if 0 <= number < len(self._rows) else None

    def by_id(self, identity: str) -> Profile | None:
        """Find a profile by its id."""
        number = self.ids.number(identity)
        return None if number is None else self.at(number)

    def get(self, who: str) -> Profile | None:
        """Find a profile by e-mail address, phone number, external id or id."""
        for name in ("email", "phone_number", "external_id"):
            found = self._by[name].get(who.lower() if name == "email" else who)
            if found is not None:
                return found
        return self.by_id(who)

    def find(self, changes: Changes, *, strict: bool) -> Profile | None:
        """Find whom identifiers speak of; the external id only counts if it stands alone.

        Raises:
            ConflictError: They speak of two; unless *strict* is off, and the first decides.
        """
        named = [
            found
            for name in ("email", "phone_number")
            if (value := changes.get(name)) and (found := self._by[name].get(value))
        ]
        email = changes.get("email")
        if len(named) > 1 and named[0] is not named[1]:
            if strict:
                raise ConflictError(named[1])
            return named[0]
        if (
            named
            and email
            and named[0].email not in {None, email}
            and email not in self._by["email"]
        ):
            # A new address with a number somebody else has.
            if strict:
                raise ConflictError(named[0])
            return None
        if named or email or changes.get("phone_number"):
            return named[0] if named else None
        for name in ("external_id", "_kx"):
            value = changes.get(name)
            if value and (found := self._by[name].get(value)):
                return found
        return None

    def taken(self, changes: Changes, but: Profile | None = None) -> Profile | None:
        """Find another profile that has one of these identifiers."""
        for name in ("email", "phone_number", "external_id"):
            value = changes.get(name)
            found = self._by[name].get(value) if value else None
            if found is not None and found is not but:
                return found
        return None

    def create(self, now: datetime) -> Profile:
        """Make a profile of which nothing is known yet."""
        number = len(self._rows)
        row = Profile(number, self.ids, now, now)
        self._rows.append(row)
        self._count += 1
        return row

    def change(self, row: Profile, changes: Changes, now: datetime) -> None:
        """Apply changes: null clears, what is left out stays; nobody else's identifier is taken."""
        for name, value in changes.items():
            if name in IDENTIFIERS:
                self._identify(row, name, value)
            elif name in FIELDS:
                row.fields = _merged(row.fields, {name: value}, deep=False)
            elif name == "location":
                row.location = _merged(row.location, value, deep=False)
            elif name == "properties":
                row.properties = _merged(row.properties, value, deep=self._deep)
        row.updated = now

    def patch(self, row: Profile, meta: Changes | None, now: datetime) -> None:
        """Apply what is said beside the attributes about single properties and addresses."""
        if not meta:
            return
        wanted = meta.get("patch_properties") or {}
        properties = dict(row.properties)
        for name, value in (wanted.get("append") or {}).items():
            properties[name] = [*_listed(properties.get(name)), *_listed(value)]
        for name, value in (wanted.get("unappend") or {}).items():
            gone = _listed(value)
            properties[name] = [one for one in _listed(properties.get(name)) if one not in gone]
        for name in _listed(wanted.get("unset")):
            properties.pop(name, None)
        row.properties = properties
        emails = self._by["email"]
        identifiers = meta.get("patch_identifiers") or {}
        for email in _listed((identifiers.get("append") or {}).get("email")):
            emails.setdefault(str(email).lower(), row)
        for email in _listed((identifiers.get("unappend") or {}).get("email")):
            if email != row.email and emails.get(str(email).lower()) is row:
                del emails[str(email).lower()]
        row.updated = now

    def remove(self, row: Profile) -> None:
        """Forget a profile."""
        for index in self._by.values():
            for value in [value for value in _values(row) if index.get(value) is row]:
                del index[value]
        self._rows[row.number] = None
        self._count -= 1

    def _identify(self, row: Profile, name: str, value: str | None) -> None:
        index = self._by[name]
        owner = index.get(value) if value else None
        if owner is not None and owner is not row and name in {"email", "phone_number"}:
            return
        old = getattr(row, name)
        if old is not None and index.get(old) is row:
            del index[old]
        setattr(row, name, value or None)
        if value:
            index[value] = row


def _values(row: Profile) -> list[str]:
    return [value for name in IDENTIFIERS if (value := getattr(row, name)) is not None]


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _merged(old: Mapping[str, Any], new: dict[str, Any] | None, *, deep: bool) -> Mapping[str, Any]:
    if new is None:
        return _NOTHING
    merged = dict(old)
    for name, value in new.items():
        before = merged.get(name)
        if value is None:
            merged.pop(name, None)
        elif deep and isinstance(value, dict) and isinstance(before, dict):
            merged[name] = _merged(cast("dict[str, Any]", before), value, deep=True)
        else:
            merged[name] = value
    return merged
