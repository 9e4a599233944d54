"""Law 7: nothing is told that must not be, whoever looks."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest

from frontdesk.errors import FrontdeskError
from frontdesk.model import Json, Profile
from frontdesk.testing._base import Base
from frontdesk.testing._mapping import Mapped, Unasked, call
from frontdesk.testing._observed import Observed
from frontdesk.testing._samples import printed, samples
from frontdesk.testing._spoiling import CANARY, plant, plant_gently
from frontdesk.testing._storing import Stumbling, found_in, sync
from frontdesk.testing._wire import Wire, changing, unwelcome
from frontdesk.withholding import SENSITIVE, Withheld, sensitive_names


class Discretion(Base):
    """Tests of what a sync leaves behind, and of what leaves."""

    def test_secrets_are_never_shown(self, observed: Observed, tmp_path: Path) -> None:
        """Secret settings are in no repr, context, URL, log, error, listing or file.

        If this fails, declare the setting with ``secret()``, and sign requests by an
        httpx.Auth or headers, not in the URL.
        """
        more, secrets = self._secrets(observed)
        wire = Wire(observed.platform)
        synced = self.run(partial(sync, self, observed.platform, tmp_path, wire=wire, **more))
        connection = self.connected(observed.platform, **more)
        told = connection.context(observed.account, None).settings
        places = {
            **synced.everywhere,
            "a repr": f"{connection!r} {connection.settings!r}",
            "the context": repr(attrs.asdict(told)),
            "a URL": " ".join(url for _, url, _ in wire.sent),
            "an error": self._refusal(observed, more, secrets),
        }

        assert secrets, "no setting is declared with secret()"
        assert sorted(found_in(places, secrets)) == []

    def test_what_is_discarded_is_found_nowhere(self, observed: Observed, tmp_path: Path) -> None:
        """What the manifest discards is in no file, log, listing, nor in what ``map`` prints.

        If this fails, do not copy the field to another place in fetch_history, and do not
        read it in a mapping hook. If it says that rows are not found, override rows().
        """
        discards = {s.name: s.discard for s in observed.connection.manifest.streams if s.discard}
        if not discards:
            pytest.skip("nothing is discarded")
        planted: set[str] = set()
        change = changing(self.rows, _planting(discards, plant, planted))
        wire = Wire(observed.platform, change=change)
        synced = self.run(partial(sync, self, observed.platform, tmp_path, wire=wire))
        lines = " ".join(self._printed(observed, discards))

        missed = {stream for stream in discards if synced.read[stream]} - planted
        assert not missed, f"rows() does not find the rows of {sorted(missed)}"
        assert found_in({**synced.everywhere, "map": lines}, [CANARY]) == {}

    def test_quarantine_shows_no_guest(self, observed: Observed, tmp_path: Path) -> None:
        """An entry of quarantine shows the shape of a record, and none of its texts.

        If this fails, a reason or a record's id quotes the guest: name fields instead.
        """
        sensitive = {s.name: s.sensitive for s in observed.connection.manifest.streams}
        change = changing(self.rows, _planting(sensitive, plant_gently, set()))
        wire, wrappers = Wire(observed.platform, change=change), [Stumbling()]
        synced = self.run(
            partial(sync, self, observed.platform, tmp_path, wire=wire, wrappers=wrappers)
        )
        profiles = [m.profile for m in observed.mapped if isinstance(m.profile, Profile)]
        guests = {text for p in profiles for text in (p.email, p.phone_number) if text}

        assert synced.reasons, "nothing was quarantined"
        places = {"quarantine": synced.masked, "the log": synced.log}
        assert found_in(places, [CANARY, *guests]) == {}

    def test_withholding_covers_what_is_sensitive(self, observed: Observed) -> None:
        """With ``withhold = "sensitive"``, nothing made of a sensitive field leaves.

        If this fails, mark the property or profile field that is made of it
        ``sensitive=True`` in the manifest.
        """
        withheld = self.connected(observed.platform, withhold=SENSITIVE).withheld
        assert withheld is not None
        assert withheld.names == sensitive_names(observed.connection.manifest)
        told: set[str] = set()
        for mapped in observed.mapped:
            stream = observed.connection.manifest.stream(mapped.record.stream)
            if stream is not None and stream.sensitive:
                left = _less(withheld, _with_canaries(observed, mapped, stream.sensitive))
                told |= {
                    f"{stream.name}: {p}" for p in stream.sensitive if _canary(p) in left.shown
                }

        assert sorted(told) == []

    # -- helpers --------------------------------------------------------------------------

    def _secrets(self, observed: Observed) -> tuple[dict[str, Any], list[str]]:
        """Return canaries for secret settings without a value, and all secrets' values."""
        fields = attrs.fields(observed.connection.manifest.settings)
        given = {**observed.platform.settings, **self.settings}
        names = [field.alias for field in fields if field.metadata.get("secret")]
        more = {name: _canary(name) for name in names if name not in given}
        return more, [str({**given, **more}[name]) for name in names]

    def _refusal(self, observed: Observed, more: dict[str, Any], secrets: list[str]) -> str:
        """Return what the error says when the platform quotes the secrets it refuses."""
        wire = Wire(observed.platform, refuse=unwelcome(" ".join(secrets)))
        connection = self.connected(observed.platform, wire, **more)

        async def ask() -> str:
            async with connection.client(clock=self.clock()) as client:
                try:
                    await connection.hooks.open_account(client)
                except FrontdeskError as error:
                    return f"{error} {error!r} {error.__cause__!r} {error.__context__!r}"
            return ""

        return self.run(ask)

    def _printed(
        self, observed: Observed, discards: Mapping[str, tuple[str, ...]]
    ) -> Iterator[str]:
        """Yield what ``frontdesk map`` prints of rows as the platform sends them."""
        for stream, row in samples(observed, self.samples()):
            planted = copy.deepcopy(row)
            for path in discards.get(stream, ()):
                plant(planted, path, _canary(path))
            yield printed(observed, stream, planted)


def _canary(name: str) -> str:
    return f"{CANARY}-{name}"


def _planting(
    fields: Mapping[str, tuple[str, ...]],
    how: Callable[[dict[str, Json], str, str], None],
    planted: set[str],
) -> Callable[[str, int, dict[str, Json]], None]:
    """Return what plants canaries in the fields of each stream, and notes where it did."""

    def change(stream: str, number: int, row: dict[str, Json]) -> None:
        del number
        for path in fields.get(stream, ()):
            planted.add(stream)
            how(row, path, _canary(path))

    return change


def _with_canaries(observed: Observed, mapped: Mapped, fields: tuple[str, ...]) -> Mapped:
    """Map a record again, with canaries in some fields of it."""
    payload = copy.deepcopy(dict(mapped.record.payload))
    for path in fields:
        plant_gently(payload, path, _canary(path))
    record = attrs.evolve(mapped.record, payload=payload)
    related = Unasked(mapped.related)
    return call(observed.connection.hooks, record, None, related, observed.context)


def _less(withheld: Withheld, mapped: Mapped) -> Mapped:
    """Return what a destination may see of a mapping."""
    events = [
        attrs.evolve(event, properties=withheld.properties(event.properties))
        for event in mapped.events
    ]
    profile = withheld.profile(mapped.profile) if isinstance(mapped.profile, Profile) else None
    return attrs.evolve(mapped, events=tuple(events), profile=profile)
