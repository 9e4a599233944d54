"""Running the mapping hooks of one record, each on its own.

A hook that fails does not stop the others. What a hook returns is held to the contract
here, once, so that nothing behind has to ask again.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import attrs

from frontdesk.connection import Connection
from frontdesk.errors import RecordError, SkipRecord
from frontdesk.model import (
    Channel,
    Consent,
    ConsentState,
    Context,
    Event,
    Gone,
    Merged,
    Profile,
    Record,
    Ref,
    Related,
    Reservation,
    Wanted,
)

_T = TypeVar("_T")
# A missing key may be a value (an address looked up in a table): only names are quoted.
_FIELD = re.compile(r"[A-Za-z][\w ]{0,60}")


@attrs.frozen
class Failure:
    """A hook that failed, and why; the reason holds no guest data."""

    hook: str
    reason: str


@attrs.frozen(kw_only=True)
class Outputs:
    """What the hooks made of one record."""

    events: tuple[Event, ...] = ()
    refs: tuple[Ref, ...] = ()
    profile: Profile | Merged | Gone | None = None
    consents: tuple[Consent, ...] = ()
    reservation: Reservation | None = None
    failures: tuple[Failure, ...] = ()
    #: The exclusion that passed the record over, if one did.
    skipped: str | None = None


def map_record(
    connection: Connection,
    record: Record,
    previous: Record | None,
    related: Related,
    context: Context,
    *,
    only: Iterable[str] = (),
) -> Outputs:
    """Run the mapping hooks on *record*; *only* those named, if any are."""
    run = _Run(connection, (record, previous, related, context), frozenset(only))
    hooks = connection.hooks
    found = run.call("parse_event", hooks.parse_event, run.check_events) or ()
    profile = run.call("map_profile", hooks.map_profile, run.check_profile)
    consents = run.call("sync_consent", hooks.sync_consent, run.check_consents) or ()
    reservation = None
    if hooks.has_reservations:
        reservation = run.call("map_reservation", hooks.map_reservation, run.check_reservation)
    return Outputs(
        events=tuple(item for item in found if isinstance(item, Event)),
        refs=tuple(dict.fromkeys((*run.refs, *(i for i in found if isinstance(i, Ref))))),
        profile=profile,
        consents=_allowed(consents, profile),
        reservation=reservation,
        failures=tuple(run.failures),
        skipped=run.skipped or (profile.excluded if isinstance(profile, Profile) else None),
    )


def _allowed(consents: tuple[Consent, ...], profile: object) -> tuple[Consent, ...]:
    """Keep back the opt-ins of an excluded guest; an opt-out always counts."""
    if isinstance(profile, Profile) and profile.excluded:
        return tuple(c for c in consents if c.state is ConsentState.UNSUBSCRIBED)
    return consents


class _Run:
    """The hooks' run over one record: collects failures."""

    def __init__(
        self, connection: Connection, arguments: tuple[Any, ...], only: frozenset[str]
    ) -> None:
        self.manifest = connection.manifest
        self.arguments = arguments
        self.only = only
        self.failures: list[Failure] = []
        #: What hooks read in *related* and nobody has asked for yet, in order.
        self.refs: dict[Ref, None] = {}
        self.skipped: str | None = None

    def call(self, name: str, hook: Callable[..., _T], check: Callable[[Any], None]) -> _T | None:
        if self.only and name not in self.only:
            return None
        try:
            result = hook(*self.arguments)
            check(result)
        except Wanted as wanted:
            self.refs.update(dict.fromkeys(wanted.refs))
        except SkipRecord as skip:
            self.skipped = skip.rule
        except Exception as error:  # noqa: BLE001  # a third party's code may raise anything
            self.failures.append(Failure(name, explain(error)))
        else:
            return result
        return None

    def check_events(self, found: tuple[object, ...]) -> None:
        for item in found:
            if isinstance(item, Event):
                self._check_event(item)
            elif not isinstance(item, Ref):
                raise RecordError(f"gave a {type(item).__name__}, not an Event or a Ref")

    def _check_event(self, event: Event) -> None:
        if self.manifest.metric(event.metric) is None:
            raise RecordError(f"gave metric {event.metric!r}, which the manifest does not declare")
        _text("guest of an event", event.guest)
        _aware(f"time of {event.metric!r}", event.time)
        value: object = event.value
        if value is not None and not isinstance(value, Decimal):
            raise RecordError(f"value of {event.metric!r} is no Decimal")

    def check_profile(self, profile: object) -> None:
        if profile is None:
            return
        if not isinstance(profile, Profile | Merged | Gone):
            raise RecordError(f"gave a {type(profile).__name__}, not a Profile, Merged or Gone")
        guest = profile.old if isinstance(profile, Merged) else profile.guest
        _text("guest of a profile", guest)
        if isinstance(profile, Profile) and profile.excluded is not None:
            self._check_rule(profile.excluded)

    def _check_rule(self, rule: str) -> None:
        if all(rule != exclusion.name for exclusion in self.manifest.exclusions):
            raise RecordError(f"names exclusion {rule!r}, which the manifest does not declare")

    def check_consents(self, consents: tuple[object, ...]) -> None:
        for consent in consents:
            if not isinstance(consent, Consent):
                raise RecordError(f"gave a {type(consent).__name__}, not a Consent")
            if Channel(consent.channel) not in self.manifest.consent.records:
                raise RecordError(f"gave consent for {consent.channel}, which stays a property")
            _text("address of a consent", consent.address)
            if consent.at is not None:
                _aware("time of a consent", consent.at)

    def check_reservation(self, reservation: object) -> None:
        if reservation is not None and not isinstance(reservation, Reservation):
            raise RecordError(f"gave a {type(reservation).__name__}, not a Reservation")


def _text(what: str, value: object) -> None:
    if not isinstance(value, str) or not value:
        raise RecordError(f"the {what} is missing")


def _aware(what: str, value: object) -> None:
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise RecordError(f"the {what} is no aware datetime")


def explain(error: Exception) -> str:
    """Say what went wrong in a hook without quoting data.

    A ``ValueError`` quotes the value that was wrong, which may be a guest's; a missing
    key or attribute names only itself.
    """
    if isinstance(error, RecordError):
        return str(error)
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"in {where.name}() line {where.lineno}"
    if isinstance(error, KeyError) and _FIELD.fullmatch(str(error.args[0])):
        return f"missing field {error.args[0]!r} ({place})"
    return f"{type(error).__name__} {place}"
