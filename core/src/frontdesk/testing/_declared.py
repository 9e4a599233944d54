"""What is declared is what is produced: metrics, properties, profile fields, types, channels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import attrs

from frontdesk.manifest import Kind, Manifest, Property
from frontdesk.model import Channel, Event, Json, Profile, Reservation
from frontdesk.testing._base import Base

if TYPE_CHECKING:
    from frontdesk.testing._observed import Observed

_ATTRIBUTES = frozenset(f.name for f in attrs.fields(Profile)) - {
    "guest",
    "location",
    "properties",
    "excluded",
}


def events_of(observed: Observed) -> Iterator[Event]:
    """Yield every event seen."""
    for mapped in observed.everything:
        yield from mapped.events


def profiles_of(observed: Observed) -> Iterator[Profile]:
    """Yield every profile seen."""
    for mapped in observed.everything:
        if isinstance(mapped.profile, Profile):
            yield mapped.profile


def value_of(event: Event, declared: Property) -> Json:
    """Return the value of a property, where it is kept."""
    if declared.of:
        return getattr(event, declared.of)
    return event.properties.get(declared.name)


def fields_of(profile: Profile) -> dict[str, Json]:
    """Return all a profile tells, by attribute, part of the address, and property."""
    told = {name: getattr(profile, name) for name in _ATTRIBUTES}
    told |= {f"location.{name}": value for name, value in profile.location.items()}
    return {
        name: value for name, value in {**told, **profile.properties}.items() if not _empty(value)
    }


def _empty(value: Json) -> bool:
    return value is None or value in ("", [], {})


class Declared(Base):
    """Tests of the manifest against what the hooks give."""

    def _all_there(self, missing: set[str], declared: set[str]) -> None:
        """Hold what is missing against what the author says cannot be shown."""
        excused = set(self.unproduced)
        assert sorted(missing - excused) == []
        stale = (excused & declared) - missing
        assert not stale, f"unproduced names what is produced: {sorted(stale)}"

    def test_every_declared_metric_is_produced(self, observed: Observed) -> None:
        """Each metric of the manifest is the metric of some event.

        If this fails, let your sandbox or lives() show what leads to it, or give the reason
        in ``unproduced``.
        """
        told = {event.metric for event in events_of(observed)}
        declared = {metric.name for metric in observed.connection.manifest.metrics}

        self._all_there(declared - told, declared)

    def test_every_declared_property_is_produced(self, observed: Observed) -> None:
        """Each property of each metric is there, and has a value somewhere.

        If this fails, compare its name with the one parse_event gives, literally; let the
        sandbox show a value; or give the reason in ``unproduced``.
        """
        there: set[tuple[str, str]] = set()
        filled: set[str] = set()
        metrics = observed.connection.manifest.metrics
        for event in events_of(observed):
            declared = observed.connection.manifest.metric(event.metric)
            for prop in declared.properties if declared else ():
                if prop.of or prop.name in event.properties:
                    there.add((event.metric, prop.name))
                if not _empty(value_of(event, prop)):
                    filled.add(prop.name)
        told = {metric for metric, _ in there}
        wanted = {p.name for metric in metrics for p in metric.properties}
        absent = {
            p.name
            for m in metrics
            if m.name in told
            for p in m.properties
            if (m.name, p.name) not in there
        }

        self._all_there(wanted - filled | absent, wanted)

    def test_every_declared_profile_field_is_produced(self, observed: Observed) -> None:
        """Each field of the profile has a value somewhere.

        If this fails, look at the field's ``attribute`` and name, let the sandbox show a
        value, or give the reason in ``unproduced``.
        """
        filled: set[str] = set()
        for profile in profiles_of(observed):
            filled |= fields_of(profile).keys()
        stated = any(mapped.consents for mapped in observed.everything)
        declared = observed.connection.manifest.profile
        missing = {
            field.name
            for field in declared
            if (field.attribute or field.name) not in filled
            and not (field.kind is Kind.CONSENT and stated)
        }

        self._all_there(missing, {field.name for field in declared})

    def test_nothing_undeclared_is_produced(self, observed: Observed) -> None:
        """No metric, property, profile field or exclusion comes that the manifest lacks.

        If this fails, declare it: screens, documentation and withholding know only what is
        declared.
        """
        assert sorted(_undeclared(observed)) == []

    def test_types_are_as_declared(self, observed: Observed) -> None:
        """Every value is of the type that the manifest declares, or None.

        If this fails, convert the value, or declare the type that it has.
        """
        wrong = {
            f"{event.metric} / {prop.name} is no {prop.type}: {type(value).__name__}"
            for event in events_of(observed)
            for prop in _properties(observed.connection.manifest, event.metric)
            if not of_type(value := value_of(event, prop), prop.type)
        }
        for profile in profiles_of(observed):
            told = fields_of(profile)
            for field in observed.connection.manifest.profile:
                value = told.get(field.attribute or field.name)
                if field.kind is not Kind.CONSENT and not of_type(value, field.type):
                    wrong.add(f"{field.name} is no {field.type}: {type(value).__name__}")

        assert sorted(wrong) == []

    def test_times_are_aware_and_money_is_exact(self, observed: Observed) -> None:
        """Every time has its zone, and every amount is a Decimal with its currency.

        If this fails, convert wall clocks with the site's zone, and read money with
        ``Decimal(text)``: never through a float.
        """
        wrong: set[str] = set()
        for mapped in observed.everything:
            wrong |= {
                f"{mapped.record.stream}: version" for _ in [0] if not _aware(mapped.record.version)
            }
            for event in mapped.events:
                wrong |= {f"{event.metric}: time"} if not _aware(event.time) else set()
                wrong |= (
                    {f"{event.metric}: value"} if not _exact(event.value, event.currency) else set()
                )
            wrong |= {"at of a consent" for c in mapped.consents if not _aware(c.at)}
            if isinstance(mapped.reservation, Reservation):
                wrong |= {f"{name} of a reservation" for name in _inexact(mapped.reservation)}

        assert sorted(wrong) == []

    def test_consent_is_only_on_declared_channels(self, observed: Observed) -> None:
        """Every statement is about a channel in ``consent.records``, and each is spoken of.

        If this fails, leave out statements about other channels: they stay properties.
        """
        channels = {consent.channel for m in observed.everything for consent in m.consents}
        declared = observed.connection.manifest.consent.records

        assert channels <= declared
        assert all(isinstance(channel, Channel) for channel in channels)
        self._all_there({str(c) for c in declared - channels}, {str(c) for c in declared})


def _properties(manifest: Manifest, metric: str) -> tuple[Property, ...]:
    declared = manifest.metric(metric)
    return declared.properties if declared else ()


def _undeclared(observed: Observed) -> set[str]:
    manifest = observed.connection.manifest
    rules = {exclusion.name for exclusion in manifest.exclusions}
    fields = {field.attribute or field.name for field in manifest.profile}
    found: set[str] = set()
    for event in events_of(observed):
        if manifest.metric(event.metric) is None:
            found.add(f"metric {event.metric}")
            continue
        known = {prop.name for prop in _properties(manifest, event.metric)}
        found |= {f"property {name} of {event.metric}" for name in event.properties.keys() - known}
    for mapped in observed.everything:
        found |= {f"exclusion {rule}" for rule in mapped.skipped if rule not in rules}
    for profile in profiles_of(observed):
        found |= {f"profile field {name}" for name in fields_of(profile).keys() - fields}
        if profile.excluded not in {None, *rules}:
            found.add(f"exclusion {profile.excluded}")
    return found


def of_type(value: Json, declared: str) -> bool:
    """Tell whether a value is of a type of the manifest; None is of every type."""
    if value is None:
        return True
    if declared.startswith("list<"):
        inner = declared.removeprefix("list<").removesuffix(">")
        return isinstance(value, list | tuple) and all(of_type(v, inner) for v in value)
    number = not isinstance(value, bool)
    return {
        "string": isinstance(value, str),
        "number": number and isinstance(value, int | Decimal),
        "integer": number and isinstance(value, int),
        "boolean": isinstance(value, bool),
        "datetime": _moment(value),
        "date": _day(value),
        "object": isinstance(value, Mapping),
    }.get(declared, False)


def _moment(value: Json) -> bool:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return False
    return isinstance(moment, datetime) and moment.utcoffset() is not None


def _day(value: Json) -> bool:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return False
    return isinstance(day, date) and not isinstance(day, datetime)


def _aware(value: datetime | None) -> bool:
    return value is None or value.utcoffset() is not None


def _exact(value: object, currency: str | None) -> bool:
    return value is None or (isinstance(value, Decimal) and bool(currency))


def _inexact(reservation: Reservation) -> Iterator[str]:
    for name in ("from_", "to", "created", "updated"):
        if not _aware(getattr(reservation, name)):
            yield name.rstrip("_")
    if not _exact(reservation.amount, reservation.currency):
        yield "amount"
