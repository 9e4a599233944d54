"""Laws 5 and 7: nothing is dropped silently, and nothing is told that must not be."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from frontdesk.client import Client
from frontdesk.errors import FrontdeskError, RecordError
from frontdesk.ingest.mapping import check_record
from frontdesk.model import Json, Profile, Record, Unreadable
from frontdesk.testing._mapping import Unasked, call
from frontdesk.testing._spoiling import CANARY, in_turn, plant, plant_gently, spoilt
from frontdesk.testing._storing import Stumbling, Synced, accounted, found_in, sync
from frontdesk.testing._wire import Wire, changing, refusing
from frontdesk.walkers import read_rows
from frontdesk.withholding import SENSITIVE

if TYPE_CHECKING:
    from frontdesk.testing._observed import Observed

#: Rows of a stream whose every field is spoilt in every way.
_SAMPLES = 4


class Discretion:
    """Tests of what a whole sync leaves behind."""

    # -- law 5 --------------------------------------------------------------------------

    def test_every_record_read_is_accounted_for(
        self: Any, observed: Observed, tmp_path: Path
    ) -> None:
        """What fetch_history gave is the sum of what became of it, stream by stream.

        If this fails, look for records that fetch_history looks up after its last page, or
        gives under a stream that is not the one it was asked for.
        """
        synced = self.run(lambda: sync(self, observed.platform, tmp_path))

        assert synced.read.total() > 0, "nothing was read"
        assert accounted(synced) == {}
        assert sum(synced.status.records.values()) == synced.report.records
        assert not synced.reasons or all(synced.reasons), "quarantined without a reason"

    def test_a_malformed_record_never_stops_a_sync(
        self: Any, observed: Observed, tmp_path: Path
    ) -> None:
        """Rows with a field missing or of a wrong kind are mapped or quarantined, no more.

        If this fails, let read_rows make records of rows, and look at the kind of each
        field that fetch_history reads. A reason names the field and never quotes its value.
        """
        streams = observed.connection.manifest.streams
        spoiling = {s.name for s in streams if s.history != "none" or s.polling is not None}
        change = changing(self.rows, in_turn(spoiling.__contains__))
        wire = Wire(observed.platform, change=change)
        try:
            synced: Synced = self.run(
                lambda: sync(self, observed.platform, tmp_path, wire=wire)
            )
        except FrontdeskError as error:
            pytest.fail(f"a malformed record stopped the sync: {error}")

        assert synced.reasons, "no row was spoilt, or none minded: override rows()"
        assert accounted(synced) == {}
        # A log may name ids, and ids are spoilt as well.
        assert [reason for reason in synced.reasons if CANARY in reason] == []

    def test_no_reason_quotes_a_value(self: Any, observed: Observed) -> None:
        """Whatever field is missing or wrong, an error names it and never its value.

        If this fails, raise RecordError with the field's name, ``from None``: what Python
        says of a value that is wrong quotes it.
        """
        quoting: set[str] = set()
        for stream, row in self._samples(observed):
            for how, changed in spoilt(row):
                reasons = list(_reasons(observed, stream, changed))
                quoting |= {f"{stream} {how}: {r}" for r in reasons if CANARY in r}

        assert sorted(quoting) == []

    # -- law 7 --------------------------------------------------------------------------

    def test_secrets_are_never_shown(self: Any, observed: Observed, tmp_path: Path) -> None:
        """Secret settings are in no repr, context, URL, log, error, listing or file.

        If this fails, declare the setting with ``secret()``, and sign requests by an
        httpx.Auth or headers, not in the URL.
        """
        more, secrets = self._secrets(observed)
        wire = Wire(observed.platform)
        synced = self.run(lambda: sync(self, observed.platform, tmp_path, wire=wire, **more))
        connection = self.connected(observed.platform, **more)
        places = {
            **synced.everywhere,
            "a repr": f"{connection!r} {connection.settings!r}",
            "the context": repr(attrs.asdict(connection.context(observed.account, None).settings)),
            "a URL": " ".join(url for _, url, _ in wire.sent),
            "an error": self._refusal(observed, more, secrets),
        }

        assert secrets, "no setting is declared with secret()"
        assert set(found_in(places, secrets)) == set()

    def test_what_is_discarded_is_found_nowhere(
        self: Any, observed: Observed, tmp_path: Path
    ) -> None:
        """What the manifest discards is in no file, log, listing, nor in what ``map`` prints.

        If this fails, do not copy the field to another place in fetch_history, and do not
        read it in a mapping hook. If it says that nothing was planted, override rows().
        """
        discards = {s.name: s.discard for s in observed.connection.manifest.streams if s.discard}
        if not discards:
            pytest.skip("nothing is discarded")
        planted: set[str] = set()

        def change(stream: str, number: int, row: dict[str, Json]) -> None:
            del number
            for path in discards.get(stream, ()):
                planted.add(stream)
                plant(row, path, f"{CANARY} {path}")

        wire = Wire(observed.platform, change=changing(self.rows, change))
        synced = self.run(lambda: sync(self, observed.platform, tmp_path, wire=wire))
        read = {stream for stream, number in synced.read.items() if number}
        printed = " ".join(self._printed(observed, discards))

        assert discards.keys() & read <= planted, "rows() does not find the rows of a stream"
        assert found_in({**synced.everywhere, "map": printed}, [CANARY]) == {}

    def test_quarantine_shows_no_guest(self: Any, observed: Observed, tmp_path: Path) -> None:
        """An entry of quarantine shows the shape of a record, and none of its texts.

        If this fails, a reason or a record's id quotes the guest: name fields instead.
        """
        sensitive = {s.name: s.sensitive for s in observed.connection.manifest.streams}

        def change(stream: str, number: int, row: dict[str, Json]) -> None:
            del number
            for path in sensitive.get(stream, ()):
                plant_gently(row, path, f"{CANARY} {path}")

        wire = Wire(observed.platform, change=changing(self.rows, change))
        stumbling = [Stumbling()]
        synced = self.run(
            lambda: sync(self, observed.platform, tmp_path, wire=wire, wrappers=stumbling)
        )
        texts = {value for p in _profiles(observed) for value in (p.email, p.phone_number) if value}

        assert synced.reasons, "nothing was quarantined"
        assert found_in({"quarantine": synced.masked, "the log": synced.log}, [CANARY, *texts]) == {}

    def test_withholding_covers_what_is_sensitive(self: Any, observed: Observed) -> None:
        """With ``withhold = "sensitive"``, nothing made of a sensitive field leaves.

        If this fails, mark the property or profile field that is made of it
        ``sensitive=True`` in the manifest.
        """
        withheld = self.connected(observed.platform, withhold=SENSITIVE).withheld
        fields = {s.name: s.sensitive for s in observed.connection.manifest.streams if s.sensitive}
        names = _sensitive(observed)
        told: set[str] = set()
        for mapped in observed.mapped:
            payload = copy.deepcopy(dict(mapped.record.payload))
            for path in fields.get(mapped.record.stream, ()):
                plant_gently(payload, path, f"{CANARY} {path}")
            record = attrs.evolve(mapped.record, payload=payload)
            again = call(
                observed.connection.hooks, record, None, Unasked(mapped.related), observed.context
            )
            left = attrs.evolve(
                again,
                events=[attrs.evolve(e, properties=withheld.properties(e.properties)) for e in again.events],
                profile=withheld.profile(again.profile) if isinstance(again.profile, Profile) else None,
            )
            shown = left.shown
            told |= {f"{record.stream}: {p}" for p in fields.get(record.stream, ()) if f"{CANARY} {p}" in shown}
            told |= {name for name in names if any(name in e.properties for e in left.events)}

        assert sorted(told) == []

    # -- helpers --------------------------------------------------------------------------

    def _secrets(self: Any, observed: Observed) -> tuple[dict[str, str], list[str]]:
        """Return canaries for secret settings without a value, and all secrets' values."""
        fields = attrs.fields(observed.connection.manifest.settings)
        given = {**observed.platform.settings, **self.settings}
        names = [f.alias for f in fields if f.metadata.get("secret")]
        more = {name: f"{CANARY}-{name}" for name in names if name not in given}
        return more, [str({**given, **more}[name]) for name in names]

    def _refusal(self: Any, observed: Observed, more: dict[str, str], secrets: list[str]) -> str:
        """Return what the error says when the platform quotes the secrets it refuses."""
        wire = Wire(observed.platform, refuse=refusing(401, None, says=" ".join(secrets)))
        connection = self.connected(observed.platform, wire, **more)

        async def ask() -> Exception | None:
            client: Client[Any]
            async with connection.client(clock=self.clock()) as client:
                try:
                    await connection.hooks.open_account(client)
                except FrontdeskError as error:
                    return error
            return None

        error = self.run(ask)
        return f"{error} {error!r} {error.__cause__!r} {error.__context__!r}" if error else ""

    def _samples(self: Any, observed: Observed) -> Iterator[tuple[str, dict[str, Json]]]:
        """Yield rows that between them have every field, and those the author adds."""
        for stream in observed.connection.manifest.streams:
            rows = [dict(m.record.payload) for m in observed.mapped if m.record.stream == stream.name]
            yield from ((stream.name, row) for row in _fullest(rows))
        for name, rows in self.samples().items():
            yield from ((name, dict(row)) for row in rows)

    def _printed(self: Any, observed: Observed, discards: dict[str, tuple[str, ...]]) -> Iterator[str]:
        """Yield what ``frontdesk map`` prints of rows as the platform sends them."""
        for stream, row in self._samples(observed):
            planted = copy.deepcopy(row)
            for path in discards.get(stream, ()):
                plant(planted, path, f"{CANARY} {path}")
            yield from _mapped(observed, stream, planted)


