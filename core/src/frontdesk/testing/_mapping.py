"""The mapping hooks of one record, called as core does, and what they gave as it is."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import attrs

from frontdesk import jsons
from frontdesk.connection import Hooks
from frontdesk.errors import SkipRecord
from frontdesk.ids import event_id
from frontdesk.model import (
    Account,
    Consent,
    Context,
    Event,
    Json,
    Record,
    Ref,
    Related,
    Wanted,
)
from frontdesk.wire import consent_json, event_json, leaving_json, profile_json, reservation_json

#: The hooks that map, in the order core calls them.
MAPPING: Final = ("parse_event", "map_profile", "sync_consent", "map_reservation")


@attrs.frozen(kw_only=True)
class Mapped:
    """What the hooks made of one record, not held to any contract yet."""

    record: Record
    previous: Record | None = None
    related: Related = attrs.field(factory=Related, repr=False)
    events: tuple[Event, ...] = ()
    profile: Any = None
    consents: tuple[Consent, ...] = ()
    reservation: Any = None
    #: What a hook asks for and nobody has answered yet.
    wanted: tuple[Ref, ...] = ()
    #: The exclusions that passed the record over.
    skipped: tuple[str, ...] = ()
    #: Hooks that failed, and with what.
    failures: tuple[tuple[str, Exception], ...] = attrs.field(default=(), eq=False)

    @property
    def said(self) -> tuple[Any, ...]:
        """All outputs; equal if two mappings came to the same."""
        failed = tuple((hook, type(error)) for hook, error in self.failures)
        return (
            self.events,
            self.profile,
            self.consents,
            self.reservation,
            self.wanted,
            self.skipped,
            failed,
        )

    def ids(self, connector: str, account: Account) -> tuple[str, ...]:
        """Return the ids of the events."""
        return tuple(event_id(connector, account, self.record, e).hex() for e in self.events)

    @property
    def shown(self) -> str:
        """All outputs in one text, to look for what must not be in it."""
        parts: list[Json] = [event_json(event, b"") for event in self.events]
        parts += [consent_json(consent) for consent in self.consents]
        parts += list(_rest(self.profile, self.reservation))
        return jsons.encode(parts).decode()


def _rest(profile: Any, reservation: Any) -> Iterator[Json]:
    if profile is not None:
        yield profile_json(profile) if hasattr(profile, "properties") else leaving_json(profile)
    if reservation is not None:
        yield reservation_json(reservation)


def call(
    hooks: Hooks, record: Record, previous: Record | None, related: Related, context: Context
) -> Mapped:
    """Call the mapping hooks, each on its own."""
    run = _Run((record, previous, related, context))
    found = run.call("parse_event", hooks.parse_event) or ()
    profile = run.call("map_profile", hooks.map_profile)
    consents = run.call("sync_consent", hooks.sync_consent) or ()
    reservation = run.call("map_reservation", hooks.map_reservation)
    refs = [item for item in found if isinstance(item, Ref) and item not in related]
    return Mapped(
        record=record,
        previous=previous,
        related=related,
        events=tuple(item for item in found if isinstance(item, Event)),
        profile=profile,
        consents=tuple(consents),
        reservation=reservation,
        wanted=tuple(dict.fromkeys([*run.wanted, *refs])),
        skipped=tuple(run.skipped),
        failures=tuple(run.failures),
    )


class _Run:
    def __init__(self, arguments: tuple[Any, ...]) -> None:
        self._arguments = arguments
        self.wanted: list[Ref] = []
        self.skipped: list[str] = []
        self.failures: list[tuple[str, Exception]] = []

    def call(self, name: str, hook: Callable[..., Any]) -> Any:
        try:
            return hook(*self._arguments)
        except Wanted as wanted:
            self.wanted += wanted.refs
        except SkipRecord as skip:
            self.skipped.append(skip.rule)
        except Exception as error:  # noqa: BLE001  # a third party's code may raise anything
            self.failures.append((name, error))
        return None


def named(function: Callable[..., Any], **given: Any) -> Any:
    """Call a hook with those of the arguments that it names, as pluggy does."""
    names = inspect.signature(function).parameters
    return function(**{name: given[name] for name in names})


def along(
    hooks: Hooks, versions: Iterable[Record], related: Related, context: Context
) -> Iterator[Mapped]:
    """Map versions of a record in the order they were met, each compared with the one before."""
    previous: Record | None = None
    for record in versions:
        yield call(hooks, record, previous, Unasked(related), context)
        previous = record


class Unasked(Related):
    """Answers where nobody can be asked: what is not known does not exist."""

    def __missing__(self, ref: Ref) -> Record | None:
        return None

    def all(self, *refs: Ref) -> tuple[Record | None, ...]:
        """Return several answers."""
        return tuple(self[ref] for ref in refs)


def written(payload: Json) -> str:
    """Return a payload as text, the same for equal ones."""
    return json.dumps(jsons.decode(jsons.canonical(payload)), sort_keys=True, default=str)
