"""Running the mapping hooks of one record, each on its own.

A hook that fails does not stop the others. What a hook returns is held to the contract
here, once, so that nothing behind has to ask again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeVar, cast

import attrs
import msgspec

from frontdesk import jsons
from frontdesk.connection import Connection
from frontdesk.errors import RecordError, SkipRecord
from frontdesk.explaining import explain
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
from frontdesk.wire import profile_body, reservation_body

_T = TypeVar("_T")
#: How often a hook is called again with answers to its refs.
ROUNDS: Final = 3
_FIRST: Final = datetime.min.replace(tzinfo=UTC) + timedelta(days=1)
_LAST: Final = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)
#: Money is summed up by the millionth in 64 bits.
_TOO_MUCH: Final = Decimal(10) ** 12
# A missing key may be a value (an address looked up in a table): only names are quoted.


@attrs.frozen
class Failure:
    """A hook that failed, and why; the reason holds no guest data."""

    hook: str
    reason: str


@attrs.frozen(kw_only=True)
class Outputs:
    """What the hooks made of one record."""

    events: tuple[Event, ...] = ()
    #: The properties of each event, the profile and the reservation, written: that they can
    #: be was checked, and costs nothing again.
    shown: tuple[bytes, ...] = ()
    profile_body: bytes = b""
    reservation_body: bytes = b""
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
    run.refs.update((item, None) for item in found if isinstance(item, Ref))
    return Outputs(
        events=tuple([item for item in found if isinstance(item, Event)]),
        shown=tuple(run.shown) if found else (),
        profile_body=run.profile_body,
        reservation_body=run.reservation_body,
        refs=tuple(run.refs),
        profile=profile,
        consents=consents if run.knows_guest(profile) else _opt_outs(consents),
        reservation=reservation,
        failures=tuple(run.failures),
        skipped=run.skipped or (profile.excluded if isinstance(profile, Profile) else None),
    )


def _opt_outs(consents: tuple[Consent, ...]) -> tuple[Consent, ...]:
    """Keep back the opt-ins; an opt-out always counts."""
    return tuple(c for c in consents if c.state is ConsentState.UNSUBSCRIBED)


def answered(outputs: Outputs, related: Related) -> Outputs:
    """Return *outputs*, failed if a hook still asks for what has no answer."""
    if not set(outputs.refs) - related.keys():
        return outputs
    endless = Failure("related", f"asks for more after {ROUNDS} rounds of answers")
    return attrs.evolve(outputs, failures=(*outputs.failures, endless))


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
        #: What was written to see whether it can be.
        self.shown: list[bytes] = []
        self.profile_body = self.reservation_body = b""
        self.skipped: str | None = None

    def call(self, name: str, hook: Callable[..., _T], check: Callable[[Any], None]) -> _T | None:
        if self.only and name not in self.only:
            return None
        try:
            result = hook(*self.arguments)
            check(result)
        except Wanted as wanted:
            self._want(name, wanted.refs)
        except SkipRecord as skip:
            self._skip(name, skip.rule)
        except Exception as error:  # noqa: BLE001  # a third party's code may raise anything
            self.failures.append(Failure(name, explain(error)))
        else:
            return result
        return None

    def knows_guest(self, profile: object) -> bool:
        """Tell whether the guest is known not to be excluded."""
        if any(failure.hook == "map_profile" for failure in self.failures):
            return False
        return not (isinstance(profile, Profile) and profile.excluded)

    def _want(self, name: str, refs: tuple[Ref, ...]) -> None:
        try:
            for ref in refs:
                self._check_ref(ref)
        except RecordError as error:
            self.failures.append(Failure(name, explain(error)))
        else:
            self.refs.update(dict.fromkeys(refs))

    def _skip(self, name: str, rule: str) -> None:
        try:
            self._check_rule(rule)
        except RecordError as error:
            self.failures.append(Failure(name, explain(error)))
        else:
            self.skipped = rule

    def check_events(self, found: tuple[object, ...]) -> None:
        before: object = None
        for item in found:
            if isinstance(item, Event):
                self._check_event(item)
                # Often all events of a record show the same.
                same = self.shown and item.properties is before
                self.shown.append(self.shown[-1] if same else self._shown(item))
                before = item.properties
            elif isinstance(item, Ref):
                self._check_ref(item)
            else:
                raise RecordError(f"gave a {type(item).__name__}, not an Event or a Ref")

    def _shown(self, event: Event) -> bytes:
        return _written(f"properties of {event.metric!r}", jsons.encode, event.properties)

    def _check_ref(self, ref: Ref) -> None:
        if self.manifest.stream(ref.stream) is None:
            raise RecordError(
                f"asks for stream {ref.stream!r}, which the manifest does not declare"
            )
        _text("id of a ref", ref.id)

    def _check_event(self, event: Event) -> None:
        if self.manifest.metric(event.metric) is None:
            raise RecordError(f"gave metric {event.metric!r}, which the manifest does not declare")
        _text("guest of an event", event.guest)
        of = repr(event.metric)
        _aware("time", event.time, of)
        # Days are counted in the property's zone, which may be a day away.
        if not _FIRST < event.time < _LAST:
            raise RecordError(f"the time of {event.metric!r} is out of any calendar")
        _money("value", event.value, of)
        for name in ("currency", "action", "occurrence", "site"):
            _maybe_text(name, getattr(event, name), of)

    def check_profile(self, profile: object) -> None:
        if profile is None:
            return
        if not isinstance(profile, Profile | Merged | Gone):
            raise RecordError(f"gave a {type(profile).__name__}, not a Profile, Merged or Gone")
        guest = profile.old if isinstance(profile, Merged) else profile.guest
        _text("guest of a profile", guest)
        if isinstance(profile, Merged):
            _text("guest that another is merged into", profile.into)
            if profile.into == profile.old:
                raise RecordError("a guest cannot be merged into itself")
        elif isinstance(profile, Profile):
            self._check_profile(profile)

    def _check_profile(self, profile: Profile) -> None:
        for name in ("email", "phone_number", "first_name", "last_name"):
            _maybe_text(name, getattr(profile, name), "a profile")
        self.profile_body = _written("profile", profile_body, profile)
        if profile.excluded is not None:
            self._check_rule(profile.excluded)

    def _check_rule(self, rule: str) -> None:
        if all(rule != exclusion.name for exclusion in self.manifest.exclusions):
            raise RecordError(f"names exclusion {rule!r}, which the manifest does not declare")

    def check_consents(self, consents: tuple[object, ...]) -> None:
        for consent in consents:
            if not isinstance(consent, Consent):
                raise RecordError(f"gave a {type(consent).__name__}, not a Consent")
            if not isinstance(consent.channel, Channel):
                raise RecordError("the channel of a consent is no Channel")
            if consent.channel not in self.manifest.consent.records:
                raise RecordError(f"gave consent for {consent.channel}, which stays a property")
            if not isinstance(consent.state, ConsentState):
                raise RecordError("the state of a consent is no ConsentState")
            _text("guest of a consent", consent.guest)
            _text("address of a consent", consent.address)
            _maybe_text("evidence of a consent", consent.evidence)
            _maybe_aware("time of a consent", consent.at)

    def check_reservation(self, reservation: object) -> None:
        if reservation is None:
            return
        if not isinstance(reservation, Reservation):
            raise RecordError(f"gave a {type(reservation).__name__}, not a Reservation")
        for name in ("number", "guest", "status"):
            _text(name, getattr(reservation, name), "a reservation")
        for name in ("from_", "to", "created", "updated"):
            _maybe_aware(name.rstrip("_"), getattr(reservation, name), "a reservation")
        _money("amount", reservation.amount, "a reservation")
        self.reservation_body = _written("reservation", reservation_body, reservation)


def check_record(record: Record) -> None:
    """Hold a record to the contract.

    Raises:
        RecordError: Its id, site, version or guests are not what they must be.
    """
    _text("id of a record", record.id)
    if record.site is not None:
        _text("site of a record", record.site)
    _maybe_aware("version of a record", record.version)
    for guest in record.guests:
        _text("guest of a record", guest)
    if not isinstance(cast("object", record.payload), Mapping):
        raise RecordError("the payload is no JSON object")


def laid_over(before: Record | None, fresh: Record) -> Record:
    """Return a partial record completed by what is known of it."""
    if before is None:
        return fresh
    return attrs.evolve(
        fresh,
        payload={**before.payload, **fresh.payload},
        guests=fresh.guests or before.guests,
        version=fresh.version or before.version,
        partial=before.partial,
    )


def _text(what: str, value: object, of: str = "") -> None:
    if not isinstance(value, str) or not value:
        raise RecordError(f"the {_part(what, of)} is missing or no text")
    _storable(what, value, of)


def _maybe_text(what: str, value: object, of: str = "") -> None:
    if value is None:
        return
    if not isinstance(value, str):
        raise RecordError(f"the {_part(what, of)} is no text")
    _storable(what, value, of)


def _part(what: str, of: str) -> str:
    """Name what was checked, now that there is something to say of it."""
    return f"{what} of {of}" if of else what


def _storable(what: str, value: str, of: str) -> None:
    # PostgreSQL has no such text; what SQLite alone could store would not move there.
    if "\0" in value:
        raise RecordError(f"the {_part(what, of)} holds a NUL character")


def _money(what: str, value: object, of: str) -> None:
    if value is None:
        return
    if not isinstance(value, Decimal):
        raise RecordError(f"the {_part(what, of)} is no Decimal")
    if not value.is_finite() or abs(value) >= _TOO_MUCH:
        raise RecordError(f"the {_part(what, of)} is beyond all measure")


def _aware(what: str, value: object, of: str = "") -> None:
    if isinstance(value, datetime) and value.tzinfo is UTC:
        return
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise RecordError(f"the {_part(what, of)} is no aware datetime")
    try:
        value.astimezone(UTC)
    except OverflowError:
        raise RecordError(f"the {_part(what, of)} is out of any calendar") from None


def _maybe_aware(what: str, value: object, of: str = "") -> None:
    if value is not None:
        _aware(what, value, of)


def _written(what: str, write: Callable[[_T], bytes], value: _T) -> bytes:
    try:
        return write(value)
    except (TypeError, msgspec.EncodeError):
        raise RecordError(f"the {what} cannot be written as JSON") from None