def _fullest(rows: list[dict[str, Json]]) -> list[dict[str, Json]]:
    """Choose some rows that show most: each the one that adds most fields."""
    chosen: list[dict[str, Json]] = []
    known: set[str] = set()
    left = {json.dumps(sorted(_filled(row))): row for row in rows}
    while left and len(chosen) < _SAMPLES:
        key, row = max(left.items(), key=lambda pair: len(_filled(pair[1]) - known))
        if not _filled(row) - known and chosen:
            break
        known |= _filled(row)
        chosen.append(left.pop(key))
    return chosen


def _filled(row: dict[str, Json]) -> set[str]:
    return {name for name, value in row.items() if value not in (None, "", [], {})}


def _built(observed: Observed, stream: str, row: dict[str, Json]) -> Record | Unreadable:
    """Make a record of a row, or say why it is none."""
    build = observed.connection.manifest.build_record
    if build is None:
        pytest.skip("the manifest names no build_record: rows cannot be tried alone")
    return read_rows(stream, [row], lambda row: build(stream, row))[0]


def _reasons(observed: Observed, stream: str, row: dict[str, Json]) -> Iterator[str]:
    """Yield everything that is said against a row."""
    from frontdesk.ingest.mapping import explain, map_record  # noqa: PLC0415

    record = _built(observed, stream, row)
    if isinstance(record, Unreadable):
        yield record.reason
        return
    try:
        check_record(record)
    except RecordError as error:
        yield str(error)
        return
    record = attrs.evolve(record, seen=observed.context.start)
    outputs = map_record(observed.connection, record, None, Unasked(), observed.context)
    yield from (failure.reason for failure in outputs.failures)
    del explain


def _mapped(observed: Observed, stream: str, row: dict[str, Json]) -> Iterator[str]:
    record = _built(observed, stream, row)
    if isinstance(record, Record):
        record = attrs.evolve(record, seen=observed.context.start)
        yield call(observed.connection.hooks, record, None, Unasked(), observed.context).shown


def _profiles(observed: Observed) -> Iterator[Profile]:
    for mapped in observed.mapped:
        if isinstance(mapped.profile, Profile):
            yield mapped.profile


def _sensitive(observed: Observed) -> set[str]:
    return {p.name for m in observed.connection.manifest.metrics for p in m.properties if p.sensitive}
