"""The events of an account: each kept once, compactly, in the order in which it was processed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Final, cast

import attrs
import msgspec

from frontdesk_klaviyo.sandbox.ids import Long
from frontdesk_klaviyo.sandbox.metrics import Metric, Metrics
from frontdesk_klaviyo.sandbox.options import Options
from frontdesk_klaviyo.sandbox.profiles import Profile, Profiles

_IGNORED: Final = (0, "", None)
_MODULUS: Final = 1 << 128


class Row(msgspec.Struct, frozen=True, gc=False):
    """An event as it is kept."""

    profile: int
    metric: int
    #: Seconds since 1970.
    time: int
    #: Whether the request told the time.
    timed: bool
    value: int | float | None
    currency: str | None
    unique_id: str | None
    backfill: bool
    #: As they were sent; or their digest.
    properties: bytes


@attrs.frozen(kw_only=True)
class Event:
    """An event as it was taken in."""

    id: str
    profile: Profile
    metric: Metric
    time: datetime
    timed: bool
    value: int | float | None
    currency: str | None
    unique_id: str | None
    #: Recorded, but starts no flow.
    backfill: bool
    #: As sent; empty if only a digest is kept.
    properties: dict[str, Any]
    digest: bytes

    @property
    def segmentable(self) -> dict[str, Any]:
        """Give what a segment can ask for: plain top-level values other than 0, null and ""."""
        return {
            name: value
            for name, value in self.properties.items()
            if not isinstance(value, dict)
            and not (isinstance(value, list) and any(isinstance(one, dict) for one in value))
            and (value is False or isinstance(value, list) or value not in _IGNORED)
        }


@attrs.define
class Sorted:
    """The order of the latest listing, kept while somebody reads page after page."""

    key: object = None
    places: list[tuple[Any, int]] = attrs.field(factory=list[tuple[Any, int]])

    def renew(self, key: object, make: Callable[[], list[tuple[Any, int]]]) -> None:
        """Sort again, if anything is different."""
        if self.key != key:
            self.key, self.places = key, make()


class Events:
    """The events of one account."""

    def __init__(self, seed: str, options: Options, profiles: Profiles, metrics: Metrics) -> None:
        self.ids = Long(seed, "event")
        self._keep = options.keep
        self._profiles, self._metrics = profiles, metrics
        self._rows: list[Row | None] = []
        self._seen: set[bytes] = set()
        self._count = 0
        #: If only counted: grows with each event, in whatever order they come.
        self.sum = 0
        self.sorted = Sorted()

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Event]:
        for number, row in self.rows():
            yield self.view(number, row)

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Yield what is kept, with its numbers."""
        for number, row in enumerate(self._rows):
            if row is not None:
                yield number, row

    @property
    def written(self) -> int:
        """How many rows there ever were."""
        return len(self._rows)

    def of(self, who: str) -> list[Event]:
        """List the events of one person."""
        profile = self._profiles.get(who)
        if profile is None:
            return []
        found = self.rows()
        return [self.view(number, row) for number, row in found if row.profile == profile.number]

    def named(self, metric: str) -> list[Event]:
        """List the events of metrics with a name."""
        return [event for event in self if event.metric.name == metric]

    def known(self, row: Row) -> bool:
        """Tell whether an event would be a duplicate."""
        return _key(row) in self._seen

    def add(self, row: Row, profile: Profile) -> bool:
        """Take an event in; tell whether it is new."""
        key = _key(row)
        if key in self._seen:
            return False
        self._seen.add(key)
        self._count += 1
        metric = self._metrics[row.metric]
        metric.events += 1
        metric.valued = metric.valued or row.value is not None
        if self._keep != "all":
            row = msgspec.structs.replace(row, properties=digest_of(row.properties))
        if self._keep == "count":
            self.sum = (self.sum + _worth(row, profile.key, metric.name)) % _MODULUS
        else:
            self._rows.append(row)
        return True

    def at(self, number: int) -> Event:
        """Show an event by its number."""
        return self.view(number, cast("Row", self._rows[number]))

    def view(self, number: int, row: Row) -> Event:
        """Show an event."""
        whole = self._keep == "all"
        properties = msgspec.json.decode(row.properties) if whole else {}
        return Event(
            id=self.ids.of(number),
            profile=cast("Profile", self._profiles.at(row.profile)),
            metric=self._metrics[row.metric],
            time=datetime.fromtimestamp(row.time, UTC),
            timed=row.timed,
            value=row.value,
            currency=row.currency,
            unique_id=row.unique_id,
            backfill=row.backfill,
            properties=properties,
            digest=digest_of(row.properties) if whole else row.properties,
        )

    def forget(self, profile: Profile) -> None:
        """Remove the events of one person."""
        for number, row in enumerate(self._rows):
            if row is not None and row.profile == profile.number:
                self._rows[number] = None
                self._count -= 1
                self._metrics[row.metric].events -= 1


def _key(row: Row) -> bytes:
    told = f"@{row.time}" if row.unique_id is None else f"={row.unique_id}"
    return blake2b(f"{row.profile}/{row.metric}/{told}".encode(), digest_size=16).digest()


def digest_of(properties: bytes) -> bytes:
    """Mix properties into sixteen bytes, whatever the order of their keys."""
    plain = msgspec.json.encode(msgspec.json.decode(properties), order="deterministic")
    return blake2b(plain, digest_size=16).digest()


def _worth(row: Row, who: str, metric: str) -> int:
    told = (who, metric, row.time, row.value, row.currency, row.unique_id, row.backfill)
    mixed = blake2b(repr(told).encode() + row.properties, digest_size=16).digest()
    return int.from_bytes(mixed, "big")
