"""Keeping fields from every destination: they stay in the store, and leave in no output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from frontdesk.errors import SettingsError
from frontdesk.manifest import Manifest
from frontdesk.model import Json, Profile

#: In place of names: all that the manifest marks as sensitive.
SENSITIVE = "sensitive"


class Withheld:
    """The fields of a connection that no destination may see.

    Args:
        names: Names of event properties and profile fields, or ``"sensitive"``.

    Raises:
        SettingsError: The manifest declares no field of such a name.
    """

    def __init__(self, manifest: Manifest, names: str | Iterable[str] = ()) -> None:
        sensitive = sensitive_names(manifest)
        asked = sensitive if names == SENSITIVE else (names,) if isinstance(names, str) else names
        self.names = frozenset(asked)
        fields = {field.name: field.attribute for field in manifest.profile}
        properties = {p.name for metric in manifest.metrics for p in metric.properties}
        unknown = sorted(self.names - fields.keys() - properties)
        if unknown:
            raise SettingsError(
                f"withhold: there is no field {unknown[0]!r}; sensitive ones are: "
                f"{', '.join(sorted(sensitive)) or 'none'}"
            )
        #: Standard attributes of a profile that are withheld, such as ``location.city``.
        self.standard = {fields[name] for name in self.names if fields.get(name)}

    def properties(self, properties: Mapping[str, Json]) -> dict[str, Json]:
        """Return an event's properties less the withheld ones."""
        return {name: value for name, value in properties.items() if name not in self.names}

    def attributes(self, profile: Mapping[str, Json]) -> dict[str, Json]:
        """Return a stored profile, as JSON, less the withheld fields."""
        shown = {name: value for name, value in profile.items() if name not in self.standard}
        shown["properties"] = self.properties(profile.get("properties") or {})
        shown["location"] = {
            part: value
            for part, value in (profile.get("location") or {}).items()
            if f"location.{part}" not in self.standard
        }
        return shown

    def profile(self, profile: Profile) -> Profile:
        """Return a profile less the withheld fields; a standard attribute becomes empty."""
        changed: dict[str, Any] = {
            "properties": self.properties(profile.properties),
            "location": {
                part: value
                for part, value in profile.location.items()
                if f"location.{part}" not in self.standard
            },
        }
        changed |= dict.fromkeys(name for name in self.standard if "." not in name)
        return attrs.evolve(profile, **changed)


def sensitive_names(manifest: Manifest) -> frozenset[str]:
    """Return the names of all fields the manifest marks as sensitive."""
    marked = {p.name for m in manifest.metrics for p in m.properties if p.sensitive}
    return frozenset(marked | {field.name for field in manifest.profile if field.sensitive})
