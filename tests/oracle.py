"""What of reservations must be told, and what may be, worked out from the sandbox's journal.

It is written apart from the connector's mapping and shares nothing with it: what it knows of
metrics stands here once more. Whoever follows the sandbox, by whatever means, must have told
``must`` once it has read everything after the last change, and nothing beyond ``may``::

    due = expected(platform.journal, platform.stays(), read=..., gap=...)
    assert due.missing(told) == due.invented(told) == set()
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

import attrs

from frontdesk.ids import event_id
from frontdesk.model import Account, Event, Record
from frontdesk_mews.sandbox import Action, Facts

Told: TypeAlias = tuple[str, str, str]
"""The reservation, the metric, and the occurrence."""

_ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
_STAYING: Final = ("Confirmed", "Started", "Processed")


@attrs.frozen
class Expected:
    """What is expected of a log.

    Args:
        must: What is told whatever the timing: it shows in the end, or showed for longer
            than anybody looks away.
        may: What was true for a while; includes *must*.
    """

    must: frozenset[Told]
    may: frozenset[Told]

    def missing(self, told: AbstractSet[Told]) -> set[Told]:
        """Return what was lost."""
        return set(self.must - told)

    def invented(self, told: AbstractSet[Told]) -> set[Told]:
        """Return what never happened."""
        return set(told - self.may)


@attrs.frozen
class _Version:
    """What a reservation showed from one time until the next; None means until now."""

    since: datetime
    until: datetime | None
    facts: Facts


@attrs.frozen
class _Looks:
    """When somebody looked: at *read* at everything, then never more than *gap* apart."""

    read: datetime
    gap: timedelta | None

    def surely(self, shown: Iterable[_Version]) -> bool:
        """Tell whether one of these versions, which follow each other, was seen for sure."""
        versions = list(shown)
        since, until = versions[0].since, versions[-1].until
        if until is None or since < self.read < until:
            return True
        return self.gap is not None and until - max(since, self.read) > self.gap


def expected(
    journal: Iterable[Action],
    stays: Mapping[str, Facts],
    *,
    read: datetime,
    gap: timedelta | None = None,
    start: datetime | None = None,
    forgotten: AbstractSet[str] = frozenset(),
) -> Expected:
    """Work out what must and may be told of *stays*, all read once more after the last change.

    Args:
        read: When history was read; what showed then was seen.
        gap: The longest time that any reservation went without being looked at, once it had
            changed; None if nobody knows.
        start: Where history begins: what happened before is left out of a log.
        forgotten: Reservations whose guests were erased, and their events with them.
    """
    looks = _Looks(read, gap)
    must: set[Told] = set()
    may: set[Told] = set()
    for reservation, versions in _courses(journal, stays).items():
        for (metric, occurrence, at), runs in _shown(versions).items():
            told = (reservation, metric, occurrence)
            may.add(told)
            if (start is None or at >= start) and any(looks.surely(run) for run in runs):
                must.add(told)
        for cancelled, restored in _restored(versions):
            stamp = _text(cancelled[0].facts.cancelled)
            told = (reservation, "Confirmed Reservation", f"restored:{stamp}")
            may.add(told)
            # Only who saw it cancelled, and then saw it again before the next time, can tell.
            if looks.surely(cancelled) and looks.surely(restored):
                must.add(told)
    kept = frozenset(told for told in must if told[0] not in forgotten)
    return Expected(kept, frozenset(may))


def ids(told: Iterable[Told], account: str) -> dict[bytes, Told]:
    """Name events as a store does, for an account's id."""
    owner = Account(account, "")
    return {
        event_id(
            "mews",
            owner,
            Record("reservations", reservation, {}),
            Event(metric, "", _ALWAYS, occurrence=occurrence),
        ): (reservation, metric, occurrence)
        for reservation, metric, occurrence in told
    }


def _courses(journal: Iterable[Action], stays: Mapping[str, Facts]) -> dict[str, list[_Version]]:
    moves: dict[str, list[Action]] = defaultdict(list)
    for action in journal:
        if action.after is not None:
            moves[action.id].append(action)
    return {one: _versions(facts, moves.get(one, [])) for one, facts in stays.items()}


def _versions(now: Facts, moves: list[Action]) -> list[_Version]:
    shown: list[tuple[datetime, Facts]] = []
    first = moves[0].before if moves else now
    if first is not None:
        shown.append((_ALWAYS, first))
    shown += [(move.time, move.after) for move in moves if move.after is not None]
    assert shown[-1][1] == now, "the journal forgot a move"
    ends: list[datetime | None] = [since for since, _ in shown[1:]]
    return [
        _Version(since, until, facts)
        for (since, facts), until in zip(shown, [*ends, None], strict=True)
    ]


def _proven(facts: Facts) -> list[tuple[str, str, datetime]]:
    """Tell what one look at a reservation proves, under which occurrence, and since when."""
    pending = {"Inquired": "Inquired about Reservation", "Requested": "Requested Reservation"}
    if facts.state in pending:
        return [(pending[facts.state], "", facts.created)]
    if facts.state == "Canceled":
        at = facts.cancelled or facts.updated
        return [("Cancelled Reservation", _text(facts.cancelled), at)]
    found: list[tuple[str, str, datetime]] = []
    if facts.state in _STAYING:
        found.append(("Confirmed Reservation", "", facts.created))
    if facts.state in _STAYING[1:]:
        at = facts.started or facts.updated
        found.append(("Checked In to Reservation", _text(facts.started), at))
    if facts.state == "Processed":
        at = facts.ended or facts.updated
        found.append(("Checked Out of Reservation", _text(facts.ended), at))
    return found


def _shown(
    versions: list[_Version],
) -> dict[tuple[str, str, datetime], list[list[_Version]]]:
    """Return for each event the stretches of versions that prove it."""
    runs: dict[tuple[str, str, datetime], list[list[_Version]]] = defaultdict(list)
    last: dict[tuple[str, str, datetime], int] = {}
    for place, version in enumerate(versions):
        for key in _proven(version.facts):
            if last.get(key) == place - 1:
                runs[key][-1].append(version)
            else:
                runs[key].append([version])
            last[key] = place
    return runs


def _restored(versions: list[_Version]) -> list[tuple[list[_Version], list[_Version]]]:
    """Return each stretch of being cancelled with the stretch of staying that follows it."""
    stretches: list[list[_Version]] = []
    for version in versions:
        before = stretches[-1][-1].facts.state if stretches else None
        together = version.facts.state in _STAYING and before in _STAYING
        if together or version.facts.state == before == "Canceled":
            stretches[-1].append(version)
        else:
            stretches.append([version])
    return [
        (cancelled, restored)
        for cancelled, restored in itertools.pairwise(stretches)
        if cancelled[0].facts.state == "Canceled" and restored[0].facts.state in _STAYING
    ]


def _text(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"
